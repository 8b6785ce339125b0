-- What the wall asks for: whose team, which service, where the ticket is, how far the target slipped, what came back.

ALTER TABLE incident ADD COLUMN team text;

ALTER TABLE postmortem
    ADD COLUMN incident_id uuid,
    ADD COLUMN service text NOT NULL DEFAULT 'unknown',
    ADD COLUMN failure_modes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN opened_at timestamptz,
    ADD COLUMN resolved_at timestamptz,
    ADD COLUMN url text;
CREATE INDEX postmortem_service ON postmortem (service) WHERE published_at IS NOT NULL;

ALTER TABLE action_item
    ADD COLUMN incident_id uuid,
    ADD COLUMN service text NOT NULL DEFAULT 'unknown',
    ADD COLUMN team text,
    ADD COLUMN text text NOT NULL DEFAULT '',
    ADD COLUMN owner text NOT NULL DEFAULT '',
    ADD COLUMN target text NOT NULL DEFAULT '',
    ADD COLUMN furthest_due_on date,
    ADD COLUMN ticket_key text,
    ADD COLUMN ticket_url text,
    ADD COLUMN withdrawn_at timestamptz;
CREATE INDEX action_item_incident ON action_item (incident_id);
CREATE INDEX action_item_postmortem ON action_item (postmortem_id);
CREATE INDEX action_item_committed ON action_item (committed_at) INCLUDE (team, service, control, tracker);
CREATE INDEX action_item_shipped ON action_item (first_shipped_at) WHERE first_shipped_at IS NOT NULL;

-- Teams by the pager's own id: one that is renamed stays one. Those that were heard of first have a series of their own.
CREATE TABLE team (
    id text PRIMARY KEY,
    name text NOT NULL,
    named_at timestamptz NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY
);

-- An incident that an earlier promise was about: the same service, a failure mode in common.
CREATE TABLE recurrence (
    postmortem_id uuid NOT NULL,
    item_id uuid NOT NULL,
    kind text NOT NULL,
    service text NOT NULL,
    opened_at timestamptz NOT NULL,
    seconds double precision NOT NULL,
    PRIMARY KEY (postmortem_id, item_id)
);
CREATE INDEX recurrence_opened ON recurrence (opened_at);
CREATE INDEX recurrence_item ON recurrence (item_id);

-- Cohorts are read by their days: only those of the latest quarters.
CREATE INDEX tally_cohort ON tally (tally, (labels ->> 'quarter')) WHERE tally IN ('shipped_after', 'unshipped');
