"""What was said in an incident's channel is asked for when the incident is over: with threads, once, with names."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import history
from closeout_ingest.adapters.slack_api import Slack
from closeout_ingest.adapters.slack_web import SlackWeb
from closeout_ingest.budget import SharedBudget
from closeout_ingest.commands import look_up_people
from closeout_ingest.handlers import SUBSCRIPTIONS, Hearing
from closeout_ingest.testing import NIGHT, delivery, event, incident
from closeout_schemas.catalogue import DIRECTORY, INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.mapping import ChatMapping
from closeout_schemas.vocabulary import Vendor, derived_id

pytestmark = pytest.mark.integration

URL, TOKEN = "https://slack.example/api", SecretStr("xoxb-very-secret")


def ts(minute: int, counter: int = 1) -> str:
    """A message's ts, so many minutes into the night of the incident."""
    return f"{int(datetime(2026, 11, 3, 3, 14, tzinfo=UTC).timestamp()) + 60 * minute}.{counter:06d}"


PARENT = {"type": "message", "user": "USAM", "text": "<@UDANA> it is the cache", "ts": ts(1), "reply_count": 1}
REPLY = {"type": "message", "user": "UDANA", "text": "no, the release", "ts": ts(2), "thread_ts": ts(1)}
EDITED = {
    "type": "message",
    "user": "UDANA",
    "text": "rolling back 412",
    "ts": ts(3),
    "edited": {"user": "UDANA", "ts": ts(4)},
}
JOINED = {"type": "message", "subtype": "channel_join", "user": "UDANA", "text": "joined", "ts": ts(0)}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    web = SlackWeb(URL, TOKEN)
    yield Slack(web, page_size=2)
    await web.close()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


async def hear(db: Database, data: Delivery) -> None:
    one = DeliveryReceived(id=derived_id("t", data.body), source="/t", subject="x:1", time=NIGHT, data=data)
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, [one])


def of_slack(inner: dict[str, Any]) -> Delivery:
    body = json.dumps({"type": "event_callback", "event": inner})
    return Delivery(vendor=Vendor.SLACK, headers={}, body=body, received_at=NIGHT)


@pytest.fixture
async def night(db: Database) -> Database:
    """Incident 7 with its channel, resolved; one message of it was told by an event."""
    await hear(db, delivery(event("incident.triggered", incident())))
    channel = {"type": "channel_created", "channel": {"id": "C1", "name": "inc-7-checkout"}, "event_ts": ts(0)}
    await hear(db, of_slack(channel))
    await hear(db, of_slack({**REPLY, "channel": "C1"}))
    await hear(db, delivery(event("incident.resolved", incident(status="resolved"), at="2026-11-03T03:40:00.000Z")))
    return db


def answers(router: respx.MockRouter) -> None:
    first = {"ok": True, "messages": [EDITED, PARENT], "response_metadata": {"next_cursor": "more"}}
    second = {"ok": True, "messages": [JOINED], "response_metadata": {"next_cursor": ""}}
    pages = [httpx.Response(200, json=page) for page in (first, second)] * 3
    router.get(f"{URL}/conversations.history").mock(side_effect=pages)
    router.get(f"{URL}/conversations.replies").respond(json={"ok": True, "messages": [PARENT, REPLY]})


async def settle(db: Database) -> None:
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, await said(db, PAGER_DELIVERIES.name))


async def test_a_channels_history_is_on_the_timeline_with_its_threads_and_each_message_once(
    night: Database, slack: Slack
) -> None:
    with respx.mock(assert_all_called=False) as router:
        answers(router)
        for _ in range(2):
            await history.fetch_due_channels(night, slack)
            async with night.transaction() as tx:
                await tx.conn.execute("UPDATE history_due SET due_at = due_at - interval '11 minutes'")
        await settle(night)
        history_calls = [call for call in router.calls if "history" in call.request.url.path]

    entries = [one.data.entry for one in await said(night, INCIDENTS.name) if one.data.entry.source is Vendor.SLACK]
    told = sorted((one.occurred_at.minute, one.kind, one.text) for one in entries if one.kind != "channel_named")
    assert told == [
        (15, "message", "<@UDANA> it is the cache"),
        (16, "message", "no, the release"),
        (17, "message", "rolling back 412"),
        (18, "message_edited", "rolling back 412"),
    ]
    assert dict(history_calls[0].request.url.params)["oldest"] == ts(-120, 0)
    assert dict(history_calls[1].request.url.params)["cursor"] == "more"


