-- take_in_incidents
-- Keep each snapshot that knows more than the one that is there; give back those that are there then, locked.
INSERT INTO incident AS kept (id, revision, snapshot, listed_at)
SELECT id, revision, snapshot, listed_at
FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[], $4::timestamptz[]) AS seen (id, revision, snapshot, listed_at)
ON CONFLICT (id) DO UPDATE SET
    revision = greatest(kept.revision, excluded.revision),
    snapshot = CASE WHEN excluded.revision > kept.revision THEN excluded.snapshot ELSE kept.snapshot END,
    listed_at = CASE WHEN excluded.revision > kept.revision THEN excluded.listed_at ELSE kept.listed_at END
RETURNING snapshot;

-- incident
-- One incident.
SELECT snapshot FROM incident WHERE id = $1;

-- place_of_incident
-- Where an incident stands in the list.
SELECT listed_at FROM incident WHERE id = $1;

-- newest_incidents
-- A page of incidents, newest first, with what became of each. The page is cut before anything is asked of its rows:
-- each OFFSET 0 keeps that from being planned as a join over everything there is.
SELECT i.snapshot, i.listed_at, p.id AS postmortem_id, p.published_at, p.fails_at, p.outcome,
    (SELECT count(*) FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
     WHERE a.postmortem_id = p.id AND a.withdrawn_at IS NULL
       AND COALESCE(t.snapshot ->> 'state', 'wanted') <> 'completed') AS open_items
FROM (
    SELECT id, snapshot, listed_at FROM incident AS shown
    WHERE ($1::timestamptz IS NULL OR (listed_at, id) < ($1, $2::uuid))
      AND NOT EXISTS (SELECT FROM meta_proposal AS m WHERE m.incident_id = shown.id)
    ORDER BY listed_at DESC, id DESC
    LIMIT $3
) AS i
LEFT JOIN LATERAL (
    SELECT COALESCE(
        (SELECT c.postmortem_id FROM covered_incident AS c WHERE c.incident_id = i.id),
        (SELECT own.id FROM postmortem AS own WHERE own.incident_id = i.id)) AS id
    OFFSET 0
) AS which ON true
LEFT JOIN LATERAL (
    SELECT it.id, it.published_at, it.fails_at, it.outcome FROM postmortem AS it WHERE it.id = which.id OFFSET 0
) AS p ON true
ORDER BY i.listed_at DESC, i.id DESC;

-- lock_timeline_heads
-- The ends of these chains, made where there is none, and locked.
INSERT INTO timeline_head AS kept (incident_id, seq, hash)
SELECT incident_id, 0, '' FROM unnest($1::uuid[]) AS incident_id
ON CONFLICT (incident_id) DO UPDATE SET seq = kept.seq
RETURNING incident_id, seq, hash;

-- recorded_entries
-- Which of these entries are there already.
SELECT entry_id FROM timeline_entry WHERE entry_id = ANY ($1::uuid[]);

-- append_entries
-- Add links to their chains. Their words come after them: who may see an entry's words is asked of the entry.
INSERT INTO timeline_entry (
    incident_id, seq, entry_id, kind, author, occurred_at, received_at,
    source, source_id, url, about, content_digest, prev_hash, hash, chain, salts
)
SELECT *
FROM unnest(
    $1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::timestamptz[],
    $8::text[], $9::text[], $10::text[], $11::jsonb[], $12::bytea[], $13::bytea[], $14::bytea[],
    $15::smallint[], $16::jsonb[]
);

-- append_words
-- The words of entries that are there.
INSERT INTO timeline_content (entry_id, text, salt) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]);

-- move_timeline_heads
-- Remember where these chains end now.
UPDATE timeline_head AS kept SET seq = moved.seq, hash = moved.hash
FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS moved (incident_id, seq, hash)
WHERE kept.incident_id = moved.incident_id;

-- chain
-- The chain of an incident with its words, by order of arrival.
SELECT e.incident_id, e.seq, e.entry_id, e.kind, e.author, e.occurred_at, e.received_at, e.source, e.source_id, e.url,
    e.about, e.content_digest, e.prev_hash, e.hash, e.chain, e.salts, e.erased, c.text, c.salt,
    r.what, r.why, r.by, r.redacted_at
FROM timeline_entry AS e
LEFT JOIN timeline_content AS c USING (entry_id)
LEFT JOIN redaction AS r USING (entry_id)
WHERE e.incident_id = $1
ORDER BY e.seq;

-- incident_of_entry
-- Which incident an entry belongs to.
SELECT incident_id FROM timeline_entry WHERE entry_id = $1;

