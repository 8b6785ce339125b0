"""HTML: who saved which revision of a draft when, and what each changed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_review.commands.history import history
from closeout_review.web.render import Renderer


class HistoryPage:
    """The revisions of a draft, and two of them held against each other."""

    def __init__(self, db: Database, renderer: Renderer) -> None:
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """One page."""
        return [Route("/postmortems/{postmortem_id:uuid}/history", self.history)]

    async def history(self, request: Request) -> Response:
        """`revision` and `against` choose; else what the latest revision changed."""
        asked = request.query_params
        async with self._db.reading() as conn:
            told = await history(
                conn,
                request.path_params["postmortem_id"],
                _number(asked.get("revision")),
                _number(asked.get("against")),
                before=_number(asked.get("before")),
            )
        return self._renderer.page("history.html", told=told)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
