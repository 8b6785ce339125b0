-- What a person or a team's channel is to be told, and what became of it.
CREATE TABLE notice (
    id uuid PRIMARY KEY,
    notice json NOT NULL,
    not_before timestamptz,
    worth_until timestamptz NOT NULL,
    wanted_at timestamptz NOT NULL DEFAULT now(),
    -- Nobody takes it up before then: one who does is given a minute.
    next_at timestamptz NOT NULL DEFAULT now(),
    begun_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    trouble text,
    -- The ways by which its recipient cannot be reached.
    not_by text[] NOT NULL DEFAULT '{}',
    said_at timestamptz,
    said_by text,
    said_where text,
    dropped_because text,
    dropped_at timestamptz
);
CREATE INDEX notice_waiting ON notice (next_at) WHERE said_at IS NULL AND dropped_because IS NULL;
CREATE INDEX notice_dropped ON notice (dropped_at) WHERE dropped_because IS NOT NULL;