-- bury_words
-- Leave a tombstone in place of an entry's words. Nothing where one stands already.
INSERT INTO redaction (entry_id, what, why, by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING true;

-- take_words_away
-- The words of an entry that has its tombstone.
DELETE FROM timeline_content WHERE entry_id = $1;

-- annotations
-- What was said beside the entries of these incidents, the oldest first.
SELECT id, entry_id, kind, note, by, made_at, taken_back_at, taken_back_by
FROM annotation WHERE incident_id = ANY ($1::uuid[]) ORDER BY made_at, id;

-- annotate
-- Say something beside an entry; the same again, and taken back before, stands again.
INSERT INTO annotation (id, incident_id, entry_id, kind, note, by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET taken_back_at = NULL, taken_back_by = NULL;

-- take_annotation_back
-- It stays, with who took it back.
UPDATE annotation SET taken_back_at = now(), taken_back_by = $3
WHERE id = $1 AND incident_id = $2 AND taken_back_at IS NULL;

-- annotation_is_there
-- Whether an incident has such an annotation.
SELECT true FROM annotation WHERE id = $1 AND incident_id = $2;

-- dismiss_suggestion
-- Nobody is asked again whether this entry marks that.
INSERT INTO dismissed_suggestion (entry_id, kind, incident_id, by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- dismissed_suggestions
-- Which suggested annotations of these incidents nobody wants.
SELECT entry_id, kind FROM dismissed_suggestion WHERE incident_id = ANY ($1::uuid[]);

-- attachments
-- What was attached to the entries of these incidents, the oldest first.
SELECT id, incident_id, entry_id, kind, title, url, media_type, size, by, attached_at, removed_at, removed_by, removed_why
FROM attachment WHERE incident_id = ANY ($1::uuid[]) ORDER BY attached_at, id;

-- attachment
-- One attachment, with its file.
SELECT a.media_type, c.content
FROM attachment AS a
JOIN attachment_content AS c ON c.attachment_id = a.id
-- Who may not see the entry does not see what stands beside it.
JOIN timeline_entry AS e ON e.entry_id = a.entry_id
WHERE a.id = $1;

-- attach
-- Put something beside an entry; the same again is there once.
WITH attached AS (
    INSERT INTO attachment (id, incident_id, entry_id, kind, title, url, media_type, size, digest, by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id
)
INSERT INTO attachment_content (attachment_id, content) SELECT id, $11::bytea FROM attached WHERE $11::bytea IS NOT NULL;

-- count_attachments
-- How many stand beside the entries of an incident.
SELECT count(*) FROM attachment WHERE incident_id = $1 AND removed_at IS NULL;

-- remove_attachment
-- Take an attachment away, the address of a link too; that it was there stays.
WITH removed AS (
    UPDATE attachment SET removed_at = now(), removed_by = $3, removed_why = $4, url = left(url, 0),
        title = CASE WHEN title = url THEN kind ELSE title END
    WHERE id = $1 AND entry_id = $2 AND removed_at IS NULL RETURNING id
), gone AS (
    DELETE FROM attachment_content WHERE attachment_id IN (SELECT id FROM removed)
)
SELECT count(*) FROM attachment WHERE id = $1 AND entry_id = $2;

-- changed_attachments
-- The files that are not what was attached, with the place of their entry.
SELECT a.incident_id, e.seq, a.title
FROM attachment AS a
JOIN timeline_entry AS e USING (entry_id)
LEFT JOIN attachment_content AS c ON c.attachment_id = a.id
WHERE a.digest IS NOT NULL AND a.removed_at IS NULL AND (c.content IS NULL OR sha256(c.content) <> a.digest)
ORDER BY a.incident_id, e.seq;

-- timeline_head
-- Where the chain of an incident was recorded to end.
SELECT seq, hash FROM timeline_head WHERE incident_id = $1;

-- incidents_with_timeline
-- Every incident that has a chain, or what is left of one.
SELECT incident_id FROM timeline_head UNION SELECT incident_id FROM timeline_entry ORDER BY incident_id;

-- open_drafts
-- Make a draft for each of these incidents that has none, and that no other postmortem covers.
INSERT INTO postmortem (id, incident_id)
SELECT id, incident_id FROM unnest($1::uuid[], $2::uuid[]) AS wanted (id, incident_id)
WHERE NOT EXISTS (SELECT FROM covered_incident AS c WHERE c.incident_id = wanted.incident_id)
ON CONFLICT DO NOTHING
RETURNING id, drafted_at;

-- postmortem
-- One postmortem.
SELECT id, incident_id, drafted_at, revision, published_at, fails_at, published_facts, outcome, succeeded_at, failed_at,
    closed_late_at, published_by, merged_into, cleaned_revision, now() AS now
FROM postmortem WHERE id = $1;

-- postmortems_begun_after
-- Which of these are about an incident that was opened after this moment.
SELECT p.id FROM postmortem AS p JOIN incident AS i ON i.id = p.incident_id
WHERE p.id = ANY ($1::uuid[]) AND (i.snapshot ->> 'opened_at')::timestamptz > $2;

-- postmortem_of_incident
-- The id of the postmortem that an incident is written about in: one that covers it, else its own.
SELECT COALESCE(
    (SELECT postmortem_id FROM covered_incident WHERE incident_id = $1),
    (SELECT id FROM postmortem WHERE incident_id = $1)
);

-- covered_incidents
-- The incidents that a postmortem covers besides its first, in the order in which they were added.
SELECT i.snapshot, c.by, c.since
FROM covered_incident AS c JOIN incident AS i ON i.id = c.incident_id
WHERE c.postmortem_id = $1 ORDER BY c.since, i.id;

-- cover_incidents
-- Have a postmortem cover these incidents, and all that the drafts of these covered.
WITH followed AS (
    UPDATE covered_incident SET postmortem_id = $1, by = $3, since = now()
    WHERE postmortem_id IN (SELECT id FROM postmortem WHERE incident_id = ANY ($2::uuid[]))
)
INSERT INTO covered_incident (incident_id, postmortem_id, by)
SELECT incident_id, $1, $3 FROM unnest($2::uuid[]) AS incident_id
ON CONFLICT (incident_id) DO UPDATE SET postmortem_id = $1, by = $3, since = now();

-- merge_drafts
-- These incidents' own drafts, and those that had gone into them, go into another one.
UPDATE postmortem SET merged_into = $1, merged_at = now(), merged_by = $3
WHERE id <> $1 AND published_at IS NULL AND (
    incident_id = ANY ($2::uuid[])
    OR merged_into IN (SELECT id FROM postmortem WHERE incident_id = ANY ($2::uuid[]))
)
RETURNING id, incident_id;

-- uncover_incident
-- The postmortem covers that incident no longer. Nothing where it did not.
DELETE FROM covered_incident WHERE postmortem_id = $1 AND incident_id = $2 RETURNING true;

-- split_draft_off
-- An incident's own draft stands by itself again. Nothing where it has none.
UPDATE postmortem SET merged_into = NULL, merged_at = NULL, merged_by = NULL
WHERE incident_id = $1 AND merged_into IS NOT NULL
RETURNING id, drafted_at;

-- incidents_near
-- Incidents that were opened within some seconds of that moment, the nearest first.
SELECT snapshot FROM incident
WHERE listed_at BETWEEN $1::timestamptz - make_interval(secs => $2) AND $1 + make_interval(secs => $2)
  AND id <> ALL ($3::uuid[])
ORDER BY abs(extract(epoch FROM listed_at - $1)), id LIMIT $4;

-- lock_postmortems
-- These postmortems, locked, in order of id.
SELECT id, incident_id, drafted_at, revision, published_at, fails_at, published_facts, outcome, succeeded_at, failed_at,
    closed_late_at, published_by, merged_into, cleaned_revision, now() AS now
FROM postmortem WHERE id = ANY ($1::uuid[])
ORDER BY id FOR UPDATE;

-- lock_drafts_to_ask_about
-- Drafts about which somebody may have to be asked now, locked, those left out that somebody else has at hand.
SELECT id, incident_id, drafted_at, revision, published_at, fails_at, published_facts, outcome, succeeded_at, failed_at,
    closed_late_at, published_by, merged_into, cleaned_revision, now() AS now
FROM postmortem
WHERE published_at IS NULL AND merged_into IS NULL AND COALESCE(ask_at, '-infinity') <= $1::timestamptz
ORDER BY COALESCE(ask_at, '-infinity') LIMIT $2 FOR UPDATE SKIP LOCKED;

-- ask_again_at
-- When to look at this draft again; infinity where nobody is left to ask.
UPDATE postmortem SET ask_at = COALESCE($2::timestamptz, 'infinity') WHERE id = $1;

-- asked_to_finish
-- What was said about this draft, the oldest first.
SELECT step, recipient, asked_at FROM asked_to_finish WHERE postmortem_id = $1 ORDER BY asked_at, step, recipient;

-- note_asked
-- Remember that it was said.
INSERT INTO asked_to_finish (postmortem_id, step, recipient, asked_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- chosen_lead
-- Whom people named last to lead a review.
SELECT person_id, name, by, since FROM chosen_lead WHERE postmortem_id = $1 ORDER BY number DESC LIMIT 1;

-- choose_lead
-- Name somebody to lead a review; those who were named before stay readable.
INSERT INTO chosen_lead (postmortem_id, number, person_id, name, by)
SELECT $1, COALESCE(max(number), 0) + 1, $2, $3, $4 FROM chosen_lead WHERE postmortem_id = $1;

-- lock_due_postmortems
-- Pending postmortems whose month four has begun, locked, those left out that somebody else has at hand.
SELECT id, incident_id, drafted_at, revision, published_at, fails_at, published_facts, outcome, succeeded_at, failed_at,
    closed_late_at, published_by, merged_into, cleaned_revision, now() AS now
FROM postmortem WHERE outcome = 'pending' AND fails_at <= now()
ORDER BY fails_at LIMIT $1 FOR UPDATE SKIP LOCKED;

-- newest_postmortems
-- A page of postmortems, the newest draft first; state is draft, published or an outcome.
SELECT p.id, p.incident_id, p.drafted_at, p.published_at, p.fails_at, p.outcome, p.revision,
    i.snapshot, COALESCE(d.content ->> 'title', i.snapshot ->> 'title') AS title,
    (SELECT count(*) FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
     WHERE a.postmortem_id = p.id AND a.withdrawn_at IS NULL
       AND COALESCE(t.snapshot ->> 'state', 'wanted') <> 'completed') AS open_items
FROM postmortem AS p
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE p.merged_into IS NULL
  AND ($1::text IS NULL OR $1 = p.outcome OR $1 = CASE WHEN p.published_at IS NULL THEN 'draft' ELSE 'published' END)
  AND ($2::timestamptz IS NULL OR (p.drafted_at, p.id) < ($2, $3::uuid))
ORDER BY p.drafted_at DESC, p.id DESC
LIMIT $4;

-- draft
-- What people had written by that revision.
SELECT content FROM draft_revision WHERE postmortem_id = $1 AND revision = $2;

-- save_draft
-- Add a revision, and make it the draft.
WITH saved AS (
    INSERT INTO draft_revision (postmortem_id, revision, content, saved_by) VALUES ($1, $2, $3, $4)
)
UPDATE postmortem SET revision = $2 WHERE id = $1;

-- titles_of
-- What incidents and postmortems are called, by their ids.
SELECT i.id::text, i.snapshot ->> 'title' AS title FROM incident AS i WHERE i.id::text = ANY ($1::text[])
UNION ALL
SELECT p.id::text, i.snapshot ->> 'title' FROM postmortem AS p JOIN incident AS i ON i.id = p.incident_id
WHERE p.id::text = ANY ($1::text[]);

-- save_cleaned
-- Remember that words were taken out of the draft: whatever was typed into an earlier revision may still say them.
UPDATE postmortem SET cleaned_revision = $2 WHERE id = $1;

-- publish
-- Freeze a postmortem as it stands.
UPDATE postmortem AS p SET published_at = now(), fails_at = $2, published_facts = $3, outcome = $4, published_by = $5,
    failure_modes = ARRAY(
        SELECT jsonb_array_elements_text(d.content -> 'failure_modes') FROM draft_revision AS d
        WHERE d.postmortem_id = p.id AND d.revision = p.revision),
    service = (SELECT i.snapshot -> 'service' ->> 'name' FROM incident AS i WHERE i.id = p.incident_id)
WHERE id = $1 AND published_at IS NULL;

-- commit_items
-- Keep what a postmortem promises.
INSERT INTO action_item (id, postmortem_id, position, item)
SELECT id, $1, position, item FROM unnest($2::uuid[], $3::integer[], $4::jsonb[]) AS promised (id, position, item);

-- promises
-- All action items of these postmortems, in their order, with their tickets and what was changed in them.
SELECT a.item, a.postmortem_id, a.committed_at, a.withdrawn_at, a.withdrawn_reason, a.withdrawn_by, a.replaced_by,
    t.snapshot AS ticket,
    (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.number) FROM item_change AS c WHERE c.item_id = a.id) AS changes
FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
WHERE a.postmortem_id = ANY ($1::uuid[])
ORDER BY a.postmortem_id, a.position, a.committed_at;

-- withdraw_item
-- Take a promise back; the first reason stays.
UPDATE action_item SET withdrawn_at = now(), withdrawn_reason = $2, withdrawn_by = $3, replaced_by = $4
WHERE id = $1 AND withdrawn_at IS NULL;

-- change_item
-- Keep a change of a promise, and the promise as it stands now.
WITH changed AS (
    INSERT INTO item_change (item_id, number, change, slipped, was, becomes, reason, changed_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)
UPDATE action_item SET item = $6 WHERE id = $1;

-- take_in_tickets
-- Keep each ticket that is later than the one that is there.
INSERT INTO ticket AS kept (item_id, revision, snapshot)
SELECT item_id, revision, snapshot FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[]) AS seen (item_id, revision, snapshot)
ON CONFLICT (item_id) DO UPDATE SET revision = excluded.revision, snapshot = excluded.snapshot
WHERE excluded.revision > kept.revision;

-- postmortems_with_items
-- The postmortems that promised these items.
SELECT DISTINCT postmortem_id FROM action_item WHERE id = ANY ($1::uuid[]);

-- conclude
-- Set the outcome, and remember which verdicts were said for the first time.
UPDATE postmortem SET
    outcome = $2,
    succeeded_at = CASE WHEN 'succeeded' = ANY ($3::text[]) THEN COALESCE(succeeded_at, now()) ELSE succeeded_at END,
    failed_at = CASE WHEN 'failed' = ANY ($3::text[]) THEN COALESCE(failed_at, now()) ELSE failed_at END,
    closed_late_at = CASE WHEN 'closed_late' = ANY ($3::text[]) THEN COALESCE(closed_late_at, now()) ELSE closed_late_at END
WHERE id = $1;

-- take_in_parties
-- Keep what was seen last of each party.
INSERT INTO party AS kept (vendor, vendor_id, name, email, kind, seen_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
ON CONFLICT (vendor, vendor_id) DO UPDATE SET
    name = excluded.name, email = COALESCE(excluded.email, kept.email), kind = excluded.kind, seen_at = excluded.seen_at
WHERE excluded.seen_at >= kept.seen_at;

-- take_in_projects
-- Keep the latest description of each project.
INSERT INTO project AS kept (tracker, key, snapshot, described_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[])
ON CONFLICT (tracker, key) DO UPDATE SET snapshot = excluded.snapshot, described_at = excluded.described_at
WHERE excluded.described_at >= kept.described_at;

-- directory_version
-- What changes whenever the directory does: a row that is written gets the number of the transaction that wrote it.
-- Which database it is, because one process may read several.
SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint AS database,
    (SELECT count(*) FROM party) AS parties, (SELECT sum(xmin::text::bigint) FROM party)::text AS parties_written,
    (SELECT count(*) FROM project) AS projects, (SELECT sum(xmin::text::bigint) FROM project)::text AS projects_written;

-- parties
-- Everybody who was ever seen.
SELECT vendor, vendor_id, name, email, kind FROM party ORDER BY vendor, vendor_id;

-- projects
-- Every project that was ever read.
SELECT snapshot FROM project ORDER BY tracker, key;

-- take_in_services
-- Keep the latest description of each service.
INSERT INTO service AS kept (vendor, vendor_id, snapshot, described_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[])
ON CONFLICT (vendor, vendor_id) DO UPDATE SET snapshot = excluded.snapshot, described_at = excluded.described_at
WHERE excluded.described_at >= kept.described_at;

-- service
-- What the pager says of one of its services.
SELECT snapshot FROM service WHERE vendor = $1 AND vendor_id = $2;

-- exported_incidents
-- Every incident with what the pager says of its service, the latest draft, and what was promised, the oldest first;
-- of those only that were opened from then on, and before then, where that is asked. Structural proposals are no incidents.
SELECT i.snapshot, i.listed_at, s.snapshot AS service, d.content AS draft, p.id AS postmortem_id, p.published_at,
    (SELECT jsonb_agg(jsonb_build_object(
         'text', a.item ->> 'text', 'control', a.item ->> 'control',
         'state', CASE WHEN a.withdrawn_at IS NULL THEN COALESCE(t.snapshot ->> 'state', 'wanted') ELSE 'withdrawn' END)
         ORDER BY a.position)
     FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
     -- Of several incidents that one postmortem covers, the first has its promises: none counts twice.
     WHERE a.postmortem_id = p.id AND p.incident_id = i.id) AS items
FROM incident AS i
LEFT JOIN service AS s ON s.vendor = i.snapshot ->> 'vendor' AND s.vendor_id = i.snapshot -> 'service' ->> 'vendor_id'
LEFT JOIN covered_incident AS c ON c.incident_id = i.id
LEFT JOIN postmortem AS own ON own.incident_id = i.id
LEFT JOIN postmortem AS p ON p.id = COALESCE(c.postmortem_id, own.id)
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE ($1::timestamptz IS NULL OR i.listed_at >= $1) AND ($2::timestamptz IS NULL OR i.listed_at < $2)
  AND NOT EXISTS (SELECT FROM meta_proposal AS m WHERE m.incident_id = i.id)
ORDER BY i.listed_at, i.id;

-- now
-- The time, by the database's clock.
SELECT now();

-- take_card
-- Remember that the incident has its card; nothing where it has one.
INSERT INTO card (incident_id, postmortem_ids) VALUES ($1, $2::uuid[]) ON CONFLICT DO NOTHING RETURNING true;

-- published_to_index
-- Published reviews that the catalogue does not have, or, where ids are given, these; with all that was written and said.
SELECT p.id, i.snapshot, d.content AS draft,
    (SELECT array_agg(c.text ORDER BY e.occurred_at)
     FROM timeline_entry AS e JOIN timeline_content AS c USING (entry_id)
     WHERE (e.incident_id = p.incident_id
            OR e.incident_id IN (SELECT c.incident_id FROM covered_incident AS c WHERE c.postmortem_id = p.id))
       AND e.kind IN ('note', 'message', 'status_update', 'hand_written')) AS said,
    (SELECT array_agg(o.snapshot ->> 'title')
     FROM covered_incident AS c JOIN incident AS o ON o.id = c.incident_id WHERE c.postmortem_id = p.id) AS more_titles
FROM postmortem AS p
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE p.published_at IS NOT NULL
    AND CASE WHEN $1::uuid[] IS NULL
        THEN NOT EXISTS (SELECT FROM catalogue_document AS c WHERE c.review_id = p.id AND c.is_current)
        ELSE p.id = ANY ($1) END
ORDER BY p.published_at, p.id LIMIT $2;

-- imported_to_index
-- Imported reviews that the catalogue does not have.
SELECT * FROM imported AS i
WHERE NOT EXISTS (SELECT FROM catalogue_document AS c WHERE c.review_id = i.id AND c.is_current)
ORDER BY imported_at LIMIT $1;

-- promises_to_index
-- Action items that the index of promises does not have.
SELECT a.id, a.postmortem_id, a.position, a.item ->> 'text' AS text FROM action_item AS a
WHERE NOT EXISTS (SELECT FROM promise_index AS p WHERE p.id = a.id) LIMIT $1;

-- forget_promises
-- These imported reviews are read anew.
DELETE FROM promise_index WHERE review_id = ANY ($1::uuid[]) AND imported;

-- index_promises
-- Promises by their words.
INSERT INTO promise_index (id, review_id, imported, place, words)
SELECT id, review_id, imported, place, string_to_array(words, ' ')
FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::integer[], $5::text[]) AS new (id, review_id, imported, place, words)
ON CONFLICT (id) DO NOTHING;

-- promises_like
-- The promises that share most words with these; those of some reviews left out.
SELECT id, review_id, imported, place, words FROM promise_index
WHERE words && $1::text[] AND review_id <> ALL ($2::uuid[])
ORDER BY cardinality(ARRAY(SELECT unnest(words) INTERSECT SELECT unnest($1::text[]))) DESC, id LIMIT $3;

-- promises_with
-- How many promises have each of these words, and how many there are.
SELECT word, (SELECT count(*) FROM promise_index WHERE words @> ARRAY[word]) AS promises,
    (SELECT count(*) FROM promise_index) AS all_of_them
FROM unnest($1::text[]) AS word;

-- keep_confirmed_modes
-- What was suggested of a review, and what people confirmed when they published it.
INSERT INTO confirmed_mode (postmortem_id, taxonomy_version, suggested, confirmed) VALUES ($1, $2, $3, $4)
ON CONFLICT (postmortem_id) DO NOTHING;

-- confirmed_modes
-- All of it, with what the review says, the oldest first.
SELECT m.postmortem_id AS id, m.taxonomy_version, m.suggested, m.confirmed, m.confirmed_at, d.content AS draft, i.snapshot,
    NULL::text[] AS more_titles,
    (SELECT array_agg(c.text ORDER BY e.occurred_at)
     FROM timeline_entry AS e JOIN timeline_content AS c USING (entry_id)
     WHERE e.incident_id = p.incident_id AND e.kind IN ('note', 'message', 'status_update')) AS said
FROM confirmed_mode AS m JOIN postmortem AS p ON p.id = m.postmortem_id
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
ORDER BY m.confirmed_at, m.postmortem_id;

-- corrected_modes
-- Imported reviews of which somebody said which failure modes they have, the longest ago first.
SELECT * FROM imported WHERE modes_by IS NOT NULL ORDER BY modes_at, id;

-- catalogue_counts
-- Cards, answers and reviews, for the gauges.
SELECT (SELECT count(*) FROM card) AS cards,
    count(*) FILTER (WHERE answer AND source = 'feedback') AS yes_feedback,
    count(*) FILTER (WHERE NOT answer AND source = 'feedback') AS no_feedback,
    count(*) FILTER (WHERE answer AND source = 'reviewer') AS yes_reviewer,
    count(*) FILTER (WHERE NOT answer AND source = 'reviewer') AS no_reviewer,
    (SELECT count(*) FROM catalogue_document WHERE is_current AND NOT imported) AS here,
    (SELECT count(*) FROM catalogue_document WHERE is_current AND imported) AS imported
FROM was_it;

-- hold_catalogue
-- One at a time puts reviews into the catalogue by itself; whoever comes second finds nothing left to do.
SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '.catalogue'));

-- retire_documents
-- These reviews are indexed anew: their former selves are passed over.
UPDATE catalogue_document SET is_current = false WHERE review_id = ANY ($1::uuid[]) AND is_current;

-- add_documents
-- A number for each of these reviews.
INSERT INTO catalogue_document (review_id, imported, kept, strongest, taxonomy)
SELECT review_id, imported, kept, strongest, $5
FROM unnest($1::uuid[], $2::boolean[], $3::jsonb[], $4::jsonb[]) WITH ORDINALITY AS new (review_id, imported, kept, strongest, n)
ORDER BY n
RETURNING review_id, number;

-- add_segment
-- Documents that are indexed together.
INSERT INTO catalogue_segment (level) VALUES ($1) RETURNING id;

-- add_postings
-- What the terms say of a segment's documents.
INSERT INTO catalogue_posting (term, segment, numbers, impacts)
SELECT term, $1, numbers, impacts FROM unnest($2::text[], $3::bytea[], $4::bytea[]) AS new (term, numbers, impacts);

-- postings
-- What these terms say of all documents. Of those that are in so many that all together would be more than $2 entries, the
-- most common are counted only.
WITH sized AS (
    SELECT term, sum(octet_length(numbers)) / 4 AS documents FROM catalogue_posting
    WHERE term = ANY ($1::text[]) GROUP BY term
), bounded AS (
    SELECT term, documents, sum(documents) OVER (ORDER BY documents, term) <= $2 OR
        row_number() OVER (ORDER BY documents, term) = 1 AS is_read
    FROM sized
)
SELECT b.term, b.documents::integer AS documents, string_agg(p.numbers, ''::bytea ORDER BY p.segment) AS numbers,
    string_agg(p.impacts, ''::bytea ORDER BY p.segment) AS impacts
FROM bounded AS b LEFT JOIN catalogue_posting AS p ON p.term = b.term AND b.is_read
GROUP BY b.term, b.documents;

-- strongest_words
-- The words that say most of each of these documents.
SELECT number, strongest FROM catalogue_document WHERE number = ANY ($1::integer[]);

-- documents_with
-- In how many documents each of these terms is.
SELECT term, (sum(octet_length(numbers)) / 4)::integer AS documents FROM catalogue_posting
WHERE term = ANY ($1::text[]) GROUP BY term;

-- catalogue_state
-- One more than the highest number of a document, how many there are, which segments: a lower number may be there later than
-- a higher one. What changes whenever people say of an incident what it was, and by which taxonomies reviews were read (the
-- first and the last stand in an index). Which database it is, because one process may read several.
SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint AS database,
    size, size - (SELECT numbers FROM catalogue_unused) AS documents,
    (SELECT COALESCE(string_agg(id::text, ' ' ORDER BY id), '') FROM catalogue_segment) AS segments,
    (SELECT COALESCE(sum(revision), 0) FROM was_it)::bigint AS answers, (SELECT count(*) FROM was_it WHERE answer) AS yes,
    (SELECT COALESCE(min(taxonomy), '') || ' ' || COALESCE(max(taxonomy), '') FROM catalogue_document WHERE is_current) AS read_by
FROM (SELECT COALESCE(max(number) + 1, 0) AS size FROM catalogue_document) AS numbered;

-- read_by_another_taxonomy
-- Reviews of the catalogue whose failure modes were not read by this taxonomy. Two ranges, in order: an index finds them.
(SELECT review_id, imported FROM catalogue_document WHERE is_current AND taxonomy < $1 ORDER BY taxonomy LIMIT $2)
UNION ALL
(SELECT review_id, imported FROM catalogue_document WHERE is_current AND taxonomy > $1 ORDER BY taxonomy LIMIT $2)
LIMIT $2;

-- say_catalogue_modes
-- How far each failure mode is spoken for in these reviews, as this taxonomy has it.
UPDATE catalogue_document AS d SET kept = jsonb_set(d.kept, '{modes}', new.modes), taxonomy = $3
FROM unnest($1::uuid[], $2::jsonb[]) AS new (review_id, modes) WHERE d.review_id = new.review_id AND d.is_current;

-- catalogue_documents
-- What is kept of these documents, as far as they are current, with what people said of each review: of restricted
-- incidents nothing, whoever asks.
SELECT d.number, d.review_id, d.imported, d.kept, w.came_back, w.was_not_it
FROM catalogue_document AS d
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE w.answer) AS came_back, count(*) FILTER (WHERE NOT w.answer) AS was_not_it
    -- What was found is kept for whoever asks the same next.
    FROM was_it AS w JOIN incident AS i ON i.id = w.incident_id AND NOT i.restricted WHERE w.postmortem_id = d.review_id
) AS w
WHERE d.number = ANY ($1::integer[]) AND d.is_current;

