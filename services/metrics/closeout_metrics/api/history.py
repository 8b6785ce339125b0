"""REST out: what became of promises over time, as JSON or, with `format=csv`, as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_chassis.errors import Refused
from closeout_metrics.commands.history import GROUPS, MOST_ROWS, NEWEST, STATES, History
from closeout_metrics.domain.cohort import DAYS_SHOWN, Cohort, Only

QUARTERS, MOST_QUARTERS = 8, 40
Row = dict[str, Any]
# The columns of a table, also where it has no row.
OF_ITEM = (
    *("id", "text", "target", "service", "team", "control", "tracker", "ticket_key", "ticket_url", "postmortem_url"),
    *("committed_at", "due_on", "promised_on", "furthest_due_on", "first_shipped_at", "withdrawn_at", "state"),
    *("withdrawn", "recurred_while_open", "days_to_close", "slipped_days"),
)
OF_RECURRENCE = (
    *("kind", "service", "opened_at", "seconds", "postmortem_url", "text", "team", "ticket_url", "ticket_key"),
    *("committed_at", "first_shipped_at"),
)
# What a spreadsheet would take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def routes(history: History) -> list[Route]:
    """`GET /api/v1/history/cohorts`, `…/items`, `…/recurrences`."""

    async def cohorts(request: Request) -> Response:
        by = _one_of(request, "by", GROUPS, "all")
        found = await history.cohorts(by, _number(request, "quarters", QUARTERS, MOST_QUARTERS), _only(request))
        columns = [name for name in cohort_row("", Cohort("")) if name != "curve"]
        return _answer(request, columns, [cohort_row(whose, one) for whose, some in found.items() for one in some])

    async def items(request: Request) -> Response:
        state = _one_of(request, "state", STATES, "all")
        # A table has no place for where the next page begins: where nobody asked for fewer, it has all of them.
        whole = _is_csv(request) and "limit" not in request.query_params
        limit = None if whole else _number(request, "limit", 100, MOST_ROWS)
        rows = await history.items(state, _only(request), limit, _before(request))
        more = _place(rows[-1]) if len(rows) == limit else None
        return _answer(request, OF_ITEM, [item_row(row) for row in rows], next=more)

    async def recurrences(request: Request) -> Response:
        quarters = _number(request, "quarters", QUARTERS, MOST_QUARTERS)
        return _answer(request, OF_RECURRENCE, await history.recurrences(quarters, _only(request), None))

    return [
        Route("/api/v1/history/cohorts", cohorts),
        Route("/api/v1/history/items", items),
        Route("/api/v1/history/recurrences", recurrences),
    ]


def cohort_row(whose: str, cohort: Cohort) -> Row:
    """A cohort in figures. Shares are Kaplan and Meier's; None where nobody was watched for so long yet."""
    return {
        "whose": whose,
        "quarter": cohort.quarter,
        "committed": cohort.committed,
        "shipped": sum(cohort.shipped.values()),
        "open": sum(cohort.open.values()),
        "withdrawn": cohort.withdrawn,
        **{f"shipped_within_{days}_days": cohort.shipped_by(days) for days in DAYS_SHOWN},
        "p50_days": cohort.quantile(0.5),
        "p90_days": cohort.quantile(0.9),
        "curve": cohort.curve,
    }


def item_row(row: Row) -> Row:
    """An action item, with the days that it took and by which its target slipped."""
    shipped_at, due, furthest = row["first_shipped_at"], row["promised_on"], row["furthest_due_on"]
    return {
        **row,
        "days_to_close": round((shipped_at - row["committed_at"]).total_seconds() / 86400, 2) if shipped_at else None,
        "slipped_days": max(0, (furthest - due).days) if furthest and due else 0,
    }


def _answer(request: Request, columns: Sequence[str], rows: Sequence[Row], **more: Any) -> Response:
    if _is_csv(request):
        return Response(_csv(columns, rows), media_type="text/csv; charset=utf-8")
    return Response(json.dumps({"rows": rows, **more}, default=_plain), media_type="application/json")


def _is_csv(request: Request) -> bool:
    return _one_of(request, "format", ("json", "csv"), "json") == "csv"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return written.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else _plain(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def _only(request: Request) -> Only:
    return Only.of(request.query_params)


def _one_of(request: Request, name: str, allowed: Sequence[str], otherwise: str) -> str:
    given = request.query_params.get(name, otherwise)
    if given not in allowed:
        raise Refused(422, f"unknown-{name}", f"{name}={given!r} is none of {', '.join(allowed)}.")
    return given


def _number(request: Request, name: str, otherwise: int, most: int) -> int:
    given = request.query_params.get(name, str(otherwise))
    if not (given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most):
        raise Refused(422, f"unknown-{name}", f"{name}={given!r} is no whole number from 1 to {most}.")
    return int(given)


def _place(row: Row) -> str:
    # With Z: a plus sign in a query is a space.
    return f"{row['committed_at'].astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ},{row['id']}"


def _before(request: Request) -> tuple[datetime, UUID]:
    given = request.query_params.get("before")
    if given is None:
        return NEWEST
    moment, _, item = given.partition(",")
    try:
        before = datetime.fromisoformat(moment), UUID(item)
        before[0].astimezone(UTC)  # at the ends of the calendar a time of another zone is none of UTC's
    except (ValueError, OverflowError):
        raise Refused(422, "unknown-before", f"before={given!r} is no `next` of an earlier answer.") from None
    if before[0].tzinfo is None:
        raise Refused(422, "unknown-before", f"before={given!r} has no time zone.")
    return before
