-- The wall names the postmortems that failed, or are about to. Those that were published before have no title here until a rebuild.
ALTER TABLE postmortem ADD COLUMN title text NOT NULL DEFAULT '';
CREATE INDEX postmortem_failed ON postmortem (fails_at) WHERE verdict IN ('failed', 'closed_late');