@respx.mock
async def test_a_channel_is_read_to_its_end_however_long_it_is(slack: Slack) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        number = int(dict(request.url.params).get("cursor", "0"))
        more = {"response_metadata": {"next_cursor": str(number + 1)}} if number < 300 else {}
        return httpx.Response(200, json={"ok": True, "messages": [{**EDITED, "ts": ts(number)}], **more})

    respx.get(f"{URL}/conversations.history").mock(side_effect=page)
    assert len([page async for page in slack.history("C1", None)]) == 301


async def test_who_may_ask_once_in_a_while_gets_to_the_end(night: Database, slack: Slack) -> None:
    """Of a channel with two pages and a thread; each request but the first has to be sent twice."""
    asked: list[str] = []

    def limited(request: httpx.Request) -> httpx.Response:
        params = dict(request.url.params)
        asked.append(f"{params.get('ts', '')}{params.get('cursor', '')}")
        if len(asked) % 2 == 0:
            return httpx.Response(429, headers={"retry-after": "0"})
        if "ts" in params:
            return httpx.Response(200, json={"ok": True, "messages": [PARENT, REPLY]})
        more = {} if "cursor" in params else {"response_metadata": {"next_cursor": "more"}}
        return httpx.Response(200, json={"ok": True, "messages": [EDITED if more else PARENT], **more})

    with respx.mock as router:
        router.get(path__startswith="/api/conversations.").mock(side_effect=limited)
        await history.fetch_due_channels(night, slack)
    await settle(night)

    assert asked == ["", "more", "more", ts(1), ts(1)]
    told = {one.data.entry.text for one in await said(night, INCIDENTS.name)}
    assert {"rolling back 412", PARENT["text"], REPLY["text"]} <= told


@respx.mock
async def test_while_one_method_is_to_be_left_alone_the_others_are_not(db: Database) -> None:
    """A channel's history, which some may ask for once a minute, would keep every card from being written."""
    web = SlackWeb(URL, TOKEN, lambda method: SharedBudget(db, f"slack:{method}"))
    limited = respx.get(f"{URL}/conversations.history").respond(429, headers={"retry-after": "60"})
    respx.post(f"{URL}/chat.postMessage").respond(json={"ok": True})

    for _ in range(2):
        with pytest.raises(Retryable, match="left alone"):
            await web.get("conversations.history", {"channel": "C1"}, frozenset())
    assert await web.post("chat.postMessage", {}, frozenset()) == {"ok": True}
    assert limited.call_count == 1
    await web.close()


@respx.mock
async def test_a_page_that_comes_after_itself_is_not_read_for_ever(slack: Slack) -> None:
    again = {"ok": True, "messages": [EDITED], "response_metadata": {"next_cursor": "again"}}
    respx.get(f"{URL}/conversations.history").respond(json=again)
    with pytest.raises(Retryable, match="after itself"):
        _ = [page async for page in slack.history("C1", None)]


@respx.mock
async def test_people_of_the_chat_are_known_by_their_names(night: Database, slack: Slack) -> None:
    profile = {"real_name": "Dana Engineer", "email": "dana@example.com"}
    respx.get(f"{URL}/users.info").respond(json={"ok": True, "user": {"id": "UDANA", "profile": profile}})

    await look_up_people(night, Vendor.SLACK, slack)

    seen = [one.data for one in await said(night, DIRECTORY.name) if one.data.vendor is Vendor.SLACK]
    assert [(one.vendor_id, one.name, one.email) for one in seen][-1] == ("UDANA", "Dana Engineer", "dana@example.com")


@respx.mock
async def test_people_whom_the_app_might_not_ask_for_are_asked_for_once_it_may(night: Database, slack: Slack) -> None:
    info = respx.get(f"{URL}/users.info").respond(json={"ok": False, "error": "missing_scope"})
    with pytest.raises(Retryable, match=r"lacks the scope for users.info: docs/howto/slack.md"):
        await look_up_people(night, Vendor.SLACK, slack)
    info.respond(json={"ok": True, "user": {"id": "UDANA", "real_name": "Dana Engineer"}})

    await look_up_people(night, Vendor.SLACK, slack)

    names = {one.data.name for one in await said(night, DIRECTORY.name) if one.data.vendor is Vendor.SLACK}
    assert "Dana Engineer" in names


