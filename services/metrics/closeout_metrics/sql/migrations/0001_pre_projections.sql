-- One row a thing, holding what is known of it now, and the tallies that are moved with each change of a row.

CREATE TABLE incident (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL DEFAULT -1,
    service text NOT NULL DEFAULT 'unknown',
    severity text NOT NULL DEFAULT 'unknown',
    source text,
    opened_at timestamptz,
    opened_as_service text,
    opened_as_severity text
);
CREATE INDEX incident_opened ON incident (opened_at) INCLUDE (service, severity, source);

CREATE TABLE postmortem (
    id uuid PRIMARY KEY,
    drafted_at timestamptz,
    published_at timestamptz,
    fails_at timestamptz,
    promised integer NOT NULL DEFAULT 0,
    verdict text,
    decided_at timestamptz,
    open_items integer NOT NULL DEFAULT 0
);
CREATE INDEX postmortem_draft ON postmortem (drafted_at) WHERE published_at IS NULL AND verdict IS NULL;
CREATE INDEX postmortem_at_stake ON postmortem (fails_at)
    WHERE open_items > 0 AND (verdict IS NULL OR verdict = 'succeeded');

CREATE TABLE action_item (
    id uuid PRIMARY KEY,
    postmortem_id uuid,
    committed_at timestamptz,
    control text,
    due_on date,
    withdrawn boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT -1,
    state text NOT NULL DEFAULT 'wanted',
    tracker text,
    first_shipped_at timestamptz,
    dropped_as text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX action_item_open ON action_item (committed_at) WHERE NOT withdrawn AND state <> 'completed';

-- Few rows, updated often: room in each page keeps an update from touching the index.
CREATE TABLE tally (
    tally text NOT NULL,
    labels jsonb NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (tally, labels)
) WITH (fillfactor = 50);

-- What the tallies were counted by. Another release or another time zone counts the rows again.
CREATE TABLE tally_basis (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    basis text NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT now()
);

-- Services in the order in which they were first heard of: the first ones have a series of their own, for ever.
CREATE TABLE service_name (
    name text PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY
);
