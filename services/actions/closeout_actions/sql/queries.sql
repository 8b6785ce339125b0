-- now
-- The one clock that all replicas share.
SELECT clock_timestamp();

-- add_ticket
-- Keep the intent; a promise that was heard of before changes nothing.
INSERT INTO ticket (item_id, tracker, project, committed, traceparent, stage, due_at, creation, state, mirror)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (item_id) DO NOTHING;

-- lock_ticket
-- A ticket for changing.
SELECT * FROM ticket WHERE item_id = $1 FOR UPDATE;

-- lock_tickets_by_remote_id
-- Tickets for changing by the tracker's ids. In one order for all, so that no two wait for each other.
SELECT * FROM ticket WHERE tracker = $1 AND remote_id = ANY ($2::text[]) ORDER BY item_id FOR UPDATE;

-- tickets_by_remote_id
-- Tickets for reading by the tracker's ids.
SELECT * FROM ticket WHERE tracker = $1 AND remote_id = ANY ($2::text[]);

-- save_creation
-- Where the creation of a ticket stands now.
UPDATE ticket SET stage = $2, due_at = $3, creation = $4 WHERE item_id = $1;

-- save_mirror
-- How a ticket looks now. What made another place of it has another representation, too.
UPDATE ticket SET state = $2, mirror = $3, remote_id = $4, project = $5,
    etag = CASE WHEN remote_id IS NOT DISTINCT FROM $4 THEN etag END
WHERE item_id = $1;

-- claim_look
-- A ticket of which nobody knows whether it was made, and that is due; others are left to other replicas.
SELECT * FROM ticket
WHERE tracker = $1 AND stage IN ('creating', 'doubtful') AND due_at <= clock_timestamp()
ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED;

-- claim_creation
-- A ticket that is wanted and due.
SELECT * FROM ticket
WHERE tracker = $1 AND stage = 'wanted' AND due_at <= clock_timestamp()
ORDER BY due_at, committed_at LIMIT 1 FOR UPDATE SKIP LOCKED;

-- claim_farewell
-- A withdrawn promise whose ticket still has to be told.
SELECT * FROM ticket
WHERE tracker = $1 AND farewell_due_at <= clock_timestamp()
ORDER BY farewell_due_at LIMIT 1 FOR UPDATE SKIP LOCKED;

-- set_farewell
-- How far the farewell is, and when to go on.
UPDATE ticket SET farewell = $2, farewell_due_at = $3, farewell_failures = $4 WHERE item_id = $1;

-- save_promise
-- A promise has another owner or target now.
UPDATE ticket SET committed = $2, mirror = $3 WHERE item_id = $1;

-- claim_change
-- A ticket that does not know yet that its promise was changed.
SELECT * FROM ticket
WHERE tracker = $1 AND change_due_at <= clock_timestamp() AND remote_id IS NOT NULL
ORDER BY change_due_at LIMIT 1 FOR UPDATE SKIP LOCKED;

-- set_change
-- When to tell a ticket that its promise was changed.
UPDATE ticket SET change_due_at = $2, change_failures = $3 WHERE item_id = $1;

-- want_cleaning
-- Its promise says less than its ticket: the ticket is to be written anew once there is one.
UPDATE ticket SET clean_due_at = clock_timestamp(), clean_failures = 0, clean_number = clean_number + 1 WHERE item_id = $1;

-- claim_cleaning
-- A ticket that still says what was taken out of its promise.
SELECT * FROM ticket
WHERE tracker = $1 AND clean_due_at <= clock_timestamp() AND remote_id IS NOT NULL
ORDER BY clean_due_at LIMIT 1 FOR UPDATE SKIP LOCKED;

-- set_cleaning
-- When to write a ticket anew; NULL: it was, or cannot be. Nothing where it was cleaned once more meanwhile.
UPDATE ticket SET clean_due_at = $3, clean_failures = $4 WHERE item_id = $1 AND clean_number = $2;

-- set_withdrawn
-- Remember why a promise was taken back; the first reason stays.
UPDATE ticket SET withdrawn_because = COALESCE(withdrawn_because, $2) WHERE item_id = $1;

-- want_comment
-- A ticket is to be told that the incident came back. What was heard before changes nothing, unless it was taken back unsaid.
INSERT INTO recurrence_comment (item_id, incident_id, recurrence) VALUES ($1, $2, $3)
ON CONFLICT (item_id, incident_id) DO UPDATE SET due_at = clock_timestamp(), outcome = NULL, recurrence = EXCLUDED.recurrence
WHERE recurrence_comment.outcome = 'taken_back';

