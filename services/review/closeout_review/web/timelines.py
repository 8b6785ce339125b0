"""A timeline in parts, or whole on one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.commands import postmortems
from closeout_review.commands.beside import AroundTimeline
from closeout_review.domain.parts import Part, part_from, part_with
from closeout_review.domain.strip import Row, rows_of, strip_of
from closeout_review.domain.timeline import in_order
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.web.render import Renderer


class TimelinePages:
    """`from` is the place of an entry: the part that has it. Without it, the whole."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Of a postmortem, with what stands beside its entries; of an incident."""
        return [
            Route("/postmortems/{postmortem_id:uuid}/timeline", self.of_postmortem),
            Route("/incidents/{incident_id:uuid}/timeline", self.of_incident),
        ]

    async def of_postmortem(self, request: Request) -> Response:
        """The timeline of one postmortem."""
        async with self._db.reading() as conn:
            one = await postmortems.postmortem(conn, self._settings, request.path_params["postmortem_id"])
        if one.kept.merged_into is not None:
            return RedirectResponse(f"/postmortems/{one.kept.merged_into}/timeline", 303)
        rows = rows_of([link.entry for link in one.timeline], self._settings.zone, one.directory.names())
        title = one.draft.title
        return self._page(request, f"/postmortems/{one.kept.id}", title, rows, one.around, not one.is_published)

    async def of_incident(self, request: Request) -> Response:
        """The timeline of one incident."""
        incident_id = request.path_params["incident_id"]
        async with self._db.reading() as conn:
            incident = await Incidents(conn).one(incident_id)
            if incident is None:
                raise Refused(404, "no-such-incident", "Nobody has told Closeout of such an incident.")
            entries = [link.entry for link in in_order(await Incidents(conn).chain(incident_id))]
            names = (await Known(conn).directory()).names()
        rows = rows_of(entries, self._settings.zone, names)
        return self._page(request, f"/incidents/{incident_id}", incident.title, rows, None, can_write=False)

    def _page(
        self,
        request: Request,
        of: str,
        title: str,
        rows: Sequence[Row],
        around: AroundTimeline | None,
        can_write: bool,
    ) -> Response:
        asked = request.query_params.get("from", "")
        begin = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
        part = None if begin is None else part_from(rows, begin, bytes_beside(around))
        values: dict[str, Any] = {"of": of, "part": part, "around": around, "can_write": can_write}
        values["entry_at"] = entry_at(of, rows if part is None else part.rows)
        if part is not None and request.headers.get("HX-Request"):
            return self._renderer.page("timeline_more.html", **values)
        strip = strip_of([row.entry for row in rows], self._settings.zone)
        return self._renderer.page("timeline.html", title=title, rows=rows, strip=strip, **values)


def first_part(rows: Sequence[Row], of: str, at: str, around: AroundTimeline | None = None) -> Mapping[str, Any]:
    """What a page shows of a timeline: the part that has the entry `at`, else the first; and where entries stand."""
    part: Part = part_with(rows, at, bytes_beside(around))
    return {"part": part, "entry_at": entry_at(of, part.rows)}


def entry_at(of: str, there: Sequence[Row]) -> Callable[[object], str]:
    """The address of an entry: on the page itself, or on the one that opens where the entry is."""
    ids = {str(row.entry.id) for row in there}

    def address(entry_id: object) -> str:
        return f"#entry-{entry_id}" if str(entry_id) in ids else f"{of}?at={entry_id}#entry-{entry_id}"

    return address


def bytes_beside(around: AroundTimeline | None) -> Callable[[object], int]:
    """About how many bytes of a page stand beside an entry."""
    sizes: dict[object, int] = {}
    if around is not None:
        for note in around.annotations:
            sizes[note.entry_id] = sizes.get(note.entry_id, 0) + 200 + len(note.note.encode(errors="replace"))
        for attached in around.attachments:
            sizes[attached.entry_id] = sizes.get(attached.entry_id, 0) + 600
        for suggested in around.suggested:
            sizes[suggested.entry_id] = sizes.get(suggested.entry_id, 0) + 700
    return lambda entry_id: sizes.get(entry_id, 0)
