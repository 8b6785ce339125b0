"""Closure: whether promises are kept, how soon, and by whom together."""

from __future__ import annotations

from tools.dashboards.panels import Dashboard, Panel, Query, Row, choice, grown, to_product

TEAMS = 'max by (team, state) (closeout_team_action_items{team=~"$team"%s})'
SERVICES = 'max by (service, state) (closeout_service_action_items{service=~"$service"%s})'
ITEMS = "sum by (control) (max by (state, control, tracker) (closeout_action_items%s))"
CLOSED = "max by (le) (closeout_action_item_time_to_close_seconds_bucket%s)"
COMPLETED = '{state="completed"}'
SHIPPED = ', state="shipped"'

COHORTS = Row(
    "By the quarter in which it was promised",
    [
        Panel(
            "bargauge",
            "Shipped within 30, 60 and 90 days",
            "Kaplan and Meier's estimate: items that are still open count as long as they were watched, withdrawn ones "
            "never ship. Absent where no open item was watched for so long yet.",
            "percentunit",
            [Query("closeout:action_item_cohort_shipped_ratio:max", "{{quarter}}: {{days}} days", now=True)],
            width=12,
            height=10,
            top=1,
        ),
        Panel(
            "timeseries",
            "Time to close",
            "By which age half of a quarter's items shipped, and nine tenths; estimated as beside.",
            "s",
            [
                Query(
                    "max by (quarter, quantile) (closeout_action_item_cohort_time_to_close_seconds)",
                    "{{quarter}} p{{quantile}}",
                )
            ],
            width=12,
            height=10,
            empty="No quarter has come to half yet.",
        ),
    ],
)
WHOSE = Row(
    "By team and by service",
    [
        Panel(
            "bargauge",
            "Share shipped, by team",
            "Of all action items from the incidents for which this team was paged.",
            "percentunit",
            [Query(f"sum by (team) ({TEAMS % SHIPPED}) / sum by (team) ({TEAMS % ''})", "{{team}}", now=True)],
            width=12,
            top=1,
        ),
        Panel(
            "bargauge",
            "Share shipped, by service",
            "Of all action items from this service's incidents.",
            "percentunit",
            [
                Query(
                    f"sum by (service) ({SERVICES % SHIPPED}) / sum by (service) ({SERVICES % ''})",
                    "{{service}}",
                    now=True,
                )
            ],
            width=12,
            top=1,
        ),
        Panel(
            "timeseries",
            "Open promises, by team",
            "Open action items from the incidents for which this team was paged.",
            "none",
            [Query(TEAMS % ', state="open"', "{{team}}")],
            width=12,
        ),
        Panel(
            "timeseries",
            "Open promises, by service",
            "Open action items from this service's incidents.",
            "none",
            [Query(SERVICES % ', state="open"', "{{service}}")],
            width=12,
        ),
    ],
)
WHAT = Row(
    "What is promised, and what becomes of it",
    [
        Panel(
            "timeseries",
            "Promised and shipped a week",
            "Action items committed and shipped for the first time, over the last seven days at each moment.",
            "none",
            [
                Query(grown("max(closeout_action_items_committed_total%s)", "7d"), "committed"),
                Query(grown("max(closeout_action_items_shipped_total%s)", "7d"), "shipped"),
            ],
            width=12,
        ),
        Panel(
            "bargauge",
            "Share shipped, by control",
            "Of the action items that build this control. none: the item names no control.",
            "percentunit",
            [
                Query(
                    # A control of which nothing shipped has no such series: it is 0, not absent.
                    f"({ITEMS % COMPLETED} or 0 * {ITEMS % ''}) / {ITEMS % ''}",
                    "{{control}}",
                    now=True,
                )
            ],
            width=6,
            top=1,
        ),
        Panel(
            "bargauge",
            "Tickets, by state",
            "Action items by the state of their ticket. Only completed is shipped.",
            "none",
            [Query("sum by (state) (max by (state, control, tracker) (closeout_action_items))", "{{state}}", now=True)],
            width=6,
        ),
        Panel(
            "bargauge",
            "Ended without being done",
            "Action items that ever were dropped, by reason: counted once for each reason that they ever had.",
            "none",
            [Query("max by (reason) (closeout_action_items_dropped_total)", "{{reason}}", now=True)],
            width=12,
        ),
        Panel(
            "stat",
            "Slipped",
            "Action items that were ever due later than the day that was promised first.",
            "none",
            [Query("max(closeout_action_items_slipped_total)")],
            width=4,
        ),
        Panel(
            "stat",
            "Slips",
            "How often action items were put off: each later day counts once an item.",
            "none",
            [Query("max(closeout_action_item_slips_total)")],
            width=4,
        ),
        Panel(
            "stat",
            "Longest overdue",
            "Time since the promised day of the open item that is overdue longest.",
            "s",
            [Query("max(closeout_action_item_longest_overdue_seconds)")],
            width=4,
            links=to_product("/people", "Who has promised what"),
            warn=1,
            bad=14 * 86400.0,
        ),
        Panel(
            "timeseries",
            "Time to close of what shipped",
            "Of the items that shipped within 90 days before each moment. Items that are still open are not in it.",
            "s",
            [
                Query(f"histogram_quantile({share}, {grown(CLOSED, '90d')})", name)
                for share, name in ((0.5, "half"), (0.9, "nine tenths"))
            ],
            width=24,
        ),
    ],
)

CLOSURE = Dashboard(
    "closeout-closure",
    "Closure",
    "Whether what postmortems promise is shipped, and how soon.",
    [COHORTS, WHOSE, WHAT],
    [
        choice("team", "Team", "closeout_team_action_items"),
        choice("service", "Service", "closeout_service_action_items"),
    ],
)
