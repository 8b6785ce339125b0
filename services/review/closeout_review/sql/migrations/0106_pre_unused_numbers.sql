-- How many numbers below the highest belong to no document of the catalogue: how rare a word is depends on how many
-- documents there are. Counted whenever the index is written anew without former selves.
CREATE TABLE catalogue_unused (numbers integer NOT NULL);
INSERT INTO catalogue_unused SELECT COALESCE(max(number) + 1, 0) - count(*) FROM catalogue_document;
