-- add_facts
-- Keep these facts, and say which of them are new.
INSERT INTO fact (id, incident_id, kind, occurred_at, received_at, author, fetched)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bool[])
ON CONFLICT DO NOTHING
RETURNING id::text AS id;

-- begin_incidents
-- Make a row for each incident that has none, so that it can be locked.
INSERT INTO incident (id, state)
SELECT * FROM unnest($1::uuid[], $2::json[])
ON CONFLICT DO NOTHING;

-- lock_incidents
-- Read these incidents for changing. In one order for all, so that no two wait for each other.
SELECT id::text AS id, state FROM incident WHERE id = ANY ($1::uuid[]) ORDER BY incident.id FOR UPDATE;

-- save_incidents
-- Write the states of these incidents.
UPDATE incident SET state = changed.state
FROM unnest($1::uuid[], $2::json[]) AS changed (id, state)
WHERE incident.id = changed.id;

-- add_uninterpreted
-- Keep a delivery that says nothing that we can read, or nothing yet: it waits for a channel's incident.
INSERT INTO uninterpreted (event_id, vendor, event_type, received_at, body, waits_for)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- take_waiting
-- What waits for this channel, which from now on waits no more.
DELETE FROM uninterpreted WHERE vendor = $1 AND waits_for = $2
RETURNING event_id, body, received_at;

-- channels_waited_for
-- The channels for whose incidents something waits.
SELECT DISTINCT waits_for FROM uninterpreted WHERE vendor = $1 AND waits_for IS NOT NULL;

-- unnamed_channels
-- Those of them of which nobody has said what they are called.
SELECT DISTINCT waits_for FROM uninterpreted LEFT JOIN channel
    ON channel.vendor = uninterpreted.vendor AND channel.channel_id = uninterpreted.waits_for
WHERE uninterpreted.vendor = $1 AND waits_for IS NOT NULL AND channel.named_at IS NULL LIMIT $2;

-- forget_waiting
-- Drop what has waited for an incident in vain since before a time.
DELETE FROM uninterpreted WHERE waits_for IS NOT NULL AND received_at < $1;