-- segments_to_merge
-- The lowest level that has so many segments ($1) that they are worth merging, with them.
SELECT level, (array_agg(id ORDER BY id))[1:$1] AS ids FROM catalogue_segment
GROUP BY level HAVING count(*) >= $1 ORDER BY level LIMIT 1;

-- merge_segments
-- Put what segments $2 have into segment $1.
INSERT INTO catalogue_posting (term, segment, numbers, impacts)
SELECT term, $1, string_agg(numbers, ''::bytea ORDER BY segment), string_agg(impacts, ''::bytea ORDER BY segment)
FROM catalogue_posting WHERE segment = ANY ($2::integer[]) GROUP BY term;

-- drop_segments
-- They are merged into another.
WITH gone AS (DELETE FROM catalogue_posting WHERE segment = ANY ($1::integer[]))
DELETE FROM catalogue_segment WHERE id = ANY ($1::integer[]);

-- former_documents
-- The numbers of former selves, where they are more than a tenth ($1) of what is current.
SELECT array_agg(number) AS numbers FROM catalogue_document WHERE NOT is_current
HAVING count(*) > (SELECT count(*) FROM catalogue_document WHERE is_current) * $1::float8;

-- segments
-- All segments, and the level that one of all would have.
SELECT array_agg(id) AS ids, max(level) AS level FROM catalogue_segment;

