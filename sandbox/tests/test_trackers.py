"""The stand-ins for Jira, Linear, GitLab, Gitea and a home-made tracker: what they refuse, and what they send."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from closeout_sandbox.gitea import hooks as gitea_hooks
from closeout_sandbox.jira import hooks as jira_hooks

from .conftest import Bench
from .vendor_description import VendorDescription

BASIC = base64.b64encode(b"closeout-bot@example.com:sandbox-jira-token").decode()
HEADERS = {
    "jira": {"authorization": f"Basic {BASIC}"},
    "jira_dc": {"authorization": "Bearer sandbox-jira-token"},
    "linear": {"authorization": "lin_api_sandbox"},
    "gitlab": {"authorization": "Bearer sandbox-gitlab-token"},
    "gitea": {"authorization": "token sandbox-gitea-token"},
}
DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "why"}]}],
}
ID = "7f0c5a52-6c1e-4a59-9d0d-0f1e2d3c4b5a"


async def ask(bench: Bench, system: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    url = f"http://sandbox.test/{system}/api{path}"
    return await bench.github.request(method, url, json=body, headers=HEADERS.get(system, {}) | headers)


def fields(**given: Any) -> dict[str, Any]:
    made = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "x", "description": DOCUMENT}
    return {"fields": made | given}


async def linear(bench: Bench, query: str, **variables: Any) -> httpx.Response:
    return await ask(bench, "linear", "POST", "/graphql", {"query": query, "variables": variables})


@pytest.mark.parametrize("system", [*HEADERS])
async def test_nobody_comes_in_without_the_token(bench: Bench, system: str) -> None:
    path = {"jira": "/rest/api/3/field", "jira_dc": "/rest/api/2/field", "linear": "/graphql"}.get(
        system, "/api/v4/users" if system == "gitlab" else "/api/v1/user"
    )
    wrong = dict.fromkeys(HEADERS[system], "wrong")

    answer = await ask(bench, system, "POST" if system == "linear" else "GET", path, {}, **wrong)

    # Jira Cloud says what it says to anybody, and in a header that it does not know who asks.
    assert answer.status_code == (404 if system == "jira" else 401)
    assert (answer.headers.get("x-seraph-loginreason") == "AUTHENTICATED_FAILED") is (system == "jira")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"description": "a text"}, "description"),
        ({"description": {"type": "doc", "version": 1, "content": [{"type": "text", "text": "bare"}]}}, "description"),
        ({"summary": "x" * 256}, "summary"),
        ({"summary": "two\nlines"}, "summary"),
        ({"summary": ""}, "summary"),
        ({"labels": ["two words"]}, "labels"),
        ({"duedate": "next week"}, "duedate"),
        ({"assignee": {"accountId": "robin-guest"}}, "assignee"),
        ({"assignee": {"name": "dana-engineer"}}, "assignee"),
        ({"customfield_10020": "Sprint 2"}, "customfield_10020"),
        ({"customfield_77": 1}, "customfield_77"),
        ({"issuetype": {"name": "Saga"}}, "issuetype"),
        ({"project": {"key": "NONE"}}, "project"),
    ],
)
async def test_jira_names_the_field_that_it_refuses(bench: Bench, given: dict[str, Any], field: str) -> None:
    answer = await ask(bench, "jira", "POST", "/rest/api/3/issue", fields(**given))

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert (await bench.control.get("/trackers/jira/tickets")).json() == []


async def test_data_center_takes_texts_and_names_and_no_documents_and_ids(bench: Bench) -> None:
    wiki = fields(description="h1. why", assignee={"name": "dana-engineer"})
    taken = await ask(bench, "jira_dc", "POST", "/rest/api/2/issue", wiki)
    refused = await ask(bench, "jira_dc", "POST", "/rest/api/2/issue", fields(assignee={"accountId": "dana-engineer"}))

    assert taken.status_code == 201
    assert set(refused.json()["errors"]) == {"description", "assignee"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"jql": 'project = "PAY"'}, 200),
        ({"jql": 'project = "PAY"', "startAt": 0}, 400),
        ({"jql": "ORDER BY created"}, 400),
        ({"jql": "project ~ PAY"}, 400),
        ({"jql": 'summary = "x"'}, 400),
        ({"jql": 'updated >= "yesterday"'}, 400),
    ],
)
async def test_jiras_search_refuses_what_is_unbounded_unknown_or_of_the_old_search(
    bench: Bench, body: dict[str, Any], status: int
) -> None:
    answer = await ask(bench, "jira", "POST", "/rest/api/3/search/jql", body)

    assert answer.status_code == status, answer.text


async def test_jiras_old_search_is_gone_and_data_centers_is_not(bench: Bench) -> None:
    body = {"jql": 'project = "PAY"'}

    assert (await ask(bench, "jira", "POST", "/rest/api/3/search", body)).status_code == 410
    assert (await ask(bench, "jira_dc", "POST", "/rest/api/2/search", body)).json()["total"] == 0


async def test_jiras_answers_are_valid_by_its_own_description(bench: Bench) -> None:
    description = VendorDescription("jira")
    made = await ask(bench, "jira", "POST", "/rest/api/3/issue", fields(assignee={"accountId": "dana-engineer"}))
    key = made.json()["key"]
    await ask(bench, "jira", "POST", f"/rest/api/3/issue/{key}/comment", {"body": DOCUMENT})
    types = "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes"
    asked = [
        ("/rest/api/3/issue/{issueIdOrKey}", f"/rest/api/3/issue/{key}"),
        ("/rest/api/3/issue/{issueIdOrKey}/comment", f"/rest/api/3/issue/{key}/comment"),
        ("/rest/api/3/issue/{issueIdOrKey}/transitions", f"/rest/api/3/issue/{key}/transitions"),
        ("/rest/api/3/user", "/rest/api/3/user?accountId=dana-engineer"),
        ("/rest/api/3/field", "/rest/api/3/field"),
        (types, "/rest/api/3/issue/createmeta/PAY/issuetypes"),
        (types + "/{issueTypeId}", "/rest/api/3/issue/createmeta/PAY/issuetypes/10001"),
    ]
    found = {path: (await ask(bench, "jira", "GET", url)).json() for path, url in asked}
    search = await ask(bench, "jira", "POST", "/rest/api/3/search/jql", {"jql": 'project = "PAY"', "fields": ["*all"]})

    assert description.answer_errors("POST", "/rest/api/3/issue", 201, made.json()) == []
    assert description.answer_errors("POST", "/rest/api/3/search/jql", 200, search.json()) == []
    for path, body in found.items():
        assert description.answer_errors("GET", path, 200, body) == [], path


CREATE = "mutation C($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id } } }"


async def linear_input(bench: Bench, **given: Any) -> dict[str, Any]:
    teams = await linear(bench, '{ teams(filter: {key: {eq: "PAY"}}, first: 1) { nodes { id } } }')
    return {"teamId": teams.json()["data"]["teams"]["nodes"][0]["id"], "title": "x", **given}


async def test_linear_makes_an_id_once_and_names_the_conflict(bench: Bench) -> None:
    wanted = await linear_input(bench, id=ID)

    first = await linear(bench, CREATE, input=wanted)
    second = await linear(bench, CREATE, input=wanted)

    assert first.json()["data"]["issueCreate"]["issue"]["id"] == ID
    assert second.json()["data"] is None
    assert second.json()["errors"][0]["message"] == "conflict on insert of Issue"
    assert len((await bench.control.get("/trackers/linear/tickets")).json()) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, "x"))},
        {"id": "12"},
        {"title": " "},
        {"dueOn": "2026-12-01"},
        {"title": 7},
        {"assigneeId": "dana-engineer"},
        {"labelIds": ["none"]},
    ],
)
async def test_linear_refuses_what_its_schema_or_its_checks_refuse(bench: Bench, given: dict[str, Any]) -> None:
    answer = await linear(bench, CREATE, input=await linear_input(bench, **given))

    assert answer.json()["errors"]
    assert (await bench.control.get("/trackers/linear/tickets")).json() == []


async def test_linear_refuses_what_costs_too_much_and_pages_that_are_too_long(bench: Bench) -> None:
    nested = "{ issues(first: 200) { nodes { labels(first: 100) { nodes { id name } } } } }"
    long = "{ teams(first: 251) { nodes { id } } }"

    for query in (nested, long, "{ nonsense }", "not graphql"):
        assert (await linear(bench, query)).status_code == 400


@pytest.mark.parametrize(
    ("system", "path", "body"),
    [
        ("gitlab", "/api/v4/projects/acme%2Fpayments/issues", {"title": "x" * 256}),
        ("gitlab", "/api/v4/projects/acme%2Fpayments/issues", {"title": " "}),
        ("gitlab", "/api/v4/projects/acme%2Fpayments/issues", {"description": "no title"}),
        ("gitlab", "/api/v4/projects/acme%2Fpayments/issues", {"title": "x", "assignee_ids": ["dana-engineer"]}),
        ("gitlab", "/api/v4/projects/acme%2Fpayments/issues", {"title": "x", "due_date": "tomorrow"}),
        ("gitlab", "/api/v4/projects/acme%2Fpayments/issues/1/notes", {"body": ""}),
        ("gitea", "/api/v1/repos/acme/payments/issues", {"title": "x" * 256}),
        ("gitea", "/api/v1/repos/acme/payments/issues", {"title": "x", "labels": ["postmortem"]}),
        ("gitea", "/api/v1/repos/acme/payments/issues", {"title": "x", "assignees": ["nobody"]}),
        ("gitea", "/api/v1/repos/acme/payments/issues", {"body": "no title"}),
        ("gitea", "/api/v1/repos/acme/payments/issues", {"title": "x", "due_date": "2026-12-13"}),
    ],
)
async def test_gitlab_and_gitea_refuse_what_their_descriptions_refuse(
    bench: Bench, system: str, path: str, body: dict[str, Any]
) -> None:
    answer = await ask(bench, system, "POST", path, body)

    assert answer.status_code in (400, 404, 422)
    assert (await bench.control.get(f"/trackers/{system}/tickets")).json() == []


@pytest.mark.parametrize("title", ["", "x" * 256])
async def test_gitlab_takes_no_other_title_later_than_at_first(bench: Bench, title: str) -> None:
    issues = "/api/v4/projects/acme%2Fpayments/issues"
    assert (await ask(bench, "gitlab", "POST", issues, {"title": "x"})).status_code == 201

    answer = await ask(bench, "gitlab", "PUT", f"{issues}/1", {"title": title})

    assert (answer.status_code, "title" in answer.json()["message"]) == (400, True)
    assert (await ask(bench, "gitlab", "GET", f"{issues}/1")).json()["title"] == "x"


ATTEMPTS = {"jira": 6, "jira_dc": 1, "linear": 4, "gitlab": 4, "gitea": 1, "homemade": 3}


@pytest.mark.parametrize("system", [*ATTEMPTS])
async def test_a_webhook_that_is_not_taken_is_repeated_as_often_as_the_vendor_repeats_it(
    bench: Bench, system: str
) -> None:
    await bench.behave(tracker_retry_seconds=0.001)
    await bench.control.put("/webhooks", json={system: {"url": "http://closeout.test/nowhere", "secret": "s"}})
    bench.receiver.answers = [503] * 10
    project = "acme/payments" if system in ("gitlab", "gitea") else "PAY"

    await bench.do(f"/trackers/{system}/tickets", project=project, title="x")
    await bench.do("/settle")

    (delivery,) = (await bench.control.get("/deliveries")).json()[system]
    assert delivery["attempts"] == [503] * ATTEMPTS[system]


async def test_a_webhook_can_be_lost_doubled_and_overtaken(bench: Bench) -> None:
    await bench.control.put("/webhooks", json={"jira": {"url": "http://closeout.test/jira", "secret": "s"}})
    for kind in ("webhook_lost", "webhook_twice"):
        await bench.fault("jira", kind, path="jira:issue_created")
    for title in ("lost", "twice", "once"):
        await bench.do("/trackers/jira/tickets", project="PAY", title=title)
    await bench.do("/settle")

    sent = (await bench.control.get("/deliveries")).json()["jira"]
    assert len(sent) == 3
    assert len({one["guid"] for one in sent}) == 2


SIGNED: list[tuple[Callable[..., dict[str, str]], str]] = [
    (jira_hooks.headers, "X-Hub-Signature"),
    (gitea_hooks.headers, "X-Gitea-Signature"),
]


@pytest.mark.parametrize(("headers", "name"), SIGNED)
def test_a_signature_is_of_the_secret_and_of_the_body(headers: Callable[..., dict[str, str]], name: str) -> None:
    signed = headers("s", "issues.opened", "g", b"{}", 0)[name]

    assert signed != headers("t", "issues.opened", "g", b"{}", 0)[name]
    assert signed != headers("s", "issues.opened", "g", b"{ }", 0)[name]
    assert headers("s", "issues.opened", "g", b"{}", 0)[name] == signed
