-- begin_incidents
-- Make a row for each incident that has none, so that it can be locked.
INSERT INTO incident (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING;

-- lock_incidents
-- Read these incidents for changing. In one order for all, so that no two wait for each other.
SELECT * FROM incident WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE;

-- save_incidents
-- Write what became of these incidents.
UPDATE incident AS kept SET
    revision = new.revision, service = new.service, severity = new.severity, source = new.source,
    opened_at = new.opened_at, opened_as_service = new.opened_as_service, opened_as_severity = new.opened_as_severity,
    team = new.team
FROM jsonb_populate_recordset(NULL::incident, $1) AS new
WHERE kept.id = new.id;

-- all_incidents
-- Every incident, for counting anew.
SELECT * FROM incident;

-- begin_postmortems
-- Make a row for each postmortem that has none, so that it can be locked.
INSERT INTO postmortem (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING;

-- lock_postmortems
-- Read these postmortems for changing, in order of id.
SELECT * FROM postmortem WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE;

-- save_postmortems
-- Write what became of these postmortems.
UPDATE postmortem AS kept SET
    drafted_at = new.drafted_at, begun_at = new.begun_at, merged_at = new.merged_at, split_at = new.split_at,
    published_at = new.published_at, fails_at = new.fails_at, promised = new.promised,
    verdict = new.verdict, decided_at = new.decided_at, open_items = new.open_items, incident_id = new.incident_id,
    service = new.service, failure_modes = new.failure_modes, opened_at = new.opened_at, resolved_at = new.resolved_at,
    url = new.url, title = new.title, hidden = new.hidden
FROM jsonb_populate_recordset(NULL::postmortem, $1) AS new
WHERE kept.id = new.id;

-- all_postmortems
-- Every postmortem, for counting anew.
SELECT * FROM postmortem;

-- begin_action_items
-- Make a row for each action item that has none, so that it can be locked.
INSERT INTO action_item (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING;

-- lock_action_items
-- Read these action items for changing, in order of id.
SELECT * FROM action_item WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE;

-- save_action_items
-- Write what became of these action items.
UPDATE action_item AS kept SET
    postmortem_id = new.postmortem_id, committed_at = new.committed_at, control = new.control, due_on = new.due_on,
    withdrawn = new.withdrawn, revision = new.revision, state = new.state, tracker = new.tracker,
    first_shipped_at = new.first_shipped_at, dropped_as = new.dropped_as, incident_id = new.incident_id,
    service = new.service, team = new.team, text = new.text, owner = new.owner, target = new.target,
    furthest_due_on = new.furthest_due_on, ticket_key = new.ticket_key, ticket_url = new.ticket_url,
    withdrawn_at = new.withdrawn_at, due_days = new.due_days, put_off_at = new.put_off_at,
    promised_on = new.promised_on, change_number = new.change_number, ticket_slips = new.ticket_slips
FROM jsonb_populate_recordset(NULL::action_item, $1) AS new
WHERE kept.id = new.id;

-- all_action_items
-- Every action item, for counting anew.
SELECT * FROM action_item;

-- items_of_incidents
-- The action items that postmortems of these incidents promise.
SELECT id FROM action_item WHERE incident_id = ANY ($1::uuid[]);

-- items_of_postmortems
-- The action items that these postmortems promise.
SELECT id FROM action_item WHERE postmortem_id = ANY ($1::uuid[]);

-- hold_recurrences
-- One at a time: two that are alike may be heard of in the same moment. Taken last, so that nobody waits for two.
SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.recurrence'));

-- drop_recurrences
-- Forget what these postmortems ($1), their items and these items ($2) had to do with incidents.
DELETE FROM recurrence
WHERE postmortem_id = ANY ($1::uuid[]) OR item_id = ANY ($2::uuid[])
    OR item_id IN (SELECT id FROM action_item WHERE postmortem_id = ANY ($1::uuid[]));

-- add_recurrences
-- Find the incidents that came back: a published postmortem's incident began while a promise of an earlier one was open
-- (while_open) or so soon ($3) after it shipped (after_fix); the same service, and a failure mode in common.
-- Looked for from the later postmortem, from the earlier one ($1 for both) and from the item ($2).
WITH pair AS (
    SELECT later.id AS later_id, item.id AS item_id FROM postmortem AS later
    JOIN action_item AS item ON item.service = later.service AND item.committed_at < later.opened_at
    WHERE later.id = ANY ($1::uuid[])
    UNION
    SELECT later.id, item.id FROM action_item AS item
    JOIN postmortem AS later ON later.service = item.service AND later.opened_at > item.committed_at
    WHERE item.id = ANY ($2::uuid[]) OR item.postmortem_id = ANY ($1::uuid[])
), alike AS (
    SELECT later.id AS later_id, item.id AS item_id, later.service, later.opened_at, later.resolved_at,
        least(item.first_shipped_at, item.withdrawn_at) AS ended_at, item.first_shipped_at
    FROM pair JOIN postmortem AS later ON later.id = later_id JOIN action_item AS item ON item.id = item_id
    JOIN postmortem AS earlier ON earlier.id = item.postmortem_id
    WHERE later.published_at IS NOT NULL AND later.service <> 'unknown' AND earlier.id <> later.id
        AND earlier.failure_modes && later.failure_modes
)
INSERT INTO recurrence (postmortem_id, item_id, kind, service, opened_at, seconds)
SELECT later_id, item_id, CASE WHEN ended_at IS NULL OR ended_at > opened_at THEN 'while_open' ELSE 'after_fix' END,
    service, opened_at, COALESCE(greatest(0, EXTRACT(epoch FROM resolved_at - opened_at)), 0)
FROM alike
WHERE ended_at IS NULL OR ended_at > opened_at OR first_shipped_at BETWEEN opened_at - $3::interval AND opened_at
ON CONFLICT DO NOTHING;

-- drop_recurrences_that_held
-- Forget incidents that are no recurrence by the rule as it is now: they began later after the fix than so ($1).
DELETE FROM recurrence USING action_item AS item
WHERE item.id = item_id AND kind = 'after_fix'
    AND (item.first_shipped_at BETWEEN recurrence.opened_at - $1::interval AND recurrence.opened_at) IS NOT TRUE;

-- confirm_recurrences
-- Keep what people said of an incident and an earlier postmortem; only a later revision changes it.
INSERT INTO confirmed_recurrence AS kept (
    postmortem_id, incident_id, revision, linked, service, opened_at, seconds, people, kinds
)
SELECT postmortem_id, incident_id, revision, linked, service, opened_at, seconds, people, string_to_array(kinds, ' ')
FROM unnest(
    $1::uuid[], $2::uuid[], $3::bigint[], $4::boolean[], $5::text[], $6::timestamptz[], $7::float8[], $8::integer[], $9::text[]
) AS said (postmortem_id, incident_id, revision, linked, service, opened_at, seconds, people, kinds)
ON CONFLICT (postmortem_id, incident_id) DO UPDATE SET
    revision = excluded.revision, linked = excluded.linked, service = excluded.service, opened_at = excluded.opened_at,
    seconds = excluded.seconds, people = excluded.people, kinds = excluded.kinds
WHERE excluded.revision > kept.revision;

-- move_tallies
-- Add to these tallies, in one order for all, so that no two wait for each other.
INSERT INTO tally AS kept (tally, labels, value)
SELECT tally, labels, value
FROM unnest($1::text[], $2::jsonb[], $3::bigint[]) WITH ORDINALITY AS moved (tally, labels, value, n)
ORDER BY n
ON CONFLICT (tally, labels) DO UPDATE SET value = kept.value + excluded.value;

-- hold_tallies
-- Let nobody else move the tallies until this transaction ends. Reading goes on.
LOCK TABLE tally IN EXCLUSIVE MODE;

-- drop_tallies
-- Forget all tallies.
DELETE FROM tally;

-- basis
-- What the tallies were counted by.
SELECT basis FROM tally_basis;

-- save_basis
-- Remember what the tallies are counted by.
INSERT INTO tally_basis (basis) VALUES ($1)
ON CONFLICT (only_row) DO UPDATE SET basis = excluded.basis, counted_at = now();

-- add_service_names
-- Remember services that are named for the first time.
INSERT INTO service_name (name)
SELECT told FROM unnest($1::text[]) AS told
WHERE NOT EXISTS (SELECT FROM service_name WHERE name = told)
ON CONFLICT DO NOTHING;

-- name_teams
-- Remember teams, and the names that they were given last.
INSERT INTO team AS kept (id, name, named_at)
SELECT DISTINCT ON (id) id, name, named_at FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS told (id, name, named_at)
ORDER BY id, named_at DESC, name DESC
ON CONFLICT (id) DO UPDATE SET name = excluded.name, named_at = excluded.named_at
WHERE (kept.named_at, kept.name) < (excluded.named_at, excluded.name);

-- now
-- What time it is for everybody.
SELECT now();

-- by_clock
-- What of the numbers goes by the clock ($1: now; $2: until when a postmortem is about to fail; $3: how many of these are named),
-- and by what one knows whether anything else has changed: a hash of the changes that are seen, in whatever order they came.
SELECT json_build_object(
    'version', (SELECT COALESCE(bit_xor(uuid_hash_extended(id, 0)), 0) FROM change),
    'at_stake', (SELECT to_json(s) FROM (
        -- Postmortems with open items: how many fail soon, or should have failed already and are not judged; and how many
        -- that were called a success are not one now, because an item was opened again before month four.
        SELECT count(*) FILTER (WHERE fails_at < $2 AND (verdict IS NULL OR fails_at > $1)) AS about_to_fail,
            count(*) FILTER (WHERE verdict = 'succeeded' AND fails_at > $1) AS doubted,
            min(fails_at) FILTER (WHERE verdict IS NULL OR fails_at > $1) AS next_failure_at
        FROM postmortem WHERE open_items > 0 AND (verdict IS NULL OR verdict = 'succeeded')
    ) AS s),
    'about_to_fail', (SELECT COALESCE(json_agg(n ORDER BY n.fails_at), '[]') FROM (
        SELECT 'about_to_fail' AS outcome, title, service, COALESCE(url, '') AS url, fails_at FROM postmortem
        WHERE open_items > 0 AND (verdict IS NULL OR verdict = 'succeeded') AND fails_at < $2
            AND (verdict IS NULL OR fails_at > $1)
        ORDER BY fails_at LIMIT $3
    ) AS n)
);

-- forget_changes
-- Where there are more than so many ($1), forget which changes there were. That is noted as one: whoever reads next reads everything.
WITH many AS (SELECT FROM change OFFSET $1 LIMIT 1), noted AS (INSERT INTO change SELECT gen_random_uuid() FROM many)
DELETE FROM change WHERE EXISTS (SELECT FROM many);

-- reading
-- Everything else that the numbers are made of, in one statement: of one moment, and in one way to the database and back.
-- $1: today; $2: the time zone; $3 and $4: between which the running quarter lies; $5: the running quarter;
-- $6: the first quarter that is shown; $7: when that began; $8, $9, $10: how many services, teams and action items are named.
WITH counted AS (
    -- All tallies but those that are as many as there were days. A row a tally: decoding many small ones costs more.
    SELECT tally, jsonb_agg(labels) AS labels, json_agg(value) AS counts FROM tally
    WHERE tally NOT IN ('shipped_after', 'unshipped', 'open') AND value <> 0 GROUP BY tally
), cohort AS (
    -- After so many days, or since then, so many. A row a quarter.
    SELECT labels ->> 'quarter' AS quarter, tally,
        json_object_agg(COALESCE(labels ->> 'days', labels ->> 'since'), value) AS counts
    FROM tally
    WHERE tally IN ('shipped_after', 'unshipped') AND labels ->> 'quarter' BETWEEN $6 AND $5 AND value <> 0
    GROUP BY 1, 2
), due AS (
    -- How many promises are open, how many of them were due before today, and the first day of those.
    SELECT COALESCE(sum(value), 0)::bigint AS open,
        COALESCE(sum(value) FILTER (WHERE due_on < $1::date::text), 0)::bigint AS overdue,
        min(due_on) FILTER (WHERE due_on < $1::date::text) AS first
    FROM (SELECT labels ->> 'due_on' AS due_on, value FROM tally WHERE tally = 'open' AND value <> 0) AS day
), opened AS (
    -- The incidents of the running quarter, as they are classified now.
    SELECT service, severity, source, count(*) AS count FROM incident
    WHERE opened_at >= $3 AND opened_at < $4
    GROUP BY service, severity, source
), oldest AS (
    -- The action items that are open longest.
    SELECT item.committed_at, item.team, item.service, item.tracker, item.ticket_key, item.text,
        COALESCE(item.ticket_url, postmortem.url, '') AS url
    FROM action_item AS item LEFT JOIN postmortem ON postmortem.id = item.postmortem_id
    WHERE item.committed_at IS NOT NULL AND NOT item.withdrawn AND item.state <> 'completed'
    ORDER BY item.committed_at LIMIT $10
), failed AS (
    -- The postmortems that failed last.
    SELECT verdict AS outcome, title, service, COALESCE(url, '') AS url, fails_at FROM postmortem
    WHERE verdict IN ('failed', 'closed_late') AND fails_at IS NOT NULL ORDER BY fails_at DESC LIMIT $10
), recurred AS (
    -- Incidents that came back, each once a kind.
    SELECT to_char(begun, 'YYYY"-Q"Q') AS quarter, kind, service, count(*) AS count, sum(seconds) AS seconds FROM (
        SELECT DISTINCT date_trunc('quarter', opened_at AT TIME ZONE $2::text) AS begun, kind, service, postmortem_id, seconds
        FROM recurrence WHERE opened_at >= $7 AND opened_at < $4
    ) AS once GROUP BY begun, kind, service
), confirmed AS (
    -- Incidents that came back as people confirmed, each once a kind.
    SELECT quarter, kind, service, count(*) AS count, sum(seconds) AS seconds, sum(people)::bigint AS people FROM (
        SELECT DISTINCT ON (incident_id, kind) to_char(opened_at AT TIME ZONE $2::text, 'YYYY"-Q"Q') AS quarter, kind,
            service, seconds, people
        FROM confirmed_recurrence, unnest(CASE WHEN kinds = '{}' THEN '{none}' ELSE kinds END) AS kind
        WHERE linked AND opened_at >= $7 AND opened_at < $4
        ORDER BY incident_id, kind, postmortem_id
    ) AS once GROUP BY quarter, kind, service
), finding AS (
    -- Patterns that stand.
    SELECT quarter, kind, CASE WHEN by_reader THEN 'reader' ELSE 'test' END AS seen_by, count(*) AS count
    FROM meta_finding WHERE stands AND quarter BETWEEN $6 AND $5 GROUP BY 1, 2, 3
), proposal AS (
    -- Structural changes that were promised, by how they stand.
    SELECT p.quarter,
        CASE WHEN a.state = 'completed' THEN 'shipped' WHEN a.withdrawn THEN 'withdrawn' ELSE 'open' END AS state,
        count(*) AS count, sum(p.minutes) * 60 AS seconds
    FROM meta_proposal AS p LEFT JOIN action_item AS a ON a.id = p.item_id
    WHERE p.quarter BETWEEN $6 AND $5 GROUP BY 1, 2
)
SELECT json_build_object(
    'version', (SELECT COALESCE(bit_xor(uuid_hash_extended(id, 0)), 0) FROM change),
    'counted', (SELECT COALESCE(json_agg(c), '[]') FROM counted AS c),
    'cohorts', (SELECT COALESCE(json_agg(c), '[]') FROM cohort AS c),
    'due', (SELECT to_json(d) FROM due AS d),
    'opened', (SELECT COALESCE(json_agg(o), '[]') FROM opened AS o),
    'oldest_draft_at', (SELECT min(drafted_at) FROM postmortem WHERE published_at IS NULL AND verdict IS NULL),
    'oldest', (SELECT COALESCE(json_agg(o ORDER BY o.committed_at), '[]') FROM oldest AS o),
    'failed', (SELECT COALESCE(json_agg(f ORDER BY f.fails_at DESC), '[]') FROM failed AS f),
    'recurred', (SELECT COALESCE(json_agg(r), '[]') FROM recurred AS r),
    'confirmed', (SELECT COALESCE(json_agg(c), '[]') FROM confirmed AS c),
    'findings', (SELECT COALESCE(json_agg(f ORDER BY f.quarter, f.kind, f.seen_by), '[]') FROM finding AS f),
    'proposals', (SELECT COALESCE(json_agg(p ORDER BY p.quarter, p.state), '[]') FROM proposal AS p),
    'named', json_build_object(
        'services', (SELECT COALESCE(json_agg(name), '[]') FROM (SELECT name FROM service_name ORDER BY seq LIMIT $8) AS s),
        'teams', (
            SELECT COALESCE(json_object_agg(id, name), '{}') FROM (SELECT id, name FROM team ORDER BY seq LIMIT $9) AS t
        )
    )
);

-- make_shadow
-- Tables of this session's own, which stand before the real ones under the same names, until it ends.
CREATE TEMPORARY TABLE incident (LIKE metrics.incident INCLUDING ALL);
CREATE TEMPORARY TABLE postmortem (LIKE metrics.postmortem INCLUDING ALL);
CREATE TEMPORARY TABLE action_item (LIKE metrics.action_item INCLUDING ALL);
CREATE TEMPORARY TABLE recurrence (LIKE metrics.recurrence INCLUDING ALL);
CREATE TEMPORARY TABLE confirmed_recurrence (LIKE metrics.confirmed_recurrence INCLUDING ALL);
CREATE TEMPORARY TABLE meta_finding (LIKE metrics.meta_finding INCLUDING ALL);
CREATE TEMPORARY TABLE meta_proposal (LIKE metrics.meta_proposal INCLUDING ALL);
CREATE TEMPORARY TABLE team (LIKE metrics.team INCLUDING ALL);
CREATE TEMPORARY TABLE service_name (LIKE metrics.service_name INCLUDING ALL);
CREATE TEMPORARY TABLE tally (LIKE metrics.tally INCLUDING ALL);
CREATE TEMPORARY TABLE tally_basis (LIKE metrics.tally_basis INCLUDING ALL);
-- Statements that were prepared before this would go on to write the real ones.
DISCARD PLANS;

-- begin_shadow_as_known
-- Begin with what is known. Without its revision a row takes in every snapshot that is told again.
INSERT INTO pg_temp.incident SELECT * FROM metrics.incident;
INSERT INTO pg_temp.postmortem SELECT * FROM metrics.postmortem;
INSERT INTO pg_temp.action_item SELECT * FROM metrics.action_item;
INSERT INTO pg_temp.recurrence SELECT * FROM metrics.recurrence;
INSERT INTO pg_temp.confirmed_recurrence SELECT * FROM metrics.confirmed_recurrence;
INSERT INTO pg_temp.meta_finding SELECT * FROM metrics.meta_finding;
INSERT INTO pg_temp.meta_proposal SELECT * FROM metrics.meta_proposal;
UPDATE pg_temp.incident SET revision = -1;
UPDATE pg_temp.action_item SET revision = -1, change_number = -1;

-- hold_all
-- Let no event in until this transaction ends. The rows come first, as they do wherever events are taken in.
LOCK TABLE metrics.incident, metrics.postmortem, metrics.action_item, metrics.service_name, metrics.team, metrics.tally,
    metrics.recurrence, metrics.confirmed_recurrence, metrics.meta_finding, metrics.meta_proposal IN EXCLUSIVE MODE;

-- untold
-- How many things are known that nothing was told of again.
SELECT (SELECT count(*) FROM metrics.incident AS i WHERE NOT EXISTS (SELECT FROM pg_temp.incident WHERE id = i.id))
    + (SELECT count(*) FROM metrics.postmortem AS p WHERE NOT EXISTS (SELECT FROM pg_temp.postmortem WHERE id = p.id))
    + (SELECT count(*) FROM metrics.action_item AS a WHERE NOT EXISTS (SELECT FROM pg_temp.action_item WHERE id = a.id));

-- shadow_sizes
-- How many rows there are in the shadow.
SELECT (SELECT count(*) FROM pg_temp.incident) AS incidents, (SELECT count(*) FROM pg_temp.postmortem) AS postmortems,
    (SELECT count(*) FROM pg_temp.action_item) AS action_items;

-- differing_tallies
-- How many numbers are not what they were.
SELECT count(*) FROM (SELECT tally, labels, value FROM metrics.tally WHERE value <> 0) AS old
FULL JOIN (SELECT tally, labels, value FROM pg_temp.tally WHERE value <> 0) AS new USING (tally, labels)
WHERE old.value IS DISTINCT FROM new.value;

-- swap_shadow
-- Put the shadow in the place of what is read. Names of services and teams keep their order: they stay, and are added to.
UPDATE pg_temp.incident AS new SET revision = old.revision
FROM metrics.incident AS old WHERE old.id = new.id AND old.revision > new.revision;
UPDATE pg_temp.action_item AS new SET revision = old.revision
FROM metrics.action_item AS old WHERE old.id = new.id AND old.revision > new.revision;
UPDATE pg_temp.action_item AS new SET change_number = old.change_number
FROM metrics.action_item AS old WHERE old.id = new.id AND old.change_number > new.change_number;
DELETE FROM metrics.incident;
DELETE FROM metrics.postmortem;
DELETE FROM metrics.action_item;
DELETE FROM metrics.recurrence;
-- What people confirmed long ago, in a reading as well, the topics need not tell any more: it stays.
DELETE FROM metrics.confirmed_recurrence AS old USING pg_temp.confirmed_recurrence AS new
WHERE old.postmortem_id = new.postmortem_id AND old.incident_id = new.incident_id;
DELETE FROM metrics.tally;
INSERT INTO metrics.incident SELECT * FROM pg_temp.incident;
INSERT INTO metrics.postmortem SELECT * FROM pg_temp.postmortem;
INSERT INTO metrics.action_item SELECT * FROM pg_temp.action_item;
INSERT INTO metrics.recurrence SELECT * FROM pg_temp.recurrence;
INSERT INTO metrics.confirmed_recurrence SELECT * FROM pg_temp.confirmed_recurrence;
INSERT INTO metrics.meta_finding AS kept SELECT * FROM pg_temp.meta_finding
ON CONFLICT (id) DO UPDATE SET stands = excluded.stands, number = excluded.number
WHERE excluded.number > kept.number;
INSERT INTO metrics.meta_proposal SELECT * FROM pg_temp.meta_proposal ON CONFLICT DO NOTHING;
INSERT INTO metrics.tally SELECT * FROM pg_temp.tally;
INSERT INTO metrics.service_name (name) SELECT name FROM pg_temp.service_name ORDER BY seq ON CONFLICT DO NOTHING;
INSERT INTO metrics.team AS kept (id, name, named_at) SELECT id, name, named_at FROM pg_temp.team ORDER BY seq
ON CONFLICT (id) DO UPDATE SET name = excluded.name, named_at = excluded.named_at
WHERE (kept.named_at, kept.name) < (excluded.named_at, excluded.name);
INSERT INTO metrics.tally_basis SELECT * FROM pg_temp.tally_basis
ON CONFLICT (only_row) DO UPDATE SET basis = excluded.basis, counted_at = excluded.counted_at;

-- forget_shadow
-- The session's own tables go.
DROP TABLE IF EXISTS pg_temp.incident, pg_temp.postmortem, pg_temp.action_item, pg_temp.recurrence,
    pg_temp.confirmed_recurrence, pg_temp.meta_finding, pg_temp.meta_proposal, pg_temp.team, pg_temp.service_name,
    pg_temp.tally, pg_temp.tally_basis;
DISCARD PLANS;

-- cohorts_by
-- What became of the promises of each quarter since $2, grouped by $1 (team, service, control, tracker or nothing), by the
-- calendar of $3, as of the day $4; of this team, service, control and tracker only, where one is given. A quarter that has
-- not begun by then is none yet.
SELECT
    CASE $1::text
        WHEN 'team' THEN COALESCE(team.name, 'unknown') WHEN 'service' THEN item.service
        WHEN 'control' THEN COALESCE(item.control, 'none') WHEN 'tracker' THEN COALESCE(item.tracker, 'unknown')
        ELSE 'all' END AS whose,
    to_char(item.committed_at AT TIME ZONE $3::text, 'YYYY"-Q"Q') AS quarter,
    CASE WHEN item.state = 'completed' THEN 'shipped' WHEN item.withdrawn THEN 'withdrawn' ELSE 'open' END AS fate,
    CASE WHEN item.state = 'completed'
            THEN (item.first_shipped_at AT TIME ZONE $3::text)::date - (item.committed_at AT TIME ZONE $3::text)::date
        WHEN item.withdrawn THEN 0
        ELSE $4::date - (item.committed_at AT TIME ZONE $3::text)::date END AS age,
    count(*) AS count
FROM action_item AS item LEFT JOIN team ON team.id = item.team
WHERE item.committed_at >= $2
    AND item.committed_at AT TIME ZONE $3::text < date_trunc('quarter', $4::date) + interval '3 months'
    AND ($5::text IS NULL OR team.name = $5 OR item.team = $5) AND ($6::text IS NULL OR item.service = $6)
    AND ($7::text IS NULL OR item.control = $7) AND ($8::text IS NULL OR item.tracker = $8)
GROUP BY 1, 2, 3, 4;

-- history_items
-- Action items, the latest promise first, from before the one at ($1, $2); $3: open, overdue (before the day $4),
-- shipped, withdrawn, slipped or recurred; of this team, service, control and tracker only, where one is given.
SELECT item.id, item.text, item.target, item.service, COALESCE(team.name, 'unknown') AS team, item.control, item.tracker,
    item.ticket_key, COALESCE(item.ticket_url, '') AS ticket_url, COALESCE(postmortem.url, '') AS postmortem_url,
    item.committed_at, item.due_on, COALESCE(item.promised_on, item.due_on) AS promised_on, item.furthest_due_on,
    item.first_shipped_at, item.withdrawn_at, item.state,
    item.withdrawn, came_back.incidents AS recurred_while_open
FROM action_item AS item
LEFT JOIN team ON team.id = item.team
LEFT JOIN postmortem ON postmortem.id = item.postmortem_id
CROSS JOIN LATERAL (
    SELECT count(*) AS incidents FROM recurrence WHERE item_id = item.id AND kind = 'while_open'
) AS came_back
WHERE item.committed_at IS NOT NULL AND (item.committed_at, item.id) < ($1, $2)
    AND CASE $3::text
        WHEN 'open' THEN NOT item.withdrawn AND item.state <> 'completed'
        WHEN 'overdue' THEN NOT item.withdrawn AND item.state <> 'completed' AND item.due_on < $4
        WHEN 'shipped' THEN item.state = 'completed'
        WHEN 'withdrawn' THEN item.withdrawn AND item.state <> 'completed'
        WHEN 'slipped' THEN item.ticket_slips > 0 OR item.furthest_due_on > COALESCE(item.promised_on, item.due_on)
        WHEN 'recurred' THEN came_back.incidents > 0
        ELSE true END
    AND ($5::text IS NULL OR team.name = $5 OR item.team = $5) AND ($6::text IS NULL OR item.service = $6)
    AND ($7::text IS NULL OR item.control = $7) AND ($8::text IS NULL OR item.tracker = $8)
ORDER BY item.committed_at DESC, item.id DESC
LIMIT $9;

-- history_recurrences
-- Incidents that came back since then, the latest first, each with the promise that was about it.
SELECT again.kind, again.service, again.opened_at, again.seconds, COALESCE(later.url, '') AS postmortem_url, item.text,
    COALESCE(team.name, 'unknown') AS team, COALESCE(item.ticket_url, '') AS ticket_url, item.ticket_key,
    item.committed_at, item.first_shipped_at
FROM recurrence AS again
JOIN postmortem AS later ON later.id = again.postmortem_id
JOIN action_item AS item ON item.id = again.item_id
LEFT JOIN team ON team.id = item.team
WHERE again.opened_at >= $1
    AND ($2::text IS NULL OR team.name = $2 OR item.team = $2) AND ($3::text IS NULL OR again.service = $3)
ORDER BY again.opened_at DESC, again.postmortem_id, again.item_id
LIMIT $4;

-- teams_called
-- The teams that are known by this id, or called so now.
SELECT id, name FROM team WHERE id = $1 OR lower(name) = lower($1) ORDER BY seq;

-- teams_known
-- The names of all teams.
SELECT DISTINCT name FROM team ORDER BY name;

-- digest_items
-- What happened to these teams' ($1) promises in the week from $2 until $3, as it was at its end: shipped, slipped, or
-- open and due from its first day ($4) to the last of the next week ($5).
SELECT item.text, item.owner, COALESCE(item.ticket_url, postmortem.url, '') AS url, item.due_on, item.due_days,
    COALESCE(item.promised_on, item.due_on) AS promised_on, item.first_shipped_at,
    item.state = 'completed' AS is_shipped, open.at_the_end AS was_open
FROM action_item AS item
LEFT JOIN postmortem ON postmortem.id = item.postmortem_id
CROSS JOIN LATERAL (
    SELECT (item.withdrawn_at IS NULL OR item.withdrawn_at >= $3)
        AND (item.first_shipped_at IS NULL OR item.first_shipped_at >= $3 OR item.state <> 'completed') AS at_the_end
) AS open
WHERE item.team = ANY ($1::text[]) AND item.committed_at < $3
    AND (item.first_shipped_at >= $2 AND item.first_shipped_at < $3
        OR item.put_off_at >= $2
        OR item.due_on >= $4 AND item.due_on <= $5)
ORDER BY item.committed_at, item.id;

-- digest_overdue
-- How many promises of these teams ($1) were open at $2 and due before the day $3.
SELECT count(*) FROM action_item
WHERE team = ANY ($1::text[]) AND committed_at < $2 AND due_on < $3
    AND (withdrawn_at IS NULL OR withdrawn_at >= $2)
    AND (first_shipped_at IS NULL OR first_shipped_at >= $2 OR state <> 'completed');

-- digest_recurrences
-- The incidents from $2 until $3 that a promise of these teams ($1) was about, each once a kind.
SELECT DISTINCT ON (again.opened_at, again.postmortem_id, again.kind) again.postmortem_id, again.service, again.opened_at,
    again.seconds, again.kind = 'while_open' AS while_open, item.text, COALESCE(later.url, item.ticket_url, '') AS url
FROM recurrence AS again
JOIN action_item AS item ON item.id = again.item_id
LEFT JOIN postmortem AS later ON later.id = again.postmortem_id
WHERE item.team = ANY ($1::text[]) AND again.opened_at >= $2 AND again.opened_at < $3
ORDER BY again.opened_at, again.postmortem_id, again.kind, item.committed_at, item.id;

-- take_digest
-- This team's digest of this week is ours to say, unless one was said. Nothing comes back where it was.
INSERT INTO digest_said (team, week, quiet) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true;

-- keep_meta_finding
-- Whether a pattern stands; only a later decision changes it.
INSERT INTO meta_finding AS kept (id, quarter, kind, by_reader, stands, number) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET stands = excluded.stands, number = excluded.number
WHERE excluded.number > kept.number;

-- add_meta_proposal
-- A structural change was promised.
INSERT INTO meta_proposal (id, quarter, kind, item_id, incidents, minutes) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING;
