-- Which incidents have their card, and what it named: one an incident.
CREATE TABLE card (
    incident_id uuid PRIMARY KEY,
    postmortem_ids uuid[] NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX postmortem_published ON postmortem (published_at, id) WHERE published_at IS NOT NULL;
