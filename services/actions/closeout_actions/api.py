"""REST in: which ticket each promise has, and what it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_actions.commands.promises import no_such_item, remake, synchronize
from closeout_actions.commands.snoozing import snooze
from closeout_actions.domain.creation import Stage
from closeout_actions.own_name import refuse_other_sites
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_schemas.misfits import first_of
from closeout_schemas.vocabulary import TicketState, Vendor

MOST = 500


class Wish(BaseModel):
    """To be left alone until then."""

    until: date
    reason: str
    by: str | None = None


def routes(
    db: Database, settings: ActionsSettings, connected: Collection[Vendor], wakes: Collection[asyncio.Event]
) -> list[Route]:
    """The door. `connected`: the trackers for which there is a credential."""

    async def tickets(request: Request) -> Response:
        state, postmortem_id, limit = _asked(request)
        async with db.reading() as conn:
            found = await Store(conn).list(state, postmortem_id, limit)
        return JSONResponse({"tickets": [_shown(one, connected) for one in found]})

    async def ticket(request: Request) -> Response:
        item_id = _item_id(request)
        async with db.reading() as conn:
            found = await Store(conn).get(item_id)
        if found is None:
            raise no_such_item(item_id)
        return JSONResponse(_shown(found, connected))

    found = [
        Route("/api/v1/tickets", tickets),
        Route("/api/v1/tickets/{item_id}", ticket),
        *_deeds(db, settings, connected, wakes),
    ]
    return [Route(one.path, _guarded(one.endpoint, settings), methods=one.methods) for one in found]


def _guarded(answer: Callable[[Request], Awaitable[Response]], settings: ActionsSettings) -> Any:
    async def unless_of_another_site(request: Request) -> Response:
        refuse_other_sites(request, settings)
        return await answer(request)

    return unless_of_another_site


def _deeds(
    db: Database, settings: ActionsSettings, connected: Collection[Vendor], wakes: Collection[asyncio.Event]
) -> list[Route]:
    """What can be asked for."""

    async def sync(request: Request) -> Response:
        found = await synchronize(_item_id(request), db)
        for wake in wakes:
            wake.set()
        return JSONResponse(_shown(found, connected), 202)

    async def again(request: Request) -> Response:
        async with db.transaction() as tx:
            found = await remake(_item_id(request), tx, request.query_params.get("by"))
        for wake in wakes:
            wake.set()
        return JSONResponse(_shown(found, connected), 202)

    async def not_now(request: Request) -> Response:
        try:
            wish = Wish.model_validate_json(await request.body())
        except ValidationError as error:
            raise Refused(422, "bad-snooze", first_of(error)) from None
        found = await snooze(db, _item_id(request), wish.until, wish.reason, wish.by, settings.zone)
        return JSONResponse(_shown(found, connected))

    return [
        Route("/api/v1/tickets/{item_id}/sync", sync, methods=["POST"]),
        Route("/api/v1/tickets/{item_id}/remake", again, methods=["POST"]),
        Route("/api/v1/tickets/{item_id}/snooze", not_now, methods=["POST"]),
    ]


def _asked(request: Request) -> tuple[TicketState | None, UUID | None, int]:
    query = request.query_params
    try:
        state = TicketState(query["state"]) if "state" in query else None
        postmortem_id = UUID(query["postmortem_id"]) if "postmortem_id" in query else None
        limit = int(query.get("limit", 100))
    except ValueError as error:
        raise Refused(422, "bad-query", f"{error}. Known are state, postmortem_id and limit.") from None
    if not 1 <= limit <= MOST:
        raise Refused(422, "bad-query", f"limit is between 1 and {MOST}.")
    return state, postmortem_id, limit


def _item_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["item_id"])
    except ValueError:
        raise Refused(404, "no-such-action-item", "That is no action item's id.") from None


def _shown(kept: Kept, connected: Collection[Vendor]) -> dict[str, Any]:
    creation = kept.creation
    return {
        **kept.ticket.snapshot.model_dump(mode="json"),
        "owner": kept.ticket.owner,
        "stage": creation.stage.value,
        "attempts": creation.attempt,
        "waits_for": _waits_for(kept, connected),
        "due_at": creation.due_at and creation.due_at.isoformat(),
        "committed_at": kept.committed_at.isoformat(),
        "read_at": kept.read_at and kept.read_at.isoformat(),
        "withdrawn_because": kept.withdrawn_because,
    }


def _waits_for(kept: Kept, connected: Collection[Vendor]) -> str | None:
    if kept.creation.stage in (Stage.CREATED, Stage.WITHDRAWN):
        return None
    if kept.tracker not in connected:
        return (
            f"No credential for {kept.tracker.value} is set: set CLOSEOUT_ACTIONS_{kept.tracker.value.upper()}_TOKEN."
        )
    return kept.creation.why