-- postings_of_segments
-- The next $3 terms after $2, with all that segments $1 say of each.
SELECT term, string_agg(numbers, ''::bytea ORDER BY segment) AS numbers, string_agg(impacts, ''::bytea ORDER BY segment) AS impacts
FROM catalogue_posting WHERE segment = ANY ($1::integer[]) AND term > $2 GROUP BY term ORDER BY term LIMIT $3;

-- drop_former_documents
-- Nothing in the index names them any more.
DELETE FROM catalogue_document WHERE number = ANY ($1::integer[]);

-- count_unused_numbers
-- How many numbers belong to no document.
UPDATE catalogue_unused SET numbers = (SELECT COALESCE(max(number) + 1, 0) - count(*) FROM catalogue_document);

-- service_names
-- The services that the pagers know, by name.
SELECT DISTINCT snapshot ->> 'name' AS name FROM service;

-- services
-- What the pagers say of each service.
SELECT snapshot FROM service ORDER BY vendor, vendor_id;

-- services_beside
-- Which service depends on which, as the pagers say.
SELECT snapshot ->> 'name' AS name, needed FROM service, jsonb_array_elements_text(snapshot -> 'depends_on') AS needed;

-- owners
-- A page of everybody who has promised something, the most open first; what is overdue by the calendar of $3.
SELECT a.owner_id AS person_id, max(a.item -> 'owner' ->> 'name') AS name,
    count(*) FILTER (WHERE s.state <> 'completed') AS open,
    count(*) FILTER (WHERE s.state <> 'completed' AND a.due_on::date < (now() AT TIME ZONE $3::text)::date) AS overdue,
    count(*) FILTER (WHERE s.state = 'completed') AS shipped
FROM action_item AS a
LEFT JOIN ticket AS t ON t.item_id = a.id
CROSS JOIN LATERAL (SELECT COALESCE(t.snapshot ->> 'state', 'wanted') AS state) AS s
WHERE a.withdrawn_at IS NULL
GROUP BY 1 ORDER BY open DESC, name, person_id LIMIT $2 OFFSET $1;

-- counts_of_owner
-- How much one person has promised, and what became of it; the name that stood in the last promise.
SELECT count(*) FILTER (WHERE a.withdrawn_at IS NULL AND s.state <> 'completed') AS open,
    count(*) FILTER (WHERE a.withdrawn_at IS NULL AND s.state = 'completed') AS shipped,
    count(*) FILTER (WHERE a.withdrawn_at IS NOT NULL) AS withdrawn,
    (array_agg(a.item -> 'owner' ->> 'name' ORDER BY a.committed_at DESC))[1] AS name
FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
CROSS JOIN LATERAL (SELECT COALESCE(t.snapshot ->> 'state', 'wanted') AS state) AS s
WHERE a.owner_id = $1;

-- promises_of
-- A page of what one person has promised, in the order in which it was.
SELECT a.item, a.postmortem_id, a.committed_at, a.withdrawn_at, a.withdrawn_reason, a.withdrawn_by, a.replaced_by,
    t.snapshot AS ticket,
    (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.number) FROM item_change AS c WHERE c.item_id = a.id) AS changes
FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
WHERE a.owner_id = $1 AND ($2::timestamptz IS NULL OR (a.committed_at, a.id) > ($2, $3::uuid))
ORDER BY a.committed_at, a.id LIMIT $4;

-- open_promises_of_person
-- A page of what one person has promised and not shipped, by when it is due; after the promise $2, where that is given.
SELECT a.item, a.postmortem_id, a.committed_at, a.withdrawn_at, a.withdrawn_reason, a.withdrawn_by, a.replaced_by,
    t.snapshot AS ticket, NULL::jsonb AS changes
FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
WHERE a.owner_id = $1 AND a.withdrawn_at IS NULL AND COALESCE(t.snapshot ->> 'state', 'wanted') <> 'completed'
  AND ($2::uuid IS NULL OR (a.due_on, a.id) > (SELECT due_on, id FROM action_item WHERE id = $2))
ORDER BY a.due_on, a.id LIMIT $3;

-- over_promises_of_person
-- A page of what one person has promised and shipped, or taken back, the last that was promised first; before $2.
SELECT a.item, a.postmortem_id, a.committed_at, a.withdrawn_at, a.withdrawn_reason, a.withdrawn_by, a.replaced_by,
    t.snapshot AS ticket, NULL::jsonb AS changes
FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
WHERE a.owner_id = $1 AND (a.withdrawn_at IS NOT NULL OR t.snapshot ->> 'state' = 'completed')
  AND ($2::uuid IS NULL OR (a.committed_at, a.id) < (SELECT committed_at, id FROM action_item WHERE id = $2))
ORDER BY a.committed_at DESC, a.id DESC LIMIT $3;

-- was_it
-- What was answered about these two.
SELECT answer FROM was_it WHERE incident_id = $1 AND postmortem_id = $2;

-- lock_incident
-- One incident; nobody else changes it until the transaction ends. What refers to it may come meanwhile.
SELECT snapshot FROM incident WHERE id = $1 FOR NO KEY UPDATE;

-- answer_was_it
-- Keep the answer about these two: the last one counts, but a reviewer's stands over one that was given at night.
INSERT INTO was_it AS kept (incident_id, postmortem_id, answer, source) VALUES ($1, $2, $3, $4)
ON CONFLICT (incident_id, postmortem_id) DO UPDATE
SET answer = $3, source = $4, answered_at = now(), revision = kept.revision + (kept.answer <> $3)::integer
WHERE kept.source <> 'reviewer' OR $4 = 'reviewer';

-- unsaid_recurrences
-- What was answered about these incidents and not said yet, locked.
SELECT incident_id, postmortem_id, answer, source, revision, said_revision FROM was_it
WHERE incident_id = ANY ($1::uuid[]) AND revision > said_revision AND (answer OR said_revision > 0)
ORDER BY incident_id, postmortem_id FOR UPDATE;

-- recurrence_was_said
-- This answer was said on the topic.
UPDATE was_it SET said_revision = revision WHERE incident_id = $1 AND postmortem_id = $2;

-- recurrences_before
-- How many incidents that everybody may see were the same as this review's before that moment, as people said.
SELECT count(*) FROM was_it AS w JOIN incident AS i ON i.id = w.incident_id AND NOT i.restricted
WHERE w.postmortem_id = $1 AND w.answer AND w.incident_id <> $2 AND i.listed_at < $3;

-- recurrences
-- The incidents that were the same as this review's, as people said, the newest first.
SELECT i.snapshot, w.source FROM was_it AS w JOIN incident AS i ON i.id = w.incident_id
WHERE w.postmortem_id = $1 AND w.answer
  -- Who may not see the review is not told what came back of it.
  AND (EXISTS (SELECT FROM postmortem AS p WHERE p.id = $1) OR EXISTS (SELECT FROM imported AS m WHERE m.id = $1))
ORDER BY i.listed_at DESC;

-- answers_about
-- What was answered about an incident: which earlier reviews it was, and which it was not.
SELECT w.postmortem_id, w.answer, w.source FROM was_it AS w JOIN incident AS i ON i.id = w.incident_id
WHERE w.incident_id = $1
  -- Of these, too, only what whoever asks may see.
  AND (EXISTS (SELECT FROM postmortem AS p WHERE p.id = w.postmortem_id)
       OR EXISTS (SELECT FROM imported AS m WHERE m.id = w.postmortem_id));

-- imported_digests
-- Which of these were imported, and as which original.
SELECT id, digest FROM imported WHERE id = ANY ($1::uuid[]);

