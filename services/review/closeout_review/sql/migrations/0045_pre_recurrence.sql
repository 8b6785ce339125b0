-- A reviewer's word stands over what was answered at night. What was said on the topic is remembered by its revision.
ALTER TABLE was_it
    ADD COLUMN source text NOT NULL DEFAULT 'feedback' CHECK (source IN ('feedback', 'reviewer')),
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN said_revision integer NOT NULL DEFAULT 0;
