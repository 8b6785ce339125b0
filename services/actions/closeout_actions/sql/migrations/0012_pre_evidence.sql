-- When a ticket's check is to be run next; NULL: as soon as it is claimed that it is done.
ALTER TABLE ticket ADD COLUMN check_due_at timestamptz;
CREATE INDEX ticket_to_check ON ticket (check_due_at NULLS FIRST)
    WHERE state IN ('claimed', 'not_verified', 'regressed', 'completed');
