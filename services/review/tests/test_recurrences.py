"""It came back: confirmed by a reviewer or whoever was paged, said on the topic once, shown at the earlier review."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_review import testing as e
from closeout_review.commands.importing import review_of, take_in
from closeout_review.commands.telling_again import told_again
from closeout_review.domain.recurrence import Promised, kind_of
from closeout_review.settings import ReviewSettings
from closeout_schemas.postmortems import RecurrenceLinked, RecurrenceUnlinked
from closeout_schemas.vocabulary import IncidentStatus, RecurrenceKind, TicketState, derived_id

Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]
DAY = timedelta(days=1)
BEGAN = datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
AGAIN, SECRET = derived_id("incident", "again"), derived_id("incident", "secret")


@pytest.mark.parametrize(
    ("committed", "withdrawn", "shipped", "kind"),
    [
        (-40, None, None, RecurrenceKind.WHILE_OPEN),
        (-40, None, +2, RecurrenceKind.WHILE_OPEN),
        (-40, None, -29, RecurrenceKind.DID_NOT_HOLD),
        (-40, None, -31, None),
        (-40, -1, None, None),
        (-40, +1, None, RecurrenceKind.WHILE_OPEN),
        (+1, None, None, None),
    ],
    ids=[
        "never shipped", "shipped afterwards", "shipped within 30 days before", "held for a month", "withdrawn before",
        "withdrawn afterwards", "promised afterwards",
    ],
)  # fmt: skip
def test_a_promise_was_open_or_did_not_hold_by_how_it_stood_when_the_incident_began(
    committed: int, withdrawn: int | None, shipped: int | None, kind: RecurrenceKind | None
) -> None:
    def at(days: int | None) -> datetime | None:
        return None if days is None else BEGAN + days * DAY

    assert kind_of(Promised(AGAIN, BEGAN + committed * DAY, at(withdrawn), at(shipped)), BEGAN) is kind


def same_again(now: datetime, minutes: float | None = None) -> Any:
    """Another incident, opened now; over after so many minutes."""
    status = IncidentStatus.TRIGGERED if minutes is None else IncidentStatus.RESOLVED
    over = {} if minutes is None else {"resolved_at": now + timedelta(minutes=minutes)}
    opened = e.opened(title="Checkout answers 502 again", opened_at=now)
    given = {"id": AGAIN, "vendor_id": "QAGAIN", "status": status, "revision": 1 if minutes is None else 7, **over}
    incident = opened.data.incident.model_copy(update=given)
    event = opened if minutes is None else e.resolved()
    entry = event.data.entry.model_copy(update={"id": derived_id("fact", "again", str(minutes))})
    data = event.data.model_copy(update={"incident": incident, "entry": entry})
    return event.model_copy(update={"id": entry.id, "subject": str(AGAIN), "data": data})


@pytest.fixture
async def published(hear: Hear, http: httpx.AsyncClient, now: datetime, drafted: None) -> UUID:
    """A review with one promise, whose ticket is open."""
    url = f"/api/v1/postmortems/{e.POSTMORTEM}"
    saved = await http.put(f"{url}/draft", json=e.draft(now, e.item(now)), headers={"If-Match": '"0"'})
    assert saved.json()["refusals"] == [], saved.text
    item_id = UUID((await http.post(f"{url}/publish")).json()["items"][0]["item"]["id"])
    await hear(e.ticket(item_id, TicketState.OPEN, 1))
    return item_id


async def confirm(http: httpx.AsyncClient, was_it: bool = True, review: UUID = e.POSTMORTEM) -> httpx.Response:
    return await http.put(f"/api/v1/incidents/{AGAIN}/recurrences/{review}", json={"was_it": was_it})


async def facts(said: Said) -> list[Any]:
    return [one for one in await said() if isinstance(one, RecurrenceLinked | RecurrenceUnlinked)]


@pytest.mark.integration
async def test_it_is_said_once_when_the_incident_is_over_with_what_it_took_and_the_review_shows_it(
    hear: Hear, http: httpx.AsyncClient, said: Said, published: UUID
) -> None:
    began = datetime.now(UTC)
    await hear(same_again(began))
    assert (await confirm(http)).status_code == 200
    assert await facts(said) == [], "it is not over: nobody knows what it took"

    for _ in range(2):
        await hear(same_again(began, minutes=42))
        await confirm(http)

    [linked] = await facts(said)
    assert linked.data.postmortem.postmortem_id == e.POSTMORTEM
    assert (linked.data.resolved_at - linked.data.opened_at, linked.data.people_paged) == (timedelta(minutes=42), 1)
    assert (linked.data.time, linked.data.confirmed_by) == (2, "reviewer")
    assert [(one.item_id, one.kind) for one in linked.data.items] == [(published, RecurrenceKind.WHILE_OPEN)]
    page = (await http.get(f"/postmortems/{e.POSTMORTEM}")).text
    assert "It came back" in page
    assert "42 min" in page
    assert "Recurred while open" in page
    [shown] = (await http.get(f"/api/v1/postmortems/{e.POSTMORTEM}/recurrences")).json()["recurrences"]
    assert (shown["minutes"], shown["time"], shown["source"]) == (42, 2, "reviewer")


@pytest.mark.integration
async def test_what_was_confirmed_can_be_taken_back_and_a_reviewers_word_stands_over_the_nights(
    hear: Hear, http: httpx.AsyncClient, said: Said, published: UUID, db: Database
) -> None:
    await hear(same_again(datetime.now(UTC), minutes=10))
    await confirm(http)
    await confirm(http, was_it=False)

    linked, unlinked = await facts(said)
    assert isinstance(unlinked, RecurrenceUnlinked)
    assert (linked.data.revision, unlinked.data.revision) == (1, 2)
    assert "It came back" not in (await http.get(f"/postmortems/{e.POSTMORTEM}")).text
    page = f"/incidents/{AGAIN}/recurrences/{e.POSTMORTEM}"
    answered = await http.post(page, data={"answer": "yes"}, headers={"Origin": "http://closeout.test"})
    assert answered.status_code == 303
    assert len(await facts(said)) == 3


@pytest.mark.integration
async def test_how_often_it_came_back_tells_of_no_restricted_incident(
    hear: Hear, http: httpx.AsyncClient, said: Said, published: UUID, db: Database, settings: ReviewSettings
) -> None:
    secret = same_again(e.OPENED + DAY)
    incident = secret.data.incident.model_copy(update={"id": SECRET, "vendor_id": "SECRET", "restricted": True})
    data = secret.data.model_copy(update={"incident": incident})
    fact = derived_id("fact", "secret")
    await hear(secret.model_copy(update={"id": fact, "subject": str(SECRET), "data": data}))
    asked, was_it = {"text": "Checkout 502 after a deploy", "service": "Checkout API"}, {"was_it": True}

    reasons = []
    for again in (SECRET, AGAIN):
        await hear(same_again(e.OPENED + 2 * DAY, minutes=10))
        await http.put(f"/api/v1/incidents/{again}/recurrences/{e.POSTMORTEM}", json=was_it)
        (found,) = (await http.get("/api/v1/related", params=asked)).json()["related"]
        reasons.append(found["why"].partition("; ")[0])

    assert ("came back" in reasons[0], reasons[1]) == (False, "came back 1 time before")
    async with db.reading() as conn, conn.transaction():
        told = [one async for one in told_again(conn, settings)]
    for events in (await said(), told):
        assert [one.data.time for one in events if isinstance(one, RecurrenceLinked)] == [2]


@pytest.mark.integration
async def test_what_cannot_be_a_recurrence_is_refused(hear: Hear, http: httpx.AsyncClient, published: UUID) -> None:
    await hear(same_again(e.OPENED - DAY))

    assert (await confirm(http)).json()["type"].endswith("began-before")
    assert (await confirm(http, review=derived_id("nothing"))).status_code == 404
    own = await http.put(f"/api/v1/incidents/{e.INCIDENT}/recurrences/{e.POSTMORTEM}", json={"was_it": True})
    assert own.json()["type"].endswith("own-review")
    nobody = await http.put(f"/api/v1/incidents/{derived_id('x')}/recurrences/{e.POSTMORTEM}", json={"was_it": True})
    assert nobody.status_code == 404


async def imported(db: Database, day: str) -> UUID:
    """A review that says the same and was written elsewhere, of that day."""
    text = f"# Checkout answers 502 again\n\nDate: {day}\nServices: Checkout API\n\nCheckout answers 502."
    [document] = [one for one in read(f"{day}.md", text.encode()) if isinstance(one, Document)]
    async with db.transaction() as tx:
        await take_in([document], tx)
    return review_of(document).id


@pytest.mark.integration
async def test_an_imported_review_of_a_later_day_cannot_be_what_came_back(
    hear: Hear, http: httpx.AsyncClient, db: Database
) -> None:
    await hear(same_again(e.OPENED))
    before, same_day, after = [await imported(db, f"2026-11-0{day}") for day in (2, 3, 4)]

    assert (await confirm(http, review=after)).json()["type"].endswith("began-before")
    assert [(await confirm(http, review=one)).status_code for one in (before, same_day)] == [200, 200]


@pytest.mark.integration
@pytest.mark.parametrize(("began", "is_seen"), [(-timedelta(minutes=1), False), (2 * DAY, True)])
async def test_what_began_later_was_not_seen_before_and_words_find_it_all_the_same(
    began: timedelta, is_seen: bool, hear: Hear, http: httpx.AsyncClient, published: UUID, db: Database
) -> None:
    reviews = {str(await imported(db, "2026-11-04")), str(e.POSTMORTEM)}
    asked = {"text": "Checkout answers 502 again", "service": "Checkout API"}

    await hear(same_again(e.OPENED + began))

    seen = (await http.get(f"/incidents/{AGAIN}")).text.partition("<h2>Seen before</h2>")[2]
    assert {one for one in reviews if one in seen} == (reviews if is_seen else set())
    found = (await http.get("/api/v1/related", params=asked)).json()["related"]
    assert reviews == {one["postmortem_id"] for one in found}