-- name_channel
-- Remember what a channel is called; of several names the last that was given.
INSERT INTO channel (vendor, channel_id, name, named_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (vendor, channel_id) DO UPDATE SET name = excluded.name, named_at = excluded.named_at
WHERE channel.named_at IS NULL OR (channel.named_at, channel.name) < (excluded.named_at, excluded.name);

-- link_channel
-- Remember which incident a channel belongs to: the first that was found.
INSERT INTO channel (vendor, channel_id, name, incident_vendor, incident_vendor_id) VALUES ($1, $2, '', $3, $4)
ON CONFLICT (vendor, channel_id) DO UPDATE
SET incident_vendor = excluded.incident_vendor, incident_vendor_id = excluded.incident_vendor_id
WHERE channel.incident_vendor IS NULL;

-- channels
-- What is known of these channels.
SELECT * FROM channel WHERE vendor = $1 AND channel_id = ANY ($2::text[]);

-- incidents_named
-- The incident of this number or id that was opened nearest to when the channel was named; not one of another year.
SELECT state ->> 'vendor' AS vendor, state ->> 'vendor_id' AS vendor_id
FROM incident, LATERAL (SELECT (state ->> 'opened_at')::timestamptz AS opened_at) AS told
WHERE (state ->> 'number' = $1 OR lower(state ->> 'vendor_id') = $1 OR lower(state ->> 'vendor_id') LIKE '%#' || $1)
    AND opened_at BETWEEN $2::timestamptz - interval '30 days' AND $2 + interval '30 days'
ORDER BY greatest(opened_at, $2) - least(opened_at, $2), id
LIMIT 1;

-- has_incident
-- Whether anything was told of this incident.
SELECT EXISTS (SELECT FROM incident WHERE id = $1);

-- add_parties
-- Remember these parties, and say which of them are new.
INSERT INTO party (vendor, vendor_id, name, kind)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
ON CONFLICT DO NOTHING
RETURNING vendor, vendor_id;

-- parties_to_look_up
-- People, and channels of the chat, of whom the vendor was not asked yet.
SELECT vendor_id, name FROM party
WHERE vendor = $1 AND looked_up_at IS NULL AND (kind = 'person' OR (vendor = 'slack' AND vendor_id ~ '^[CG]'))
ORDER BY vendor_id LIMIT $2;

-- save_look_up
-- What the vendor answered about one of its people.
UPDATE party SET name = $3, email = $4, looked_up_at = now() WHERE vendor = $1 AND vendor_id = $2;

-- alerts
-- Those of these alerts that are known.
SELECT alert.* FROM alert JOIN unnest($1::text[], $2::text[]) AS wanted (vendor, vendor_id) USING (vendor, vendor_id);

-- lock_aliases
-- Let nobody else place an alert of these aliases until the commit. In one order, so that no two wait for each other.
SELECT pg_advisory_xact_lock(key)
FROM (SELECT DISTINCT hashtextextended(alias, 0) AS key FROM unnest($1::text[]) AS alias ORDER BY key) AS keys;

-- alerts_of_aliases
-- The alerts of these aliases that were made since a time.
SELECT * FROM alert WHERE alias = ANY ($1::text[]) AND created_at >= $2;

-- add_alerts
-- Remember where these alerts belong.
INSERT INTO alert (vendor, vendor_id, alias, created_at, ended_at, incident_vendor, incident_vendor_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[]);

-- end_alerts
-- Remember when these alerts were closed, the last time. In one order for all, so that no two wait for each other.
WITH closed AS (
    SELECT vendor, vendor_id, closed.at
    FROM alert JOIN unnest($1::text[], $2::text[], $3::timestamptz[]) AS closed (vendor, vendor_id, at)
    USING (vendor, vendor_id)
    ORDER BY vendor, vendor_id FOR UPDATE OF alert
)
UPDATE alert SET ended_at = greatest(alert.ended_at, closed.at)
FROM closed WHERE alert.vendor = closed.vendor AND alert.vendor_id = closed.vendor_id;

-- lock_groups
-- Let nobody else place what is said of these groups until the commit. In one order, so that no two wait for each other.
SELECT pg_advisory_xact_lock(key)
FROM (SELECT DISTINCT hashtextextended(group_id, 1) AS key FROM unnest($1::text[]) AS group_id ORDER BY key) AS keys;

-- episodes
-- When these groups were an incident, as far as it touches these times.
SELECT DISTINCT episode.*
FROM episode JOIN unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[])
    AS wanted (vendor, group_id, began_at, ended_at) USING (vendor, group_id)
WHERE episode.last_at >= wanted.began_at AND episode.began_at <= wanted.ended_at;

