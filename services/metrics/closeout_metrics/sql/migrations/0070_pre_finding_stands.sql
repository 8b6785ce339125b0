-- A pattern that was confirmed can be dismissed later, and does not count any more. The decision with the highest number counts.
ALTER TABLE meta_finding
    ADD COLUMN stands boolean NOT NULL DEFAULT true,
    ADD COLUMN number integer NOT NULL DEFAULT 0;
