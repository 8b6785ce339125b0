-- Copies of an open ticket: each its own item, and its own ticket in the tracker.
INSERT INTO actions.ticket (item_id, tracker, committed, stage, creation, state, mirror, remote_id, project)
SELECT new.item_id, t.tracker, t.committed, t.stage, t.creation, t.state, new.mirror::json, new.remote_id, t.project
FROM actions.ticket AS t, unnest($2::uuid[], $3::text[], $4::text[]) AS new (item_id, mirror, remote_id)
WHERE t.item_id = $1;