-- save_imported
-- Keep a review that was read; its former self is replaced.
INSERT INTO imported (
    id, name, digest, title, happened_on, services, summary, ended_by, action_items, original, not_understood, form,
    severity, language, words, timeline, causes, suggested, failure_modes, taxonomy_version
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (id) DO UPDATE
SET digest = $3, title = $4, happened_on = $5, services = $6, summary = $7, ended_by = $8, action_items = $9,
    original = $10, not_understood = $11, form = $12, severity = $13, language = $14, words = $15, timeline = $16,
    causes = $17, suggested = $18, taxonomy_version = $20, imported_at = clock_timestamp(),
    failure_modes = CASE WHEN imported.modes_by IS NULL THEN $19 ELSE imported.failure_modes END;

-- suggest_imported_modes
-- What another taxonomy suggests for an imported review; what somebody said of its failure modes stands.
UPDATE imported SET suggested = $2, taxonomy_version = $4,
    failure_modes = CASE WHEN modes_by IS NULL THEN $3 ELSE failure_modes END
WHERE id = $1;

-- confirm_imported_modes
-- Which failure modes an imported review has, as somebody said.
UPDATE imported SET failure_modes = $2, modes_by = $3, modes_at = clock_timestamp() WHERE id = $1;

-- imported_listed
-- A page of imported reviews, the latest first, those without a day last: of one failure mode or service, where that is
-- asked. Whoever said nothing of the failure modes is shown what was suggested.
SELECT i.id, i.title, i.happened_on, i.services, i.failure_modes, i.modes_by IS NOT NULL AS is_confirmed,
    jsonb_array_length(jsonb_path_query_array(i.action_items, '$[*] ? (@.done != true)'))::integer AS not_done
FROM imported AS i
WHERE ($1::text IS NULL OR i.failure_modes @> ARRAY[$1])
  AND ($2::text IS NULL OR EXISTS (SELECT FROM unnest(i.services) AS s WHERE lower(s) = lower($2)))
  AND ($3::uuid IS NULL OR (COALESCE(i.happened_on, '0001-01-01'), i.id)
    < (SELECT COALESCE(o.happened_on, '0001-01-01'), o.id FROM imported AS o WHERE o.id = $3))
ORDER BY COALESCE(i.happened_on, '0001-01-01') DESC, i.id DESC LIMIT $4;

-- import_cursor
-- Where the import of a source goes on; NULL where it begins.
SELECT cursor FROM import_progress WHERE source = $1;

-- save_import_cursor
-- Everything up to there is in.
INSERT INTO import_progress (source, cursor) VALUES ($1, $2)
ON CONFLICT (source) DO UPDATE SET cursor = $2, reached_at = now();

-- forget_import_cursor
-- The import came to its end.
DELETE FROM import_progress WHERE source = $1;

-- imported_with_tickets
-- Imported reviews with an action item that names a ticket and is not known to be done, after this one.
SELECT id, action_items FROM imported
WHERE jsonb_path_exists(action_items, '$[*] ? (@.ticket != null && @.done != true)')
    AND ($1::uuid IS NULL OR id > $1)
ORDER BY id LIMIT $2;

-- save_imported_items
-- What the tracker says of an imported review's tickets, unless it says something else by now than what was asked about ($2).
UPDATE imported SET action_items = $3 WHERE id = $1 AND action_items = $2;

-- some_imported
-- Some of them, in the order in which their ids sort.
SELECT * FROM imported WHERE id = ANY ($1::uuid[]) ORDER BY id;

-- lock_imported
-- Some of them, locked, those left out that somebody else has at hand.
SELECT * FROM imported WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED;

-- imported
-- One of them.
SELECT * FROM imported WHERE id = $1;

-- save_principal
-- Keep what the provider says of somebody now.
INSERT INTO principal (id, issuer, subject, name, email, roles) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET name = $4, email = $5, roles = $6, signed_in_at = now();

-- start_session
-- A session of so many seconds.
INSERT INTO session (digest, principal_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3));

-- session
-- Whose session it is, as long as it lasts.
SELECT p.id, p.issuer, p.subject, p.name, p.email, p.roles
FROM session AS s JOIN principal AS p ON p.id = s.principal_id
WHERE s.digest = $1 AND s.expires_at > now();

-- end_session
-- Sign out.
DELETE FROM session WHERE digest = $1;

-- end_sessions_of
-- Sign somebody out everywhere.
DELETE FROM session WHERE principal_id = $1;

-- begin_sign_in
-- Remember what a browser has to bring back within so many seconds.
INSERT INTO sign_in (digest, nonce, verifier, return_to, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5));

-- finish_sign_in
-- What was remembered; it is given once.
DELETE FROM sign_in WHERE digest = $1 AND expires_at > now() RETURNING nonce, verifier, return_to;

-- make_link
-- A link that is good once, for so many seconds.
INSERT INTO one_time_link (digest, expires_at) VALUES ($1, now() + make_interval(secs => $2));

-- use_link
-- Whether the link was good; from now on it is not.
UPDATE one_time_link SET used_at = now() WHERE digest = $1 AND used_at IS NULL AND expires_at > now() RETURNING true;

-- hold_owner
-- Whose token it is. Nobody else makes one with a token of theirs, or revokes one, until the transaction ends.
SELECT p.id FROM principal AS p JOIN api_token AS t ON t.principal_id = p.id WHERE t.id = $1 FOR NO KEY UPDATE OF p;

-- make_token
-- A token of somebody, good for so many seconds. Where a token makes it, it ends no later, and is none where that one
-- was revoked.
INSERT INTO api_token (id, digest, principal_id, name, scopes, expires_at, made_with)
SELECT $1, $2, $3, $4, $5, LEAST(now() + make_interval(secs => $6), maker.expires_at), maker.id
FROM (VALUES ($7::uuid)) AS with_token (id) LEFT JOIN api_token AS maker ON maker.id = with_token.id
WHERE maker.id IS NOT DISTINCT FROM with_token.id AND maker.revoked_at IS NULL
RETURNING id, name, scopes, made_at, expires_at, used_on, revoked_at, principal_id AS owner_id;

-- use_token
-- Whose token it is, as long as it is good; the day on which it was used is kept.
WITH good AS (
    SELECT id, principal_id, scopes, used_on FROM api_token
    WHERE digest = $1 AND revoked_at IS NULL AND expires_at > now()
), used AS (
    UPDATE api_token AS t SET used_on = now()::date FROM good
    WHERE t.id = good.id AND good.used_on IS DISTINCT FROM now()::date
)
SELECT good.id AS token_id, good.scopes, p.id, p.issuer, p.subject, p.name, p.email, p.roles
FROM good JOIN principal AS p ON p.id = good.principal_id;

-- tokens
-- A page of tokens, the newest first: one person's, or everybody's.
SELECT t.id, t.name, t.scopes, t.made_at, t.expires_at, t.used_on, t.revoked_at, p.name AS owner, p.id AS owner_id
FROM api_token AS t JOIN principal AS p ON p.id = t.principal_id
WHERE ($1::uuid IS NULL OR t.principal_id = $1)
  AND ($2::timestamptz IS NULL OR (t.made_at, t.id) < ($2, $3::uuid))
ORDER BY t.made_at DESC, t.id DESC
LIMIT $4;

-- may_more
-- Whether somebody's ($2) token ($1) has a scope that is none of these ($3), and is neither the token $4 nor one that this
-- has made.
WITH RECURSIVE own AS (
    SELECT $4::uuid AS id UNION ALL SELECT made.id FROM api_token AS made JOIN own ON made.made_with = own.id
)
SELECT EXISTS (
    SELECT FROM api_token WHERE id = $1 AND principal_id = $2 AND NOT scopes <@ $3::text[] AND id NOT IN (SELECT id FROM own)
);

-- revoke_token
-- Take a token back, one's own or anybody's, and with it all that it made. Gives their ids, none where it is not there.
WITH RECURSIVE gone AS (
    SELECT id FROM api_token WHERE id = $1 AND ($2::uuid IS NULL OR principal_id = $2)
    UNION ALL
    SELECT made.id FROM api_token AS made JOIN gone ON made.made_with = gone.id
)
UPDATE api_token SET revoked_at = COALESCE(revoked_at, now()) WHERE id IN (SELECT id FROM gone)
RETURNING id;

-- record_deed
-- Who did what.
INSERT INTO audit_entry (principal_id, who, signed_in_by, deed, about) VALUES ($1, $2, $3, $4, $5);

-- editing
-- What is not told yet of what somebody writes into a draft, and whether it is to be told now.
SELECT saves, changed, told_at < now() - make_interval(mins => $3) AS is_due FROM editing
WHERE postmortem_id = $1 AND principal_id = $2 FOR UPDATE;

-- edited
-- It is told now that somebody writes into a draft.
INSERT INTO editing (postmortem_id, principal_id, who, signed_in_by, revision) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (postmortem_id, principal_id) DO UPDATE
SET who = $3, signed_in_by = $4, revision = $5, told_at = now(), saves = 0, changed = '{}';

-- edited_more
-- It is told later.
UPDATE editing SET saves = saves + 1, revision = $3, changed = $4::text[] WHERE postmortem_id = $1 AND principal_id = $2;

-- editing_to_tell
-- What is to be told: of one draft all of it, of the others what waits long enough.
SELECT postmortem_id, principal_id, who, signed_in_by, revision, saves, changed FROM editing
WHERE CASE WHEN $1::uuid IS NULL THEN told_at < now() - make_interval(mins => $2) ELSE postmortem_id = $1 END
ORDER BY told_at, postmortem_id, principal_id FOR UPDATE;

-- editing_was_told
-- Begin anew with what was told; forget who has stopped.
WITH told AS (
    SELECT postmortem_id, principal_id, saves FROM editing
    WHERE CASE WHEN $1::uuid IS NULL THEN told_at < now() - make_interval(mins => $2) ELSE postmortem_id = $1 END
), gone AS (
    DELETE FROM editing AS e USING told AS t
    WHERE (e.postmortem_id, e.principal_id) = (t.postmortem_id, t.principal_id) AND (t.saves = 0 OR $1 IS NOT NULL)
)
UPDATE editing AS e SET told_at = now(), saves = 0, changed = '{}' FROM told AS t
WHERE (e.postmortem_id, e.principal_id) = (t.postmortem_id, t.principal_id) AND t.saves > 0 AND $1 IS NULL;

-- audit_entries
-- A page of the audit log, the newest first; of one principal, or about one id, where that is asked.
SELECT seq, at, principal_id, who, signed_in_by, deed, about FROM audit_entry
WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::uuid IS NULL OR principal_id = $2)
  AND ($3::text IS NULL OR EXISTS (SELECT FROM jsonb_each_text(about) AS a WHERE a.value = $3))
ORDER BY seq DESC
LIMIT $4;

-- begin_answer
-- True where the request is to be answered now: it is new, expired, or the same, left unanswered for so many seconds and
-- with nothing done for it.
INSERT INTO kept_answer AS kept (principal_id, key, request_digest) VALUES ($1, $2, $3)
ON CONFLICT (principal_id, key) DO UPDATE
SET request_digest = $3, begun_at = now(), status = NULL, headers = NULL, body = NULL, made_secret = false, done = false
WHERE kept.begun_at < now() - make_interval(secs => $5)
   OR (kept.status IS NULL AND NOT (kept.made_secret OR kept.done) AND kept.request_digest = $3
       AND kept.begun_at < now() - make_interval(secs => $4))
RETURNING true;

-- kept_answer
-- What was answered under a key; `lost` where it was done, and nobody has answered for so many seconds.
SELECT request_digest, status, headers, body, made_secret,
    done AND status IS NULL AND begun_at < now() - make_interval(secs => $3) AS lost
FROM kept_answer WHERE principal_id = $1 AND key = $2;

-- note_done
-- What was asked for under a key was done.
UPDATE kept_answer SET done = true WHERE principal_id = $1 AND key = $2;

-- note_secret
-- A secret was made under a key.
UPDATE kept_answer SET made_secret = true WHERE principal_id = $1 AND key = $2;

-- keep_answer
-- That was the answer.
UPDATE kept_answer SET status = $3, headers = $4, body = $5 WHERE principal_id = $1 AND key = $2;

-- forget_answer
-- There is no answer. It may be tried again, unless something was done: of that nobody waits for the answer any more.
WITH undone AS (
    DELETE FROM kept_answer WHERE principal_id = $1 AND key = $2 AND status IS NULL AND NOT (made_secret OR done)
)
UPDATE kept_answer SET begun_at = begun_at - make_interval(secs => $3)
WHERE principal_id = $1 AND key = $2 AND status IS NULL AND (made_secret OR done);

