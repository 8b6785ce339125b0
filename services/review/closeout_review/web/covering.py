"""Pages: a postmortem opened by hand, which incidents one covers, and who leads it."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands import covering, finishing
from closeout_review.commands.covering import ByHand, Occasion
from closeout_review.domain.text import one_line
from closeout_review.settings import ReviewSettings
from closeout_review.web import forms
from closeout_review.web.beside import LONGEST_ENTRY, LONGEST_NAME, moment_of, name_in, text_in
from closeout_review.web.render import Renderer
from closeout_schemas.vocabulary import Severity

LONGEST_TITLE = 300
MOST_TEAMS = 20
# An id, or an address in which it is the last part.
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class CoveringPages:
    """What a postmortem is about."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Every page, and what its buttons do."""
        return [
            Route("/by-hand", self.form, methods=["GET"]),
            Route("/by-hand", self.open, methods=["POST"]),
            Route("/incidents/{incident_id:uuid}/postmortem", self.open_for, methods=["POST"]),
            Route("/postmortems/{postmortem_id:uuid}/incidents", self.submit, methods=["POST"]),
            Route("/postmortems/{postmortem_id:uuid}/teams", self.teams, methods=["POST"]),
            Route("/postmortems/{postmortem_id:uuid}/lead", self.lead, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """The form for something that no pager told."""
        return self._renderer.page(
            "by_hand.html",
            occasions=list(Occasion),
            severities=list(Severity),
            asks_name=who(request).is_operator,
        )

    async def open(self, request: Request) -> Response:
        """Open it."""
        told = dict(forms.fields_of(await request.body()))
        ended = told.get("resolved_at", "")
        by_hand = ByHand(
            title=one_line(text_in(told, "title", LONGEST_TITLE, "Give it a title.")),
            what_happened=text_in(told, "what_happened", LONGEST_ENTRY, "Write what happened."),
            occasion=_occasion(told.get("occasion", "")),
            opened_at=self._moment(told.get("opened_at", "")),
            resolved_at=self._moment(ended) if ended else None,
            service=one_line(text_in(told, "service", LONGEST_NAME)),
            teams=tuple(filter(None, map(one_line, text_in(told, "teams", LONGEST_NAME).split(",")))),
            severity=_severity(told.get("severity", "")),
        )
        postmortem_id = await covering.open_by_hand(self._db, self._settings, by_hand, name_in(told, request))
        return RedirectResponse(f"/postmortems/{postmortem_id}", 303)

    def _moment(self, text: str) -> datetime:
        return moment_of(text, self._settings)

    async def open_for(self, request: Request) -> Response:
        """A postmortem for an incident that earned none, or is not over."""
        postmortem_id = await covering.open_for(self._db, self._settings, request.path_params["incident_id"])
        return RedirectResponse(f"/postmortems/{postmortem_id}", 303)

    async def submit(self, request: Request) -> Response:
        """Cover another incident, or split one off."""
        postmortem_id = request.path_params["postmortem_id"]
        told = dict(forms.fields_of(await request.body()))
        button, _, what = told.get("do", "").partition(":")
        by = name_in(told, request)
        if button == "split-off":
            await covering.split_off(self._db, self._settings, postmortem_id, _incident(what), by)
        else:
            chosen = told.get("near", "") or told.get("incident", "")
            await covering.cover(self._db, self._settings, postmortem_id, _incident(chosen), by)
        return RedirectResponse(f"/postmortems/{postmortem_id}", 303)

    async def teams(self, request: Request) -> Response:
        """Say which teams it is about: those that are still ticked, and one more."""
        postmortem_id = request.path_params["postmortem_id"]
        fields = forms.fields_of(await request.body())
        told = dict(fields)
        named = [value for name, value in fields if name == "team"] + [told.get("more", "")]
        teams = [one for value in named if (one := one_line(text_in({"team": value}, "team", LONGEST_NAME)))]
        if len(teams) > MOST_TEAMS:
            raise Refused(422, "too-many-teams", f"{MOST_TEAMS} teams are the most that one review is about.")
        await covering.choose_teams(self._db, postmortem_id, teams, name_in(told, request))
        return RedirectResponse(f"/postmortems/{postmortem_id}#teams", 303)

    async def lead(self, request: Request) -> Response:
        """Name somebody else to lead it."""
        postmortem_id = request.path_params["postmortem_id"]
        told = dict(forms.fields_of(await request.body()))
        named = one_line(text_in(told, "who", LONGEST_NAME, "Say who leads it."))
        await finishing.choose_lead(self._db, postmortem_id, named, name_in(told, request))
        return RedirectResponse(f"/postmortems/{postmortem_id}", 303)


def _incident(text: str) -> UUID:
    found = ID.findall(text)
    if not found:
        raise Refused(422, "no-incident-named", "Choose an incident, or paste the address of its page.")
    return UUID(found[-1])


def _occasion(text: str) -> Occasion:
    try:
        return Occasion(text)
    except ValueError:
        raise Refused(
            422, "no-occasion", "Say what it was: a near miss, a customer's report, or something else."
        ) from None


def _severity(text: str) -> Severity:
    try:
        return Severity(text)
    except ValueError:
        return Severity.UNKNOWN
