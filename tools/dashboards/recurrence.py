"""Recurrence: what came back, and what that cost."""

from __future__ import annotations

from closeout_schemas.vocabulary import HELD_AFTER
from tools.dashboards.panels import Dashboard, Panel, Query, Row, choice, to_product

COUNT = 'max by (quarter, kind, service) (closeout_recurrences{service=~"$service", kind="%s"})'
LOST = 'max by (quarter, kind, service) (closeout_recurrence_lost_seconds{service=~"$service", kind="%s"})'
ALIKE = "An incident counts as come back where service and a failure mode are those of an earlier postmortem."
DID_NOT_HOLD = f"Incidents that came back within {HELD_AFTER.days} days after an action item against them had shipped."

PROMISED = Row(
    "While the promise against it was open",
    [
        Panel(
            "stat",
            "Time lost to what was promised",
            f"How long these incidents took, together, in the latest eight quarters. {ALIKE}",
            "s",
            [Query(f"sum({LOST % 'while_open'}) or vector(0)")],
            width=6,
            warn=1,
            bad=8 * 3600.0,
        ),
        Panel(
            "stat",
            "Incidents that came back",
            f"While an action item against them was open. {ALIKE}",
            "none",
            [Query(f"sum({COUNT % 'while_open'}) or vector(0)")],
            width=6,
            links=to_product("/search", "Search the earlier reviews"),
            warn=1,
        ),
        Panel(
            "bargauge",
            "Time lost, by quarter",
            "How long the incidents took that came back while an action item against them was open.",
            "s",
            [Query(f"sum by (quarter) ({LOST % 'while_open'})", "{{quarter}}", now=True)],
            width=6,
            empty="Nothing came back.",
        ),
        Panel(
            "bargauge",
            "Time lost, by service",
            "How long the incidents took that came back while an action item against them was open.",
            "s",
            [Query(f"sum by (service) ({LOST % 'while_open'})", "{{service}}", now=True)],
            width=6,
            empty="Nothing came back.",
        ),
    ],
)
DONE = Row(
    "Though something against it had shipped",
    [
        Panel(
            "stat",
            "Fixes that did not hold",
            f"{DID_NOT_HOLD} {ALIKE}",
            "none",
            [Query(f"sum({COUNT % 'after_fix'}) or vector(0)")],
            width=6,
            warn=1,
        ),
        Panel(
            "bargauge",
            "Did not hold, by quarter",
            DID_NOT_HOLD,
            "none",
            [Query(f"sum by (quarter) ({COUNT % 'after_fix'})", "{{quarter}}", now=True)],
            width=9,
            empty="Every fix held.",
        ),
        Panel(
            "bargauge",
            "Did not hold, by service",
            DID_NOT_HOLD,
            "none",
            [Query(f"sum by (service) ({COUNT % 'after_fix'})", "{{service}}", now=True)],
            width=9,
            empty="Every fix held.",
        ),
    ],
)
SAID = 'max by (quarter, kind, service) (closeout_confirmed_recurrences{service=~"$service", kind="%s"})'
SAID_LOST = (
    'max by (quarter, kind, service) (closeout_confirmed_recurrence_lost_seconds{service=~"$service", kind="%s"})'
)
SAID_PAGED = (
    'max by (quarter, kind, service) (closeout_confirmed_recurrence_people_paged{service=~"$service", kind="%s"})'
)
CONFIRMED = Row(
    "As people confirmed",
    [
        Panel(
            "stat",
            "Time lost, as confirmed",
            "How long the incidents took that people confirmed to be what an open action item was to prevent.",
            "s",
            [Query(f"sum({SAID_LOST % 'while_open'}) or vector(0)")],
            width=6,
            warn=1,
            bad=8 * 3600.0,
        ),
        Panel(
            "stat",
            "People paged for it",
            "How many people were paged for these incidents, together.",
            "none",
            [Query(f"sum({SAID_PAGED % 'while_open'}) or vector(0)")],
            width=6,
            warn=1,
        ),
        Panel(
            "bargauge",
            "Confirmed, by quarter",
            "Incidents that a reviewer, or whoever was paged, confirmed to have come back: while a promise against it "
            f"was open, within {HELD_AFTER.days} days after one had shipped, or with none that answers for it.",
            "none",
            [
                Query(f"sum by (quarter) ({SAID % kind})", f"{{{{quarter}}}}: {legend}", now=True)
                for kind, legend in (
                    ("while_open", "while open"),
                    ("did_not_hold", "did not hold"),
                    ("none", "no promise"),
                )
            ],
            width=12,
            empty="Nobody confirmed any.",
        ),
    ],
)
READ = to_product("/meta-reviews", "The quarterly readings")
READINGS = Row(
    "What the quarterly readings came to",
    [
        Panel(
            "bargauge",
            "Patterns confirmed",
            "Patterns of a quarter that its reader confirmed: found by a test, or seen by the reader alone.",
            "none",
            [
                Query(
                    "sum by (quarter, seen_by) (max by (quarter, kind, seen_by) (closeout_meta_review_findings))",
                    "{{quarter}}: seen by {{seen_by}}",
                    now=True,
                )
            ],
            width=8,
            empty="No quarter was read yet.",
            links=READ,
        ),
        Panel(
            "bargauge",
            "Structural changes",
            "Changes that were promised because of a quarter's patterns, two a quarter at most, by how they stand.",
            "none",
            [
                Query(
                    "max by (quarter, state) (closeout_meta_review_proposals)",
                    "{{quarter}}: {{state}}",
                    now=True,
                )
            ],
            width=8,
            empty="None was promised yet.",
            links=READ,
        ),
        Panel(
            "bargauge",
            "What they are to prevent",
            "How long the incidents of the quarter took that these changes are to prevent: the most they can save.",
            "s",
            [
                Query(
                    "sum by (quarter) (max by (quarter, state) "
                    '(closeout_meta_review_proposal_seconds{state!="withdrawn"}))',
                    "{{quarter}}",
                    now=True,
                )
            ],
            width=8,
            empty="None was promised yet.",
            links=READ,
        ),
    ],
)
OVER_TIME = Row(
    "Over time",
    [
        Panel(
            "timeseries",
            "Incidents that came back, as they became known",
            f"While an action item against it was open, or within {HELD_AFTER.days} days after one had shipped.",
            "none",
            [
                Query(f"sum({COUNT % 'while_open'}) or vector(0)", "while open"),
                Query(f"sum({COUNT % 'after_fix'}) or vector(0)", "after a fix"),
            ],
            width=24,
        ),
    ],
)

RECURRENCE = Dashboard(
    "closeout-recurrence",
    "Recurrence",
    "What came back although something against it was promised, or done.",
    [PROMISED, DONE, CONFIRMED, READINGS, OVER_TIME],
    [choice("service", "Service", "closeout_recurrences")],
)
