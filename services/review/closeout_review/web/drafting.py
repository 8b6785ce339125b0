"""The draft as a page: shown, saved as one types, and finished with its buttons. Works as a plain form, too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import need, who
from closeout_review.commands import merging, postmortems, publishing
from closeout_review.commands.merging import Edit
from closeout_review.commands.neighbours import NONE_NEAR, Neighbours
from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.actor import actor
from closeout_review.domain.draft import Draft
from closeout_review.domain.held_back import Held
from closeout_review.domain.mending import mended
from closeout_review.domain.principal import Scope
from closeout_review.domain.refusal import Refusal
from closeout_review.settings import ReviewSettings
from closeout_review.store.versions import Versions
from closeout_review.web import forms, offers
from closeout_review.web.render import Renderer
from closeout_review.web.showing import rows_to_fill, shared, words_beside
from closeout_schemas.misfits import words_of

# Where the page opens after a button; after others, at the place that the button names.
LEADS_TO = {
    "catch": "#earlier",
    "promise": "#items",
    "aware": "#items",
    "promise-aware": "#items",
    "aware-again": "#aware",
}
# The n-th of what a refusal offers.
CHOOSE = re.compile(r"choose[0-9]")
WRITER = re.compile(r"[0-9a-f]{32}")


class Drafting:
    """The form in which a draft is finished, by several people at once."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """What the form sends, and what it asks for to see what others have changed."""
        return [
            Route("/postmortems/{postmortem_id:uuid}", self.submit, methods=["POST"]),
            Route("/postmortems/{postmortem_id:uuid}/draft", self.look),
        ]

    async def look(self, request: Request) -> Response:
        """The form anew where somebody has changed something since `seen`; else nothing."""
        postmortem_id = request.path_params["postmortem_id"]
        async with self._db.reading() as conn:
            # Every open page asks every few seconds: most often this is all.
            if await Versions(conn).state(postmortem_id) == request.query_params.get("seen"):
                return Response(status_code=204)
            one = await postmortems.postmortem(conn, self._settings, postmortem_id)
        if one.is_published:
            return self._standing(one, conflict=True)
        return self.form(one, forms.form_from(one.draft), live=True, writer=request.query_params.get("writer", ""))

    async def submit(self, request: Request) -> Response:
        """What a button of the form does: save, then whatever else it says."""
        fields = forms.fields_of(await request.body())
        told = dict(fields)
        button, _, place = told.get("do", "save").partition(":")
        if button == "publish":
            need(request, Scope.PUBLISH)
        saving = Saving(request, forms.form_of(fields), told.get("writer", ""), forms.held_of(fields))
        try:
            edit = Edit(
                mine=Draft.model_validate(saving.form),
                base=_agreed(told),
                revision=_revision(told),
                writer=saving.writer,
                by=actor(who(request)),
            )
            one = await merging.save_merged(self._db, self._settings, saving.postmortem_id, edit)
            saving.held += one.held
            return await self._do(saving, one, button, forms.renumbered(place, fields), edit.by)
        except ValidationError as error:
            return await self._again(saving, 422, misfits=_misfits(error))
        except Refused as refused:
            if refused.code not in ("edited-meanwhile", "already-published", "merged-meanwhile"):
                raise
            return await self._again(saving, 409, conflict=True)

    async def _do(self, saving: Saving, one: Postmortem, button: str, what: str, by: str) -> Response:
        if button in ("put-back", "leave"):
            return await self._look_at_held(saving, one, button, what, by)
        if saving.held:
            return self._of(saving, one, 409)
        if button == "publish":
            return await self._publish(saving, one, by)
        place = ""
        if button == "settle":
            *at, writer, which = what.split(":") if what.count(":") == 2 else ("", "", "")
            one = await merging.settle(self._db, self._settings, one.kept.id, (at[0], writer, which), by)
            place = f"#{at[0]}"
        else:
            changed = _pressed(one, button, what)
            if changed is not one.draft:
                revision = one.kept.revision
                one = await postmortems.save_draft(self._db, self._settings, one.kept.id, changed, revision, by)
                place = LEADS_TO.get(button, f"#{what}")
        return self._of(saving, one) if saving.live else RedirectResponse(f"/postmortems/{one.kept.id}{place}", 303)

    async def _look_at_held(self, saving: Saving, one: Postmortem, button: str, which: str, by: str) -> Response:
        """What was held back goes into its place, or away. What else was held back waits on."""
        number = int(which) if which.isascii() and which.isdigit() and len(which) < 5 else len(saving.held)
        chosen = saving.held[number : number + 1]
        del saving.held[number : number + 1]
        if chosen and button == "put-back":
            one = await merging.put_back(self._db, self._settings, one.kept.id, chosen[0], by)
        if saving.live or saving.held:
            return self._of(saving, one, 409)
        return RedirectResponse(f"/postmortems/{one.kept.id}", 303)

    def _of(self, saving: Saving, one: Postmortem, status: int = 200, **more: Any) -> Response:
        """The form as it was saved, with what its page has besides."""
        form = forms.form_from(one.draft)
        return self.form(one, form, status, live=saving.live, writer=saving.writer, held=saving.held, **more)

    async def _publish(self, saving: Saving, one: Postmortem, by: str) -> Response:
        try:
            await publishing.publish(self._db, self._settings, one.kept.id, one.kept.revision, by)
        except Refused as refused:
            if refused.code != "gate-refused":
                raise
            return self._of(saving, one, 422, refused=True)
        address = f"/postmortems/{one.kept.id}"
        return Response(headers={"HX-Redirect": address}) if saving.live else RedirectResponse(address, 303)

    async def _again(self, saving: Saving, status: int, **more: Any) -> Response:
        """The form as it was typed, with what stands in its way; nothing of it is lost."""
        async with self._db.reading() as conn:
            one = await postmortems.postmortem(conn, self._settings, saving.postmortem_id)
        if saving.live:
            return self._standing(one, held=saving.held, **more)
        return self.form(one, saving.form, status, held=saving.held, **more)

    def _standing(self, one: Postmortem, **more: Any) -> Response:
        """What is to be said above a form that stays as it is typed."""
        said = self.form(one, forms.form_from(one.draft), template="draft_standing.html", live=True, **more)
        said.headers["HX-Retarget"] = said.headers["HX-Reselect"] = "#standing"
        said.headers["HX-Reswap"] = "outerHTML"
        return said

    def form(
        self,
        one: Postmortem,
        form: forms.Form,
        status: int = 200,
        *,
        template: str = "",
        live: bool = False,
        writer: str = "",
        refused: bool = False,
        conflict: bool = False,
        misfits: Sequence[tuple[str, str]] = (),
        beside_it: Neighbours = NONE_NEAR,
        held: Sequence[Held] = (),
        at: str = "",
    ) -> Response:
        """The form, alone where the page is there already (`live`).

        Refusals stand beside what they speak of, as long as the form shows what was saved.
        """
        shows_saved = not (conflict or misfits)
        shown = shared(one, self._settings, at)
        refusals = one.verdict.refusals if one.verdict and shows_saved else ()
        return self._renderer.page(
            template or ("draft_form.html" if live else "draft.html"),
            200 if live else status,
            **shown,
            **rows_to_fill(one, form, self._settings, shown["rows"]),
            **words_beside(one, held),
            form=form,
            neighbours=beside_it,
            saved=forms.form_from(one.draft),
            **_pointed_out(refusals),
            refused=refused,
            conflict=conflict,
            misfits=misfits,
            dismissal_id=forms.dismissal_id,
            seen=one.state,
            writer=writer if WRITER.fullmatch(writer) else uuid4().hex,
        )


class Saving:
    """What one request sent, and how it wants to be answered: `live`, as a part of the page that is there.

    `held`: words that were held back, kept by nobody but this page.
    """

    def __init__(self, request: Request, form: forms.Form, writer: str, held: list[Held]) -> None:
        self.postmortem_id: UUID = request.path_params["postmortem_id"]
        self.live = request.headers.get("hx-request") == "true"
        self.form = form
        self.held = held
        self.writer = writer if WRITER.fullmatch(writer) else uuid4().hex


def _pointed_out(refusals: Sequence[Refusal]) -> dict[str, Any]:
    """What keeps a draft from publication: all of it, what is beside each place, how much is within one."""
    beside: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        beside.setdefault(refusal.where, []).append(refusal)

    def left_in(*places: str) -> int:
        return sum(refusal.where.startswith(places) for refusal in refusals)

    return {"refusals": refusals, "beside": beside, "left_in": left_in}


def _agreed(told: Mapping[str, str]) -> Draft | None:
    """What the writer typed into, as their page says; None where it does not, or not in a form that can be."""
    if "was" not in told:
        return None
    try:
        return Draft.model_validate(forms.form_of(forms.fields_of(told["was"].encode(errors="replace"))))
    except ValidationError:
        return None


def _revision(told: Mapping[str, str]) -> int:
    revision = told.get("revision", "")
    return int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else -1


def _pressed(saved: Postmortem, button: str, what: str) -> Draft:
    """The draft after a button that changes it; the same one after a button that does not."""
    numbers = re.findall(r"[0-9]{1,3}", what)
    # None of the lists is as long as that.
    index = int(numbers[0]) if numbers else 10_000
    match button:
        case "mend" if saved.verdict is not None:
            return mended(saved.draft, saved.verdict, what)
        case _ if CHOOSE.fullmatch(button) and saved.verdict is not None:
            return mended(saved.draft, saved.verdict, what, int(button.removeprefix("choose")))
        case "aware":
            return forms.kept_aware(saved.draft, index)
        case "catch":
            return forms.with_suggested_catch(saved.draft, saved.suggestions, index)
        case "promise":
            return forms.promised(saved.draft, index)
        case "aware-again" | "promise-aware":
            return offers.taken(saved, button, what)
        case _:
            return saved.draft


def _misfits(error: ValidationError) -> list[tuple[str, str]]:
    return [
        (" ".join(str(part) for part in one["loc"]).replace("_", " "), words_of(one))
        for one in error.errors(include_input=False, include_url=False)[:10]
    ]
