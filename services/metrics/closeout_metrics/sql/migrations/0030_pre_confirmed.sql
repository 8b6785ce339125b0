-- Incidents that came back as people confirmed, not as is inferred. The latest revision counts; one that was taken back stays,
-- so that an older event changes nothing.
CREATE TABLE confirmed_recurrence (
    postmortem_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    revision bigint NOT NULL,
    linked boolean NOT NULL,
    service text NOT NULL,
    opened_at timestamptz NOT NULL,
    seconds double precision NOT NULL,
    people integer NOT NULL,
    -- Each kind once, however many promises stood so: while_open, did_not_hold; none where no promise answers for it.
    kinds text[] NOT NULL,
    PRIMARY KEY (postmortem_id, incident_id)
);
CREATE INDEX confirmed_recurrence_opened ON confirmed_recurrence (opened_at) WHERE linked;