-- take_back_comments
-- It was not the same after all: what was not said yet stays unsaid.
UPDATE recurrence_comment SET due_at = NULL, outcome = 'taken_back'
WHERE incident_id = $1 AND item_id = ANY ($2::uuid[]) AND due_at IS NOT NULL;

-- claim_comment
-- A comment that is due on a ticket that exists, locked; others are left to other replicas.
SELECT c.item_id, c.incident_id, c.recurrence, c.failures, t.state, t.mirror FROM recurrence_comment AS c
JOIN ticket AS t USING (item_id)
WHERE t.tracker = $1 AND t.remote_id IS NOT NULL AND c.due_at <= clock_timestamp()
ORDER BY c.due_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED;

-- put_off_comment
-- Whoever has it says it until then, or tries again then.
UPDATE recurrence_comment SET due_at = clock_timestamp() + $3::interval, failures = $4
WHERE item_id = $1 AND incident_id = $2 AND due_at IS NOT NULL;

-- settle_comment
-- Nothing is left to do.
UPDATE recurrence_comment SET due_at = NULL, outcome = $3 WHERE item_id = $1 AND incident_id = $2;

-- claim_reading
-- A ticket that is to be read out of turn. Whoever claims it has until then; after that another may.
UPDATE ticket SET read_due_at = clock_timestamp() + $2::interval
WHERE item_id = (
    SELECT item_id FROM ticket
    WHERE tracker = $1 AND read_due_at <= clock_timestamp() AND remote_id IS NOT NULL
    ORDER BY read_due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- ask_for_reading
-- Read this ticket out of turn.
UPDATE ticket SET read_due_at = clock_timestamp() WHERE item_id = $1;

-- was_read
-- A ticket was read, and is as this etag says. It stays due where somebody asked for it while it was being read.
UPDATE ticket SET read_at = clock_timestamp(), etag = $2,
    read_due_at = CASE WHEN read_due_at IS DISTINCT FROM $3 THEN read_due_at END
WHERE item_id = $1;

-- tickets_to_read
-- Tickets that may change, those that were not read for longest first.
SELECT * FROM ticket
WHERE tracker = $1 AND remote_id IS NOT NULL
    AND state IN ('open', 'lost', 'archived', 'no_access', 'project_gone', 'moved_away', 'duplicate')
ORDER BY read_at NULLS FIRST LIMIT $2;

-- tickets_to_plan
-- Open tickets that are to be in a milestone and show none. One that is still to be put there is left alone.
SELECT * FROM ticket
WHERE tracker = $1 AND remote_id IS NOT NULL AND state = 'open' AND change_due_at IS NULL
    AND committed #>> '{item,target,kind}' = 'milestone' AND mirror ->> 'milestone' IS NULL
ORDER BY read_at NULLS FIRST LIMIT $2;

-- all_assigned
-- Who is assigned to open tickets, by their projects.
SELECT project, array_agg(DISTINCT account ORDER BY account) AS accounts
FROM ticket, json_array_elements_text(mirror -> 'assignees') AS account
WHERE tracker = $1 AND remote_id IS NOT NULL AND state = 'open'
GROUP BY project ORDER BY project;

-- projects_with_tickets
-- The projects that hold tickets of ours, and since when: at first by our clock, and the tracker's may be behind it.
SELECT t.project, COALESCE(p.since, min(t.committed_at) - interval '10 minutes') AS since, p.etag
FROM ticket AS t LEFT JOIN progress AS p USING (tracker, project)
WHERE t.tracker = $1 AND t.remote_id IS NOT NULL
GROUP BY t.project, p.since, p.etag
ORDER BY t.project;

-- save_progress
-- Everything up to then was taken in.
INSERT INTO progress (tracker, project, since, etag) VALUES ($1, $2, $3, $4)
ON CONFLICT (tracker, project) DO UPDATE SET since = EXCLUDED.since, etag = EXCLUDED.etag;

-- open_in_project
-- Open tickets of a project, for changing.
SELECT * FROM ticket WHERE tracker = $1 AND project = $2 AND state = 'open' ORDER BY item_id FOR UPDATE;

-- refused_in_project
-- Tickets that the tracker would not have in a project, for changing.
SELECT * FROM ticket WHERE tracker = $1 AND project = $2 AND stage = 'refused' ORDER BY item_id FOR UPDATE;

-- tickets
-- Tickets, the latest promise first; all of them where nothing is asked for.
SELECT * FROM ticket
WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR (mirror->'snapshot'->>'postmortem_id')::uuid = $2)
ORDER BY committed_at DESC, item_id LIMIT $3;

-- ticket
-- One ticket.
SELECT * FROM ticket WHERE item_id = $1;

-- count_tickets
-- How many tickets there are, by stage and state.
SELECT stage, state, count(*) AS tickets FROM ticket GROUP BY stage, state;

