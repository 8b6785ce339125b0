"""Pages that list: published reviews; search by failure mode, service and words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_chassis.db import Conn, Database
from closeout_judgement.why_related import SHOWN
from closeout_review.commands.catalogue import Catalogue, earlier, id_of
from closeout_review.commands.promised_before import promised_before
from closeout_review.domain.card import Earlier
from closeout_review.domain.text import without_nul
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReviews, ListedImport
from closeout_review.store.incidents import Incidents
from closeout_review.store.lists import Asked, Lists
from closeout_review.web.render import Renderer
from closeout_schemas.vocabulary import Outcome

MOST_FOUND = 10
LONGEST_WORDS = 500
LONGEST_ITEM = 2000
PAGE = 30
MOST_SERVICES = 100


class ListPages:
    """What was published, and what was found."""

    def __init__(self, settings: ReviewSettings, db: Database, catalogue: Catalogue, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._catalogue = catalogue
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Every page."""
        return [
            Route("/published", self.published),
            Route("/search", self.search),
            Route("/promised-before", self.promised_before),
        ]

    async def published(self, request: Request) -> Response:
        """Published reviews, the latest first, of one outcome where that is asked."""
        outcome = request.query_params.get("outcome", "")
        asked = Asked(outcome=outcome if outcome in set(Outcome) else None)
        async with self._db.reading() as conn:
            rows, older = await _page(conn, asked, request.query_params)
        return self._renderer.page(
            "published_list.html", rows=rows, older=older, outcome=asked.outcome, outcomes=list(Outcome)
        )

    async def search(self, request: Request) -> Response:
        """Reviews by words, the likeliest first; without words all of a failure mode or a service, the latest first."""
        asked = request.query_params
        words, service = (without_nul(asked.get(name, "").strip()[:LONGEST_WORDS]) for name in ("q", "service"))
        mode = asked.get("mode", "") if asked.get("mode", "") in self._settings.taxonomy.modes else ""
        values: dict[str, Any] = {"found": [], "rows": [], "older": None, "imported": [], "older_imported": None}
        async with self._db.reading() as conn:
            if words:
                values["found"] = await self._found(conn, words, service, mode)
            elif service or mode:
                values["rows"], values["older"] = await _page(
                    conn, Asked(mode=mode or None, service=service or None), asked
                )
                values["imported"], values["older_imported"] = await _imported_page(conn, mode, service, asked)
            modes, services = await Lists(conn).failure_modes(), await Lists(conn).services(MOST_SERVICES)
        return self._renderer.page(
            "search.html", words=words, service=service, mode=mode, modes=modes, services=services, **values
        )

    async def _found(self, conn: Conn, words: str, service: str, mode: str) -> list[tuple[Earlier, bool]]:
        """Each with whether it is sure; of those of another failure mode none."""
        now = await Incidents(conn).now()
        found = await self._catalogue.search(words, service, MOST_FOUND * (5 if mode else 1), conn)
        if mode:
            named = await Lists(conn).with_mode([id_of(one) for one in found], mode)
            found = [one for one in found if id_of(one) in named or mode in one.why.modes]
        told = [(await earlier(one, now, self._settings, conn), one.confidence >= SHOWN) for one in found[:MOST_FOUND]]
        return [(review, is_sure) for review, is_sure in told if review is not None]

    async def promised_before(self, request: Request) -> Response:
        """What was promised before of the action item that is being typed: a part of the draft's page."""
        told = request.query_params
        text = next((value for name, value in told.items() if name.endswith("text")), "")[:LONGEST_ITEM]
        without = told.get("without", "")
        async with self._db.reading() as conn:
            review = UUID(without) if is_uuid(without) else None
            found = await promised_before(conn, self._settings, text, review)
        return self._renderer.page("promised_before.html", found=found)


async def _page(conn: Conn, asked: Asked, query: QueryParams) -> tuple[list[dict[str, Any]], UUID | None]:
    """The rows, and after which one the next page begins; None on the last."""
    text = query.get("older_than", "")
    before = await Lists(conn).place_of_published(UUID(text)) if is_uuid(text) else None
    rows = await Lists(conn).published(asked, before, PAGE + 1)
    return rows[:PAGE], rows[PAGE - 1]["id"] if len(rows) > PAGE else None


async def _imported_page(
    conn: Conn, mode: str, service: str, query: QueryParams
) -> tuple[list[ListedImport], UUID | None]:
    """As `_page`, of imported reviews."""
    text = query.get("older_imported_than", "")
    after = UUID(text) if is_uuid(text) else None
    rows = await ImportedReviews(conn).listed(mode or None, service or None, after, PAGE + 1)
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def is_uuid(text: str) -> bool:
    """Whether `text` is an id as our links write it."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
