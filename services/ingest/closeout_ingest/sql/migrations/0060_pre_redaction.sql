-- Taking words out of whatever is kept here, raw deliveries included. What was redacted is remembered, without its words.

CREATE TABLE redaction (
    entry_id uuid PRIMARY KEY,
    incident_id uuid NOT NULL,
    what text NOT NULL,
    why text NOT NULL,
    by text NOT NULL,
    redacted_at timestamptz NOT NULL
);
