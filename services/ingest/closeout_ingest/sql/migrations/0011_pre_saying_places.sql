-- A card is said at several places: at the pager, and in the incident's channel of the chat.
ALTER TABLE saying ADD COLUMN incident_vendor text;
ALTER TABLE saying ADD COLUMN next_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE saying ADD COLUMN begun_at timestamptz;
ALTER TABLE saying ADD COLUMN trouble text;