-- forget_answers
-- Whoever asks again is answered anew.
DELETE FROM kept_answer WHERE status IS NOT NULL;

-- set_viewer
-- Who this transaction is for, as the names that an audience can hold.
SELECT set_config('closeout.viewer', $1::text[]::text, true);

-- viewer
-- Who this transaction is for; empty where nobody asks.
SELECT COALESCE(current_setting('closeout.viewer', true), '');

-- set_viewer_as_it_was
-- Who this transaction is for, as `viewer` gave it.
SELECT set_config('closeout.viewer', $1, true);

-- restrict_by_mapping
-- These incidents are restricted to these audiences, unless that was decided before, by a person or by a rule.
UPDATE incident AS i SET restricted = true, audience = string_to_array(m.audience, chr(10)), restriction_why = m.why
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS m (id, audience, why)
WHERE i.id = m.id AND i.restriction_by IS NULL AND i.restriction_why = '';

-- restrict_by_hand
-- What somebody has decided, which stands: for all incidents that are written about together.
UPDATE incident SET restricted = $2, audience = $3, restriction_by = $4, restriction_why = $5
WHERE id IN (SELECT written_about_with($1));

-- restriction
-- Whether an incident is restricted, to whom, by whom and why.
SELECT restricted, audience, restriction_by, restriction_why FROM incident WHERE id = $1;

-- visible_postmortems
-- Which of these the transaction's viewer may see.
SELECT id FROM postmortem WHERE id = ANY ($1::uuid[]);

-- restricted_postmortems
-- Those that are restricted, as far as the transaction's viewer may see them: by the incident's index.
SELECT p.id FROM incident AS i JOIN postmortem AS p ON p.incident_id = i.id WHERE i.restricted;

-- count_restricted_postmortems
-- How many there are.
SELECT count(*) FROM postmortem WHERE restricted;

-- drop_what_has_expired
-- Sessions, links and sign-ins that are over, and answers that were kept for so many seconds.
WITH s AS (DELETE FROM session WHERE expires_at < now()), l AS (DELETE FROM one_time_link WHERE expires_at < now()),
    i AS (DELETE FROM sign_in WHERE expires_at < now())
DELETE FROM kept_answer WHERE begun_at < now() - make_interval(secs => $1);

-- other_versions
-- What stands beside a draft until somebody chooses, the oldest first.
SELECT place, writer, words, written_by, written_at FROM other_version
WHERE postmortem_id = $1 AND settled_at IS NULL ORDER BY written_at, place, writer;

