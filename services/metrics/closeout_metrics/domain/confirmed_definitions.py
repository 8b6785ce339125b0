"""The metrics of what came back, as people confirmed."""

from __future__ import annotations

from closeout_metrics.domain.definition import Definition
from closeout_schemas.vocabulary import HELD_AFTER

CONFIRMED: tuple[Definition, ...] = (
    Definition(
        "closeout_confirmed_recurrences",
        "gauge",
        "Incidents of a quarter that a reviewer, or whoever was paged, confirmed to be what an earlier postmortem was "
        "to prevent: while one of its action items was open (while_open), within "
        f"{HELD_AFTER.days} days after one had shipped "
        "(did_not_hold), or with no promise that answers for it (none). Each incident once a kind.",
        ("quarter", "kind", "service"),
        'sum by (service) (closeout_confirmed_recurrences{kind="while_open"})',
        lambda numbers: [((one.quarter, one.kind, one.service), one.count) for one in numbers.confirmed],
    ),
    Definition(
        "closeout_confirmed_recurrence_lost_seconds",
        "gauge",
        "How long the incidents in closeout_confirmed_recurrences took, from opened to resolved, together.",
        ("quarter", "kind", "service"),
        'sum by (quarter) (closeout_confirmed_recurrence_lost_seconds{kind="while_open"}) / 60',
        lambda numbers: [((one.quarter, one.kind, one.service), one.seconds) for one in numbers.confirmed],
    ),
    Definition(
        "closeout_confirmed_recurrence_people_paged",
        "gauge",
        "How many people were paged for the incidents in closeout_confirmed_recurrences, together.",
        ("quarter", "kind", "service"),
        'sum by (quarter) (closeout_confirmed_recurrence_people_paged{kind="while_open"})',
        lambda numbers: [((one.quarter, one.kind, one.service), one.people) for one in numbers.confirmed],
    ),
)