-- save_episodes
-- Write when groups were an incident; what is known is only ever added to.
INSERT INTO episode (vendor, group_id, vendor_id, began_at, last_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
ON CONFLICT (vendor, vendor_id) DO UPDATE
SET began_at = least(episode.began_at, excluded.began_at), last_at = greatest(episode.last_at, excluded.last_at);

-- single_facts
-- Facts of these incidents that came the other way and have no twin; $2: fetched ones.
SELECT id::text AS id, incident_id::text AS incident_id, kind, occurred_at, author, fetched FROM fact
WHERE incident_id = ANY ($1::uuid[]) AND fetched = $2 AND twin IS NULL AND kind = ANY ($3::text[]);

-- save_twins
-- Remember which facts tell the same happening, both ways.
UPDATE fact SET twin = pair.twin
FROM (
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS one (id, twin)
    UNION ALL
    SELECT * FROM unnest($2::uuid[], $1::uuid[]) AS other (id, twin)
) AS pair
WHERE fact.id = pair.id;

-- want_history
-- Ask for the history of these incidents, so long from now. What nobody could be asked for, having no key, is forgotten.
WITH old AS (DELETE FROM history_due WHERE due_at < now() - interval '2 days')
INSERT INTO history_due (vendor, vendor_id, due_at)
SELECT vendor, vendor_id, now() + after
FROM unnest($1::text[], $2::text[]) AS one (vendor, vendor_id), unnest($3::interval[]) AS after
ON CONFLICT DO NOTHING;

-- history_due
-- Whose history is to be asked for by now, the longest due first.
SELECT vendor_id, max(due_at) AS due_at FROM history_due
WHERE vendor = $1 AND due_at <= now()
GROUP BY vendor_id ORDER BY min(due_at), vendor_id LIMIT $2;

-- history_asked
-- It was asked for; what became due meanwhile stays due.
DELETE FROM history_due WHERE vendor = $1 AND vendor_id = $2 AND due_at <= $3;

-- known_version
-- Which version of the incident was asked for.
SELECT version FROM history WHERE vendor = $1 AND vendor_id = $2;

-- save_version
-- The history of this version of the incident is in the outbox.
INSERT INTO history (vendor, vendor_id, version) VALUES ($1, $2, $3)
ON CONFLICT (vendor, vendor_id) DO UPDATE SET version = $3, fetched_at = now();

-- open_incidents
-- The pager's incidents that are not over as far as we know. Rows are few where webhooks arrive.
SELECT state ->> 'vendor_id' AS vendor_id FROM incident
WHERE state ->> 'vendor' = $1 AND state ->> 'status' <> 'resolved';

-- reconciled_from
-- From when on the pager is to be asked.
SELECT reconciled_from FROM source WHERE vendor = $1;

-- sources
-- When something last came from each pager by itself, and when it was last asked.
SELECT * FROM source ORDER BY vendor;

-- saw_deliveries
-- Something came from these by itself. To the second: the row is everybody's, and who writes it holds up the others.
INSERT INTO source (vendor, last_delivery_at)
SELECT vendor, at FROM unnest($1::text[], $2::timestamptz[]) AS came (vendor, at)
WHERE NOT EXISTS (
    SELECT FROM source WHERE source.vendor = came.vendor AND source.last_delivery_at > came.at - interval '1 second'
)
ON CONFLICT (vendor) DO UPDATE SET last_delivery_at = greatest(source.last_delivery_at, excluded.last_delivery_at);

-- reconciled
-- The pager was asked for everything since a time; what it is to be asked from the next time.
INSERT INTO source (vendor, reconciled_from, reconciled_at, reconciled_incidents) VALUES ($1, $2, now(), $3)
ON CONFLICT (vendor) DO UPDATE
SET reconciled_from = $2, reconciled_at = now(), reconciled_incidents = $3, trouble = NULL;

-- not_reconciled
-- The pager could not be asked.
INSERT INTO source (vendor, trouble) VALUES ($1, $2) ON CONFLICT (vendor) DO UPDATE SET trouble = $2;

-- missed
-- Happenings that webhooks tell, and that came only because we asked, since a time. The last 15 minutes may yet come.
SELECT count(*) FROM fact JOIN incident ON incident.id = fact.incident_id
WHERE fact.fetched AND fact.twin IS NULL AND fact.kind = ANY ($1::text[]) AND fact.received_at > $2
    AND fact.occurred_at BETWEEN $2 AND now() - interval '15 minutes' AND incident.state ->> 'vendor' = $3
    AND NOT (incident.state ->> 'backfilled')::boolean;

-- api_pause
-- How many seconds the credential is to be left alone, and why.
SELECT extract(epoch FROM until - now())::float8 AS seconds, why FROM api_pause WHERE credential = $1 AND until > now();

-- pause_api
-- Leave the credential alone for so many seconds.
INSERT INTO api_pause (credential, until, why) VALUES ($1, now() + make_interval(secs => $2), $3)
ON CONFLICT (credential) DO UPDATE SET until = greatest(api_pause.until, excluded.until), why = $3;

-- backfilled_until
-- How far the backfill that began there has come.
SELECT done_until FROM backfill WHERE vendor = $1 AND since = $2;

-- save_backfill
-- It has come so far.
INSERT INTO backfill (vendor, since, done_until) VALUES ($1, $2, $3)
ON CONFLICT (vendor, since) DO UPDATE SET done_until = greatest(backfill.done_until, $3);

-- take_news
-- Remember what is told of a subject; a row where it is not what was told before.
INSERT INTO told (subject, digest) VALUES ($1, $2)
ON CONFLICT (subject) DO UPDATE SET digest = $2 WHERE told.digest <> $2
RETURNING true;

-- want_channel_history
-- Ask what was said in the channels of these incidents, so long from now.
INSERT INTO history_due (vendor, vendor_id, due_at)
SELECT channel.vendor, channel.channel_id, now() + after
FROM channel JOIN unnest($1::text[], $2::text[]) AS one (vendor, vendor_id)
    ON channel.incident_vendor = one.vendor AND channel.incident_vendor_id = one.vendor_id,
    unnest($3::interval[]) AS after
ON CONFLICT DO NOTHING;

-- opened_at_of_channel
-- When the incident that a channel belongs to was opened.
SELECT (incident.state ->> 'opened_at')::timestamptz
FROM channel JOIN incident ON incident.state ->> 'vendor' = channel.incident_vendor
    AND incident.state ->> 'vendor_id' = channel.incident_vendor_id
WHERE channel.vendor = $1 AND channel.channel_id = $2;

-- want_said
-- Have this said at a place; a second telling of it changes nothing.
INSERT INTO saying (id, vendor, vendor_id, text, worth_until, incident_vendor, traceparent)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING;

-- waiting_sayings
-- What has to be said at the pager, the oldest first. What comes too late is dropped by another.
SELECT id, incident_vendor, vendor_id AS incident_vendor_id, vendor_id, text, traceparent FROM saying
WHERE vendor = $1 AND said_at IS NULL AND dropped_because IS NULL AND next_at <= now() AND worth_until > now()
ORDER BY wanted_at LIMIT 20;

-- waiting_in_channels
-- What has to be said in incidents' channels, the oldest first; the channel, where it is known.
SELECT saying.id, saying.incident_vendor, saying.vendor_id AS incident_vendor_id, saying.text, saying.traceparent,
    (SELECT channel_id FROM channel
     WHERE channel.vendor = $1 AND channel.incident_vendor = saying.incident_vendor
         AND channel.incident_vendor_id = saying.vendor_id
     ORDER BY named_at NULLS LAST, channel_id LIMIT 1) AS vendor_id
FROM saying
WHERE vendor = $1 AND said_at IS NULL AND dropped_because IS NULL AND next_at <= now() AND worth_until > now()
ORDER BY wanted_at LIMIT 100;

-- begin_saying
-- Take it for a minute; when somebody first began to say it, where that was before: whoever comes then looks whether it has
-- stood there since.
WITH before AS (
    SELECT id, begun_at FROM saying
    WHERE id = $1 AND said_at IS NULL AND dropped_because IS NULL AND next_at <= now() FOR UPDATE
)
UPDATE saying SET begun_at = COALESCE(before.begun_at, now()), next_at = now() + interval '1 minute'
FROM before WHERE saying.id = before.id
RETURNING before.begun_at;

-- saying_waits
-- It could not be said; somebody tries again so many seconds from now.
UPDATE saying SET next_at = now() + make_interval(secs => $2), trouble = $3 WHERE id = $1;

-- said
-- It was said, even where it was held for too late meanwhile.
UPDATE saying SET said_at = now(), dropped_because = NULL WHERE id = $1;

-- not_said
-- It will not be said.
UPDATE saying SET dropped_because = $2 WHERE id = $1;

-- drop_late_sayings
-- Drop what comes too late, and what no place was found for; $1: where something can be said.
UPDATE saying SET dropped_because = CASE
    WHEN vendor <> ALL ($1::text[]) THEN 'no_way'
    WHEN vendor = 'slack' AND begun_at IS NULL THEN 'no_channel'
    ELSE 'too_late' END
WHERE said_at IS NULL AND dropped_because IS NULL AND worth_until <= now()
RETURNING vendor, dropped_because;

-- count_sayings
-- How many were said and how many dropped, by place and why.
SELECT vendor, COALESCE(dropped_because, 'said') AS result, count(*) AS number FROM saying
WHERE said_at IS NOT NULL OR dropped_because IS NOT NULL GROUP BY 1, 2;

-- want_notice
-- Have this said; a second telling of it changes nothing.
INSERT INTO notice (id, notice, not_before, worth_until) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- due_notices
-- What is to be said one way now, the oldest first: after those ways that cannot reach its recipient.
SELECT id FROM notice
WHERE said_at IS NULL AND dropped_because IS NULL AND next_at <= now() AND worth_until > now()
    AND (not_before IS NULL OR not_before <= now()) AND $1 <> ALL (not_by) AND not_by @> $2::text[]
ORDER BY next_at, id LIMIT 20;

-- take_notice
-- Take it for a minute; when somebody first began to say it, where that was before.
WITH before AS (
    SELECT id, begun_at FROM notice
    WHERE id = $1 AND said_at IS NULL AND dropped_because IS NULL AND next_at <= now() FOR UPDATE
)
UPDATE notice SET begun_at = COALESCE(before.begun_at, now()), next_at = now() + interval '1 minute', tries = tries + 1
FROM before WHERE notice.id = before.id
RETURNING notice.notice, before.begun_at, notice.tries;

-- email_of
-- The e-mail address by which a vendor knows somebody, by any of their handles.
SELECT party.email FROM party JOIN unnest($1::text[], $2::text[]) AS handle (vendor, vendor_id) USING (vendor, vendor_id)
WHERE party.email IS NOT NULL AND party.kind = 'person' ORDER BY party.vendor, party.vendor_id LIMIT 1;

-- notice_said
-- It was said, and stands there, even where it was held for too late meanwhile.
UPDATE notice SET said_at = now(), said_by = $2, said_where = $3, trouble = NULL, dropped_because = NULL, dropped_at = NULL
WHERE id = $1;

-- notice_waits
-- It could not be said; somebody tries again so many seconds from now.
UPDATE notice SET next_at = now() + make_interval(secs => $2), trouble = $3 WHERE id = $1;

-- notice_not_by
-- Its recipient cannot be reached that way. Where no way is left, of $3, it is dropped.
UPDATE notice SET not_by = not_by || $2::text, begun_at = NULL, next_at = now(),
    dropped_because = CASE WHEN (not_by || $2::text) @> $3::text[] THEN 'unknown_recipient' END,
    dropped_at = CASE WHEN (not_by || $2::text) @> $3::text[] THEN now() END
WHERE id = $1 RETURNING dropped_because IS NOT NULL;

-- drop_late_notices
-- Drop what nobody needs any more; $1: whether there is any way to say it.
WITH late AS (
    UPDATE notice SET dropped_because = CASE WHEN $1 THEN 'too_late' ELSE 'no_way' END, dropped_at = now()
    WHERE said_at IS NULL AND dropped_because IS NULL AND worth_until <= now()
    RETURNING dropped_because
)
SELECT dropped_because, count(*) AS number FROM late GROUP BY 1;

-- list_notices
-- What waits, and what was said or dropped since a time, the newest first.
SELECT id, notice ->> 'kind' AS kind, notice -> 'to' ->> 'name' AS name, notice -> 'to' ->> 'channel' AS channel,
    notice ->> 'subject' AS subject, wanted_at, not_before, worth_until, said_at, said_by, said_where,
    dropped_because, trouble, tries
FROM notice
WHERE (said_at IS NULL AND dropped_because IS NULL) OR said_at >= $1 OR dropped_at >= $1
ORDER BY wanted_at DESC, id LIMIT 500;

-- count_unheard_notices
-- How many nobody was told since a time, by why.
SELECT dropped_because, count(*) AS number FROM notice WHERE dropped_at >= $1 GROUP BY 1;

-- bury
-- Leave a tombstone for an entry; nothing where one stands.
INSERT INTO redaction (entry_id, incident_id, what, why, by, redacted_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING true;

-- redacted_facts
-- Those of these facts whose words were taken out, whichever way they were told.
SELECT f.id::text AS id FROM fact AS f JOIN redaction AS r ON r.entry_id = f.id OR r.entry_id = f.twin WHERE f.id = ANY ($1::uuid[]);

-- said_of_incident
-- What the others were told of an incident, as far as an id stands in it.
SELECT value FROM outbox WHERE topic = $1 AND key = $2 AND position(convert_to($3, 'UTF8') IN value) > 0;

-- known_by_name
-- Everybody's name and e-mail.
SELECT name FROM party UNION SELECT email FROM party WHERE email IS NOT NULL;

-- forget_old_cards
-- The words of cards that were said, or came too late, a week ago.
UPDATE saying SET text = ''
WHERE text <> '' AND (said_at < now() - interval '7 days'
    OR dropped_because IS NOT NULL AND worth_until < now() - interval '7 days');

-- forget_parties
-- The pagers know nobody by these ids and addresses any more.
DELETE FROM party WHERE (vendor, vendor_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) OR lower(email) = ANY ($3::text[]);
