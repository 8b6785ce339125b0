"""The sandbox held against the vendors' own descriptions and sample payloads, where ../shared is present."""

import pytest

from .conftest import ISSUES, Bench
from .vendor_description import VendorDescription

REPOSITORY = "/repos/{owner}/{repo}"
ISSUE = REPOSITORY + "/issues/{issue_number}"
HOOK = REPOSITORY + "/hooks/{hook_id}"


@pytest.fixture(scope="module")
def github_description() -> VendorDescription:
    return VendorDescription("github")


@pytest.fixture(scope="module")
def pagerduty_description() -> VendorDescription:
    return VendorDescription("pagerduty")


async def busy_repository(bench: Bench) -> None:
    await bench.issue(body="why", assignees=["sam-oncall"], labels=["bug"], milestone=2)
    await bench.do("/github/issues/1/edit", title="Other", labels=[], assignees=["dana-engineer"], milestone=None)
    await bench.github.post(f"{ISSUES}/1/comments", json={"body": "on it"})
    await bench.do("/github/issues/1/close", reason="not_planned")
    await bench.do("/github/issues", title="a pull request", pull=True)
    await bench.issue(title="without a body")
    await bench.issue(title="to be deleted")
    await bench.do("/github/issues/4/delete")
    await bench.issue(title="to be moved")
    await bench.do("/github/repositories", full_name="acme/ledger")
    await bench.do("/github/issues/5/transfer", to="acme/ledger")
    await bench.do("/settle")


GITHUB_ANSWERS = [
    (f"{REPOSITORY}/issues", f"{ISSUES}?state=all", 200),
    (ISSUE, f"{ISSUES}/1", 200),
    (ISSUE, f"{ISSUES}/2", 200),
    (ISSUE, f"{ISSUES}/4", 410),
    (ISSUE, f"{ISSUES}/5", 301),
    (ISSUE, f"{ISSUES}/99", 404),
    (f"{ISSUE}/comments", f"{ISSUES}/1/comments", 200),
    (f"{ISSUE}/events", f"{ISSUES}/1/events", 200),
    (f"{ISSUE}/timeline", f"{ISSUES}/1/timeline", 200),
    (REPOSITORY, "/repos/acme/payments", 200),
    (f"{REPOSITORY}/milestones", "/repos/acme/payments/milestones", 200),
    (f"{REPOSITORY}/milestones/{{milestone_number}}", "/repos/acme/payments/milestones/2", 200),
    (f"{REPOSITORY}/labels", "/repos/acme/payments/labels", 200),
    (f"{REPOSITORY}/assignees", "/repos/acme/payments/assignees", 200),
    (f"{REPOSITORY}/hooks", "/repos/acme/payments/hooks", 200),
    (HOOK, "/repos/acme/payments/hooks/7001", 200),
    (f"{HOOK}/deliveries", "/repos/acme/payments/hooks/7001/deliveries", 200),
    (f"{HOOK}/deliveries/{{delivery_id}}", "/repos/acme/payments/hooks/7001/deliveries/80001", 200),
    ("/search/issues", "/search/issues?q=is:issue", 200),
    ("/search/issues", "/search/issues", 422),
    ("/user", "/user", 200),
]


@pytest.mark.parametrize(("path", "url", "status"), GITHUB_ANSWERS)
async def test_githubs_answers_are_valid_by_its_own_description(
    bench: Bench, github_description: VendorDescription, path: str, url: str, status: int
) -> None:
    await busy_repository(bench)

    answer = await bench.github.get(url)

    assert answer.status_code == status
    assert answer.json() != []
    assert github_description.answer_errors("GET", path, status, answer.json()) == []


async def test_githubs_profiles_and_teams_are_valid_by_its_own_description(
    bench: Bench, github_description: VendorDescription
) -> None:
    for url, schema in (
        ("/users/sam-oncall", "public-user"),
        ("/orgs/acme/teams/payments", "team"),
        ("/rate_limit", None),
    ):
        answer = (await bench.github.get(url)).json()
        if schema:
            assert github_description.errors({"$ref": f"urn:vendor#/components/schemas/{schema}"}, answer) == []
        else:
            core = answer["resources"]["core"]
            assert github_description.errors({"$ref": "urn:vendor#/components/schemas/rate-limit"}, core) == []


