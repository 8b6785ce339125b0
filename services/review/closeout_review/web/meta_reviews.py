"""Pages: the quarters that were opened, and one quarter laid out for the one person who reads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_judgement.patterns.candidate import Kind
from closeout_judgement.patterns.pages.told import summary
from closeout_judgement.patterns.proposals import MOST_PROPOSALS
from closeout_judgement.patterns.quarter import Quarter
from closeout_review.access.who import who
from closeout_review.commands import meta_reviews, structural
from closeout_review.commands.meta_review_files import FORMS
from closeout_review.commands.meta_reviews import Seen
from closeout_review.commands.quarter_reading import QuarterReadings
from closeout_review.commands.structural import taking_room
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.meta_review import OTHER, Cost, Decision, Idea, quarter_named
from closeout_review.domain.text import one_line
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.meta_reviews import MetaReviews
from closeout_review.web import forms
from closeout_review.web.beside import name_in, text_in
from closeout_review.web.quarter_strips import MONTHS, cards_of, days_of, questions_of, strips_of
from closeout_review.web.render import Renderer
from closeout_schemas.misfits import first_of
from closeout_schemas.vocabulary import Control

LONGEST_LINE, LONGEST_TEXT = 240, 2000
ITEM = ("text", "criterion", "owner", "target", "project", "check")
NAMED = (Kind.DEPENDENCY, Kind.SERVICE, Kind.FAILURE_MODE, Kind.CONTROL, Kind.ALERT, Kind.CHANGE_TYPE, Kind.VENDOR)
KINDS = (OTHER, *(kind.value for kind in NAMED))


class MetaReviewPages:
    """The quarterly reading."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer, readings: QuarterReadings) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer
        self._readings = readings

    def routes(self) -> list[Route]:
        """Every page, and what its buttons do."""
        one = "/meta-reviews/{quarter}"
        return [
            Route("/meta-reviews", self.listed, methods=["GET"]),
            Route("/meta-reviews", self.open, methods=["POST"]),
            Route(one, self.page, methods=["GET"]),
            Route(f"{one}/export/{{form}}", self.export, methods=["GET"]),
            Route(f"{one}/findings", self.add, methods=["POST"]),
            Route(f"{one}/findings/{{finding_id:uuid}}", self.decide, methods=["POST"]),
            Route(f"{one}/proposals", self.propose, methods=["POST"]),
            Route(f"{one}/proposals/{{proposal_id:uuid}}/accept", self.accept, methods=["POST"]),
            Route(f"{one}/proposals/{{proposal_id:uuid}}/refuse", self.refuse, methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        """The quarters that were opened, and the ones that can be."""
        async with self._db.reading() as conn:
            opened, now = await MetaReviews(conn).listed(), await Incidents(conn).now()
        running = Quarter.of(now.astimezone(self._settings.zone))
        had = {one.quarter for one in opened}
        others = [quarter for quarter in (running.before(count) for count in range(5)) if quarter not in had]
        return self._renderer.page(
            "meta_reviews.html", opened=opened, others=others, asks_name=who(request).is_operator
        )

    async def open(self, request: Request) -> Response:
        """Open one by hand."""
        told = dict(forms.fields_of(await request.body()))
        quarter = _quarter(told.get("quarter", ""))
        await meta_reviews.open_by_hand(self._db, self._settings, quarter, name_in(told, request))
        return RedirectResponse(f"/meta-reviews/{quarter}", 303)

    async def page(self, request: Request, status: int = 200, tried: dict[str, Any] | None = None) -> Response:
        """The quarter. `tried`: an item that the gate refused, and why."""
        reading = await self._readings.read(_quarter(request.path_params["quarter"]))
        cards = cards_of(reading)
        strips = strips_of(reading, cards)
        return self._renderer.page(
            "meta_review.html",
            status,
            reading=reading,
            summary=summary(reading.review),
            cards=cards,
            questions=questions_of(reading),
            strips=strips,
            on_page={one.id for one in strips},
            months=MONTHS[3 * (reading.quarter.number - 1) :][:3],
            room=MOST_PROPOSALS - len(taking_room(reading.proposals, reading.material.promises)),
            titles={one.kept.id: one.kept.content.title for one in cards},
            days=days_of(reading),
            kinds=KINDS,
            controls=list(Control),
            costs=list(Cost),
            default_project=self._settings.default_project,
            tried=tried or {},
            asks_name=who(request).is_operator,
        )

    async def export(self, request: Request) -> Response:
        """The quarter as a file: for reading, for slides, for programs."""
        quarter, form = _quarter(request.path_params["quarter"]), FORMS.get(request.path_params["form"])
        if form is None:
            raise Refused(404, "no-such-form", f"A reading is exported as {', '.join(FORMS)}.")
        text = form.write(await self._readings.read(quarter), self._settings.public_url)
        name = f"meta-review-{quarter}.{form.ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(text, media_type=form.kind, headers=headers)

    async def add(self, request: Request) -> Response:
        """A pattern that no test finds."""
        reading = await self._readings.read(_quarter(request.path_params["quarter"]))
        fields = forms.fields_of(await request.body())
        told = dict(fields)
        chosen = tuple(value for name, value in fields if name == "incident")
        kind = told.get("kind", OTHER)
        seen = Seen(
            one_line(text_in(told, "value", LONGEST_LINE, "Say what the pattern is, in a few words.")),
            chosen,
            kind if kind in KINDS else OTHER,
            text_in(told, "sentence", LONGEST_TEXT),
        )
        finding_id = await meta_reviews.add_finding(self._db, reading, seen, name_in(told, request))
        return _back(reading.quarter, f"finding-{finding_id}")

    async def decide(self, request: Request) -> Response:
        """Confirm or dismiss."""
        reading = await self._readings.read(_quarter(request.path_params["quarter"]))
        finding_id: UUID = request.path_params["finding_id"]
        told = dict(forms.fields_of(await request.body()))
        decision = Decision.CONFIRMED if told.get("do") == "confirm" else Decision.DISMISSED
        reason = text_in(told, "reason", LONGEST_TEXT)
        await meta_reviews.decide(self._db, reading, finding_id, decision, reason, name_in(told, request))
        return _back(reading.quarter, f"finding-{finding_id}")

    async def propose(self, request: Request) -> Response:
        """A structural change."""
        reading = await self._readings.read(_quarter(request.path_params["quarter"]))
        told = dict(forms.fields_of(await request.body()))
        whom = one_line(text_in(told, "proposed_to", 200, "Say who can decide it."))
        cost = Cost(told["cost"]) if told.get("cost") in set(Cost) else Cost.WEEKS
        idea = Idea(item=_item(told), cost=cost, proposed_to=whom)
        await structural.propose(self._db, reading, _id(told.get("finding", "")), idea, name_in(told, request))
        return _back(reading.quarter, "proposals")

    async def accept(self, request: Request) -> Response:
        """Through the gate, or back with what it says."""
        quarter, proposal_id = _quarter(request.path_params["quarter"]), request.path_params["proposal_id"]
        told = dict(forms.fields_of(await request.body()))
        item, by = _item(told), name_in(told, request)
        try:
            made = await structural.accept(self._db, self._settings, quarter, proposal_id, item, by)
        except Refused as refused:
            if refused.code != "gate-refused":
                raise
            told_why = {"id": proposal_id, "item": item, "refusals": refused.more["refusals"]}
            return await self.page(request, 422, told_why)
        return RedirectResponse(f"/postmortems/{made.kept.id}", 303)

    async def refuse(self, request: Request) -> Response:
        """Not this time; it is kept with the reason."""
        quarter = _quarter(request.path_params["quarter"])
        told = dict(forms.fields_of(await request.body()))
        reason = text_in(told, "reason", LONGEST_TEXT)
        await structural.refuse(self._db, quarter, request.path_params["proposal_id"], reason, name_in(told, request))
        return _back(quarter, "proposals")


def _item(told: dict[str, str]) -> DraftItem:
    written = {name: text_in(told, name, LONGEST_TEXT) for name in ITEM}
    control = told.get("control")
    try:
        return DraftItem.model_validate(written | {"control": control if control in set(Control) else None})
    except ValidationError as error:
        raise Refused(422, "bad-item", f"{first_of(error)}.") from None


def _quarter(text: str) -> Quarter:
    try:
        return quarter_named(text)
    except ValueError as error:
        raise Refused(404, "no-such-quarter", f"{error}.") from None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(404, "no-such-finding", "There is no such pattern.") from None


def _back(quarter: Quarter, to: str) -> Response:
    return RedirectResponse(f"/meta-reviews/{quarter}#{to}", 303)
