-- Which token made a token: it is revoked with that one. Of those that are there the audit log says it.
ALTER TABLE api_token ADD COLUMN made_with uuid REFERENCES api_token (id);
CREATE INDEX api_token_made_with ON api_token (made_with);
UPDATE api_token AS made SET made_with = maker.id
FROM audit_entry AS said JOIN api_token AS maker ON said.signed_in_by = 'token ' || maker.id
WHERE said.deed = 'made a token' AND said.about->>'token_id' = made.id::text;
