-- One postmortem may cover several incidents: a storm, one cause over two pages, a page opened twice.

-- Which incidents a postmortem covers besides the one that it began with. An incident is covered once.
CREATE TABLE covered_incident (
    incident_id uuid PRIMARY KEY REFERENCES incident (id),
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    by text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX covered_incident_of_postmortem ON covered_incident (postmortem_id, since);

-- A draft that went into another one. It keeps what people wrote, and comes back when it is split off.
ALTER TABLE postmortem
    ADD COLUMN merged_into uuid REFERENCES postmortem (id),
    ADD COLUMN merged_at timestamptz,
    ADD COLUMN merged_by text,
    ADD CONSTRAINT merged_wholly CHECK (num_nulls(merged_into, merged_at, merged_by) IN (0, 3)),
    ADD CONSTRAINT published_or_merged CHECK (merged_into IS NULL OR published_at IS NULL),
    ADD CONSTRAINT into_another CHECK (merged_into <> id);
