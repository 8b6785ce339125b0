-- What webhooks do not carry is asked for: which facts came that way, and what has to be asked next.

ALTER TABLE fact ADD COLUMN fetched boolean NOT NULL DEFAULT false;
-- The vendor's id of who did it.
ALTER TABLE fact ADD COLUMN author text;
-- The same happening, told the other way.
ALTER TABLE fact ADD COLUMN twin uuid;
CREATE INDEX fact_fetched ON fact (incident_id) WHERE fetched AND twin IS NULL;

-- An incident whose history is to be asked for then.
CREATE TABLE history_due (
    vendor text NOT NULL,
    vendor_id text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (vendor, vendor_id, due_at)
);
CREATE INDEX history_due_next ON history_due (due_at);

-- What was asked for, and the version of the incident that the pager gave: one that has not changed is left alone.
CREATE TABLE history (
    vendor text NOT NULL,
    vendor_id text NOT NULL,
    version text NOT NULL,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor, vendor_id)
);

-- One row a pager: when something last came by itself, and when we last asked.
CREATE TABLE source (
    vendor text PRIMARY KEY,
    last_delivery_at timestamptz,
    reconciled_from timestamptz,
    reconciled_at timestamptz,
    reconciled_incidents integer,
    trouble text
);

-- A pager that wants to be left alone; all who use the same credential heed it.
CREATE TABLE api_pause (
    credential text PRIMARY KEY,
    until timestamptz NOT NULL,
    why text NOT NULL
);

-- How far a backfill has come.
CREATE TABLE backfill (
    vendor text NOT NULL,
    since timestamptz NOT NULL,
    done_until timestamptz NOT NULL,
    PRIMARY KEY (vendor, since)
);
