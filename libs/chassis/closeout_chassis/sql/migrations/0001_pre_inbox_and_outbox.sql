-- What every service needs to hear each event once and to say each event at least once.

CREATE TABLE inbox (
    topic text NOT NULL,
    event_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, topic)
);
CREATE INDEX inbox_age ON inbox USING brin (received_at);

-- Append-only. What still has to go to the broker stands in outbox_waiting, so that publishing a row rewrites
-- none of its bytes, and filling a topic again is one INSERT.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX outbox_age ON outbox USING brin (created_at);

-- No foreign key: both rows are written by one statement, and a check for each row costs more than the row.
CREATE TABLE outbox_waiting (
    seq bigint PRIMARY KEY
);

CREATE TABLE dead_letter (
    id uuid PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text,
    value bytea NOT NULL,
    traceparent text,
    reason text NOT NULL,
    detail text NOT NULL,
    handler text NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    settled_as text CHECK (settled_as IN ('replayed', 'discarded'))
);
CREATE INDEX dead_letter_waiting ON dead_letter (first_seen_at) WHERE settled_at IS NULL;
