-- Chat channels, and what was said in one before it was known whose it is.

CREATE TABLE channel (
    vendor text NOT NULL,
    channel_id text NOT NULL,
    name text NOT NULL,
    named_at timestamptz,
    incident_vendor text,
    incident_vendor_id text,
    PRIMARY KEY (vendor, channel_id)
);

ALTER TABLE uninterpreted ADD COLUMN waits_for text;
CREATE INDEX uninterpreted_waiting ON uninterpreted (vendor, waits_for) WHERE waits_for IS NOT NULL;
