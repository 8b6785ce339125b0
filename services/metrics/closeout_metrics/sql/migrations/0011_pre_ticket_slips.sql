-- How often the ticket's target was put off, as the service that follows it has counted.
ALTER TABLE action_item ADD COLUMN ticket_slips integer NOT NULL DEFAULT 0;
