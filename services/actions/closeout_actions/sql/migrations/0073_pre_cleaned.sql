-- A secret was taken out of a promise: its ticket in the tracker is still to be written anew.
ALTER TABLE ticket ADD COLUMN clean_due_at timestamptz;
ALTER TABLE ticket ADD COLUMN clean_failures integer NOT NULL DEFAULT 0;
-- Which cleaning it is: by it the comment is written once.
ALTER TABLE ticket ADD COLUMN clean_number integer NOT NULL DEFAULT 0;
CREATE INDEX ticket_clean ON ticket (clean_due_at) WHERE clean_due_at IS NOT NULL;
