-- What open tickets are told when the incident came back that they were to prevent: once an item and an incident.
CREATE TABLE recurrence_comment (
    item_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    recurrence json NOT NULL,
    due_at timestamptz DEFAULT clock_timestamp(), -- NULL: nothing is left to do
    failures integer NOT NULL DEFAULT 0,
    outcome text, -- said, closed (the ticket was over by then), taken_back, refused
    PRIMARY KEY (item_id, incident_id)
);
CREATE INDEX recurrence_comment_due ON recurrence_comment (due_at) WHERE due_at IS NOT NULL;
