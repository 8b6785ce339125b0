"""Somebody does not want to be reminded for a while, and says why: it is kept, and shown on the review."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_actions.commands.announcing import announce
from closeout_actions.commands.promises import no_such_item
from closeout_actions.domain.mirror import Change, Kind
from closeout_actions.domain.snoozing import why_not
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_schemas.tickets import Snooze


async def snooze(db: Database, item_id: UUID, until: date, reason: str, by: str | None, zone: ZoneInfo) -> Kept:
    """Raises Refused: 404 no such item, 409 nothing to be reminded of, 422 until when or why is wrong."""
    async with db.transaction() as tx:
        store = Store(tx.conn)
        kept = await store.lock(item_id)
        if kept is None:
            raise no_such_item(item_id)
        now = await store.now()
        if kept.withdrawn_because is not None or kept.ticket.snapshot.state.is_shipped:
            raise Refused(409, "nothing-to-snooze", "Nobody is reminded of it: it has shipped, or was withdrawn.")
        wrong = why_not(until, reason, now.astimezone(zone).date())
        if wrong is not None:
            raise Refused(422, "bad-snooze", wrong)
        snoozed = Snooze(until=until, reason=reason.strip(), by=by, at=now)
        snapshot = kept.ticket.snapshot
        snapshot = snapshot.model_copy(update={"snooze": snoozed, "revision": snapshot.revision + 1})
        await store.save_ticket(kept.ticket.model_copy(update={"snapshot": snapshot}))
        who = f"{by} does not" if by else "Somebody does not"
        announce(
            tx, [Change(Kind.CHANGED, snapshot, f"{who} want to be reminded until {until}: {reason.strip()}")], now
        )
        again = await store.get(item_id)
        assert again is not None
        return again
