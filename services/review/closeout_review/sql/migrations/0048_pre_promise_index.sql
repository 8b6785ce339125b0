-- Every promise that was made, ours and imported, by its words: a writer is told what was promised before.
CREATE TABLE promise_index (
    id uuid PRIMARY KEY, -- the action item's; of an imported one derived from its review and place
    review_id uuid NOT NULL,
    imported boolean NOT NULL,
    place integer NOT NULL, -- in its review
    words text[] NOT NULL
);
CREATE INDEX promise_index_words ON promise_index USING gin (words);
CREATE INDEX promise_index_review ON promise_index (review_id);