-- add_credential
-- Begin to keep account of a credential.
INSERT INTO credential (name) VALUES ($1) ON CONFLICT DO NOTHING;

-- credential
-- What a credential may do now, in seconds to wait.
SELECT why, strikes, is_unauthorized,
    EXTRACT(epoch FROM blocked_until - clock_timestamp())::float8 AS blocked,
    EXTRACT(epoch FROM reads_blocked_until - clock_timestamp())::float8 AS reads_blocked,
    EXTRACT(epoch FROM next_write_at - clock_timestamp())::float8 AS next_write,
    EXTRACT(epoch FROM pen_until - clock_timestamp())::float8 AS pen
FROM credential WHERE name = $1;

-- block_credential
-- The tracker wants to be left alone; an earlier wish that reaches further stays.
UPDATE credential SET
    blocked_until = GREATEST(blocked_until, clock_timestamp() + $2::interval),
    why = $3, strikes = $4, is_unauthorized = $5
WHERE name = $1;

-- block_reads
-- Few requests are left: reading waits.
UPDATE credential SET reads_blocked_until = clock_timestamp() + $2::interval WHERE name = $1;

-- unblock_credential
-- The tracker answers again. A block that another replica met meanwhile stays.
UPDATE credential SET blocked_until = NULL, why = NULL, strikes = 0, is_unauthorized = false
WHERE name = $1 AND (blocked_until IS NULL OR blocked_until <= clock_timestamp());

-- take_pen
-- The right to write, unless another has it, or the pause since the last write began is not over.
UPDATE credential
SET pen = $2, pen_until = clock_timestamp() + $3::interval, next_write_at = clock_timestamp() + $4::interval
WHERE name = $1
    AND (pen_until IS NULL OR pen_until <= clock_timestamp())
    AND (next_write_at IS NULL OR next_write_at <= clock_timestamp())
    AND (blocked_until IS NULL OR blocked_until <= clock_timestamp())
RETURNING name;

-- give_pen_back
-- The write is over. A pen that another took over is not given back.
UPDATE credential SET pen = NULL, pen_until = NULL
WHERE name = $1 AND pen = $2;

-- told_project
-- What the others were told of a project, and when.
SELECT digest, can_create, told_at FROM project WHERE tracker = $1 AND key = $2;

-- forget_etags
-- A project goes into the archive or comes out of it, which a ticket's own etag does not tell: all of it is read again.
UPDATE ticket SET etag = NULL
WHERE tracker = $1 AND project = $2 AND etag IS NOT NULL
    AND EXISTS (SELECT FROM project WHERE tracker = $1 AND key = $2 AND is_archived <> $3);

-- save_project
-- The others are told of a project.
INSERT INTO project (tracker, key, digest, can_create, told_at, people, is_archived)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tracker, key) DO UPDATE
SET digest = EXCLUDED.digest, can_create = EXCLUDED.can_create, told_at = EXCLUDED.told_at,
    people = COALESCE(EXCLUDED.people, project.people), is_archived = EXCLUDED.is_archived;

-- assigned
-- Of these accounts, those that cannot be assigned in a project any more, and those that are no people.
SELECT
    ARRAY(
        SELECT one FROM unnest($3::text[]) AS one
        LEFT JOIN project AS p ON p.tracker = $1 AND p.key = $2
        LEFT JOIN assignable AS a ON a.tracker = $1 AND a.project = $2 AND a.account = lower(one)
        WHERE NOT COALESCE(a.is_assignable, lower(one) = ANY (p.people), true)
    ) AS leavers,
    ARRAY(
        SELECT account FROM account
        WHERE tracker = $1 AND account = ANY ($3::text[]) AND party ->> 'kind' IN ('team', 'bot')
    ) AS groups;

-- save_assignable
-- What a tracker answered of who can be assigned in a project; the accounts of which that is news.
INSERT INTO assignable (tracker, project, account, is_assignable)
SELECT $1, $2, lower(one), lower(one) = ANY ($4::text[]) FROM unnest($3::text[]) AS one
ON CONFLICT (tracker, project, account) DO UPDATE SET is_assignable = EXCLUDED.is_assignable
WHERE assignable.is_assignable <> EXCLUDED.is_assignable
RETURNING account;

-- forget_assignable
-- The project was described anew, with all who can be assigned.
DELETE FROM assignable WHERE tracker = $1 AND project = $2;

-- is_archived
-- Whether a project was archived when it was last described.
SELECT is_archived FROM project WHERE tracker = $1 AND key = $2;

-- accounts
-- What is known of these accounts.
SELECT account, party, looked_up_at FROM account WHERE tracker = $1 AND account = ANY ($2::text[]);

