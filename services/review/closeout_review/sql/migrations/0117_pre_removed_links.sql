-- Links that were taken away: their addresses, which may be the secret, go as the files did.
UPDATE attachment SET title = CASE WHEN title = url THEN kind ELSE title END, url = ''
WHERE removed_at IS NOT NULL AND url IS NOT NULL;
