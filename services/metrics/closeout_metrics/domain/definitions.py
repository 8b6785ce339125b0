"""Every metric of the product: its name, what a person should think of it, and how it is read from the numbers."""

from __future__ import annotations

from closeout_metrics.domain.confirmed_definitions import CONFIRMED
from closeout_metrics.domain.definition import OLDEST_SHOWN, QUARTERS_SHOWN, Definition, one
from closeout_metrics.domain.item_definitions import ITEM_DEFINITIONS
from closeout_metrics.domain.metareview_definitions import META_REVIEW
from closeout_schemas.vocabulary import HELD_AFTER

# The demo watches these.
INCIDENTS = "closeout_incidents_total"
POSTMORTEMS = "closeout_postmortems"

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        INCIDENTS,
        "counter",
        "Incidents, each counted once, under the service and severity it was opened with. What it was reclassified to "
        "later is in closeout_incidents_this_quarter.",
        ("service", "severity", "source"),
        "sum by (service) (increase(closeout_incidents_total[30d]))",
        lambda numbers: [((i.service, i.severity, i.source), i.count) for i in numbers.incidents],
    ),
    Definition(
        "closeout_quarter_incidents",
        "gauge",
        "Incidents opened in that quarter of the organisation's time zone, under the severity that they have now. The "
        f"latest {QUARTERS_SHOWN} quarters.",
        ("quarter", "severity"),
        "sum by (quarter) (closeout_quarter_incidents)",
        lambda numbers: [((i.quarter, i.severity), i.count) for i in numbers.incidents_of],
    ),
    Definition(
        "closeout_incidents_this_quarter",
        "gauge",
        "Incidents opened in the running quarter of the organisation's time zone, as they are classified now.",
        ("service", "severity", "source"),
        "sum(closeout_incidents_this_quarter)",
        lambda numbers: [((i.service, i.severity, i.source), i.count) for i in numbers.incidents_this_quarter],
    ),
    Definition(
        "closeout_quarter_start_timestamp_seconds",
        "gauge",
        "When the running quarter began by the organisation's time zone, in Unix time. When it moves, a quarter is "
        "over and waits for its meta-review.",
        (),
        "time() - closeout_quarter_start_timestamp_seconds < 14 * 86400",
        one(lambda numbers: numbers.quarter_began_at.timestamp()),
    ),
    Definition(
        POSTMORTEMS,
        "gauge",
        "Postmortems by what they are now. Only succeeded is good: closed_late is a failure that was mended later, "
        "and a journal_entry promised nothing.",
        ("outcome",),
        'closeout_postmortems{outcome="failed"}',
        lambda numbers: [((outcome,), count) for outcome, count in numbers.postmortems.items()],
    ),
    Definition(
        "closeout_postmortems_about_to_fail",
        "gauge",
        "Published postmortems with an open action item whose month four begins within 30 days, or has begun and is "
        "not judged yet. Each is named on the review service's pages; ship its items now.",
        (),
        "closeout_postmortems_about_to_fail > 0",
        one(lambda numbers: numbers.about_to_fail),
    ),
    Definition(
        "closeout_drafts_waiting",
        "gauge",
        "Drafts that nobody has published yet.",
        (),
        "closeout_drafts_waiting",
        one(lambda numbers: numbers.postmortems["draft"]),
    ),
    Definition(
        "closeout_drafts_oldest_age_seconds",
        "gauge",
        "Age of the oldest draft that waits; 0 when none does. What people remember fades within days.",
        (),
        "closeout_drafts_oldest_age_seconds > 7 * 86400",
        one(lambda numbers: numbers.oldest_draft_age),
    ),
    Definition(
        "closeout_postmortem_next_failure_timestamp_seconds",
        "gauge",
        "When month four begins for the first of the postmortems that still have an open action item, in Unix time. "
        "In the past: it has begun and is not judged yet. Absent while none is at stake.",
        (),
        "closeout_postmortem_next_failure_timestamp_seconds - time() < 7 * 86400",
        lambda numbers: [((), numbers.next_failure_at.timestamp())] if numbers.next_failure_at else [],
    ),
    Definition(
        "closeout_postmortem_month_four_timestamp_seconds",
        "gauge",
        f"The {OLDEST_SHOWN} postmortems that fail next, within 30 days (about_to_fail), and the {OLDEST_SHOWN} that "
        "failed last (failed, closed_late), by name: when month four begins, or began, in Unix time.",
        ("outcome", "rank", "title", "service", "url"),
        "closeout_postmortem_month_four_timestamp_seconds - time()",
        lambda numbers: [
            ((one.outcome, str(rank), one.name, one.service, one.url), one.fails_at.timestamp())
            for rank, one in enumerate(numbers.failing, 1)
        ],
    ),
    Definition(
        "closeout_recurrences",
        "gauge",
        "Incidents of a quarter that look like what an earlier postmortem was about, by the same service and a common "
        "failure mode: while one of its action items was open (while_open), or within "
        f"{HELD_AFTER.days} days after one had shipped (after_fix). Each incident once a kind.",
        ("quarter", "kind", "service"),
        'sum by (service) (closeout_recurrences{kind="while_open"})',
        lambda numbers: [((again.quarter, again.kind, again.service), again.count) for again in numbers.recurred],
    ),
    Definition(
        "closeout_recurrence_lost_seconds",
        "gauge",
        "How long the incidents in closeout_recurrences took, from opened to resolved, together: the time lost to what "
        "was promised, or to what did not hold.",
        ("quarter", "kind", "service"),
        'sum by (quarter) (closeout_recurrence_lost_seconds{kind="while_open"}) / 60',
        lambda numbers: [((again.quarter, again.kind, again.service), again.seconds) for again in numbers.recurred],
    ),
    *ITEM_DEFINITIONS,
    *CONFIRMED,
    *META_REVIEW,
)

# The two that are shown in a way of their own.
TIME_TO_CLOSE = Definition(
    "closeout_action_item_time_to_close_seconds",
    "histogram",
    "Time from an action item's commitment to its first shipping. Items that are still open are not in it: the slow "
    "ones come late.",
    (),
    "histogram_quantile(0.5, sum by (le) (increase(closeout_action_item_time_to_close_seconds_bucket[90d]))) / 86400",
    lambda _: (),
)
AGE = Definition(
    "closeout_metrics_snapshot_age_seconds",
    "gauge",
    "Age of the product's numbers in this answer. It grows while the database is away; the numbers are then the last "
    "good ones. Absent until there are any.",
    (),
    "closeout_metrics_snapshot_age_seconds > 120",
    lambda _: (),
)

ALL = (*DEFINITIONS, TIME_TO_CLOSE, AGE)
