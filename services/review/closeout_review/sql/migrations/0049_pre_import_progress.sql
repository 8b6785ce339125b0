-- Where an import that was broken off goes on: what a source said, after the last documents that were taken in.
CREATE TABLE import_progress (
    source text PRIMARY KEY,
    cursor text NOT NULL,
    reached_at timestamptz NOT NULL DEFAULT now()
);
-- What stands in an imported document and was not understood, and in which form it was written.
ALTER TABLE imported ADD COLUMN not_understood jsonb NOT NULL DEFAULT '[]', ADD COLUMN form text NOT NULL DEFAULT '';
