"""A promise that was open when its incident came back: the ticket says so once, in every tracker."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from closeout_actions.domain.comment import comment, ordinal
from closeout_actions.store import Kept
from closeout_actions.testing import NIGHT, Actions, committed, item, withdrawn
from closeout_schemas.postmortems import ItemRecurred, Recurrence, RecurrenceLinked, RecurrenceUnlinked
from closeout_schemas.vocabulary import RecurrenceKind, Severity, derived_id

from .stands import KINDS, Stand
from .test_conformance import made, promised


def recurrence(kept: Kept, kind: RecurrenceKind = RecurrenceKind.WHILE_OPEN, **fields: Any) -> Recurrence:
    given: dict[str, Any] = {
        "postmortem": kept.committed.postmortem,
        "incident_id": derived_id("incident", "again"),
        "incident_title": "Checkout p99 above 2 s",
        "service": "Checkout API",
        "severity": Severity.SEV2,
        "opened_at": NIGHT,
        "resolved_at": NIGHT + timedelta(minutes=94),
        "people_paged": 4,
        "time": 3,
        "confirmed_by": "reviewer",
        "items": (ItemRecurred(item_id=kept.item_id, kind=kind),),
        "incident_url": "https://closeout.example/incidents/again",
    }
    return Recurrence(**given | fields)


def linked(data: Recurrence, kind: Any = RecurrenceLinked) -> Any:
    subject = str(data.postmortem.postmortem_id)
    made_of = (str(data.incident_id), str(data.revision), kind.__name__)
    return kind(id=derived_id("linked", *made_of), source="/closeout/review", subject=subject, time=NIGHT, data=data)


def said_on(stand: Stand) -> list[str]:
    (ticket,) = stand.tickets()
    # Wiki text has a backslash before each hyphen.
    return [str(one["body"]).replace("\\", "") for one in ticket["comments"]]


async def outcome(team: Actions, item_id: UUID) -> Any:
    async with team.db.reading() as conn:
        return await conn.fetchval("SELECT outcome FROM recurrence_comment WHERE item_id = $1", item_id)


async def test_an_open_ticket_is_told_once_what_its_absence_has_cost(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)

    for revision in (1, 3):  # confirmed, taken back and confirmed again: it is still one recurrence
        await team.hear(linked(recurrence(kept, revision=revision)))
        await team.tell()
    async with team.db.transaction() as tx:  # a replica died after it was said, before that was written down
        await tx.conn.execute("UPDATE recurrence_comment SET due_at = now(), outcome = NULL")
    await team.tell()

    [said] = said_on(stand)
    for words in ("2026-03-03 03:14 UTC", "94 minutes", "4 people paged", "3rd time", "incidents/again"):
        assert words in said
    assert await outcome(team, kept.item_id) == "said"


async def test_a_tracker_that_is_away_is_told_later(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await stand.fault("status", when="before", method="*", path="*")
    await team.hear(linked(recurrence(kept)))

    async with asyncio.timeout(60):
        while not await outcome(team, kept.item_id):
            await team.tell()
            await asyncio.sleep(0.05)

    assert len(said_on(stand)) == 1


# What is not asked of the tracker is the same for all.
@pytest.mark.parametrize("stand", KINDS[:1], ids=["github"], indirect=True)
async def test_what_had_shipped_or_was_taken_back_or_is_over_by_now_is_told_nothing(
    team: Actions, stand: Stand
) -> None:
    event = await promised(team, stand)
    kept = await team.settled(event)
    held = recurrence(kept, RecurrenceKind.DID_NOT_HOLD, incident_id=derived_id("incident", "held"))
    await team.hear(linked(held))
    await team.tell()
    assert await outcome(team, kept.item_id) is None

    await team.hear(linked(recurrence(kept)))
    await team.hear(linked(recurrence(kept, revision=2), RecurrenceUnlinked))
    await team.tell()
    assert await outcome(team, kept.item_id) == "taken_back"

    await team.hear(withdrawn(event, "The service is switched off."))
    await team.creator.run()
    another = recurrence(kept, incident_id=derived_id("incident", "third"))
    await team.hear(linked(another))
    await team.reconciler.run()
    await team.tell()
    assert not any("recurred" in one for one in said_on(stand))


def test_the_comment_counts_in_english_and_lets_no_title_speak_for_itself() -> None:
    assert [ordinal(number) for number in (2, 3, 4, 11, 22)] == ["2nd", "3rd", "4th", "11th", "22nd"]
    promise = committed(item())
    one = Recurrence(
        postmortem=promise.data.postmortem,
        incident_id=derived_id("incident", "x"),
        incident_title="@everyone\n# <b>ha</b>",
        severity=Severity.UNKNOWN,
        opened_at=NIGHT,
        resolved_at=NIGHT + timedelta(minutes=1),
        people_paged=1,
        time=2,
        confirmed_by="feedback",
    )
    said = comment(one)
    assert "1 minute, 1 person paged, for the 2nd time" in said
    assert "\n#" not in said
    assert "@everyone" not in said
    assert "<b>" not in said
