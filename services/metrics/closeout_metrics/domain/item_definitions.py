"""The metrics of action items."""

from __future__ import annotations

from closeout_metrics.domain.cohort import DAYS_SHOWN, QUANTILES
from closeout_metrics.domain.definition import OLDEST_SHOWN, QUARTERS_SHOWN, Definition, one
from closeout_metrics.domain.moment import Oldest

# The demo watches these.
ITEMS = "closeout_action_items"
ITEMS_COMMITTED = "closeout_action_items_committed_total"
ITEMS_SHIPPED = "closeout_action_items_shipped_total"


def _named(item: Oldest) -> tuple[str, ...]:
    return item.team or "", item.service, item.tracker or "", item.ticket_key or "", item.text, item.url


ITEM_DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        ITEMS,
        "gauge",
        "Action items by the state of their ticket, what they build and their tracker. Only completed is shipped.",
        ("state", "control", "tracker"),
        "sum by (state) (closeout_action_items)",
        lambda numbers: [((i.state, i.control, i.tracker), i.count) for i in numbers.action_items],
    ),
    Definition(
        "closeout_action_items_open",
        "gauge",
        "Promises that stand and have not shipped. One whose ticket was dropped is among them until it is withdrawn.",
        (),
        "closeout_action_items_open",
        one(lambda numbers: numbers.open_items),
    ),
    Definition(
        "closeout_action_items_overdue",
        "gauge",
        "Open action items whose promised week or milestone is over, by the organisation's time zone.",
        (),
        "closeout_action_items_overdue / closeout_action_items_open",
        one(lambda numbers: numbers.overdue),
    ),
    Definition(
        "closeout_action_item_oldest_open_age_seconds",
        "gauge",
        "Time since the oldest open action item was committed; 0 when none is open. Put it on the wall.",
        (),
        "closeout_action_item_oldest_open_age_seconds / 86400",
        one(lambda numbers: numbers.oldest_open_age),
    ),
    Definition(
        ITEMS_COMMITTED,
        "counter",
        "Action items that were ever committed, also those that were withdrawn later.",
        (),
        "increase(closeout_action_items_committed_total[30d])",
        one(lambda numbers: numbers.all_quarters.committed),
    ),
    Definition(
        ITEMS_SHIPPED,
        "counter",
        "Action items that were ever shipped, each counted the first time only. One that is opened again stays in; how "
        "many are shipped now is in closeout_action_items.",
        (),
        "increase(closeout_action_items_shipped_total[30d])",
        one(lambda numbers: numbers.closing.count),
    ),
    Definition(
        "closeout_action_items_dropped_total",
        "counter",
        "Action items that ever ended without having been done, each counted once for each reason that it ever had.",
        ("reason",),
        "sum by (reason) (increase(closeout_action_items_dropped_total[90d]))",
        lambda numbers: [((reason,), count) for reason, count in numbers.dropped.items()],
    ),
    Definition(
        "closeout_action_item_closure_ratio",
        "gauge",
        "Action items shipped now, of all ever committed. Absent while none was. Items that are not due yet pull it "
        "down; closeout_action_item_quarter_closure_ratio compares like with like.",
        (),
        "closeout_action_item_closure_ratio",
        lambda numbers: [((), ratio)] if (ratio := numbers.all_quarters.ratio) is not None else [],
    ),
    Definition(
        "closeout_action_item_quarter_closure_ratio",
        "gauge",
        "Action items shipped now, of those committed in that quarter of the organisation's time zone. The latest "
        f"{QUARTERS_SHOWN} quarters with a commitment.",
        ("quarter",),
        "closeout_action_item_quarter_closure_ratio",
        lambda numbers: [
            ((q.quarter,), q.ratio) for q in numbers.latest_quarters(QUARTERS_SHOWN) if q.ratio is not None
        ],
    ),
    Definition(
        "closeout_action_item_longest_overdue_seconds",
        "gauge",
        "Time since the end of the day that was promised for the open action item that is overdue longest; 0 when none "
        "is.",
        (),
        "closeout_action_item_longest_overdue_seconds > 14 * 86400",
        one(lambda numbers: numbers.longest_overdue),
    ),
    Definition(
        "closeout_action_item_age_seconds",
        "gauge",
        f"The {OLDEST_SHOWN} action items that are open longest: time since each was committed, with the team that was "
        "paged, never a person, and a link. rank 1 is the oldest.",
        ("rank", "team", "service", "tracker", "ticket", "text", "url"),
        "closeout_action_item_age_seconds",
        lambda numbers: [
            ((str(rank), *_named(item)), numbers.age(item.committed_at))
            for rank, item in enumerate(numbers.oldest_open, 1)
        ],
    ),
    Definition(
        "closeout_team_action_items",
        "gauge",
        "Action items by the team whose incident they came from: open, shipped or withdrawn. A team is known by the "
        "pager's id and shown by its latest name.",
        ("team", "state"),
        'closeout_team_action_items{state="open"}',
        lambda numbers: [((standing.whose, standing.state), standing.count) for standing in numbers.by_team],
    ),
    Definition(
        "closeout_service_action_items",
        "gauge",
        "Action items by the service whose incident they came from: open, shipped or withdrawn.",
        ("service", "state"),
        'closeout_service_action_items{state="open"}',
        lambda numbers: [((standing.whose, standing.state), standing.count) for standing in numbers.by_service],
    ),
    Definition(
        "closeout_action_items_slipped_total",
        "counter",
        "Action items that were ever due later than the day that was promised first, by their ticket or by a change of "
        "their target. A slip that is taken back stays.",
        (),
        "increase(closeout_action_items_slipped_total[30d])",
        one(lambda numbers: numbers.slipped),
    ),
    Definition(
        "closeout_action_item_slips_total",
        "counter",
        "How often action items were put off: each day later than the one that was promised first counts once an item.",
        (),
        "closeout_action_item_slips_total / closeout_action_items_slipped_total",
        one(lambda numbers: numbers.slips),
    ),
    Definition(
        "closeout_action_item_cohort_shipped_ratio",
        "gauge",
        "The share of the action items committed in a quarter that ships within so many days, as Kaplan and Meier "
        "estimate it: open ones count as long as they were watched, withdrawn ones never ship. Absent where nobody "
        f"who is open was watched for so long yet. The latest {QUARTERS_SHOWN} quarters.",
        ("quarter", "days"),
        'closeout_action_item_cohort_shipped_ratio{days="90"}',
        lambda numbers: [
            ((cohort.quarter, str(days)), share)
            for cohort in numbers.cohorts
            for days in DAYS_SHOWN
            if (share := cohort.shipped_by(days)) is not None
        ],
    ),
    Definition(
        "closeout_action_item_cohort_time_to_close_seconds",
        "gauge",
        "By which age half of the action items committed in a quarter has shipped (quantile 0.5), or 90 % (0.9), "
        "open ones counted as in closeout_action_item_cohort_shipped_ratio. Absent until it has come to that.",
        ("quarter", "quantile"),
        'closeout_action_item_cohort_time_to_close_seconds{quantile="0.5"}',
        lambda numbers: [
            ((cohort.quarter, str(share)), days * 86400)
            for cohort in numbers.cohorts
            for share in QUANTILES
            if (days := cohort.quantile(share)) is not None
        ],
    ),
)
