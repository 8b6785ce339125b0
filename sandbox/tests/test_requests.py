"""Requests that the vendors' descriptions refuse are refused here; held against them where ../shared is present."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from closeout_sandbox import checks

from .conftest import ISSUES, Bench
from .vendor_description import VendorDescription

REPOSITORY = "/repos/{owner}/{repo}"
ISSUE = REPOSITORY + "/issues/{issue_number}"


@pytest.fixture(scope="module")
def github_description() -> VendorDescription:
    return VendorDescription("github")


@pytest.fixture(scope="module")
def pagerduty_description() -> VendorDescription:
    return VendorDescription("pagerduty")


GOOD_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", f"{REPOSITORY}/issues"): {
        "title": "x",
        "body": "why",
        "assignees": ["sam-oncall"],
        "labels": ["bug"],
        "milestone": 2,
    },
    ("PATCH", ISSUE): {
        "title": "x",
        "body": "why",
        "state": "closed",
        "state_reason": "completed",
        "assignees": [],
        "labels": ["bug"],
        "milestone": None,
    },
    ("POST", f"{ISSUE}/comments"): {"body": "x"},
    ("POST", f"{REPOSITORY}/labels"): {"name": "x", "color": "ff0000", "description": "why"},
    ("POST", f"{REPOSITORY}/milestones"): {"title": "x", "due_on": "2026-12-01T00:00:00Z", "state": "open"},
}
PAGERDUTY_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/incidents/{id}/notes"): {"note": {"content": "x"}},
    ("POST", "/incidents/{id}/status_updates"): {"message": "x"},
    ("POST", "/webhook_subscriptions"): {
        "webhook_subscription": {
            "type": "webhook_subscription",
            "delivery_method": {"type": "http_delivery_method", "url": "https://example.com/x"},
            "events": ["incident.triggered"],
            "filter": {"type": "account_reference"},
        }
    },
}
ODD_VALUES = [5, 1.5, True, "odd", [], ["odd"], [5], {}, {"odd": 5}]


def mutants(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each field once left out and once of each odd value, at any depth."""
    for name, value in good.items():
        yield {key: kept for key, kept in good.items() if key != name}
        for odd in ODD_VALUES:
            yield {**good, name: odd}
        if isinstance(value, dict):
            yield from ({**good, name: inner} for inner in mutants(value))


@pytest.mark.parametrize("operation", list(GOOD_BODIES), ids=" ".join)
def test_what_githubs_description_refuses_is_refused_and_nothing_more(
    github_description: VendorDescription, operation: tuple[str, str]
) -> None:
    method, path = operation
    good = GOOD_BODIES[operation]

    assert checks.body("github", f"{method} {path}", good) == []
    refused = 0
    for body in [good, *mutants(good)]:
        theirs = bool(github_description.body_errors(method, path, body))
        assert bool(checks.body("github", f"{method} {path}", body)) is theirs, body
        refused += theirs
    assert refused > 0


@pytest.mark.parametrize("operation", list(PAGERDUTY_BODIES), ids=" ".join)
def test_what_pagerdutys_description_refuses_is_refused(
    pagerduty_description: VendorDescription, operation: tuple[str, str]
) -> None:
    method, path = operation
    good = PAGERDUTY_BODIES[operation]

    assert checks.body("pagerduty", f"{method} {path}", good) == []
    refused = 0
    for body in [good, *mutants(good)]:
        if pagerduty_description.body_errors(method, path, body):
            assert checks.body("pagerduty", f"{method} {path}", body), body
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("operation", list(GOOD_BODIES), ids=" ".join)
async def test_over_http_too_a_mutated_request_is_refused(bench: Bench, operation: tuple[str, str]) -> None:
    method, path = operation
    await bench.behave(github_content_per_minute=1000)
    await bench.issue()
    url = path.replace("{owner}", "acme").replace("{repo}", "payments").replace("{issue_number}", "1")

    for body in mutants(copy.deepcopy(GOOD_BODIES[operation])):
        if checks.body("github", f"{method} {path}", body):
            answer = await bench.github.request(method, url, json=body)
            assert answer.status_code == 422, body
    assert len((await bench.github.get(ISSUES, params={"state": "all"})).json()) == 1


@pytest.mark.parametrize("system", ["github", "pagerduty"])
def test_every_query_parameter_of_the_descriptions_is_known_here_with_its_limits(system: str) -> None:
    description = VendorDescription(system)
    for operation, schemas in checks.operations(system).items():
        method, _, path = operation.partition(" ")
        if method != "GET":
            continue
        theirs = {one["name"]: one for one in description.parameters(method, path) if one["in"] == "query"}
        assert set(schemas["query"]["properties"]) == set(theirs), operation
        for name, parameter in theirs.items():
            for text in ("odd", "-", "1.5"):
                value = checks.read(text, schemas["query"]["properties"][name])
                many = "array" in str(parameter["schema"].get("type"))
                if description.errors(parameter["schema"], [value] if many else value):
                    assert checks.query(system, operation, [(name, text)]), (operation, name, text)
