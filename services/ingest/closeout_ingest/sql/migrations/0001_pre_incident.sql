-- Incidents as the facts tell them.

CREATE TABLE incident (
    id uuid PRIMARY KEY,
    -- json, not jsonb: it is only read and written whole.
    state json NOT NULL
);

CREATE TABLE fact (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX fact_of_incident ON fact (incident_id, occurred_at);

-- Deliveries that verified and say nothing that Closeout knows how to read.
CREATE TABLE uninterpreted (
    event_id uuid PRIMARY KEY,
    vendor text NOT NULL,
    event_type text NOT NULL,
    received_at timestamptz NOT NULL,
    body text NOT NULL
);
CREATE INDEX uninterpreted_by_type ON uninterpreted (vendor, event_type, received_at);

-- Everybody a pager has named, so that each is announced once and looked up once.
CREATE TABLE party (
    vendor text NOT NULL,
    vendor_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    email text,
    looked_up_at timestamptz,
    PRIMARY KEY (vendor, vendor_id)
);
CREATE INDEX party_to_look_up ON party (vendor) WHERE looked_up_at IS NULL AND kind = 'person';
