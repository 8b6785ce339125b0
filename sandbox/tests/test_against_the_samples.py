"""The sandbox's webhooks held against the sample payloads, where ../shared is present."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Bench

# An app's deliveries have the one; two of the samples are about pull requests.
NOT_SENT = {"installation", "pull_request"}


def missing_keys(ours: Any, theirs: Any, where: str = "") -> list[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        absent = [f"{where}.{key}" for key in theirs if key not in ours and key not in NOT_SENT]
        inner = [missing_keys(ours[key], theirs[key], f"{where}.{key}") for key in theirs if key in ours]
        return absent + [one for found in inner for one in found]
    if isinstance(theirs, list) and isinstance(ours, list) and theirs and ours:
        return missing_keys(ours[0], theirs[0], f"{where}[]")
    return []


GITHUB_DEEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "issues.opened": ("", {}),
    "issues.edited": ("edit", {"body": "new"}),
    "issues.assigned": ("assign", {"assignees": ["sam-oncall"]}),
    "issues.unassigned": ("assign", {"assignees": []}),
    "issues.labeled": ("edit", {"labels": ["bug"]}),
    "issues.milestoned": ("milestone", {"milestone": 2}),
    "issues.demilestoned": ("milestone", {"milestone": None}),
    "issue_comment.created": ("comment", {"body": "x"}),
    "issues.closed.completed": ("close", {"reason": "completed"}),
    "issues.closed.not_planned": ("close", {"reason": "not_planned"}),
    "issues.closed.duplicate": ("close", {"reason": "duplicate"}),
    "issues.reopened": ("reopen", {}),
    "issues.deleted": ("delete", {}),
    "issues.transferred": ("transfer", {"to": "acme/ledger"}),
    "issues.opened.with_transfer": ("transfer", {"to": "acme/ledger"}),
}


@pytest.mark.parametrize("name", list(GITHUB_DEEDS))
async def test_githubs_webhooks_have_every_field_of_the_samples(
    bench: Bench, sample: Callable[[str], Any], name: str
) -> None:
    theirs = sample(f"github/webhook/{name}.json")
    deed, given = GITHUB_DEEDS[name]
    await bench.do("/github/repositories", full_name="acme/ledger")
    prepared: dict[str, dict[str, Any]] = {
        "unassigned": {"assignees": ["sam-oncall"]},
        "demilestoned": {"milestone": 2},
    }
    await bench.issue(**prepared.get(name.split(".")[1], {}))
    if name == "issues.reopened":
        await bench.do("/github/issues/1/close")
    if deed:
        await bench.do(f"/github/issues/1/{deed}", **given)
    await bench.do("/settle")

    ours = [one.body for one in bench.receiver.github() if one.body["action"] == theirs["action"]][-1]

    assert missing_keys(ours, theirs) == []
    assert ours["issue"]["state_reason"] == theirs["issue"].get("state_reason", ours["issue"]["state_reason"])


async def test_githubs_ping_has_every_field_of_the_sample(bench: Bench, sample: Callable[[str], Any]) -> None:
    await bench.github.post("/repos/acme/payments/hooks/7001/pings")
    await bench.do("/settle")

    assert missing_keys(bench.receiver.github()[0].body, sample("github/webhook/ping.json")) == []


PAGERDUTY_DEEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "incident.triggered": ("", {}),
    "incident.acknowledged": ("acknowledge", {"by": "Sam Oncall"}),
    "incident.unacknowledged": ("unacknowledge", {}),
    "incident.escalated": ("escalate", {"by": "Sam Oncall"}),
    "incident.delegated": ("delegate", {"policy": "Platform on-call", "by": "Sam Oncall"}),
    "incident.reassigned": ("reassign", {"to": ["Dana Engineer"], "by": "Sam Oncall"}),
    "incident.priority_updated": ("priority", {"priority": "P2", "by": "Sam Oncall"}),
    "incident.annotated": ("annotate", {"content": "x", "by": "Sam Oncall"}),
    "incident.annotated.trimmed": ("annotate", {"content": "x" * 5000, "by": "Sam Oncall"}),
    "incident.status_update_published": ("status_update", {"message": "x", "by": "Sam Oncall"}),
    "incident.responder.added": ("add_responder", {"user": "Dana Engineer", "by": "Sam Oncall"}),
    "incident.responder.replied": ("answer_responder", {"state": "accepted", "by": "Dana Engineer"}),
    "incident.resolved": ("resolve", {"by": "Sam Oncall"}),
    "incident.resolved.auto": ("resolve", {}),
    "incident.reopened": ("reopen", {"by": "Sam Oncall"}),
}
PREPARED = {
    "incident.responder.replied": ("add_responder", {"user": "Dana Engineer", "by": "Sam Oncall"}),
    "incident.reopened": ("resolve", {"by": "Sam Oncall"}),
}


@pytest.mark.parametrize("name", list(PAGERDUTY_DEEDS))
async def test_pagerdutys_webhooks_have_exactly_the_fields_of_the_samples(
    bench: Bench, sample: Callable[[str], Any], name: str
) -> None:
    theirs = sample(f"pagerduty/webhook/{name}.json")
    await bench.page(priority="P1", by="Sam Oncall")
    for deed, given in (PREPARED.get(name, ("", {})), PAGERDUTY_DEEDS[name]):
        if deed:
            await bench.do(f"/pagerduty/incidents/1/{deed}", **given)
    await bench.do("/settle")

    ours = bench.receiver.pagerduty()[-1].body

    assert missing_keys(ours, theirs) == []
    assert missing_keys(theirs, ours) == []
    assert ours["event"]["event_type"] == theirs["event"]["event_type"]
    assert ours["event"]["data"]["type"] == theirs["event"]["data"]["type"]
    assert (ours["event"]["agent"] is None) is (theirs["event"]["agent"] is None)
