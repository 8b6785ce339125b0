-- Tickets that law, security or an auditor demands: linked with a published postmortem, never promised in it.
CREATE TABLE mandated_ticket (
    id uuid PRIMARY KEY,
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    content jsonb NOT NULL,
    linked_by text NOT NULL,
    linked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mandated_ticket_of_postmortem ON mandated_ticket (postmortem_id);

-- What a team says beside a verdict with which it does not agree. The verdict stays.
CREATE TABLE verdict_reason (
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    number integer NOT NULL CHECK (number > 0),
    reason text NOT NULL CHECK (reason <> ''),
    said_by text NOT NULL,
    said_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (postmortem_id, number)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mandated_ticket
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verdict_reason
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record();
ALTER TABLE mandated_ticket ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE verdict_reason ENABLE ALWAYS TRIGGER append_only;
