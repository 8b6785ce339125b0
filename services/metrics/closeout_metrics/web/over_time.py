"""HTML out: what became of promises over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_metrics.commands.history import GROUPS, STATES, History
from closeout_metrics.domain.cohort import Only
from closeout_metrics.domain.definition import QUARTERS_SHOWN
from closeout_metrics.web.rendering import answered, environment_of
from closeout_schemas.vocabulary import Control

ITEMS_SHOWN = 100


def routes(history: History, zone: ZoneInfo) -> list[Route]:
    """`GET /history`. `zone`: the organisation's, for what day it was."""
    environment = environment_of()

    async def over_time(request: Request) -> Response:
        asked = request.query_params
        # A page that is typed wrong shows everything; the API says what is wrong.
        by, state = _one_of(asked, "by", GROUPS, "team"), _one_of(asked, "state", STATES, "slipped")
        only = Only.of(asked)
        chosen = {name: value for name, value in only._asdict().items() if value}
        page = environment.get_template("history.html").render(
            cohorts=await history.cohorts(by, QUARTERS_SHOWN, only),
            items=await history.items(state, only, ITEMS_SHOWN),
            recurrences=await history.recurrences(QUARTERS_SHOWN, only, ITEMS_SHOWN),
            query=urlencode({"by": by, "state": state, **chosen}),
            **{"by": by, "state": state, "only": only, "groups": GROUPS, "states": STATES, "zone": zone},
            controls=[*Control],
        )
        return answered(page)

    return [Route("/history", over_time)]


def _one_of(asked: Mapping[str, str], name: str, allowed: Sequence[str], otherwise: str) -> str:
    given = asked.get(name, otherwise)
    return given if given in allowed else otherwise
