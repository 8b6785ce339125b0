"""The stand-in for Slack says yes and no as Slack does, in the shapes of its published examples."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from closeout_sandbox.app import build
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.slack.workspace import SCOPES
from closeout_sandbox.state import State

from .conftest import SHARED

TOKEN = {"Authorization": "Bearer xoxb-sandbox-slack"}
# What the examples have and Closeout never reads.
UNREAD = {"pin_count", "username", "attachments", "subtype", "tz", "updated", "team", "text"}
UNREAD |= {"last_read", "unread_count", "subscribed"}


@pytest.fixture
async def slack() -> AsyncIterator[tuple[httpx.AsyncClient, State]]:
    app = build(SandboxSettings())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x/slack/api", headers=TOKEN) as client:
        yield client, app.state.sandbox
    await app.state.sandbox.close()


async def ask(client: httpx.AsyncClient, method: str, **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post(f"/{method}", json=given)).json()
    return answer


def absent(ours: Any, theirs: Any) -> set[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing = {key for key in theirs if key not in ours}
        return (
            missing | {one for key in theirs.keys() & ours.keys() for one in absent(ours[key], theirs[key])}
        ) - UNREAD
    if isinstance(theirs, list) and isinstance(ours, list) and theirs and ours:
        return absent(ours[0], theirs[0])
    return set()


@pytest.mark.skipif(not SHARED.exists(), reason="needs Slack's examples in ../shared/samples")
async def test_its_answers_have_the_shape_of_slacks_examples(slack: tuple[httpx.AsyncClient, State]) -> None:
    client, state = slack
    channel = state.slack.channel("payments")
    first = state.slack.write(channel, "it is the cache", user="U1")
    state.slack.write(channel, "no", user="U2", thread_ts=first["ts"])
    answers = {
        "conversations.history": await ask(client, "conversations.history", channel=channel["id"], limit=1),
        "conversations.replies": await ask(client, "conversations.replies", channel=channel["id"], ts=first["ts"]),
        "chat.postMessage": await ask(client, "chat.postMessage", channel=channel["id"], text="x"),
        "users.lookupByEmail": await ask(client, "users.lookupByEmail", email="sam.oncall@example.com"),
    }

    for method, ours in answers.items():
        theirs = json.loads((SHARED / f"samples/slack/api/{method}.json").read_text())
        assert ours["ok"] is True
        assert absent(ours, theirs) == set(), method


@pytest.mark.parametrize(
    ("method", "given", "error"),
    [
        ("chat.postMessage", {"channel": "payments", "text": ""}, "no_text"),
        ("chat.postMessage", {"channel": "nowhere", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "closed", "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": "elsewhere", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "payments", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "payments", "text": "x", "metadata": {}}, "invalid_metadata_format"),
        ("conversations.history", {"channel": "payments"}, "channel_not_found"),
        ("users.lookupByEmail", {"email": "nobody@example.com"}, "users_not_found"),
        ("conversations.open", {"users": "U999"}, "user_not_found"),
        ("no.such.method", {}, "unknown_method"),
    ],
)
async def test_what_slack_refuses_is_refused_with_its_word_and_a_200(
    slack: tuple[httpx.AsyncClient, State], method: str, given: dict[str, Any], error: str
) -> None:
    client, state = slack
    state.slack.add_channel("closed", is_archived=True)
    state.slack.add_channel("elsewhere", is_member=False)

    answer = await client.post(f"/{method}", json=given)

    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})


async def test_who_has_no_token_and_an_app_without_a_scope_are_refused(
    slack: tuple[httpx.AsyncClient, State],
) -> None:
    client, state = slack
    state.slack.grant([one for one in SCOPES if one != "chat:write"])

    assert (await client.post("/auth.test", headers={"Authorization": ""})).json()["error"] == "not_authed"
    assert (await client.post("/auth.test", headers={"Authorization": "Bearer x"})).json()["error"] == "invalid_auth"
    assert (await ask(client, "chat.postMessage", channel="payments", text="x"))["error"] == "missing_scope"


async def test_a_limit_is_the_only_failure_with_a_status_of_its_own(slack: tuple[httpx.AsyncClient, State]) -> None:
    client, _ = slack
    async with httpx.AsyncClient(transport=client._transport, base_url="http://x/_sandbox") as control:
        await control.post("/faults", json={"system": "slack", "kind": "rate_limit", "retry_after": 30})

    answer = await client.post("/auth.test")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert answer.json() == {"ok": False, "error": "ratelimited"}
