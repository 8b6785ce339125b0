"""What the service hears: twice, in any order, in any batch."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_chassis.testing import deliver
from closeout_review import testing as e
from closeout_review.commands.timelines import verify_timelines
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_schemas.catalogue import INCIDENTS
from closeout_schemas.directory import KnownParty, KnownService, PartySeen, ServiceDescribed
from closeout_schemas.incidents import OnCall, Party
from closeout_schemas.postmortems import PostmortemDrafted
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor, derived_id

pytestmark = pytest.mark.integration
URL = f"/api/v1/postmortems/{e.POSTMORTEM}"
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]

STORY = [
    e.opened(),
    e.noted("I think it is the cache", 4, 2),
    e.noted("No, it is the new release", 9, 3, e.SAM),
    e.noted("Rolled back", 20, 4, e.SAM),
    e.resolved(60, 5),
]


async def test_a_redelivered_incident_opens_one_draft(hear: Hear, said: Said) -> None:
    await hear(*STORY)
    await hear(*STORY, *STORY)
    assert [type(one) for one in await said()] == [PostmortemDrafted]


async def test_any_order_and_any_batches_make_the_same_postmortem(
    db: Database, hear: Hear, said: Said, http: httpx.AsyncClient
) -> None:
    orders = list(itertools.permutations(STORY))
    shuffled = random.Random(7).sample(orders, 6)
    for number, order in enumerate(shuffled):
        incident = derived_id("incident", "pagerduty", f"Q{number + 10}")
        events = [_of_another_incident(event, incident, number) for event in order]
        cut = number % len(events)
        await hear(*events[:cut])
        await hear(*events[cut:])
        answer = (await http.get(f"/api/v1/postmortems/{derived_id('postmortem', str(incident))}")).json()
        assert [link["entry"]["text"] for link in answer["timeline"]] == [one.data.entry.text for one in STORY]
        assert answer["facts"]["seconds_to_resolve"] == 3600
        assert [who["name"] for who in answer["facts"]["people"]] == ["Alex Responder", "Sam Oncall"]
    assert len(await said()) == len(shuffled)
    assert await verify_timelines(db) == []


def _of_another_incident(event: Any, incident: Any, number: int) -> Any:
    entry = event.data.entry.model_copy(update={"id": derived_id("other", str(event.data.entry.id), str(number))})
    fact = event.data.model_copy(
        update={"incident": event.data.incident.model_copy(update={"id": incident}), "entry": entry}
    )
    return event.model_copy(
        update={"id": derived_id("other", str(event.id), str(number)), "subject": str(incident), "data": fact}
    )


async def test_an_older_snapshot_changes_nothing(db: Database, hear: Hear) -> None:
    await hear(e.noted("late news", 4, 7, title="The newest title"))
    await hear(e.opened(1, title="The first title"))
    async with db.reading() as conn:
        incident = await Incidents(conn).one(e.INCIDENT)
    assert incident is not None
    assert (incident.title, incident.revision) == ("The newest title", 7)


async def test_a_second_resolve_refreshes_the_times_and_keeps_what_people_wrote(
    hear: Hear, said: Said, http: httpx.AsyncClient, drafted: None
) -> None:
    await http.put(f"{URL}/draft", json={"title": "In our words"}, headers={"If-Match": '"0"'})
    await hear(e.reopened(70, 6))
    assert (await http.get(URL)).json()["facts"]["seconds_to_resolve"] is None
    await hear(e.resolved(90, 7))

    after = (await http.get(URL)).json()
    assert after["facts"]["seconds_to_resolve"] == 5400
    assert after["draft"]["title"] == "In our words"
    assert len(await said()) == 1


async def test_resolved_and_opened_again_in_one_batch_still_opens_a_draft(hear: Hear, said: Said) -> None:
    await hear(e.opened(), e.resolved(60, 5), e.reopened(70, 6))
    assert len(await said()) == 1


async def test_an_incident_that_is_not_over_has_no_draft(hear: Hear, said: Said, http: httpx.AsyncClient) -> None:
    await hear(*STORY[:-1])
    assert await said() == []
    answer = (await http.get(f"/api/v1/incidents/{e.INCIDENT}")).json()
    assert answer["postmortem_id"] is None
    assert len(answer["timeline"]) == 4


async def test_only_what_is_bad_enough_earns_a_postmortem(db: Database, said: Said) -> None:
    strict = subscriptions(ReviewSettings(mildest_severity=Severity.SEV2))
    mild = {"severity": Severity.SEV3}
    await deliver(db, strict, INCIDENTS.name, [e.opened(1, **mild), e.resolved(60, 5, **mild)])
    assert await said() == []
    worse = e.noted("It was worse than we thought", 80, 6, severity=Severity.SEV1, status=IncidentStatus.RESOLVED)
    await deliver(db, strict, INCIDENTS.name, [worse])
    assert len(await said()) == 1


async def test_the_first_rule_of_the_mapping_that_matches_decides_over_the_severity(
    db: Database, said: Said, data_folder: Path
) -> None:
    file = data_folder / "closeout.yaml"
    file.write_text("reviews: [{service: [Checkout], review: false}, {severity: [sev1], review: true}]")
    by_rule = subscriptions(ReviewSettings(mapping_file=file))
    bad = {"severity": Severity.SEV1}
    await deliver(db, by_rule, INCIDENTS.name, [e.opened(1, **bad), e.resolved(60, 5, **bad)])
    assert await said() == []
    file.write_text("reviews: [{service: [search], review: false}, {severity: [sev1], review: true}]")
    other_rule = subscriptions(ReviewSettings(mapping_file=file, mildest_severity=Severity.SEV1))
    await deliver(
        db, other_rule, INCIDENTS.name, [e.noted("It was ours", 80, 6, **bad, status=IncidentStatus.RESOLVED)]
    )
    assert len(await said()) == 1


async def test_an_incident_page_shows_whose_the_service_is_what_it_needs_and_who_was_on_call(
    hear: Hear, http: httpx.AsyncClient
) -> None:
    on_call = (OnCall(party=e.SAM, level=1, schedule="Payments primary"),)
    known = KnownService(
        vendor=Vendor.PAGERDUTY,
        vendor_id="PSVC",
        name="checkout",
        teams=("Payments",),
        depends_on=("ledger",),
        described_at=datetime(2026, 3, 3, tzinfo=UTC),
    )
    described = ServiceDescribed(
        id=derived_id("t", "service"), source="/t", subject="pagerduty:service:P", time=known.described_at, data=known
    )
    await hear(described, e.opened(on_call=on_call))

    page = (await http.get(f"/incidents/{e.INCIDENT}")).text

    assert "Payments primary" in page
    assert "<bdi>ledger</bdi>" in page
    assert "<bdi>Payments</bdi>" in page


async def test_who_a_chat_knows_by_an_id_is_shown_by_name_beside_the_verbatim_words(
    hear: Hear, http: httpx.AsyncClient, db: Database
) -> None:
    by_id = Party(vendor=Vendor.SLACK, vendor_id="UDANA", name="UDANA")
    said_in_chat = e.noted("<@UDANA> it is the cache: <#C77>", 4, 2, by_id)
    entry = said_in_chat.data.entry.model_copy(update={"source": Vendor.SLACK})
    chat = said_in_chat.model_copy(update={"data": said_in_chat.data.model_copy(update={"entry": entry})})
    known = KnownParty(vendor=Vendor.SLACK, vendor_id="UDANA", name="Dana Engineer", email="dana@example.com")
    seen = PartySeen(
        id=derived_id("t", "party"),
        source="/t",
        subject="slack:UDANA",
        time=datetime(2026, 3, 3, tzinfo=UTC),
        data=known,
    )

    await hear(e.opened(), chat, seen, e.seen(Vendor.SLACK, "C77", "#deploys", kind=PartyKind.UNKNOWN))
    page = (await http.get(f"/incidents/{e.INCIDENT}")).text

    assert "<bdi>Dana Engineer</bdi> ·" in page
    assert "&lt;@UDANA&gt; it is the cache: &lt;#C77&gt;" in page
    assert "<bdi>&lt;#C77&gt;</bdi> is <bdi>#deploys</bdi>" in page
    assert "<bdi>&lt;@UDANA&gt;</bdi> is <bdi>Dana Engineer</bdi>" in page


async def test_hostile_words_arrive_whole(hear: Hear, http: httpx.AsyncClient) -> None:
    words = "<script>\x00\u202e {{7*7}} \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")
    await hear(e.opened(title=words), e.noted(words, 1), e.resolved(title=words))
    answer = (await http.get(URL)).json()
    assert answer["timeline"][1]["entry"]["text"] == words
    assert answer["facts"]["title"] == words.replace("\x00", "␀")


async def test_what_the_draft_is_said_to_be_is_enough_for_who_keeps_no_copy(hear: Hear, said: Said) -> None:
    await hear(*STORY)
    (drafted,) = await said()
    about = drafted.data.postmortem
    assert (about.title, about.service, about.severity) == ("Checkout answers 502", "checkout", Severity.SEV2)
    assert about.url == f"http://closeout.test/postmortems/{e.POSTMORTEM}"
    assert drafted.subject == str(e.POSTMORTEM)