async def test_githubs_answers_to_writes_are_valid_by_its_own_description(
    bench: Bench, github_description: VendorDescription
) -> None:
    valid = github_description.answer_errors
    made = await bench.github.post(ISSUES, json={"title": "x", "labels": ["bug"], "milestone": 2})
    patched = await bench.github.patch(f"{ISSUES}/1", json={"state": "closed", "state_reason": "duplicate"})
    comment = await bench.github.post(f"{ISSUES}/1/comments", json={"body": "x"})
    label = await bench.github.post("/repos/acme/payments/labels", json={"name": "new"})
    milestone = await bench.github.post("/repos/acme/payments/milestones", json={"title": "new"})
    refused = await bench.github.post(ISSUES, json={"title": "x", "labels": ["none such"]})

    assert valid("POST", f"{REPOSITORY}/issues", 201, made.json()) == []
    assert valid("PATCH", ISSUE, 200, patched.json()) == []
    assert valid("POST", f"{ISSUE}/comments", 201, comment.json()) == []
    assert valid("POST", f"{REPOSITORY}/labels", 201, label.json()) == []
    assert valid("POST", f"{REPOSITORY}/milestones", 201, milestone.json()) == []
    assert valid("POST", f"{REPOSITORY}/issues", 422, refused.json()) == []


async def busy_incident(bench: Bench) -> None:
    await bench.do("/night", start="2026-03-03T03:14:00Z", late_seconds=0)
    other = (await bench.page(priority=None, details={"a": 1}))["id"]
    await bench.do("/pagerduty/incidents/1/reopen", by="Sam Oncall")
    await bench.do("/pagerduty/incidents/1/urgency", urgency="low")
    await bench.do("/pagerduty/incidents/1/delegate", policy="Platform on-call")
    await bench.do("/pagerduty/incidents/1/reassign", by="Sam Oncall", to=["Dana Engineer"])
    await bench.do("/pagerduty/incidents/1/acknowledge", by="Dana Engineer")
    await bench.do("/pagerduty/incidents/1/unacknowledge")
    await bench.do("/pagerduty/incidents/1/acknowledge", by="Dana Engineer")
    await bench.do("/pagerduty/incidents/1/merge", sources=[other])


EVERYTHING = (
    "include[]=acknowledgers&include[]=agents&include[]=assignees&include[]=escalation_policies"
    "&include[]=first_trigger_log_entries&include[]=priorities&include[]=services&include[]=teams&include[]=users"
)
PAGERDUTY_ANSWERS = [
    ("/incidents", "/incidents?date_range=all", 200),
    ("/incidents", f"/incidents?date_range=all&total=true&{EVERYTHING}", 200),
    ("/incidents", "/incidents?limit=1000", 400),
    ("/incidents/{id}", "/incidents/1", 200),
    ("/incidents/{id}", "/incidents/3", 200),
    ("/incidents/{id}", f"/incidents/1?{EVERYTHING}", 200),
    ("/incidents/{id}", "/incidents/99", 404),
    ("/incidents/{id}/log_entries", "/incidents/1/log_entries?limit=100", 200),
    ("/incidents/{id}/log_entries", "/incidents/1/log_entries?limit=100&include[]=channels", 200),
    ("/incidents/{id}/notes", "/incidents/1/notes", 200),
    ("/incidents/{id}/alerts", "/incidents/1/alerts", 200),
    ("/users", "/users", 200),
    ("/webhook_subscriptions", "/webhook_subscriptions", 200),
]


@pytest.mark.parametrize(("path", "url", "status"), PAGERDUTY_ANSWERS)
async def test_pagerdutys_answers_are_valid_by_its_own_description(
    bench: Bench, pagerduty_description: VendorDescription, path: str, url: str, status: int
) -> None:
    await busy_incident(bench)

    answer = await bench.pagerduty.get(url)

    assert answer.status_code == status, answer.text
    assert pagerduty_description.answer_errors("GET", path, status, answer.json()) == []


async def test_pagerdutys_answers_to_writes_are_valid_by_its_own_description(
    bench: Bench, pagerduty_description: VendorDescription
) -> None:
    await bench.page()
    note = await bench.pagerduty.post("/incidents/1/notes", json={"note": {"content": "x"}})
    update = await bench.pagerduty.post("/incidents/1/status_updates", json={"message": "x"})

    valid = pagerduty_description.answer_errors
    assert valid("POST", "/incidents/{id}/notes", 200, note.json()) == []
    assert valid("POST", "/incidents/{id}/status_updates", 200, update.json()) == []
