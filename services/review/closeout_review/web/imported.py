"""An imported review as a page: what was read of it, its failure modes to confirm, and the original, whole."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands.imported_modes import say_modes
from closeout_review.commands.recurrences import came_back
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReview, ImportedReviews
from closeout_review.web import forms
from closeout_review.web.render import Renderer

LONGEST_NAME = 200
# A longer timeline is in the original, and a longer original at an address of its own: no page is over 100 kB.
MOST_ENTRIES = 100
MOST_CHARACTERS = 30_000


class Imported:
    """Reviews that were written before Closeout was there."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The page, and its form."""
        return [
            Route("/imported/{which:uuid}", self.show, methods=["GET"]),
            Route("/imported/{which:uuid}/original", self.original, methods=["GET"]),
            Route("/imported/{which:uuid}/failure-modes", self.say_modes, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """What was read, and the original, or how it begins."""
        one = await self._one(request)
        async with self._db.reading() as conn:
            again = await came_back(conn, one.id)
        original = one.original.decode(errors="replace")
        return self._renderer.page(
            "imported.html",
            one=one,
            again=again,
            original=original[:MOST_CHARACTERS],
            is_whole=len(original) <= MOST_CHARACTERS,
            modes=self._settings.taxonomy.modes,
            most_entries=MOST_ENTRIES,
        )

    async def original(self, request: Request) -> Response:
        """The original as plain text, whatever it is: nothing in it runs."""
        one = await self._one(request)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"}
        return PlainTextResponse(one.original.decode(errors="replace"), headers=headers)

    async def _one(self, request: Request) -> ImportedReview:
        async with self._db.reading() as conn:
            one = await ImportedReviews(conn).one(request.path_params["which"])
        if one is None:
            raise Refused(404, "no-such-review", "There is no such imported review.")
        return one

    async def say_modes(self, request: Request) -> Response:
        """Keep which failure modes it has."""
        which = request.path_params["which"]
        told = forms.fields_of(await request.body())
        modes = [value for name, value in told if name == "failure_modes"]
        async with self._db.transaction() as tx:
            await say_modes(tx, self._settings, which, modes, who(request).name[:LONGEST_NAME])
        return RedirectResponse(f"/imported/{which}", 303)
