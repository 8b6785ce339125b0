-- What lists of published reviews are filtered by, frozen with the publication.
ALTER TABLE postmortem ADD COLUMN failure_modes text[] NOT NULL DEFAULT '{}', ADD COLUMN service text;
UPDATE postmortem AS p SET
    failure_modes = ARRAY(SELECT jsonb_array_elements_text(d.content -> 'failure_modes')),
    service = i.snapshot -> 'service' ->> 'name'
FROM incident AS i, draft_revision AS d
WHERE i.id = p.incident_id AND d.postmortem_id = p.id AND d.revision = p.revision AND p.published_at IS NOT NULL;

CREATE INDEX postmortem_waiting ON postmortem (drafted_at, id) WHERE published_at IS NULL;
-- Which incidents are a team's: the pager says it of the incident, or of its service.
CREATE INDEX incident_of_team ON incident USING gin ((snapshot -> 'teams') jsonb_path_ops);
CREATE INDEX incident_of_service ON incident ((snapshot ->> 'vendor'), (snapshot -> 'service' ->> 'vendor_id'));
