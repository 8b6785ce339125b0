"""REST out: the numbers of `/metrics` as JSON, from the same reading."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_chassis.errors import Refused
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.numbers import Numbers, Quarter


def routes(reading: Reading) -> list[Route]:
    """`GET /api/v1/numbers`."""

    async def numbers(_request: Request) -> Response:
        await reading.refresh()
        if reading.last is None:
            detail = "The database does not answer now, and no numbers were read before."
            raise Refused(503, "no-numbers-yet", detail).retry_after(5)
        return JSONResponse({"age_seconds": reading.age(), **as_json(reading.last)})

    return [Route("/api/v1/numbers", numbers)]


def as_json(numbers: Numbers) -> dict[str, Any]:
    """The numbers by subject. Times in seconds; a ratio of nothing is null."""
    return {
        "read_at": numbers.read_at.isoformat(),
        "incidents": {
            "total": sum(one.count for one in numbers.incidents),
            "by_kind": [asdict(one) for one in numbers.incidents],
            "this_quarter": sum(one.count for one in numbers.incidents_this_quarter),
            "this_quarter_by_kind": [asdict(one) for one in numbers.incidents_this_quarter],
        },
        "postmortems": {
            **numbers.postmortems,
            "about_to_fail": numbers.about_to_fail,
            "oldest_draft_age_seconds": numbers.oldest_draft_age,
        },
        "action_items": _action_items(numbers),
    }


def _action_items(numbers: Numbers) -> dict[str, Any]:
    together, closing = numbers.all_quarters, numbers.closing
    return {
        "committed": together.committed,
        "shipped_ever": closing.count,
        "shipped": together.shipped,
        "open": numbers.open_items,
        "overdue": numbers.overdue,
        "dropped": dict(numbers.dropped),
        "oldest_open_age_seconds": numbers.oldest_open_age,
        "closure_ratio": together.ratio,
        "by_standing": [asdict(one) for one in numbers.action_items],
        "by_quarter": [_quarter(quarter) for quarter in numbers.quarters],
        "time_to_close": {
            "count": closing.count,
            "sum_seconds": closing.seconds,
            "at_most_seconds": dict(closing.buckets),
        },
    }


def _quarter(quarter: Quarter) -> dict[str, Any]:
    return {**asdict(quarter), "closure_ratio": quarter.ratio}