-- save_account
-- What the tracker told of an account.
INSERT INTO account (tracker, account, party, looked_up_at) VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (tracker, account) DO UPDATE SET party = EXCLUDED.party, looked_up_at = EXCLUDED.looked_up_at;

-- save_month_four
-- When month four of a postmortem begins; the first that is heard of stays.
INSERT INTO postmortem (postmortem_id, fails_at) VALUES ($1, $2) ON CONFLICT (postmortem_id) DO NOTHING;

-- to_nudge
-- Promises that still stand and have not shipped, due or failing within so many days of a day.
SELECT t.*, p.fails_at, ARRAY(SELECT n.rung || ' ' || n.about FROM nudge AS n WHERE n.item_id = t.item_id) AS nudged
FROM ticket AS t LEFT JOIN postmortem AS p ON p.postmortem_id = (t.mirror -> 'snapshot' ->> 'postmortem_id')::uuid
WHERE t.state NOT IN ('completed', 'claimed') AND t.withdrawn_because IS NULL AND t.stage <> 'withdrawn'
    AND ((t.mirror -> 'snapshot' ->> 'due_on')::date <= $1::date + $2::integer
        OR p.fails_at <= $1::date + $3::integer + interval '1 day')
ORDER BY t.item_id;

-- add_nudge
-- This is said now, unless it was.
INSERT INTO nudge (item_id, rung, about, recipient, said_at, comment) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING item_id;

-- add_nudged
-- Somebody is written to today, unless they were.
INSERT INTO nudged (recipient, day) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING recipient;

-- comments_to_write
-- Nudges that are to be written on tickets.
SELECT n.item_id, n.rung, n.about, n.comment, t.mirror, t.tracker
FROM nudge AS n JOIN ticket AS t USING (item_id)
WHERE t.tracker = $1 AND n.comment IS NOT NULL ORDER BY n.said_at LIMIT $2;

-- comment_was_written
-- It is on the ticket, or cannot be written there.
UPDATE nudge SET comment = NULL WHERE item_id = $1 AND rung = $2 AND about = $3;

-- claim_check
-- A ticket that is closed as completed and whose check is due. Whoever claims it has until then.
UPDATE ticket SET check_due_at = clock_timestamp() + $1::interval
WHERE item_id = (
    SELECT item_id FROM ticket
    WHERE state IN ('claimed', 'not_verified', 'regressed', 'completed')
        AND committed #>> '{item,check,kind}' IS NOT NULL
        AND (check_due_at IS NULL OR check_due_at <= clock_timestamp())
    ORDER BY check_due_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- set_check
-- When to run its check again.
UPDATE ticket SET check_due_at = clock_timestamp() + $2::interval WHERE item_id = $1;

-- add_mandated
-- Follow a ticket that is demanded; one that is followed already stays as it is.
INSERT INTO mandated (id, tracker, key, snapshot) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING;

-- mandated_to_read
-- Mandated tickets of a tracker, those that were not read for longest first.
SELECT id, key, snapshot, misses FROM mandated WHERE tracker = $1 ORDER BY read_at NULLS FIRST LIMIT $2;

-- forget_mandated
-- Its link was taken back.
DELETE FROM mandated WHERE id = $1;

-- lock_mandated
-- A mandated ticket for changing.
SELECT id, key, snapshot, misses FROM mandated WHERE id = $1 FOR UPDATE;

-- save_mandated
-- It was read, and looks like this.
UPDATE mandated SET snapshot = $2, misses = $3, read_at = clock_timestamp() WHERE id = $1;

-- open_assigned_to
-- Open tickets to which that account is assigned, for changing.
SELECT * FROM ticket WHERE state = 'open' AND (mirror::jsonb -> 'assignees') ? $1 ORDER BY item_id FOR UPDATE;

-- forget_accounts
-- Nothing is known of these accounts any more.
DELETE FROM account WHERE (tracker, lower(account)) IN (SELECT * FROM unnest($1::text[], $2::text[]));

-- forget_assignable_accounts
-- Nor whether they can be assigned.
DELETE FROM assignable WHERE (tracker, account) IN (SELECT * FROM unnest($1::text[], $2::text[]));

-- take_out_of_assignable
-- That account is nobody's.
UPDATE project SET people = array_remove(people, $1) WHERE $1 = ANY (people);

-- nobody_is_assignable
-- It cannot be assigned where tickets are that it stands on.
INSERT INTO assignable (tracker, project, account, is_assignable)
SELECT DISTINCT tracker, project, $1, false FROM ticket WHERE (mirror::jsonb -> 'assignees') ? $1
ON CONFLICT (tracker, project, account) DO UPDATE SET is_assignable = false;
