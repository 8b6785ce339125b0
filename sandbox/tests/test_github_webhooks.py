"""How GitHub's webhooks arrive."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from closeout_sandbox.github.hooks import signature

from .conftest import ISSUES, Bench

DELIVERIES = "/repos/acme/payments/hooks/7001/deliveries"


def told(bench: Bench) -> list[str]:
    return [f"{one.headers['x-github-event']}.{one.body.get('action')}" for one in bench.receiver.github()]


def test_the_vector_of_githubs_own_documentation_is_met(sample: Callable[[str], Any]) -> None:
    vector = sample("github/signature_vector.json")

    assert signature("It's a Secret to Everybody", b"Hello, World!") in vector.values()


def test_a_signature_is_the_hex_hmac_of_the_raw_body() -> None:
    # The example of docs.github.com, "Validating webhook deliveries".
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    assert signature("It's a Secret to Everybody", b"Hello, World!") == expected


async def test_a_webhook_has_githubs_headers_and_a_signature_over_its_bytes(bench: Bench) -> None:
    made = await bench.issue()
    await bench.do("/settle")

    (got,) = bench.receiver.github()

    digest = hmac.new(b"github-secret", got.raw, hashlib.sha256).hexdigest()
    assert got.headers["x-hub-signature-256"] == f"sha256={digest}"
    assert got.headers["x-github-event"] == "issues"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert got.headers["x-github-hook-id"] == "7001"
    assert got.headers["x-github-hook-installation-target-type"] == "repository"
    assert len(got.headers["x-github-delivery"]) == 36
    assert (got.body["action"], got.body["issue"]["id"]) == ("opened", made["id"])
    assert got.body["sender"]["login"] == "closeout-bot"
    assert got.body["repository"]["full_name"] == "acme/payments"


async def test_each_deed_on_an_issue_is_told(bench: Bench) -> None:
    await bench.issue()
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("edit", {"title": "Other", "body": "why"}),
        ("edit", {"labels": ["bug"]}),
        ("edit", {"labels": []}),
        ("assign", {"assignees": ["sam-oncall"]}),
        ("assign", {"assignees": ["dana-engineer"]}),
        ("milestone", {"milestone": 2}),
        ("milestone", {"milestone": None}),
        ("comment", {"body": "on it"}),
        ("close", {"reason": "completed"}),
        ("reopen", {}),
        ("close", {"reason": "duplicate"}),
        ("delete", {}),
    ]
    for deed, given in deeds:
        await bench.do(f"/github/issues/1/{deed}", **given)
        await bench.do("/settle")

    assert told(bench) == [
        "issues.opened",
        "issues.edited",
        "issues.labeled",
        "issues.unlabeled",
        "issues.assigned",
        "issues.unassigned",
        "issues.assigned",
        "issues.milestoned",
        "issues.demilestoned",
        "issue_comment.created",
        "issues.closed",
        "issues.reopened",
        "issues.closed",
        "issues.deleted",
    ]
    by_action = {one.body["action"]: one.body for one in bench.receiver.github()}
    assert by_action["edited"]["changes"] == {"title": {"from": "Add a pool limit"}, "body": {"from": ""}}
    assert by_action["closed"]["issue"]["state_reason"] == "duplicate"
    assert by_action["closed"]["sender"]["login"] == "dana-engineer"
    assert by_action["labeled"]["label"]["name"] == "bug"


async def test_a_transfer_is_told_in_both_repositories(bench: Bench) -> None:
    made = await bench.issue()
    await bench.do("/github/repositories", full_name="acme/ledger")
    await bench.do("/github/issues/1/transfer", to="acme/ledger")
    await bench.do("/settle")

    by_action = {(one.body["action"], one.body["repository"]["name"]): one.body for one in bench.receiver.github()}
    gone, come = by_action["transferred", "payments"], by_action["opened", "ledger"]

    assert gone["issue"]["id"] == made["id"]
    assert gone["changes"]["new_issue"]["id"] == come["issue"]["id"] != made["id"]
    assert gone["changes"]["new_repository"]["full_name"] == "acme/ledger"
    assert come["changes"]["old_issue"]["id"] == made["id"]
    assert come["changes"]["old_repository"]["full_name"] == "acme/payments"


async def test_a_patch_that_changes_nothing_is_not_told(bench: Bench) -> None:
    made = await bench.issue()
    answer = await bench.github.patch(f"{ISSUES}/1", json={"state": "open", "title": made["title"]})
    await bench.do("/settle")

    assert told(bench) == ["issues.opened"]
    assert answer.json()["updated_at"] == made["updated_at"]


@pytest.mark.parametrize("trouble", [500, 403, httpx.ConnectError("refused")])
async def test_a_failed_delivery_is_never_repeated_by_itself(bench: Bench, trouble: int | Exception) -> None:
    bench.receiver.answers = [trouble]
    await bench.issue()
    await bench.do("/settle")
    await asyncio.sleep(0.05)
    await bench.do("/settle")

    assert len(bench.receiver.github()) == 1
    (listed,) = (await bench.github.get(DELIVERIES)).json()
    assert listed["status"] != "OK"
    assert (await bench.github.get(DELIVERIES, params={"status": "failure"})).json() == [listed]
    assert (await bench.github.get(DELIVERIES, params={"status": "success"})).json() == []


async def test_a_slow_receiver_counts_as_timed_out(bench: Bench) -> None:
    await bench.behave(github_webhook_timeout_seconds=0.05)
    bench.receiver.answers = [0.5]
    await bench.issue()
    await bench.do("/settle")

    assert (await bench.github.get(DELIVERIES)).json()[0]["status"] == "timed out"


async def test_a_delivery_can_be_looked_at_and_sent_again_under_the_same_id(bench: Bench) -> None:
    bench.receiver.answers = [500]
    await bench.issue()
    await bench.do("/settle")
    (failed,) = (await bench.github.get(DELIVERIES)).json()

    asked = await bench.github.post(f"{DELIVERIES}/{failed['id']}/attempts")
    await bench.do("/settle")

    listed = (await bench.github.get(DELIVERIES)).json()
    first, second = bench.receiver.github()
    assert asked.status_code == 202
    assert (first.headers["x-github-delivery"], first.raw) == (second.headers["x-github-delivery"], second.raw)
    assert [(one["guid"], one["redelivery"], one["status"]) for one in listed] == [
        (failed["guid"], True, "OK"),
        (failed["guid"], False, "Invalid HTTP Response: 500"),
    ]
    whole = (await bench.github.get(f"{DELIVERIES}/{failed['id']}")).json()
    assert whole["request"]["payload"] == first.body
    assert whole["request"]["headers"]["X-GitHub-Event"] == "issues"
    assert (await bench.github.post(f"{DELIVERIES}/1/attempts")).status_code == 404


async def test_deliveries_are_paged_by_cursor(bench: Bench) -> None:
    for _ in range(3):
        await bench.issue()
    await bench.do("/settle")

    first = await bench.github.get(DELIVERIES, params={"per_page": 2})
    following = httpx.URL(first.links["next"]["url"]).raw_path.decode().split("/github/api")[1]
    second = await bench.github.get(following)

    assert [len(first.json()), len(second.json())] == [2, 1]
    assert first.json()[-1]["id"] > second.json()[0]["id"]


async def test_a_ping_is_sent_on_request(bench: Bench) -> None:
    answer = await bench.github.post("/repos/acme/payments/hooks/7001/pings")
    await bench.do("/settle")

    assert answer.status_code == 204
    (got,) = bench.receiver.github()
    assert (got.headers["x-github-event"], got.body["hook_id"]) == ("ping", 7001)
    assert "secret" not in got.body["hook"]["config"]


async def test_webhooks_can_come_twice_late_or_never(bench: Bench) -> None:
    await bench.fault("github", "webhook_twice", path="issues.opened")
    await bench.fault("github", "webhook_late", path="issues.assigned", seconds=0.2)
    await bench.fault("github", "webhook_lost", path="issues.milestoned")
    await bench.issue(assignees=["sam-oncall"], milestone=2)
    await bench.do("/github/issues/1/close")
    await bench.do("/settle")

    assert told(bench)[-1] == "issues.assigned"
    assert sorted(told(bench)) == ["issues.assigned", "issues.closed", "issues.opened", "issues.opened"]
    opened = [one for one in bench.receiver.github() if one.body["action"] == "opened"]
    assert len({one.headers["x-github-delivery"] for one in opened}) == 1


async def test_without_an_address_nothing_is_sent(bench: Bench) -> None:
    await bench.control.put("/webhooks", json={"github": {"url": ""}})
    await bench.issue()
    await bench.do("/settle")

    assert bench.receiver.github() == []
    assert (await bench.github.get("/repos/acme/payments/hooks")).json() == []