-- keep_other_version
-- Keep words beside the draft; the same writer's later words take their place.
INSERT INTO other_version (postmortem_id, place, writer, words, written_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (postmortem_id, place, writer) DO UPDATE
SET words = $4, written_by = $5, written_at = now(), settled_at = NULL, settled_by = NULL;

-- settle_other_version
-- Somebody has chosen.
UPDATE other_version SET settled_at = now(), settled_by = $4
WHERE postmortem_id = $1 AND place = $2 AND writer = $3 AND settled_at IS NULL;

-- last_saved
-- Who saved the draft last, and when.
SELECT saved_by, saved_at FROM draft_revision WHERE postmortem_id = $1 ORDER BY revision DESC LIMIT 1;

-- told_incidents
-- Every incident, for telling of it again.
SELECT snapshot, listed_at FROM incident AS i
WHERE NOT EXISTS (SELECT FROM meta_proposal AS m WHERE m.incident_id = i.id) ORDER BY listed_at, id;

-- told_postmortems
-- Every postmortem with its incident, what people wrote, what was promised and what came back, for telling of it again.
SELECT p.id, p.drafted_at, p.published_at, p.fails_at, p.published_facts, p.succeeded_at, p.failed_at, p.closed_late_at,
    p.merged_into, p.merged_at, i.snapshot, d.content AS draft,
    (SELECT jsonb_agg(jsonb_build_object('item', a.item, 'committed_at', a.committed_at, 'withdrawn_at', a.withdrawn_at,
         'withdrawn_reason', a.withdrawn_reason, 'ticket', t.snapshot, 'changes', (
             SELECT jsonb_agg(to_jsonb(c) ORDER BY c.number) FROM item_change AS c WHERE c.item_id = a.id
         )) ORDER BY a.committed_at, a.position)
     FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id WHERE a.postmortem_id = p.id) AS items,
    (SELECT jsonb_agg(jsonb_build_object('incident', again.snapshot, 'listed_at', again.listed_at, 'answer', w.answer,
         'source', w.source, 'revision', w.revision, 'said_revision', w.said_revision, 'answered_at', w.answered_at)
         ORDER BY again.listed_at, again.id)
     FROM was_it AS w JOIN incident AS again ON again.id = w.incident_id WHERE w.postmortem_id = p.id) AS returns
FROM postmortem AS p
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
ORDER BY p.drafted_at, p.id;

-- told_meta_findings
-- Every finding with each decision about it, for telling of it again.
SELECT f.id, f.quarter, f.kind, f.value, f.by_reader, f.content, f.made_by, d.number, d.decision, d.reason, d.decided_by,
    d.decided_at
FROM meta_finding AS f JOIN meta_decision AS d ON d.finding_id = f.id
ORDER BY d.decided_at, f.id, d.number;

-- told_meta_proposals
-- Every structural proposal that was accepted, with its finding and its promise, for telling of it again.
SELECT p.id, p.quarter, p.finding_id, f.kind, f.value, p.content AS idea, p.proposed_by, p.postmortem_id, p.decided_at,
    a.id AS item_id, a.item ->> 'text' AS change
FROM meta_proposal AS p
JOIN meta_finding AS f ON f.id = p.finding_id
JOIN LATERAL (
    SELECT id, item FROM action_item WHERE postmortem_id = p.postmortem_id ORDER BY committed_at, position LIMIT 1
) AS a ON true
WHERE p.decision = 'accepted'
ORDER BY p.decided_at, p.id;

-- link_mandated
-- Keep a ticket that is demanded; the first link of the same ticket stays. Gives it back where it is new.
INSERT INTO mandated_ticket (id, postmortem_id, content, linked_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO NOTHING RETURNING id;

-- mandated
-- The mandated tickets of a postmortem, with what the tracker says of each where somebody follows it.
SELECT m.content, m.linked_by, m.linked_at, t.snapshot AS ticket, u.reason, u.unlinked_by, u.unlinked_at
FROM mandated_ticket AS m LEFT JOIN ticket AS t ON t.item_id = m.id
LEFT JOIN mandated_unlinked AS u ON u.mandated_id = m.id
WHERE m.postmortem_id = $1
ORDER BY m.linked_at, m.id;

-- unlink_mandated
-- Keep why it does not belong there; the first reason stays.
INSERT INTO mandated_unlinked (mandated_id, reason, unlinked_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true;

-- add_verdict_reason
-- Keep what a team says beside the verdict. The postmortem is locked.
INSERT INTO verdict_reason (postmortem_id, number, reason, said_by)
SELECT $1, count(*) + 1, $2, $3 FROM verdict_reason WHERE postmortem_id = $1;

-- verdict_reasons
-- What was said beside the verdict, the first first.
SELECT reason, said_by, said_at FROM verdict_reason WHERE postmortem_id = $1 ORDER BY number;

-- keep_aware_of
-- Keep what a postmortem was aware of and did not promise.
INSERT INTO aware_of (postmortem_id, position, text, services, failure_modes)
SELECT $1, position, text, $3, $4 FROM unnest($2::text[]) WITH ORDINALITY AS thing (text, position)
ON CONFLICT DO NOTHING;

-- aware_of_same_failure
-- What earlier reviews of one of these services with one of these failure modes were aware of, the newest first.
SELECT a.text, a.postmortem_id, a.published_at, d.content ->> 'title' AS title
FROM aware_of AS a
JOIN postmortem AS p ON p.id = a.postmortem_id
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE a.services && $1::text[] AND a.failure_modes && $2::text[] AND a.postmortem_id <> $3
ORDER BY a.published_at DESC, a.postmortem_id, a.position LIMIT $4;

-- aware_of_found
-- Reviews with what they were aware of and did not promise, the newest first: by words, service and failure mode.
SELECT a.postmortem_id, a.published_at, max(d.content ->> 'title') AS title,
    array_agg(a.text ORDER BY a.position) AS things, max(a.services) AS services, max(a.failure_modes) AS failure_modes
FROM aware_of AS a
JOIN postmortem AS p ON p.id = a.postmortem_id
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE ($1::text = '' OR to_tsvector('simple', a.text) @@ websearch_to_tsquery('simple', $1))
  AND ($2::text = '' OR a.services @> ARRAY[$2::text])
  AND ($3::text IS NULL OR a.failure_modes @> ARRAY[$3::text])
  AND ($4::timestamptz IS NULL OR (a.published_at, a.postmortem_id) < ($4, $5::uuid))
GROUP BY a.postmortem_id, a.published_at
ORDER BY a.published_at DESC, a.postmortem_id DESC LIMIT $6;

-- open_promises_of
-- How much each of these people has promised and not shipped elsewhere, and since when.
SELECT a.owner_id AS person_id, count(*) AS open, min(a.committed_at) AS oldest_at,
    count(*) FILTER (WHERE a.due_on < $3::text) AS overdue
FROM action_item AS a
JOIN postmortem AS p ON p.id = a.postmortem_id
LEFT JOIN ticket AS t ON t.item_id = a.id
WHERE a.owner_id = ANY ($1::text[]) AND a.withdrawn_at IS NULL AND a.postmortem_id <> $2
  AND COALESCE(t.snapshot ->> 'state', 'wanted') <> 'completed'
GROUP BY 1;

-- promises_aimed_at
-- How many promises that are not shipped aim at these weeks or milestones of these projects.
SELECT aim.project, aim.target, count(a.id) AS open
FROM unnest($1::text[], $2::text[]) AS aim (project, target)
JOIN action_item AS a ON a.aimed_project = aim.project AND a.aimed_at = aim.target
JOIN postmortem AS p ON p.id = a.postmortem_id
LEFT JOIN ticket AS t ON t.item_id = a.id
WHERE a.withdrawn_at IS NULL AND a.postmortem_id <> $3 AND COALESCE(t.snapshot ->> 'state', 'wanted') <> 'completed'
GROUP BY 1, 2;

-- services_of_same_team
-- The services, this one among them, that belong to a team to which this one belongs.
SELECT DISTINCT other.vendor_id, own.snapshot -> 'teams' ->> 0 AS team
FROM service AS own
JOIN service AS other ON other.vendor = own.vendor
  AND (other.vendor_id = own.vendor_id
       OR other.snapshot -> 'teams' ?| ARRAY(SELECT jsonb_array_elements_text(own.snapshot -> 'teams')))
WHERE own.vendor = $1 AND own.vendor_id = $2;

-- shipped_share
-- Of the promises of these services that were due between these days, how many there were and how many have shipped.
-- What was taken back was promised, too.
SELECT count(*) AS due, count(*) FILTER (WHERE a.withdrawn_at IS NULL AND t.snapshot ->> 'state' = 'completed') AS shipped
FROM action_item AS a
JOIN postmortem AS p ON p.id = a.postmortem_id
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN ticket AS t ON t.item_id = a.id
WHERE a.due_on BETWEEN $1::text AND $2::text AND a.replaced_by IS NULL
  AND i.snapshot ->> 'vendor' = $3 AND i.snapshot -> 'service' ->> 'vendor_id' = ANY ($4::text[]);

-- revisions
-- A page of the saved revisions of a draft, the newest first, without what they say; those before $2 where that is given.
SELECT revision, saved_at, saved_by FROM draft_revision
WHERE postmortem_id = $1 AND ($2::integer IS NULL OR revision < $2)
ORDER BY revision DESC LIMIT $3;

-- published_reviews
-- A page of published reviews, the latest first: of one outcome, failure mode or service, where that is asked.
SELECT p.id, p.published_at, p.fails_at, p.outcome, p.failure_modes, p.service, i.snapshot ->> 'severity' AS severity,
    (i.snapshot ->> 'opened_at')::timestamptz AS opened_at, COALESCE(d.content ->> 'title', i.snapshot ->> 'title') AS title,
    (SELECT count(*) FROM action_item AS a LEFT JOIN ticket AS t ON t.item_id = a.id
     WHERE a.postmortem_id = p.id AND a.withdrawn_at IS NULL
       AND COALESCE(t.snapshot ->> 'state', 'wanted') <> 'completed') AS open_items
FROM postmortem AS p
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE p.published_at IS NOT NULL AND ($1::text IS NULL OR p.outcome = $1)
  AND ($2::text IS NULL OR p.failure_modes @> ARRAY[$2]) AND ($3::text IS NULL OR lower(p.service) = lower($3))
  AND ($4::timestamptz IS NULL OR (p.published_at, p.id) < ($4, $5::uuid))
ORDER BY p.published_at DESC, p.id DESC
LIMIT $6;

-- place_of_published
-- Where a published review stands in the list.
SELECT p.published_at FROM postmortem AS p JOIN incident AS i ON i.id = p.incident_id
WHERE p.id = $1 AND p.published_at IS NOT NULL;

-- failure_modes
-- How many published and imported reviews name each failure mode, the most first.
SELECT mode, count(*) AS reviews FROM (
    SELECT unnest(p.failure_modes) AS mode FROM postmortem AS p WHERE p.published_at IS NOT NULL
    UNION ALL SELECT unnest(failure_modes) FROM imported
) AS named GROUP BY mode ORDER BY reviews DESC, mode;

-- reviewed_services
-- The services that have the most published and imported reviews.
SELECT service FROM (
    SELECT p.service FROM postmortem AS p WHERE p.published_at IS NOT NULL AND p.service IS NOT NULL
    UNION ALL SELECT unnest(services) FROM imported
) AS named GROUP BY service ORDER BY count(*) DESC, service LIMIT $1;

-- waiting_drafts
-- Drafts that wait, the oldest first: of incidents with one of these responders, or of one team, where that is asked.
SELECT p.id, p.incident_id, p.drafted_at, i.snapshot ->> 'severity' AS severity, i.snapshot -> 'service' ->> 'name' AS service,
    COALESCE(d.content ->> 'title', i.snapshot ->> 'title') AS title
FROM postmortem AS p
JOIN incident AS i ON i.id = p.incident_id
LEFT JOIN service AS s ON s.vendor = i.snapshot ->> 'vendor' AND s.vendor_id = i.snapshot -> 'service' ->> 'vendor_id'
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE p.published_at IS NULL AND p.merged_into IS NULL
  AND ($1::text[] IS NULL OR EXISTS (
      SELECT FROM jsonb_array_elements(i.snapshot -> 'responders') AS r
      WHERE (r ->> 'vendor') || ':' || (r ->> 'vendor_id') = ANY ($1)))
  AND ($2::text IS NULL OR p.teams @> ARRAY[$2] OR p.teams IS NULL AND (
      i.snapshot -> 'teams' @> jsonb_build_array(jsonb_build_object('name', $2)) OR s.snapshot -> 'teams' ? $2))
  AND ($4::timestamptz IS NULL OR (p.drafted_at, p.id) > ($4, $5::uuid))
ORDER BY p.drafted_at, p.id
LIMIT $3;

-- teams
-- Every team that a pager has named, or somebody in a review.
SELECT name FROM party WHERE kind = 'team'
UNION SELECT jsonb_array_elements_text(snapshot -> 'teams') FROM service
UNION SELECT unnest(p.teams) FROM postmortem AS p WHERE p.teams IS NOT NULL
ORDER BY name LIMIT $1;

-- teams_standing
-- A page of the teams, each with what it promised and what waits: those with the most past its target on the day $1 first,
-- then with the most open. Shipped are those since $2.
WITH named AS (
    SELECT name FROM party WHERE kind = 'team'
    UNION SELECT jsonb_array_elements_text(snapshot -> 'teams') FROM service
    UNION SELECT unnest(p.teams) FROM postmortem AS p WHERE p.teams IS NOT NULL
), own AS (
    SELECT p.id, p.published_at, p.outcome, of_team.name
    FROM postmortem AS p
    JOIN incident AS i ON i.id = p.incident_id
    LEFT JOIN service AS s ON s.vendor = i.snapshot ->> 'vendor' AND s.vendor_id = i.snapshot -> 'service' ->> 'vendor_id'
    CROSS JOIN LATERAL (
        SELECT unnest(p.teams) AS name
        UNION SELECT t ->> 'name' FROM jsonb_array_elements(i.snapshot -> 'teams') AS t WHERE p.teams IS NULL
        UNION SELECT jsonb_array_elements_text(s.snapshot -> 'teams') WHERE p.teams IS NULL
    ) AS of_team
    WHERE p.merged_into IS NULL
), review AS (
    SELECT name, count(*) FILTER (WHERE published_at IS NULL) AS drafts,
        count(*) FILTER (WHERE outcome IN ('failed', 'closed_late')) AS failed
    FROM own GROUP BY name
), promise AS (
    SELECT own.name, count(*) FILTER (WHERE is_open) AS open, count(*) FILTER (WHERE is_open AND a.due_on::date < $1::date) AS overdue,
        count(*) FILTER (WHERE NOT is_open AND COALESCE((t.snapshot ->> 'closed_at')::timestamptz, now()) > $2::timestamptz)
            AS shipped,
        min(a.committed_at) FILTER (WHERE is_open) AS oldest
    FROM own JOIN action_item AS a ON a.postmortem_id = own.id LEFT JOIN ticket AS t ON t.item_id = a.id
    CROSS JOIN LATERAL (SELECT COALESCE(t.snapshot ->> 'state', 'wanted') <> 'completed' AS is_open) AS s
    WHERE a.withdrawn_at IS NULL GROUP BY own.name
)
SELECT name, COALESCE(open, 0) AS open, COALESCE(overdue, 0) AS overdue, COALESCE(shipped, 0) AS shipped, oldest,
    COALESCE(drafts, 0) AS drafts, COALESCE(failed, 0) AS failed
FROM named LEFT JOIN review USING (name) LEFT JOIN promise USING (name)
ORDER BY overdue DESC, open DESC, name LIMIT $4 OFFSET $3;

-- choose_teams
-- Say which teams a review is about.
UPDATE postmortem SET teams = $2::text[], teams_by = $3, teams_since = now() WHERE id = $1;

-- chosen_teams
-- Which teams people said it is about; NULL where nobody did.
SELECT teams, teams_by, teams_since FROM postmortem WHERE id = $1;

-- promises_of_team
-- What was promised after incidents of a team, with when it began and when it was over.
WITH told AS (
    SELECT i.id FROM incident AS i WHERE i.snapshot -> 'teams' @> jsonb_build_array(jsonb_build_object('name', $1::text))
    UNION
    SELECT i.id FROM service AS s
    JOIN incident AS i ON i.snapshot ->> 'vendor' = s.vendor AND i.snapshot -> 'service' ->> 'vendor_id' = s.vendor_id
    WHERE s.snapshot -> 'teams' ? $1
), own AS (
    SELECT p.id FROM told JOIN postmortem AS p ON p.incident_id = told.id WHERE p.teams IS NULL
    UNION
    SELECT p.id FROM postmortem AS p WHERE p.teams @> ARRAY[$1::text]
)
SELECT a.id AS item_id, p.id AS postmortem_id, a.committed_at, a.item ->> 'text' AS text, a.item -> 'owner' ->> 'name' AS owner,
    a.item -> 'owner' ->> 'person_id' AS person_id, (a.item -> 'target' ->> 'due_on')::date AS due_on,
    COALESCE(t.snapshot ->> 'state', 'wanted') AS state, t.snapshot ->> 'url' AS url, t.snapshot ->> 'key' AS key,
    a.withdrawn_at IS NOT NULL AS withdrawn,
    CASE WHEN a.withdrawn_at IS NOT NULL THEN a.withdrawn_at
         WHEN t.snapshot ->> 'state' = 'completed' THEN COALESCE((t.snapshot ->> 'closed_at')::timestamptz, now())
    END AS ended_at
FROM own JOIN postmortem AS p ON p.id = own.id JOIN action_item AS a ON a.postmortem_id = p.id
LEFT JOIN ticket AS t ON t.item_id = a.id
ORDER BY due_on, a.id;

-- outcomes_of_team
-- The reviews of a team's incidents that failed, the latest first.
WITH told AS (
    SELECT i.id FROM incident AS i WHERE i.snapshot -> 'teams' @> jsonb_build_array(jsonb_build_object('name', $1::text))
    UNION
    SELECT i.id FROM service AS s
    JOIN incident AS i ON i.snapshot ->> 'vendor' = s.vendor AND i.snapshot -> 'service' ->> 'vendor_id' = s.vendor_id
    WHERE s.snapshot -> 'teams' ? $1
), own AS (
    SELECT p.id FROM told JOIN postmortem AS p ON p.incident_id = told.id WHERE p.teams IS NULL
    UNION
    SELECT p.id FROM postmortem AS p WHERE p.teams @> ARRAY[$1::text]
)
SELECT p.id, p.failed_at, p.outcome, COALESCE(d.content ->> 'title', '') AS title
FROM own JOIN postmortem AS p ON p.id = own.id
LEFT JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
WHERE p.outcome IN ('failed', 'closed_late')
ORDER BY p.failed_at DESC NULLS LAST, p.id LIMIT $2;

-- published_with_mode
-- Those of these published and imported reviews that name a failure mode.
SELECT id FROM postmortem WHERE id = ANY ($1::uuid[]) AND published_at IS NOT NULL AND failure_modes @> ARRAY[$2::text]
UNION ALL SELECT id FROM imported WHERE id = ANY ($1::uuid[]) AND failure_modes @> ARRAY[$2::text];

-- draft_state
-- What changes whenever the page of a draft would show something else.
SELECT p.revision, p.published_at IS NOT NULL AS published,
    (SELECT count(*) FROM other_version AS v WHERE v.postmortem_id = p.id AND v.settled_at IS NULL) AS versions,
    (SELECT max(v.written_at) FROM other_version AS v WHERE v.postmortem_id = p.id) AS latest,
    (SELECT h.seq FROM timeline_head AS h WHERE h.incident_id = p.incident_id) AS entries
FROM postmortem AS p JOIN incident AS i ON i.id = p.incident_id
WHERE p.id = $1;

-- open_meta_review
-- Open a quarter to be read. Nothing where it was open.
INSERT INTO meta_review (quarter, opened_by) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true;

-- any_incident_before
-- Whether any incident was opened before then.
SELECT EXISTS (
    SELECT FROM incident AS i
    WHERE i.listed_at < $1 AND NOT EXISTS (SELECT FROM meta_proposal AS m WHERE m.incident_id = i.id)
);

-- hold_meta_review
-- A quarter that is open, locked.
SELECT true FROM meta_review WHERE quarter = $1 FOR UPDATE;

-- meta_reviews
-- Every quarter that was opened, the latest first, with how much was confirmed and accepted.
SELECT m.quarter, m.opened_at, m.opened_by,
    (SELECT count(*) FROM meta_finding AS f WHERE f.quarter = m.quarter AND 'confirmed' = (
        SELECT d.decision FROM meta_decision AS d WHERE d.finding_id = f.id ORDER BY d.number DESC LIMIT 1)) AS confirmed,
    (SELECT count(*) FROM meta_proposal AS p WHERE p.quarter = m.quarter AND p.decision = 'accepted') AS accepted
FROM meta_review AS m ORDER BY m.quarter DESC;

-- add_meta_finding
-- Keep a finding as it was read; what is there stays.
INSERT INTO meta_finding (id, quarter, kind, value, by_reader, content, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING;

-- decide_meta_finding
-- What was decided about a finding. The quarter is locked.
INSERT INTO meta_decision (finding_id, number, decision, reason, decided_by)
SELECT $1, count(*) + 1, $2, $3, $4 FROM meta_decision WHERE finding_id = $1
RETURNING number;

-- meta_findings
-- The findings of a quarter that somebody decided about or added, each with what was decided last.
SELECT f.id, f.quarter, f.kind, f.value, f.by_reader, f.content, f.made_by, d.decision, d.reason, d.decided_by, d.decided_at
FROM meta_finding AS f
LEFT JOIN LATERAL (
    SELECT * FROM meta_decision AS d WHERE d.finding_id = f.id ORDER BY d.number DESC LIMIT 1
) AS d ON true
WHERE f.quarter = $1 ORDER BY f.made_at, f.id;

-- add_meta_proposal
-- Keep a structural proposal.
INSERT INTO meta_proposal (id, quarter, finding_id, content, proposed_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO NOTHING;

-- meta_proposals_until
-- The structural proposals of a quarter and of those before it, the latest quarter first.
SELECT p.id, p.quarter, p.finding_id, f.kind, f.value, p.content AS idea, p.proposed_by, p.decision, p.reason, p.decided_by,
    p.postmortem_id
FROM meta_proposal AS p JOIN meta_finding AS f ON f.id = p.finding_id
WHERE p.quarter <= $1 ORDER BY p.quarter DESC, p.proposed_at, p.id;

-- accept_meta_proposal
-- It is promised, as it stands now.
UPDATE meta_proposal SET decision = 'accepted', content = $2, decided_by = $3, decided_at = now(), incident_id = $4,
    postmortem_id = $5
WHERE id = $1 AND decision IS NULL;

-- refuse_meta_proposal
-- It is kept, with the reason.
UPDATE meta_proposal SET decision = 'refused', reason = $2, decided_by = $3, decided_at = now()
WHERE id = $1 AND decision IS NULL;

-- begin_taking_words_out
-- From here until its end this transaction may change what is kept for good, for the entry whose tombstone it has left.
SELECT set_config('closeout.redaction', $1::uuid::text, true);

-- entries_saying
-- Entries of these incidents, and cards of any, in whose words one of these traces stands.
SELECT e.entry_id, e.incident_id, c.text FROM timeline_entry AS e JOIN timeline_content AS c USING (entry_id)
WHERE (e.incident_id = $1 OR e.kind = 'card') AND e.entry_id <> $2
  AND EXISTS (SELECT FROM unnest($3::text[]) AS trace WHERE position(convert_to(trace, 'UTF8') IN c.text) > 0);

-- words_of_entry
-- What an entry says; nothing where its words are gone.
SELECT text FROM timeline_content WHERE entry_id = $1;

-- known_by_name
-- Everybody's name and e-mail.
SELECT name FROM party UNION SELECT email FROM party WHERE email IS NOT NULL;

-- published_of_revisions
-- Those of these postmortems that are published.
SELECT id FROM postmortem WHERE id = ANY ($1::uuid[]) AND published_at IS NOT NULL;

-- postmortems_with_revision_at
-- Whose revisions stand at these places.
SELECT DISTINCT postmortem_id FROM draft_revision WHERE ctid = ANY ($1::tid[]);

-- postmortems_with_item_at
-- Whose promises stand at these places.
SELECT DISTINCT postmortem_id FROM action_item WHERE ctid = ANY ($1::tid[]);

-- hold_catalogue_long
-- Nobody else merges what is in the catalogue until this transaction ends.
SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.catalogue'));

-- numbers_of_reviews
-- Every number under which these reviews were indexed, and what each was.
SELECT number FROM catalogue_document WHERE review_id = ANY ($1::uuid[]);

-- postings_with
-- The postings in which one of these numbers, as bytes, may stand.
SELECT term, segment, numbers, impacts FROM catalogue_posting
WHERE EXISTS (SELECT FROM unnest($1::bytea[]) AS number WHERE position(number IN numbers) > 0) FOR UPDATE;

-- write_posting
-- Write a posting anew.
UPDATE catalogue_posting SET numbers = $3, impacts = $4 WHERE term = $1 AND segment = $2;

-- drop_posting
-- A posting that says nothing of any document.
DELETE FROM catalogue_posting WHERE term = $1 AND segment = $2;

-- drop_documents
-- These reviews are in the catalogue no more, until they are indexed anew.
DELETE FROM catalogue_document WHERE review_id = ANY ($1::uuid[]);

-- drop_promises_of
-- The promises of these reviews are indexed anew.
DELETE FROM promise_index WHERE review_id = ANY ($1::uuid[]) AND NOT imported;

-- begin_forgetting
-- From here until its end this transaction may take a person out of what is kept for good.
WITH begun AS (INSERT INTO forgetting (id) VALUES ($1) RETURNING id)
SELECT set_config('closeout.forgetting', id::text, true) FROM begun;

-- entries_naming
-- Entries in which one of these traces stands, with their incidents.
SELECT e.entry_id, e.incident_id FROM timeline_entry AS e LEFT JOIN timeline_content AS c USING (entry_id)
WHERE EXISTS (
    SELECT FROM unnest($1::text[]) AS trace
    WHERE position(trace IN concat_ws(' ', e.author, e.about, e.source_id, e.url)) > 0
       OR position(convert_to(trace, 'UTF8') IN c.text) > 0);

-- write_entry_without_person
-- What is left of an entry, with the salts of what stands there now and what the chain holds of what stood there.
UPDATE timeline_entry SET author = $2, about = $3, source_id = $4, url = $5, salts = $6, erased = $7 WHERE entry_id = $1;

-- write_words_without_person
-- What is left of an entry's words.
UPDATE timeline_content SET text = $2, salt = $3 WHERE entry_id = $1;

-- imported_at_places
-- Which imported reviews stand at these places.
SELECT id FROM imported WHERE ctid = ANY ($1::tid[]);

-- principals_called
-- Whoever has signed in under one of these addresses or names, in lower case, or with this subject.
SELECT id, issuer, subject, name, email FROM principal
WHERE lower(email) = ANY ($1::text[]) OR lower(name) = ANY ($2::text[]) OR subject = $3
ORDER BY signed_in_at DESC;

-- forget_principals
-- These can do nothing any more, and nothing that they did leads to them.
WITH sessions AS (DELETE FROM session WHERE principal_id = ANY ($1::uuid[])),
    tokens AS (DELETE FROM api_token WHERE principal_id = ANY ($1::uuid[])),
    answers AS (DELETE FROM kept_answer WHERE principal_id = ANY ($1::uuid[])),
    writing AS (DELETE FROM editing WHERE principal_id = ANY ($1::uuid[]))
UPDATE audit_entry SET principal_id = $2 WHERE principal_id = ANY ($1::uuid[]);

-- drop_principals
-- Nobody has signed in as these. Their sessions and tokens are gone already.
DELETE FROM principal WHERE id = ANY ($1::uuid[]);

-- forget_leads
-- What these people were chosen for, somebody forgotten was.
UPDATE chosen_lead SET person_id = $2 WHERE person_id = ANY ($1::uuid[]);

-- forget_parties
-- The outside systems know nobody by these ids and addresses any more.
DELETE FROM party WHERE (vendor, vendor_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) OR lower(email) = ANY ($3::text[]);

-- rename_annotations
-- An id that was made from a name would tell by trying whose it is.
UPDATE annotation SET id = gen_random_uuid() WHERE id = ANY ($1::uuid[]);

-- rename_annotations_of
-- An id that was made from a note would tell by trying what was taken out of it.
UPDATE annotation SET id = gen_random_uuid() WHERE incident_id = ANY ($1::uuid[]);

-- written_by_hand
-- The entry of this moment that says the same, if somebody has written it.
SELECT e.entry_id FROM timeline_entry AS e JOIN timeline_content AS c USING (entry_id)
WHERE e.incident_id = $1 AND e.kind = $2 AND e.occurred_at = $3 AND c.text = $4;

-- annotations_at
-- Which annotations stand at these places.
SELECT id FROM annotation WHERE ctid = ANY ($1::tid[]);

-- forgotten_before
-- What stands in the place of somebody who is known by one of these digests.
SELECT stand_in, forgotten_at FROM forgotten WHERE digest = ANY ($1::bytea[]) ORDER BY forgotten_at LIMIT 1;
