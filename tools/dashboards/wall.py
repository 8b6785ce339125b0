"""The wall: what hangs where the team can see it."""

from __future__ import annotations

from tools.dashboards.panels import (
    GREEN,
    GREY,
    YELLOW,
    Dashboard,
    Panel,
    Query,
    Row,
    choice,
    coloured,
    grown,
    linked,
    one_row_each,
    to_product,
    wide,
    worded,
)

DAY = 86400.0
NAMED_WIDTHS = {"#": 40, "What": 130, "Service": 160, "Month four": 160}
WIDTHS = {"#": 40, "Team": 110, "Service": 110, "Ticket": 170, "Open for": 100}

QUARTER = Row(
    "This quarter",
    [
        Panel(
            "stat",
            "Incidents this quarter",
            "Incidents opened in the running quarter of the organisation's time zone, as they are classified now.",
            "none",
            [
                Query(
                    "sum(max by (service, severity, source) "
                    '(closeout_incidents_this_quarter{service=~"$service"})) or vector(0)'
                )
            ],
            width=4,
            links=to_product("/", "Incidents and their postmortems"),
        ),
        Panel(
            "bargauge",
            "Promises: open against shipped",
            "Action items of all time. Only a completed ticket is shipped; a withdrawn promise stays counted.",
            "none",
            [
                Query("max(closeout_action_items_open)", "open", now=True),
                Query(
                    'sum(max by (state, control, tracker) (closeout_action_items{state="completed"})) or vector(0)',
                    "shipped",
                    now=True,
                ),
                Query(
                    'sum(max by (state, control, tracker) (closeout_action_items{state="withdrawn"})) or vector(0)',
                    "withdrawn",
                    now=True,
                ),
            ],
            width=8,
            overrides=[coloured("open", YELLOW), coloured("shipped", GREEN), coloured("withdrawn", GREY)],
        ),
        Panel(
            "stat",
            "Failed postmortems",
            "Postmortems with an action item open when month four began. One that was closed late has still failed.",
            "none",
            [Query('sum(max by (outcome) (closeout_postmortems{outcome=~"failed|closed_late"}))')],
            width=4,
            bad=1,
        ),
        Panel(
            "stat",
            "About to fail",
            "Published postmortems with an open item whose month four begins within 30 days.",
            "none",
            [Query("max(closeout_postmortems_about_to_fail)")],
            width=4,
            warn=1,
        ),
        Panel(
            "stat",
            "The next one fails",
            "When month four begins for the first of the postmortems that still have an open item.",
            "dateTimeFromNow",
            [Query("min(closeout_postmortem_next_failure_timestamp_seconds) * 1000", now=True)],
            width=4,
            empty="none is at stake",
        ),
    ],
)
OLDEST = Row(
    "The oldest promises",
    [
        Panel(
            "stat",
            "Oldest open item",
            "Time since the oldest open action item was committed.",
            "s",
            [Query("max(closeout_action_item_oldest_open_age_seconds)")],
            width=4,
            warn=30 * DAY,
            bad=90 * DAY,
        ),
        Panel(
            "table",
            "Open for longest",
            "The five action items that are open longest, with the team that was paged. A click opens the ticket.",
            "s",
            [
                Query(
                    "max by (rank, team, service, ticket, text, url) (closeout_action_item_age_seconds)",
                    table=True,
                )
            ],
            width=16,
            empty="No promise is open.",
            transformations=one_row_each(
                "url",
                names={
                    "rank": "#",
                    "team": "Team",
                    "service": "Service",
                    "ticket": "Ticket",
                    "text": "Promise",
                    "Value": "Open for",
                },
            ),
            overrides=[
                linked("Ticket", '${__data.fields["url"]}'),
                *(wide(column, pixels) for column, pixels in WIDTHS.items()),
            ],
        ),
        Panel(
            "stat",
            "Overdue",
            "Open action items whose promised week or milestone is over.",
            "none",
            [Query("max(closeout_action_items_overdue)")],
            width=4,
            links=to_product("/people", "Who has promised what"),
            warn=1,
        ),
    ],
)
BY_NAME = Row(
    "By name",
    [
        Panel(
            "table",
            "Failed, or about to",
            "The five postmortems that fail next within 30 days, and the five that failed last. A click opens them.",
            "dateTimeFromNow",
            [
                Query(
                    "max by (rank, outcome, title, service, url) "
                    "(closeout_postmortem_month_four_timestamp_seconds) * 1000",
                    table=True,
                )
            ],
            width=24,
            empty="None failed, and none is about to.",
            transformations=one_row_each(
                "url",
                names={
                    "rank": "#",
                    "outcome": "What",
                    "title": "Postmortem",
                    "service": "Service",
                    "Value": "Month four",
                },
            ),
            overrides=[
                linked("Postmortem", '${__data.fields["url"]}'),
                worded("What", {"about_to_fail": "about to fail", "failed": "failed", "closed_late": "closed late"}),
                *(
                    wide(column, pixels)
                    for column, pixels in {"#": 40, "What": 130, "Service": 160, "Month four": 160}.items()
                ),
            ],
        ),
    ],
)
TREND = Row(
    "Is the gap closing?",
    [
        Panel(
            "timeseries",
            "Closure ratio by quarter",
            "Of the action items committed in a quarter, the share that is shipped now.",
            "percentunit",
            [Query("closeout:action_item_quarter_closure_ratio:max", "{{quarter}}")],
            width=9,
            top=1,
        ),
        Panel(
            "bargauge",
            "Incidents by quarter",
            "Incidents opened in each of the latest quarters.",
            "none",
            [
                Query(
                    "sum by (quarter) (max by (quarter, severity) (closeout_quarter_incidents))",
                    "{{quarter}}",
                    now=True,
                )
            ],
            width=6,
        ),
        Panel(
            "timeseries",
            "Incidents a week",
            "Incidents by the severity they were opened with, over the last seven days at each moment.",
            "none",
            [
                Query(
                    grown(
                        "sum by (severity) (max by (service, severity, source) "
                        '(closeout_incidents_total{service=~"$service"}%s))',
                        "7d",
                    ),
                    "{{severity}}",
                )
            ],
            width=9,
        ),
        Panel(
            "stat",
            "Drafts waiting",
            "Drafts that nobody has published yet.",
            "none",
            [Query("max(closeout_drafts_waiting)")],
            height=5,
            links=to_product("/", "Incidents and their postmortems"),
        ),
        Panel(
            "stat",
            "Oldest draft",
            "Age of the oldest draft that waits. What people remember fades within days.",
            "s",
            [Query("max(closeout_drafts_oldest_age_seconds)")],
            height=5,
            warn=7 * DAY,
            bad=14 * DAY,
        ),
        Panel(
            "stat",
            "Postmortems that succeeded",
            "All of their action items shipped before month four.",
            "none",
            [Query('max(closeout_postmortems{outcome="succeeded"})')],
            height=5,
        ),
        Panel(
            "stat",
            "Age of these numbers",
            "It grows while the database is away: what is shown is then the last good reading.",
            "s",
            [Query("min(closeout_metrics_snapshot_age_seconds)")],
            height=5,
            warn=120,
            bad=600,
        ),
    ],
)

WALL = Dashboard(
    "closeout-wall",
    "The wall",
    "Incidents against promises kept: to be hung where the team sees it.",
    [QUARTER, OLDEST, BY_NAME, TREND],
    [choice("service", "Service", "closeout_incidents_total")],
)