@respx.mock
async def test_somebody_whom_the_app_cannot_see_is_asked_for_once(night: Database, slack: Slack) -> None:
    info = respx.get(f"{URL}/users.info").respond(json={"ok": False, "error": "user_not_visible"})

    for _ in range(2):
        await look_up_people(night, Vendor.SLACK, slack)

    assert len({call.request.url.params["user"] for call in info.calls}) == info.call_count > 0


@respx.mock
@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (httpx.Response(429, headers={"retry-after": "30"}), 30.0),
        (httpx.Response(429), 60.0),
        (httpx.Response(200, json={"ok": False, "error": "ratelimited"}), 60.0),
        (httpx.Response(200, json={"ok": False, "error": "internal_error"}), None),
        (httpx.Response(200, json={"ok": False, "error": "token_revoked"}), None),
        (httpx.Response(500), None),
        (httpx.Response(200, text="<html>"), None),
        (httpx.ConnectError("refused"), None),
    ],
    ids=["429", "429 without", "limit in words", "internal", "token", "500", "HTML", "refused"],
)
async def test_whatever_is_no_use_is_tried_later_and_tells_no_secret(
    slack: Slack, answer: Any, after: float | None
) -> None:
    route = respx.get(f"{URL}/conversations.history")
    route.mock(**({"side_effect": answer} if isinstance(answer, Exception) else {"return_value": answer}))

    with pytest.raises(Retryable) as raised:
        _ = [page async for page in slack.history("C1", None)]
    assert raised.value.after == after
    assert TOKEN.get_secret_value() not in str(raised.value)


@respx.mock
@pytest.mark.parametrize("error", ["not_in_channel", "channel_not_found", "missing_scope"])
async def test_a_channel_that_may_not_be_seen_has_no_history(slack: Slack, error: str) -> None:
    respx.get(f"{URL}/conversations.history").respond(json={"ok": False, "error": error})

    assert [page async for page in slack.history("C1", None)] == []


@respx.mock
async def test_a_channel_that_no_event_named_is_asked_for_and_its_words_reach_the_incident(
    db: Database, slack: Slack
) -> None:
    info = respx.get(f"{URL}/conversations.info", params={"channel": "C9"})
    made = int(datetime(2026, 11, 3, 3, 15, tzinfo=UTC).timestamp())
    info.respond(json={"ok": True, "channel": {"id": "C9", "name": "inc-7-checkout", "created": made}})
    respx.get(f"{URL}/conversations.info", params={"channel": "C8"}).respond(
        json={"ok": False, "error": "channel_not_found"}
    )
    await hear(db, delivery(event("incident.triggered", incident())))
    for channel in ("C9", "C8"):
        # Just now: what has waited too long is dropped.
        await hear(db, of_slack({**REPLY, "channel": channel}).model_copy(update={"received_at": datetime.now(UTC)}))

    for _ in range(2):
        await history.name_channels(db, slack)
    await Hearing(ChatMapping()).link_channels(db)

    told = [one.data.entry.text for one in await said(db, INCIDENTS.name) if one.data.entry.source is Vendor.SLACK]
    assert told == ["no, the release"]
    assert info.call_count == 1


@respx.mock
async def test_whom_and_which_channel_a_message_names_by_their_ids_is_looked_up(night: Database, slack: Slack) -> None:
    respx.get(f"{URL}/users.info").respond(json={"ok": True, "user": {"id": "U", "real_name": "Lee Newcomer"}})
    respx.get(f"{URL}/conversations.info").respond(json={"ok": True, "channel": {"id": "C77", "name": "deploys"}})
    await hear(night, of_slack({**REPLY, "channel": "C1", "ts": ts(5), "text": "ask <@ULEE> in <#C77>, not <#C5|ops>"}))

    await look_up_people(night, Vendor.SLACK, slack)

    names = {one.data.vendor_id: one.data.name for one in await said(night, DIRECTORY.name)}
    assert (names["ULEE"], names["C77"]) == ("Lee Newcomer", "#deploys")
    entries = [one.data.entry.text for one in await said(night, INCIDENTS.name)]
    assert "ask <@ULEE> in <#C77>, not <#C5|ops>" in entries
