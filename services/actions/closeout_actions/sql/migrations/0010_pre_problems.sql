-- What may go wrong with a ticket after it was made, and what is to be written in it.

-- The accounts that can be assigned in a project, in lower case; NULL until it was described.
ALTER TABLE project ADD COLUMN people text[];
ALTER TABLE project ADD COLUMN is_archived boolean NOT NULL DEFAULT false;

-- A promise was changed, and its ticket does not know it yet.
ALTER TABLE ticket ADD COLUMN change_due_at timestamptz;
ALTER TABLE ticket ADD COLUMN change_failures integer NOT NULL DEFAULT 0;
CREATE INDEX ticket_change ON ticket (change_due_at) WHERE change_due_at IS NOT NULL;

-- More states from which a ticket may come back.
CREATE INDEX ticket_to_read_again ON ticket (tracker, read_at NULLS FIRST)
    WHERE state IN ('open', 'lost', 'archived', 'no_access', 'project_gone', 'moved_away', 'duplicate');
