-- Who writes into which draft just now. A draft is saved as one types: the audit log has a line when somebody begins, and
-- then at most one every ten minutes, with what was changed since the one before. What is still to be told stands here.
CREATE TABLE editing (
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    principal_id uuid NOT NULL,
    who text NOT NULL,
    signed_in_by text NOT NULL,
    told_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL,
    saves integer NOT NULL DEFAULT 0,
    changed text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (postmortem_id, principal_id)
);
CREATE INDEX editing_told ON editing (told_at);
