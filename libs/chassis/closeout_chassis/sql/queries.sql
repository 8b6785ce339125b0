-- take_first_seen
-- Remember these events of a topic, and say which of them are new.
INSERT INTO inbox (topic, event_id)
SELECT $1, id FROM unnest($2::uuid[]) AS id
ON CONFLICT DO NOTHING
RETURNING event_id;

-- append_to_outbox
-- Keep these records, in this order, and wake the relay at commit. One statement: one round trip, one transaction.
WITH kept AS (
    INSERT INTO outbox (topic, key, value, traceparent)
    SELECT topic, key, value, traceparent
    FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) WITH ORDINALITY AS r (topic, key, value, traceparent, n)
    ORDER BY n
    RETURNING seq
), queued AS (
    INSERT INTO outbox_waiting (seq) SELECT seq FROM kept
)
SELECT pg_notify(current_schema() || '_outbox', '');

-- waiting_records
-- The oldest records that still have to go to the broker.
SELECT o.seq, o.topic, o.key, o.value, o.traceparent, o.created_at
FROM outbox_waiting AS w JOIN outbox AS o USING (seq)
ORDER BY w.seq
LIMIT $1;

-- forget_waiting
-- These records are at the broker.
DELETE FROM outbox_waiting WHERE seq = ANY ($1::bigint[]);

-- refill_topics
-- Have the relay publish again what it published to these topics since then.
INSERT INTO outbox_waiting (seq)
SELECT seq FROM outbox WHERE topic = ANY ($1::text[]) AND created_at >= $2
ON CONFLICT DO NOTHING;

-- backlog
-- How many records wait for the broker, how old the oldest is in seconds, and how many dead letters wait for somebody, by
-- reason.
SELECT count(*) AS waiting, COALESCE(EXTRACT(epoch FROM now() - min(o.created_at)), 0)::float8 AS age, (
    SELECT COALESCE(jsonb_object_agg(reason, waiting), '{}') FROM (
        SELECT reason, count(*) AS waiting FROM dead_letter WHERE settled_at IS NULL GROUP BY reason
    ) AS dead
) AS dead_letters
FROM outbox_waiting AS w JOIN outbox AS o USING (seq);

-- add_dead_letter
-- Keep what could not be processed, with its reason. A second delivery of it changes nothing, unless it was replayed.
INSERT INTO dead_letter (id, topic, partition, "offset", key, value, traceparent, reason, detail, handler)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE
SET partition = $3, "offset" = $4, reason = $8, detail = $9, handler = $10, settled_at = NULL, settled_as = NULL
WHERE dead_letter.settled_as = 'replayed';

-- list_dead_letters
-- What waits for somebody, oldest first; $1: the settled ones too; $2: of this reason.
SELECT id, topic, partition, "offset", key, value, traceparent, reason, detail, handler, first_seen_at, replays,
    settled_at, settled_as, settled_because
FROM dead_letter
WHERE ($1 OR settled_at IS NULL) AND ($2::text IS NULL OR reason = $2)
ORDER BY first_seen_at, id;

-- settle_dead_letters
-- Those of these that wait wait no longer.
UPDATE dead_letter
SET settled_at = now(), settled_as = $2, settled_because = $3, replays = replays + ($2 = 'replayed')::integer
WHERE id = ANY ($1::uuid[]) AND settled_at IS NULL
RETURNING id, topic, key, value, traceparent;

-- drop_old_outbox
-- Forget published records from before then, the first ten thousand of them at most. By number: they come in that order,
-- and the index by age, which the interval keeps out of it, reads the whole table once its pages have been used a second
-- time (bench/outbox.py).
WITH first AS (
    -- Row by row, and not as a join, which would read the whole table for the first.
    SELECT f.seq FROM outbox AS f WHERE COALESCE((SELECT false FROM outbox_waiting AS w WHERE w.seq = f.seq), true)
    ORDER BY f.seq LIMIT 1
)
DELETE FROM outbox AS o
WHERE o.seq BETWEEN (SELECT seq FROM first) AND (SELECT seq + 9999 FROM first)
  AND o.created_at + interval '0' < $1 AND NOT EXISTS (SELECT FROM outbox_waiting AS w WHERE w.seq = o.seq);

-- drop_old_inbox
-- Forget which events from before then were seen, ten thousand at most.
DELETE FROM inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE received_at < $1 LIMIT 10000));

-- columns_of_words
-- Every column that can hold words, but for those of these tables.
SELECT c.table_name, c.column_name
FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
  AND c.data_type IN ('text', 'json', 'jsonb', 'bytea', 'ARRAY') AND c.udt_name <> '_uuid' AND c.table_name <> ALL ($1::text[])
ORDER BY 1, 2;

-- cells_with
-- What is written in this column where one of these traces stands, with its place; locked.
SELECT place, written FROM cells_with($1, $2, $3::text[]);

-- write_cell
-- Write a locked cell anew.
SELECT write_cell($1, $2, $3::tid, $4);

-- forgotten
-- By what everybody who was forgotten is known again, and what stands in their place.
SELECT digest, stand_in FROM forgotten;

-- keep_forgotten
-- Somebody is forgotten from now on, by all of this.
INSERT INTO forgotten (digest, stand_in) SELECT digest, $2 FROM unnest($1::bytea[]) AS digest ON CONFLICT DO NOTHING;

-- topics_at
-- On which topics the records at these places were said.
SELECT ctid AS place, topic FROM outbox WHERE ctid = ANY ($1::tid[]);

-- dead_letters_like
-- Dead letters of a topic in which that id stands.
SELECT id, value FROM dead_letter WHERE topic = $1 AND position(convert_to($2, 'UTF8') IN value) > 0 FOR UPDATE;

-- clean_dead_letter
-- Keep the record as it is said now.
UPDATE dead_letter SET value = $2 WHERE id = $1;

-- empty_old_dead_letters
-- What is older than the records that can be said anew, and is about one of these, loses its words whole, and waits no longer.
UPDATE dead_letter SET value = '', settled_at = COALESCE(settled_at, now()), settled_as = COALESCE(settled_as, 'discarded'),
    settled_because = COALESCE(settled_because, 'words of its incident were taken out')
WHERE first_seen_at < now() - interval '6 days' AND value <> ''
  AND EXISTS (SELECT FROM unnest($1::text[]) AS about WHERE position(convert_to(about, 'UTF8') IN value) > 0);
