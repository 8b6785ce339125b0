"""Who is who in the trackers, and who of those that are assigned has left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from closeout_actions.adapters.port import KnowsAssignable, Rejected, Tracker
from closeout_actions.commands.announcing import SOURCE
from closeout_actions.commands.mirroring import look_again
from closeout_actions.store import Store
from closeout_actions.store.projects import Projects
from closeout_chassis.cells import forgotten
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_judgement.people import STAND_IN, Known
from closeout_schemas.catalogue import DIRECTORY
from closeout_schemas.directory import KnownParty, PartySeen
from closeout_schemas.vocabulary import PartyKind, derived_id

log = logging.getLogger(__name__)

LOOKED_UP_AGAIN_AFTER = timedelta(days=1)
# A project with a thousand assignable people is looked up over several rounds.
LOOK_UPS_A_ROUND = 100


class People:
    """Accounts by name, e-mail and kind, each asked for once a day."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def who_is_who(self, tracker: Tracker, accounts: Sequence[str], now: datetime) -> dict[str, KnownParty]:
        """Those that are known by now. Raises Retryable or Unauthorized."""
        async with self._db.reading() as conn:
            known = await Projects(conn).accounts(tracker.vendor, accounts)
        people = {account: party for account, (party, _) in known.items()}
        stale = [one for one in accounts if one not in known or now - known[one][1] > LOOKED_UP_AGAIN_AFTER]
        for account in stale[:LOOK_UPS_A_ROUND]:
            party = await tracker.party(account)
            await self._remember(tracker, party, is_news=people.get(account) != party)
            people[account] = party
        return people

    async def _remember(self, tracker: Tracker, party: KnownParty, *, is_news: bool) -> None:
        async with self._db.transaction() as tx:
            # Whoever was forgotten while the tracker was asked is told of to nobody.
            if Known(await forgotten(tx.conn)).by_handle(tracker.vendor, party.vendor_id) is not None:
                return
            await Projects(tx.conn).save_account(tracker.vendor, party)
            if is_news:
                subject = f"{party.vendor.value}:{party.vendor_id}"
                seen = PartySeen(
                    id=derived_id("party_seen", subject, party.model_dump_json()),
                    source=SOURCE,
                    subject=subject,
                    time=await Store(tx.conn).now(),
                    data=party,
                )
                tx.publish(DIRECTORY, seen)


class Leavers:
    """Looks, in each round, whether those who are assigned to open tickets are people who can still be."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._people = People(db)

    async def look(self, tracker: Tracker, go_on: Callable[[Retryable], None]) -> None:
        """What has changed is told of the tickets. Raises Unauthorized, and what `go_on` raises, which hears of each
        project that cannot be asked for now."""
        async with self._db.reading() as conn:
            store = Store(conn)
            now, assigned = await store.now(), await store.assigned(tracker.vendor)
        for project, everybody in assigned.items():
            accounts = [one for one in everybody if not one.startswith(STAND_IN)]
            try:
                await self._look(tracker, project, accounts, now)
            except Retryable as error:
                go_on(error)

    async def _look(self, tracker: Tracker, project: str, accounts: Sequence[str], now: datetime) -> None:
        known = await self._known(tracker, accounts)
        people = await self._people.who_is_who(tracker, accounts, now)
        new = [people[one] for one in accounts if one in people and one not in known]
        has_group = any(one.kind in (PartyKind.TEAM, PartyKind.BOT) for one in new)
        if await self._left(tracker, project, accounts) or has_group:
            await self._look_again(tracker, project)

    async def _known(self, tracker: Tracker, accounts: Sequence[str]) -> set[str]:
        async with self._db.reading() as conn:
            return set(await Projects(conn).accounts(tracker.vendor, accounts))

    async def _left(self, tracker: Tracker, project: str, accounts: Sequence[str]) -> bool:
        """Whether somebody cannot be assigned any more, or can be again."""
        if not isinstance(tracker, KnowsAssignable):
            return False  # the next description of the project tells
        try:
            able = await tracker.assignable(project, accounts)
        except Rejected as error:
            log.info("who can be assigned is not told", extra={"project": project, "because": str(error)})
            return False
        async with self._db.transaction() as tx:
            return await Projects(tx.conn).save_assignable(tracker.vendor, project, accounts, able)

    async def _look_again(self, tracker: Tracker, project: str) -> None:
        async with self._db.transaction() as tx:
            for kept in await Store(tx.conn).lock_open(tracker.vendor, project):
                await look_again(kept, tx)
