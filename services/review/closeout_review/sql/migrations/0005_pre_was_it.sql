-- Whether an incident was the one that an earlier review was about, as whoever was woken up says. The last answer counts.
CREATE TABLE was_it (
    incident_id uuid NOT NULL,
    postmortem_id uuid NOT NULL,
    answer boolean NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (incident_id, postmortem_id)
);
CREATE INDEX was_it_of_postmortem ON was_it (postmortem_id);
