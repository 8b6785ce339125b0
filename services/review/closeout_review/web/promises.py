"""HTML in and out: what may happen to a promise after its publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands import promises
from closeout_review.commands.promises import Why
from closeout_review.domain.actor import actor
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.text import presentable, written_by_people
from closeout_review.settings import ReviewSettings
from closeout_review.web import forms
from closeout_review.web.pages import Pages
from closeout_schemas.misfits import first_of

DEEDS = ("withdraw", "replace", "retarget", "reassign")
LONGEST_NAME = 200
REPLACEMENT = ("text", "criterion", "owner", "target", "project", "control")


class Promises:
    """The forms beside a published promise. One that the gate refuses comes back as it was typed."""

    def __init__(self, settings: ReviewSettings, db: Database, pages: Pages) -> None:
        self._settings = settings
        self._db = db
        self._pages = pages

    def routes(self) -> list[Route]:
        """One address a deed."""
        item = "/postmortems/{postmortem_id:uuid}/items/{item_id:uuid}"
        return [Route(f"{item}/{deed}", self.change, methods=["POST"], name=deed) for deed in DEEDS]

    async def change(self, request: Request) -> Response:
        """Do it, or show the form again with what stands in its way."""
        deed = request.url.path.rpartition("/")[2]
        postmortem_id, item_id = request.path_params["postmortem_id"], request.path_params["item_id"]
        typed = dict(forms.fields_of(await request.body()))
        why = Why(_reason(typed.get("reason", "")), actor(who(request), presentable(typed.get("by", ""), LONGEST_NAME)))
        try:
            await self._do(deed, postmortem_id, item_id, typed, why)
        except Refused as refused:
            if refused.code != "gate-refused":
                raise
            tried = {"item_id": item_id, "deed": deed, "typed": typed, "refusals": refused.more["refusals"]}
            return await self._pages.published(request, 422, tried)
        return RedirectResponse(f"/postmortems/{postmortem_id}#item-{item_id}", 303)

    async def _do(self, deed: str, postmortem_id: UUID, item_id: UUID, typed: Mapping[str, str], why: Why) -> None:
        of = (self._db, self._settings, postmortem_id, item_id)
        match deed:
            case "withdraw":
                await promises.withdraw(*of, why)
            case "replace":
                await promises.replace_item(*of, _item(typed), why)
            case "retarget":
                await promises.retarget(*of, typed.get("target", "").strip(), why)
            case _:
                await promises.reassign(*of, typed.get("owner", "").strip(), why)


def _reason(text: str) -> str:
    try:
        reason = written_by_people(text)
    except ValueError as error:
        raise Refused(422, "bad-reason", f"The reason {error}.") from None
    if not 0 < len(reason) <= 1000:
        raise Refused(422, "reason-missing", "Say in 1 to 1,000 characters why the promise changes; it stays visible.")
    return reason


def _item(typed: Mapping[str, str]) -> DraftItem:
    values: dict[str, Any] = {name: typed[name] for name in REPLACEMENT if typed.get(name)}
    values["fields"] = {name.removeprefix("field-"): value for name, value in typed.items() if name[:6] == "field-"}
    try:
        return DraftItem.model_validate(values)
    except ValidationError as error:
        raise Refused(422, "bad-item", f"{first_of(error)}.") from None
