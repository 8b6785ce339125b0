"""What the audit log has of drafts that are saved as one types: few lines, each with what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.store.asking import ASKING, doing, quietly

SQL = load_queries("closeout_review")
SAVED = "saved the draft"
# Between two lines about the same person and draft.
MINUTES = 10
# More places than these are counted.
MOST_NAMED = 12


class Editing:
    """Reads and writes on one connection."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def saved(self, postmortem_id: UUID, revision: int, changed: Sequence[str]) -> None:
        """Whoever asks has saved that revision, and changed these places. The postmortem is locked.

        It is told now where nothing was told of it for ten minutes, else later with what comes till then.
        """
        asking = ASKING.get()
        if asking is None:
            return
        key = (postmortem_id, asking.principal.id)
        row = await self._conn.fetchrow(SQL["editing"], *key, MINUTES)
        before = list(row["changed"]) if row else []
        places = list(dict.fromkeys([*before, *changed]))
        if row is not None and not row["is_due"]:
            await self._conn.execute(SQL["edited_more"], *key, revision, places)
            quietly()
            return
        saves = (row["saves"] if row else 0) + 1
        await self._conn.execute(SQL["edited"], *key, asking.principal.name, asking.signed_in_by, revision)
        doing(SAVED, **_about(revision, saves, places))

    async def tell(self, postmortem_id: UUID | None = None) -> None:
        """Put what is to be told into the audit log: what waits for ten minutes; of one draft, everything."""
        for row in await self._conn.fetch(SQL["editing_to_tell"], postmortem_id, MINUTES):
            if row["saves"]:
                about = {"postmortem_id": str(row["postmortem_id"])} | _about(**_told(row))
                who = (row["principal_id"], row["who"], row["signed_in_by"])
                await self._conn.execute(SQL["record_deed"], *who, SAVED, about)
        await self._conn.execute(SQL["editing_was_told"], postmortem_id, MINUTES)


def _told(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("revision", "saves", "changed")}


def _about(revision: int, saves: int, changed: Sequence[str]) -> dict[str, str]:
    named = ", ".join(changed[:MOST_NAMED])
    more = f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
    times = {"saves": str(saves)} if saves > 1 else {}
    return {"revision": str(revision), "changed": named + more, **times}
