-- A history of five years until now: :count postmortems with ten action items each, 150 services, 40 teams.
SET search_path TO metrics;

INSERT INTO service_name (name) SELECT 'service-' || n FROM generate_series(0, 149) AS n ON CONFLICT DO NOTHING;
INSERT INTO team (id, name, named_at)
SELECT 'pagerduty:PT' || n, 'Team ' || n, now() FROM generate_series(0, 39) AS n ON CONFLICT DO NOTHING;

INSERT INTO incident (id, revision, service, severity, source, opened_at, opened_as_service, opened_as_severity, team)
SELECT md5('incident' || n)::uuid, 3, 'service-' || n % 150, 'sev' || 1 + n % 3, 'pagerduty',
    now() - interval '5 years' * (1 - n / :count::float8), 'service-' || n % 150, 'sev' || 1 + n % 3,
    'pagerduty:PT' || n % 40
FROM generate_series(1, :count) AS n;

INSERT INTO action_item (id, postmortem_id, committed_at, control, due_on, withdrawn, withdrawn_at, revision, state,
    tracker, first_shipped_at, dropped_as, incident_id, service, team, text, furthest_due_on, ticket_key, ticket_url)
SELECT md5('item' || n || '.' || p)::uuid, md5('postmortem' || n)::uuid, at,
    (ARRAY['canary', 'slo_alert', 'feature_flag', NULL])[1 + p % 4], (at + interval '6 weeks')::date,
    fate = 'withdrawn', CASE WHEN fate = 'withdrawn' THEN at + interval '20 days' END, 2,
    CASE fate WHEN 'shipped' THEN 'completed' WHEN 'open' THEN 'open' ELSE 'wont_do' END,
    (ARRAY['github', 'jira', 'linear'])[1 + n % 3],
    CASE WHEN fate = 'shipped' THEN least(now(), at + interval '1 day' * ((n * 7 + p * 11) % 110)) END,
    CASE WHEN fate = 'withdrawn' THEN ARRAY['withdrawn', 'wont_do'] ELSE '{}' END,
    md5('incident' || n)::uuid, 'service-' || n % 150, 'pagerduty:PT' || n % 40, 'Canary the deploy of it',
    (at + interval '7 weeks')::date, 'acme/payments#' || n, 'https://tracker.example/' || n
FROM (
    SELECT n, p, now() - interval '5 years' * (1 - n / :count::float8) AS at,
        CASE WHEN (n * 3 + p) % 10 < 7 THEN 'shipped' WHEN (n * 3 + p) % 10 < 9 THEN 'open' ELSE 'withdrawn' END AS fate
    FROM generate_series(1, :count) AS n CROSS JOIN generate_series(1, 10) AS p
) AS promised;

INSERT INTO postmortem (id, drafted_at, published_at, fails_at, promised, verdict, decided_at, open_items, incident_id,
    service, failure_modes, opened_at, resolved_at, url)
SELECT md5('postmortem' || n)::uuid, at, at, at + interval '3 months', 10,
    CASE WHEN at < now() - interval '3 months' THEN 'failed' END,
    CASE WHEN at < now() - interval '3 months' THEN at + interval '3 months' END,
    2, md5('incident' || n)::uuid, 'service-' || n % 150, ARRAY['dns'], at, at + interval '90 minutes', ''
FROM (
    SELECT n, now() - interval '5 years' * (1 - n / :count::float8) AS at FROM generate_series(1, :count) AS n
) AS published;

INSERT INTO recurrence (postmortem_id, item_id, kind, service, opened_at, seconds)
SELECT md5('postmortem' || n)::uuid, md5('item' || n - 10 || '.1')::uuid,
    (ARRAY['while_open', 'after_fix'])[1 + n % 2], 'service-' || n % 150,
    now() - interval '5 years' * (1 - n / :count::float8), 5400
FROM generate_series(11, :count) AS n WHERE n % 20 = 0;

ANALYZE incident, postmortem, action_item, tally, recurrence;
