-- A history of five years: :count incidents, each with its published review and two promises, made after the one that
-- is there. 150 services, 40 teams, 60 owners; of each review the words of its draft.
SET search_path TO review;

CREATE TEMPORARY TABLE made AS
SELECT n, md5('incident' || n)::uuid AS incident_id, md5('postmortem' || n)::uuid AS postmortem_id,
    now() - interval '1 day' - interval '5 years' * (1 - n / :count::float8) AS at
FROM generate_series(1, :count) AS n;

INSERT INTO incident (id, revision, snapshot, listed_at)
SELECT m.incident_id, i.revision, i.snapshot || jsonb_build_object(
        'id', m.incident_id, 'vendor_id', 'QH' || m.n, 'number', m.n, 'title', 'Checkout answers 502, time ' || m.n,
        'opened_at', m.at, 'acknowledged_at', m.at + interval '3 minutes', 'resolved_at', m.at + interval '1 hour',
        'service', jsonb_build_object('vendor_id', 'PS' || m.n % 150, 'name', 'service-' || m.n % 150),
        'teams', jsonb_build_array(jsonb_build_object(
            'vendor', 'pagerduty', 'vendor_id', 'PT' || m.n % 40, 'name', 'Team ' || m.n % 40, 'kind', 'team'))),
    m.at
FROM made AS m JOIN incident AS i ON i.id = ':incident';

INSERT INTO postmortem (id, incident_id, drafted_at, revision)
SELECT postmortem_id, incident_id, at, 1 FROM made;

INSERT INTO draft_revision (postmortem_id, revision, content, saved_at)
SELECT m.postmortem_id, 1, d.content || jsonb_build_object('title', 'Checkout answered 502, time ' || m.n), m.at
FROM made AS m JOIN draft_revision AS d ON d.postmortem_id = ':postmortem'
WHERE d.revision = (SELECT max(revision) FROM draft_revision WHERE postmortem_id = ':postmortem');

INSERT INTO action_item (id, postmortem_id, position, item, committed_at)
SELECT md5('item' || m.n || '.' || a.position)::uuid, m.postmortem_id, a.position,
    a.item || jsonb_build_object('id', md5('item' || m.n || '.' || a.position)::uuid, 'owner', jsonb_build_object(
        'person_id', md5('person' || m.n % 60)::uuid, 'name', 'Person Number ' || m.n % 60, 'handles', '{}'::jsonb)),
    m.at
FROM made AS m JOIN action_item AS a ON a.postmortem_id = ':postmortem' AND a.position < 3;

INSERT INTO ticket (item_id, revision, snapshot)
SELECT a.id, 2, jsonb_build_object('item_id', a.id, 'postmortem_id', a.postmortem_id, 'tracker', 'github',
    'project', 'acme/payments', 'key', 'acme/payments#' || m.n, 'revision', 2,
    'url', 'https://github.com/acme/payments/issues/' || m.n, 'closed_at', m.at + interval '20 days',
    'state', CASE WHEN (m.n + a.position) % 10 < 9 THEN 'completed' ELSE 'open' END)
FROM made AS m JOIN action_item AS a ON a.postmortem_id = m.postmortem_id;

INSERT INTO aware_of (postmortem_id, position, text, services, failure_modes, published_at)
SELECT postmortem_id, 1, 'The retry library hides the first error, time ' || n, ARRAY['service-' || n % 150],
    ARRAY['bad_deploy_or_upgrade'], at
FROM made;

UPDATE postmortem AS p SET published_at = m.at, fails_at = m.at + interval '3 months', published_by = 'Robin Reviewer',
    failure_modes = ARRAY[(ARRAY['bad_deploy_or_upgrade', 'dns', 'config_change'])[1 + m.n % 3]],
    service = 'service-' || m.n % 150,
    published_facts = was.published_facts || jsonb_build_object(
        'title', 'Checkout answers 502, time ' || m.n, 'services', jsonb_build_array('service-' || m.n % 150)),
    outcome = CASE WHEN m.at > now() - interval '3 months' THEN 'pending' WHEN m.n % 10 < 8 THEN 'succeeded'
        ELSE 'failed' END
FROM made AS m, postmortem AS was WHERE p.id = m.postmortem_id AND was.id = ':postmortem';

ANALYZE incident, postmortem, draft_revision, action_item, ticket, aware_of;
