"""REST in: what the review service can be asked and told, under /api/v1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import Who
from closeout_review.api import (
    access,
    answers,
    attachments,
    beside,
    covering,
    lead,
    lists,
    meta_reviews,
    restriction,
    timeline_answers,
)
from closeout_review.api import found as found_answers
from closeout_review.api.cursors import before, cursor
from closeout_review.api.drafts import add_drafts
from closeout_review.api.exports import add_exports
from closeout_review.api.history import add_history
from closeout_review.api.imported import add_imported
from closeout_review.api.problems import GateRefused, described
from closeout_review.api.promised import add_promised
from closeout_review.api.promises import add_promises
from closeout_review.api.record import add_awareness, add_record
from closeout_review.api.recurrences import add_recurrences
from closeout_review.api.teams import add_teams
from closeout_review.api.writing import add_writing
from closeout_review.commands import postmortems, publishing, remaking, timelines
from closeout_review.commands.catalogue import Catalogue, earlier
from closeout_review.commands.neighbours import neighbours
from closeout_review.commands.postmortems import Postmortem
from closeout_review.commands.quarter_reading import QuarterReadings
from closeout_review.domain.actor import actor
from closeout_review.domain.draft import Draft
from closeout_review.domain.timeline import in_order
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.store.postmortems import Postmortems

Limit = Annotated[int, Query(ge=1, le=200, description="Most that a page holds.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]
PostmortemState = Literal["draft", "published", "pending", "succeeded", "failed", "closed_late", "journal_entry"]


# Not JSON, nobody signed in, not allowed, too long, the database away.
ALWAYS_POSSIBLE = (400, 401, 403, 413, 503)


def router(
    settings: ReviewSettings,
    db: Database,
    catalogue: Catalogue,
    readings: QuarterReadings,
    printable: Callable[[Postmortem], str],
) -> APIRouter:
    """All routes of the API. `printable`: a postmortem as one HTML document."""
    api = APIRouter(prefix="/api/v1", responses=described(*ALWAYS_POSSIBLE))
    _incidents(api, db)
    _postmortems(api, settings, db)
    _drafts(api, settings, db)
    _publication(api, settings, db)
    add_writing(api, settings, db)
    add_promises(api, settings, db)
    add_record(api, settings, db)
    add_awareness(api, db)
    add_history(api, db)
    _catalogue(api, settings, db, catalogue)
    beside.add_routes(api, settings, db)
    access.add_to(api, db)
    restriction.add_to(api, db)
    lists.add_to(api, db, settings.zone)
    add_teams(api, settings, db)
    add_drafts(api, settings, db)
    add_exports(api, settings, db, readings, printable)
    add_imported(api, settings, db)
    add_recurrences(api, settings, db)
    covering.add_routes(api, settings, db)
    add_promised(api, settings, db)
    lead.add_routes(api, settings, db)
    attachments.add_routes(api, settings, db)
    meta_reviews.add_routes(api, settings, db, readings)
    return api


def _incidents(api: APIRouter, db: Database) -> None:
    @api.get("/incidents", tags=["incidents"])
    async def list_incidents(
        cursor_: Annotated[Cursor, Query(alias="cursor")] = None, limit: Limit = 50
    ) -> answers.IncidentPage:
        """Incidents, newest first, with where the postmortem of each stands."""
        async with db.reading() as conn:
            rows = await Incidents(conn).newest(before(cursor_), limit + 1)
        page, more = rows[:limit], len(rows) > limit
        next_cursor = cursor(page[-1]["listed_at"], UUID(page[-1]["snapshot"]["id"])) if more else None
        return answers.IncidentPage(incidents=[answers.listed_incident(row) for row in page], next_cursor=next_cursor)

    @api.get("/incidents/{incident_id}", tags=["incidents"], responses=described(404))
    async def incident(incident_id: UUID) -> answers.IncidentAnswer:
        """An incident with its timeline, verbatim."""
        async with db.reading() as conn:
            snapshot = await Incidents(conn).one(incident_id)
            if snapshot is None:
                raise Refused(404, "no-such-incident", "Nobody has told Closeout of such an incident.")
            timeline = in_order(await Incidents(conn).chain(incident_id))
            of = await Postmortems(conn).of_incident(incident_id)
        links = timeline_answers.timeline_links(timeline)
        return answers.IncidentAnswer(incident=snapshot, timeline=links, postmortem_id=of)


def _postmortems(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    @api.get("/postmortems", tags=["postmortems"])
    async def list_postmortems(
        state: PostmortemState | None = None,
        cursor_: Annotated[Cursor, Query(alias="cursor")] = None,
        limit: Limit = 50,
    ) -> answers.PostmortemPage:
        """Postmortems, the newest draft first; `state` is draft, published, or an outcome."""
        async with db.reading() as conn:
            rows = await Postmortems(conn).listed(state, before(cursor_), limit + 1)
        page, more = rows[:limit], len(rows) > limit
        next_cursor = cursor(page[-1]["drafted_at"], page[-1]["id"]) if more else None
        return answers.PostmortemPage(
            postmortems=[answers.listed_postmortem(row) for row in page], next_cursor=next_cursor
        )

    @api.get("/postmortems/{postmortem_id}", tags=["postmortems"], responses=described(404))
    async def postmortem(postmortem_id: UUID, response: Response) -> answers.PostmortemAnswer:
        """Everything about a postmortem; the ETag is the revision of its draft."""
        async with db.reading() as conn:
            one = await postmortems.postmortem(conn, settings, postmortem_id)
        response.headers["ETag"] = etag(one.kept.revision)
        return answers.postmortem_answer(one)

    @api.get("/postmortems/{postmortem_id}/timeline/verify", tags=["postmortems"], responses=described(404))
    async def verify_timeline(postmortem_id: UUID) -> timeline_answers.VerifiedTimeline:
        """Whether the timeline is still what the sources said."""
        async with db.reading() as conn:
            one = await postmortems.postmortem(conn, settings, postmortem_id)
            broken = await timelines.verify_timeline(conn, [covered.id for covered in one.incidents])
        return timeline_answers.verified(len(one.timeline), broken)

    @api.get("/directory", tags=["directory"])
    async def directory() -> answers.DirectoryAnswer:
        """Who can own an action item, and which projects can take one."""
        async with db.reading() as conn:
            return answers.directory_answer(await Known(conn).directory())


def _drafts(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    @api.put("/postmortems/{postmortem_id}/draft", tags=["postmortems"], responses=described(404, 409, 412, 413, 428))
    async def save_draft(
        postmortem_id: UUID,
        draft: Draft,
        response: Response,
        who: Who,
        if_match: Annotated[str | None, Header(description="The ETag of the draft that was edited.")] = None,
    ) -> answers.PostmortemAnswer:
        """Save the draft, finished or not. More than three items can be saved, not published."""
        if if_match is None:
            detail = "Say in If-Match which revision you edited (the ETag), so that nobody's words are lost."
            raise Refused(428, "if-match-required", detail)
        one = await postmortems.save_draft(db, settings, postmortem_id, draft, revision_of(if_match), actor(who))
        response.headers["ETag"] = etag(one.kept.revision)
        return answers.postmortem_answer(one)

    @api.get("/postmortems/{postmortem_id}/gate", tags=["postmortems"], responses=described(404))
    async def gate(postmortem_id: UUID) -> answers.GateAnswer:
        """What the gate has against the draft as it stands."""
        async with db.reading() as conn:
            return answers.gate_answer(await postmortems.postmortem(conn, settings, postmortem_id))


def _publication(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    @api.post(
        "/postmortems/{postmortem_id}/publish",
        tags=["postmortems"],
        responses=described(404, 409, 412, unprocessable=GateRefused),
    )
    async def publish(
        postmortem_id: UUID,
        who: Who,
        if_match: Annotated[str | None, Header(description="Publish only this revision.")] = None,
    ) -> answers.PostmortemAnswer:
        """Publish and promise, or hear why not. Again: the same answer, and nothing is promised twice."""
        over = None if if_match is None else revision_of(if_match)
        return answers.postmortem_answer(await publishing.publish(db, settings, postmortem_id, over, actor(who)))

    @api.post(
        "/postmortems/{postmortem_id}/items/{item_id}/remake", tags=["postmortems"], responses=described(404, 409)
    )
    async def remake(postmortem_id: UUID, item_id: UUID, principal: Who) -> answers.PostmortemAnswer:
        """Have a ticket made again that was deleted, lost, archived or converted."""
        await remaking.remake(db, settings, postmortem_id, item_id, principal.name)
        async with db.reading() as conn:
            return answers.postmortem_answer(await postmortems.postmortem(conn, settings, postmortem_id))


def etag(revision: int) -> str:
    """The entity tag of a draft."""
    return f'"{revision}"'


def revision_of(if_match: str) -> int | None:
    """The revision that `If-Match` names; None for `*`. Raises Refused(412) for what is no tag of ours."""
    tag = if_match.strip()
    if tag == "*":
        return None
    number = tag.removeprefix('"').removesuffix('"')
    # A weak tag (W/"…") never matches: RFC 9110, 13.1.1.
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Refused(412, "edited-meanwhile", "If-Match names no revision of this draft; take the ETag of a GET.")
    return int(number)


def _catalogue(api: APIRouter, settings: ReviewSettings, db: Database, catalogue: Catalogue) -> None:
    @api.get("/postmortems/{postmortem_id}/related", tags=["catalogue"], responses=described(404))
    async def related_to_postmortem(postmortem_id: UUID) -> found_answers.RelatedAnswer:
        """Earlier reviews that look related to a postmortem, with the promises that are still open."""
        async with db.reading() as conn:
            one = await postmortems.postmortem(conn, settings, postmortem_id)
            near = await neighbours(conn, settings, catalogue, one)
        return found_answers.RelatedAnswer(related=[found_answers.related(*told) for told in near.related])

    @api.get("/related", tags=["catalogue"])
    async def related(
        text: Annotated[str, Query(min_length=1, max_length=2000, description="What a page says, or any words.")],
        service: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=20)] = 3,
    ) -> found_answers.RelatedAnswer:
        """Published reviews that are related to the words, the likeliest first, with why and how sure."""
        async with db.reading() as conn:
            found = await catalogue.search(text, service, limit, conn)
            now = await Incidents(conn).now()
            told = [(one, await earlier(one, now, settings, conn)) for one in found]
        return found_answers.RelatedAnswer(
            related=[found_answers.related(one, review) for one, review in told if review]
        )
