-- Alerts of pagers that are one pager in two products, and the incident in which each was placed.

CREATE TABLE alert (
    vendor text NOT NULL,
    vendor_id text NOT NULL,
    alias text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    incident_vendor text NOT NULL,
    incident_vendor_id text NOT NULL,
    PRIMARY KEY (vendor, vendor_id)
);
CREATE INDEX alert_by_alias ON alert (alias, created_at);
CREATE INDEX alert_of_incident ON alert (incident_vendor, incident_vendor_id);
