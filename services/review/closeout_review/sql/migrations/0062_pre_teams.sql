-- Which teams a review is about, where people have said so. NULL: those that the pager names.
ALTER TABLE postmortem ADD COLUMN teams text[], ADD COLUMN teams_by text, ADD COLUMN teams_since timestamptz;
ALTER TABLE postmortem ADD CONSTRAINT teams_wholly CHECK (num_nulls(teams, teams_by, teams_since) IN (0, 3));
CREATE INDEX postmortem_of_team ON postmortem USING gin (teams);
