"""Closeout itself: whether it hears, keeps up and is heard."""

from __future__ import annotations

from tools.dashboards.panels import Dashboard, Panel, Query, Row

WEBHOOKS = 'route=~"/webhooks/.+"'
RATE = "[$__rate_interval]"

INTAKE = Row(
    "Intake",
    [
        Panel(
            "stat",
            "Replicas that answer",
            "By service: ingest, review, actions, metrics.",
            "none",
            [Query("count by (service) (closeout_build_info)", "{{service}}", now=True)],
            width=6,
            good=1,
        ),
        Panel(
            "timeseries",
            "Webhooks",
            "What the door answered. 202: kept. 401: the signature is not ours. 503: the vendor sends it again.",
            "reqps",
            [
                Query(
                    f"sum by (route, status) (rate(closeout_http_requests_total{{{WEBHOOKS}}}{RATE}))",
                    "{{route}} {{status}}",
                )
            ],
            width=12,
        ),
        Panel(
            "timeseries",
            "Time to answer a webhook, p99",
            "From the first byte of the request to the commit.",
            "s",
            [
                Query(
                    "histogram_quantile(0.99, sum by (route, le) "
                    f"(rate(closeout_http_request_duration_seconds_bucket{{{WEBHOOKS}}}{RATE})))",
                    "{{route}}",
                )
            ],
            width=6,
        ),
    ],
)
EVENTS = Row(
    "Events",
    [
        Panel(
            "timeseries",
            "Lag",
            "Records that still have to be read, by consumer and topic. Not told by the embedded broker.",
            "none",
            [Query("sum by (job, topic) (closeout_consumer_lag_records)", "{{job}} {{topic}}")],
            width=8,
            empty="no lag is told",
        ),
        Panel(
            "timeseries",
            "Events consumed",
            "By what became of them: handled, duplicate, unknown_type, dead_letter.",
            "cps",
            [Query(f"sum by (result) (rate(closeout_events_consumed_total{RATE}))", "{{result}}")],
            width=8,
        ),
        Panel(
            "stat",
            "Dead letters",
            "Records that could not be processed and wait for somebody, by service and reason.",
            "none",
            [Query("max by (job, reason) (closeout_dead_letters)", "{{job}} {{reason}}", now=True)],
            width=8,
            empty="none",
            bad=1,
        ),
        Panel(
            "timeseries",
            "Outbox",
            "Records that wait for the broker, by service.",
            "none",
            [Query("max by (job) (closeout_outbox_records)", "{{job}}")],
            width=8,
        ),
        Panel(
            "timeseries",
            "Age of the outbox",
            "Age of the oldest record that waits for the broker, by service.",
            "s",
            [Query("max by (job) (closeout_outbox_oldest_age_seconds)", "{{job}}")],
            width=8,
        ),
        Panel(
            "timeseries",
            "From commit to broker, p99",
            "How long a record waits in the outbox.",
            "s",
            [
                Query(
                    f"histogram_quantile(0.99, sum by (job, le) (rate(closeout_outbox_latency_seconds_bucket{RATE})))",
                    "{{job}}",
                )
            ],
            width=8,
        ),
    ],
)
TRACKERS = Row(
    "Trackers",
    [
        Panel(
            "bargauge",
            "Tickets, by stage",
            "Promises by how far their ticket has come. doubtful: the tracker's answer never came, it is looked for.",
            "none",
            [Query("max by (stage) (closeout_actions_tickets)", "{{stage}}", now=True)],
            width=8,
        ),
        Panel(
            "stat",
            "Trackers that are paused",
            "Trackers with open items that accept no credential of ours: none is set, or it is refused.",
            "none",
            [Query("closeout:tracker_paused_with_items:max", "{{tracker}}", now=True)],
            width=8,
            bad=1,
        ),
        Panel(
            "stat",
            "Since a tracker was read through",
            "Time since all that may have changed in a tracker was last read. It grows while the tracker is away.",
            "s",
            [
                Query(
                    "min by (tracker) (time() - closeout_actions_tracker_synced_timestamp_seconds)",
                    "{{tracker}}",
                    now=True,
                )
            ],
            width=8,
            empty="no tracker was read yet",
            warn=3600,
            bad=7200,
        ),
        Panel(
            "timeseries",
            "Attempts to make a ticket",
            "By outcome: created, refused, put_off, unknown.",
            "cps",
            [Query(f"sum by (outcome) (rate(closeout_actions_creation_attempts_total{RATE}))", "{{outcome}}")],
            width=12,
        ),
        Panel(
            "timeseries",
            "Webhooks of trackers",
            "By what became of them: applied, nothing_new, hint, not_ours, ignored.",
            "cps",
            [Query(f"sum by (result) (rate(closeout_actions_webhooks_total{RATE}))", "{{result}}")],
            width=12,
        ),
    ],
)
PROCESSES = Row(
    "Processes",
    [
        Panel(
            "timeseries",
            "Background work that failed",
            "Rounds of a loop that failed, by loop: reconcile is the tracker sync.",
            "cps",
            [Query(f"sum by (job, loop) (rate(closeout_loop_failures_total{RATE}))", "{{job}} {{loop}}")],
            width=8,
            empty="none",
        ),
        Panel(
            "timeseries",
            "Memory",
            "Resident memory by service, the largest replica.",
            "bytes",
            [
                Query(
                    "max by (service) (process_resident_memory_bytes "
                    "* on (job, instance) group_left (service) closeout_build_info)",
                    "{{service}}",
                )
            ],
            width=8,
        ),
        Panel(
            "timeseries",
            "Age of the product's numbers",
            "Since the metrics service last read them whole. It grows while the database is away.",
            "s",
            [Query("max(closeout_metrics_snapshot_age_seconds)", "age")],
            width=8,
        ),
    ],
)

ITSELF = Dashboard(
    "closeout-itself",
    "Closeout itself",
    "Whether Closeout hears what happens, keeps up with it, and is heard.",
    [INTAKE, EVENTS, TRACKERS, PROCESSES],
    since="now-6h",
)
