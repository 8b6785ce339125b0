"""What the pages are looked at with: a night with a long chat, reviews that came to each end, people, teams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from closeout_chassis import testing as chassis
from closeout_chassis.db import Database
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_judgement.patterns.quarter import Quarter
from closeout_review import testing as e
from closeout_review.commands.importing import take_in
from closeout_review.commands.outcomes import conclude_due
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings
from closeout_schemas.catalogue import TOPICS
from closeout_schemas.envelope import Event
from closeout_schemas.incidents import (
    IncidentFact,
    IncidentOpened,
    IncidentResolved,
    Party,
    Service,
    TimelineEntry,
    TimelineEntryRecorded,
)
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, TicketState, Vendor, derived_id

TOPIC_OF = {kind: topic.name for topic in TOPICS for kind in topic.event_classes()}
DANA = Party(vendor=Vendor.PAGERDUTY, vendor_id="PDANA", name="Dana Engineer")
TEAM = Party(vendor=Vendor.PAGERDUTY, vendor_id="PTEAM", name="Payments", kind=PartyKind.TEAM)
SEARCH = Party(vendor=Vendor.PAGERDUTY, vendor_id="PTSEARCH", name="Search", kind=PartyKind.TEAM)
CHAT = (
    (0, None, "opened", "Checkout answers 502 for one in five"),
    (3, e.ALEX, "acknowledged", ""),
    (4, e.ALEX, "message", "I think it might be the cache, let me check"),
    (9, e.ALEX, "message", "No, the cache is fine. Hit rate 97 %."),
    (11, e.SAM, "message", "Which dashboard is the real one? checkout-old or checkout-v2?"),
    (13, e.ALEX, "message", "checkout-v2. The old one still reads the region that we left in May."),
    (39, e.SAM, "message", "p99 went up at 02:05, nine minutes before the page. No alert on it."),
    (41, DANA, "message", "The deploy of 02:01 raised the pool to 200. The database takes 150."),
    (46, e.ALEX, "message", "Rolling back to be safe, I still think it is the upstream though"),
    (58, e.SAM, "message", "Errors are gone. So it was the pool after all."),
    (64, e.ALEX, "resolved", ""),
)


# An imported review, by the name of its file.
IMPORTED = Path(__file__).parents[2] / "examples" / "postmortems" / "2024-03-12-checkout-certificate.md"


def incident_id(number: int) -> UUID:
    return derived_id("incident", "pagerduty", f"W{number}")


def postmortem_path(number: int) -> str:
    return f"/postmortems/{derived_id('postmortem', str(incident_id(number)))}"


def story(
    number: int,
    title: str,
    opened_at: datetime,
    severity: Severity = Severity.SEV2,
    team: Party = TEAM,
    chat: Sequence[tuple[int, Party | None, str, str]] = CHAT,
) -> list[Event]:
    """An incident from its page to its end, as the pager and the chat told it: minute, who, what, the words."""
    told: list[Event] = []
    kinds: dict[str, Any] = {"opened": IncidentOpened, "resolved": IncidentResolved}
    for revision, (minute, author, what, text) in enumerate(chat, 1):
        at = opened_at + timedelta(minutes=minute)
        said = TimelineEntry(
            id=derived_id("entry", str(number), str(minute)),
            kind=what,
            text=title if what == "opened" else text,
            author=author,
            occurred_at=at,
            received_at=at + timedelta(seconds=2),
            source=Vendor.PAGERDUTY,
            source_id=f"{number}-{minute}",
        )
        over = what == "resolved"
        snapshot = e.snapshot(
            revision,
            IncidentStatus.RESOLVED if over else IncidentStatus.TRIGGERED,
            id=incident_id(number),
            vendor_id=f"W{number}",
            number=number,
            title=title,
            severity=severity,
            service=Service(vendor_id=f"P{team.name.upper()}", name="checkout" if team is TEAM else "catalogue-search"),
            teams=(team,),
            responders=(e.ALEX, e.SAM, DANA),
            opened_at=opened_at,
            acknowledged_at=opened_at + timedelta(minutes=3),
            resolved_at=at if over else None,
        )
        told.append(
            kinds.get(what, TimelineEntryRecorded)(
                id=derived_id("event", str(number), str(minute)),
                source="/test",
                subject=str(snapshot.id),
                time=said.received_at,
                data=IncidentFact(incident=snapshot, entry=said),
            )
        )
    return told


TITLES = (
    "Checkout answers 502 for one in five",
    "Payments wait for a lock that nobody gives back",
    "The certificate of the payment gateway ran out",
    "Search shows yesterday's prices",
    "Orders are confirmed twice",
)


class World:
    """The service with something in it."""

    def __init__(self, db: Database, settings: ReviewSettings, http: httpx.AsyncClient) -> None:
        self.db = db
        self.settings = settings
        self.http = http
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.night = (self.now - timedelta(days=2)).replace(hour=2, minute=14, second=0)
        self.quarter = Quarter.of(self.night)

    async def hear(self, *events: Event) -> None:
        batches: dict[str, list[Event]] = {}
        for event in events:
            batches.setdefault(TOPIC_OF[type(event)], []).append(event)
        for topic, batch in batches.items():
            await chassis.deliver(self.db, subscriptions(self.settings), topic, batch)

    async def furnish(self) -> World:
        """Five incidents: one draft, and reviews that are pending, succeeded, failed, and a journal entry."""
        await self.hear(*e.everybody(self.now))
        await self.hear(e.seen(Vendor.PAGERDUTY, "PTSEARCH", "Search", kind=PartyKind.TEAM))
        for number, title in enumerate(TITLES):
            team = SEARCH if number == 3 else TEAM
            await self.hear(*story(number, title, self.night - timedelta(days=40 * number), Severity.SEV1, team))
        await self.publish(1, 2, published=timedelta(days=30), late=True)
        await self.publish(2, 2, published=timedelta(days=60), shipped=2)
        await self.publish(3, 1, published=timedelta(days=120))
        await self.publish(4, 0, published=timedelta(days=150))
        await conclude_due(self.db, self.settings)
        await self.read_a_quarter(self.quarter)
        async with self.db.transaction() as tx:
            found = read(IMPORTED.name, IMPORTED.read_bytes())
            await take_in([one for one in found if isinstance(one, Document)], tx)
        return self

    async def read_a_quarter(self, quarter: Quarter) -> None:
        """A quarter that its reader has opened: with a pattern of her own, and a proposal that waits."""
        api = f"/api/v1/meta-reviews/{quarter}"
        seen = {"value": "Nobody knew which dashboard is the real one", "incidents": [str(incident_id(0))]}
        opened = await self.http.post("/api/v1/meta-reviews", json={"quarter": str(quarter), "by": "Dana"})
        assert opened.status_code == 200, opened.text
        found = (await self.http.post(f"{api}/findings", json=seen)).json()["record"]["findings"][0]
        item = {"text": "One dashboard a service, linked from each page"}
        idea = {"finding_id": found["id"], "item": item, "cost": "weeks", "proposed_to": "the platform's owner"}
        answer = await self.http.post(f"{api}/proposals", json=idea)
        assert answer.status_code == 200, answer.text

    async def publish(
        self, number: int, items: int, published: timedelta, shipped: int = 0, late: bool = False
    ) -> None:
        """Publish the review with so many promises, as if that had been `published` ago."""
        api = f"/api/v1{postmortem_path(number)}"
        told = [e.item(self.now, text=TEXTS[n], owner=OWNERS[n], criterion=CRITERIA[n]) for n in range(items)]
        draft = e.draft(self.now, *told) | {"action_items": told, "title": f"{TITLES[number]}, for an hour"}
        draft["earlier_catches"][0]["entry_id"] = str(derived_id("entry", str(number), "39"))
        saved = await self.http.put(f"{api}/draft", json=draft, headers={"If-Match": "*"})
        assert saved.status_code == 200, saved.text
        answer = await self.http.post(f"{api}/publish")
        assert answer.status_code == 200, answer.text
        for n, one in enumerate(answer.json()["items"]):
            await self.hear(self._ticket(number, one["item"]["id"], TicketState.OPEN, 1))
            if n < shipped:
                await self.hear(self._ticket(number, one["item"]["id"], TicketState.COMPLETED, 2))
        await self._back_date(number, published, late)

    def _ticket(self, number: int, item_id: str, state: TicketState, revision: int) -> Event:
        event: Event = e.ticket(UUID(item_id), state, revision, self.now if state is TicketState.COMPLETED else None)
        ticket = event.data.ticket.model_copy(
            update={"postmortem_id": derived_id("postmortem", str(incident_id(number)))}
        )
        return event.model_copy(update={"data": event.data.model_copy(update={"ticket": ticket})})

    async def _back_date(self, number: int, ago: timedelta, late: bool) -> None:
        of = derived_id("postmortem", str(incident_id(number)))
        due = (self.now - timedelta(days=3)).date().isoformat()
        async with self.db.transaction() as tx:
            await tx.conn.execute(EARLIER, of, ago)
            await tx.conn.execute(PROMISED_EARLIER, of, ago)
            if late:
                await tx.conn.execute(DUE, of, due)


EARLIER = """UPDATE postmortem SET published_at = published_at - $2::interval, fails_at = fails_at - $2::interval
    WHERE id = $1"""
PROMISED_EARLIER = "UPDATE action_item SET committed_at = committed_at - $2::interval WHERE postmortem_id = $1"
DUE = """UPDATE action_item SET item = jsonb_set(item, '{target,due_on}', to_jsonb($2::text))
    WHERE postmortem_id = $1 AND position = 1"""
TEXTS = (
    "Add an alert on checkout p99 latency above 500 ms over 5 minutes",
    "Refuse a pool that is larger than the database's connection limit",
    "Delete the dashboard checkout-old and redirect its address",
)
CRITERIA = (
    "The alert fires in the staging drill within 5 minutes and pages the on-call",
    "A deploy with a pool of 151 is refused with the limit in its message",
    "The address of checkout-old answers with checkout-v2",
)
OWNERS = ("@alexr", "@samo", "@alexr")
