-- Why somebody discarded a dead letter; how often it was replayed.
ALTER TABLE dead_letter ADD COLUMN settled_because text;
ALTER TABLE dead_letter ADD COLUMN replays integer NOT NULL DEFAULT 0;
