"""What became of the tickets that imported reviews name, as their trackers say where these can be reached."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from closeout_actions.adapters.port import KnowsByKey, Tracker, Unauthorized
from closeout_actions.app import connect
from closeout_actions.domain.seen import Place, SeenTicket
from closeout_actions.settings import ActionsSettings
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.settings import DatabaseSettings, read
from closeout_review.store.imported import ImportedReviews
from closeout_schemas.vocabulary import TicketState, Vendor

ISSUE = re.compile(r"(?P<project>[\w.-]+/[\w.-]+)(?:/(?:-/)?issues/|#)(?P<number>\d+)(?:[/?#].*)?$")
KEY = re.compile(r"(?:^|/browse/|/issue/)(?P<key>[A-Z][A-Z0-9]{1,9}-(?P<number>\d+))(?:[/?#].*)?$")
AT_ONCE = 100
# By whose tickets have a number in a repository, and by whose have a key.
NUMBERED, KEYED = (Vendor.GITHUB, Vendor.GITLAB, Vendor.GITEA), (Vendor.JIRA, Vendor.LINEAR)


async def ask_trackers(database: DatabaseSettings, review: Database) -> Counter[str]:
    """Ask for every ticket that is named and not known to be done; how many are done, open, or could not be asked.

    Nothing is asked where no tracker has a credential. One that is away is not asked again; the next import does.
    """
    actions = Database(database, "actions")
    trackers = {vendor: one.tracker for vendor, one in connect(read(ActionsSettings), actions).items()}
    if not trackers:
        return Counter()
    asking = _Asking(trackers)
    # What a credential may ask is shared with the service that follows our own tickets.
    await actions.open()
    try:
        after: UUID | None = None
        while True:
            async with review.reading() as conn:
                found = await ImportedReviews(conn).with_tickets(after, AT_ONCE)
            for review_id, items in found:
                asked = [await asking.item(item) for item in items]
                if asked != items:
                    async with review.transaction() as tx:
                        await ImportedReviews(tx.conn).save_items(review_id, items, asked)
                after = review_id
            if not found:
                break
    finally:
        for tracker in trackers.values():
            await tracker.close()
        await actions.close()
    return asking.counts


class _Asking:
    """Asks for tickets, for each once, whatever number of items name it."""

    def __init__(self, trackers: Mapping[Vendor, Tracker]) -> None:
        self._trackers = trackers
        self._away: set[Vendor] = set()
        self._seen: dict[tuple[Vendor, str], SeenTicket | None] = {}
        self.counts: Counter[str] = Counter()

    async def item(self, item: dict[str, Any]) -> dict[str, Any]:
        """With what the trackers say of each of its tickets. It is done once all of them are."""
        if not item.get("ticket") or item.get("done") is True:
            return item
        written = item.get("tickets") or [item["ticket"]]
        seen = {ticket: one for ticket in written if (one := await self._ticket(str(ticket))) is not None}
        if not seen:
            return item
        is_done = [one.state is TicketState.COMPLETED for one in seen.values()]
        # One that cannot be asked may be open: then only an open one says something.
        known = all(is_done) if len(seen) == len(written) else (item.get("done") if all(is_done) else False)
        states = {ticket: {"state": one.state.value, "url": one.place.url} for ticket, one in seen.items()}
        first = states.get(written[0], {}).get("url") or item["ticket"]
        return {**item, "done": known, "ticket": first, "tickets": written, "ticket_states": states}

    async def _ticket(self, written: str) -> SeenTicket | None:
        where = place_of(written, self._trackers)
        if where is None:
            self.counts["of no tracker that is connected"] += 1
            return None
        vendor, place = where
        if vendor in self._away:
            return None
        if (vendor, place.key) not in self._seen:
            try:
                self._seen[vendor, place.key] = await self._ask(vendor, place)
            except (Retryable, Unauthorized) as error:
                self._away.add(vendor)
                self.counts[f"not asked: {error}"] += 1
                return None
        return self._seen[vendor, place.key]

    async def _ask(self, vendor: Vendor, place: Place) -> SeenTicket | None:
        tracker = self._trackers[vendor]
        # By its key: the tracker's own id of it, by which a ticket is known for the same, nobody wrote down.
        seen = await tracker.read_key(place.key) if isinstance(tracker, KnowsByKey) else None
        if not isinstance(seen, SeenTicket):
            self.counts["not found"] += 1
            return None
        self.counts["done" if seen.state is TicketState.COMPLETED else "not done"] += 1
        return seen


def place_of(ticket: str, known: Mapping[Vendor, object]) -> tuple[Vendor, Place] | None:
    """Where a ticket is that a text names by address, number or key; None where no connected tracker can have it."""
    keyed = KEY.search(ticket)
    if keyed:
        vendor = next((one for one in KEYED if one in known and (one.value in ticket or "/" not in ticket)), None)
        vendor = vendor or next((one for one in KEYED if one in known), None)
        key = keyed["key"]
        place = Place(remote_id=key, project=key.partition("-")[0], number=int(keyed["number"]), key=key, url="")
        return (vendor, place) if vendor else None
    numbered = ISSUE.search(ticket)
    vendor = next((one for one in NUMBERED if one in known and (one.value in ticket or "://" not in ticket)), None)
    if numbered is None or vendor is None:
        return None
    project, number = numbered["project"], int(numbered["number"])
    return vendor, Place(remote_id="", project=project, number=number, key=f"{project}#{number}", url="")
