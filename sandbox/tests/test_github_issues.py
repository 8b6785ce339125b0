"""What the issue adapter sees of GitHub."""

import asyncio
from typing import Any

import httpx
import pytest

from closeout_sandbox import scenario

from .conftest import ISSUES, Bench


async def test_a_created_issue_is_found_again_by_its_number_and_in_the_list(bench: Bench) -> None:
    made = await bench.issue(body="<!-- closeout:1 -->", assignees=["sam-oncall"], labels=["postmortem"], milestone=2)

    one = (await bench.github.get(f"{ISSUES}/{made['number']}")).json()
    listed = (await bench.github.get(ISSUES, params={"state": "all", "creator": "closeout-bot"})).json()

    assert one == made
    assert [issue["number"] for issue in listed] == [made["number"]]
    assert one["assignee"]["login"] == "sam-oncall"
    assert one["milestone"]["number"] == 2
    assert one["labels"][0]["name"] == "postmortem"
    assert one["html_url"].endswith(f"/github/web/acme/payments/issues/{made['number']}")


async def test_whoever_cannot_be_assigned_is_dropped_without_a_word_when_told_to(bench: Bench) -> None:
    await bench.behave(unknown_assignee="drop")

    made = await bench.issue(assignees=["dana-engineer", "nobody", "build-robot[bot]", "acme"])

    assert [one["login"] for one in made["assignees"]] == ["dana-engineer"]


async def test_an_unknown_assignee_is_refused_as_to_a_caller_with_push_access(bench: Bench) -> None:
    answer = await bench.github.post(ISSUES, json={"title": "x", "assignees": ["nobody"]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "assignees"


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({}, "title", "missing_field"),
        ({"title": ""}, "title", "missing_field"),
        ({"title": "x", "labels": ["no such label"]}, "labels", "invalid"),
        ({"title": "x", "milestone": 99}, "milestone", "invalid"),
        ({"title": "x", "milestone": "soon"}, "milestone", "invalid"),
        ({"title": ["x"]}, "title", "invalid"),
        ({"title": "x", "assignees": "sam-oncall"}, "assignees", "invalid"),
        ({"title": "x" * 257}, "title", "invalid"),
    ],
)
async def test_what_github_would_refuse_is_refused_and_makes_nothing(
    bench: Bench, given: dict[str, Any], field: str, code: str
) -> None:
    answer = await bench.github.post(ISSUES, json=given)

    assert answer.status_code == 422
    assert answer.json()["message"] == "Validation Failed"
    error = answer.json()["errors"][0]
    assert (error["resource"], error["field"], error["code"]) == ("Issue", field, code)
    assert (await bench.github.get(ISSUES, params={"state": "all"})).json() == []


async def test_a_body_that_is_no_json_object_is_a_bad_request(bench: Bench) -> None:
    assert (await bench.github.post(ISSUES, content=b"{")).status_code == 400
    assert (await bench.github.post(ISSUES, json=["title"])).status_code == 400


async def test_without_push_access_everything_but_text_is_dropped(bench: Bench) -> None:
    await bench.control.patch("/github/repositories/acme/payments", json={"push": False})

    made = await bench.issue(assignees=["sam-oncall"], labels=["no such label"], milestone=99)

    assert (made["assignees"], made["labels"], made["milestone"]) == ([], [], None)
    permissions = (await bench.github.get("/repos/acme/payments")).json()["permissions"]
    assert (permissions["push"], permissions["pull"]) == (False, True)


async def test_a_repository_with_issues_switched_off_answers_gone(bench: Bench) -> None:
    made = await bench.issue()
    await bench.control.patch("/github/repositories/acme/payments", json={"has_issues": False})

    answers = [
        await bench.github.post(ISSUES, json={"title": "x"}),
        await bench.github.get(f"{ISSUES}/{made['number']}"),
        await bench.github.get(f"{ISSUES}/{made['number']}/comments"),
    ]

    assert {answer.status_code for answer in answers} == {410}
    assert all("disabled" in answer.json()["message"] for answer in answers)
    assert (await bench.github.get("/repos/acme/payments")).json()["has_issues"] is False


async def test_a_repository_in_the_archive_can_be_read_and_nothing_else(bench: Bench) -> None:
    url = f"{ISSUES}/{(await bench.issue())['number']}"
    bench.state.github.directory.change_repository("acme/payments", archived=True)

    writes = [
        await bench.github.post(ISSUES, json={"title": "x"}),
        await bench.github.patch(url, json={"title": "x"}),
        await bench.github.post(f"{url}/comments", json={"body": "x"}),
    ]

    assert [answer.status_code for answer in writes] == [403, 403, 403]
    assert (await bench.github.get(url)).status_code == 200
    assert (await bench.github.get("/repos/acme/payments")).json()["archived"] is True


async def test_closing_again_without_a_reason_resets_it_to_completed(bench: Bench) -> None:
    url = f"{ISSUES}/{(await bench.issue())['number']}"

    first = (await bench.github.patch(url, json={"state": "closed", "state_reason": "not_planned"})).json()
    second = (await bench.github.patch(url, json={"state": "closed"})).json()

    assert (first["state"], first["state_reason"], first["closed_by"]["login"]) == (
        "closed",
        "not_planned",
        "closeout-bot",
    )
    assert second["state_reason"] == "completed"


async def test_a_reason_without_a_state_changes_nothing(bench: Bench) -> None:
    url = f"{ISSUES}/{(await bench.issue())['number']}"

    changed = (await bench.github.patch(url, json={"state_reason": "not_planned"})).json()

    assert (changed["state"], changed["state_reason"]) == ("open", None)


async def test_a_reopened_issue_says_so_and_forgets_when_it_was_closed(bench: Bench) -> None:
    url = f"{ISSUES}/{(await bench.issue())['number']}"
    await bench.github.patch(url, json={"state": "closed", "state_reason": "duplicate"})

    opened = (await bench.github.patch(url, json={"state": "open"})).json()

    assert (opened["state"], opened["state_reason"], opened["closed_at"]) == ("open", "reopened", None)


async def test_a_state_and_a_reason_that_contradict_each_other_are_refused(bench: Bench) -> None:
    url = f"{ISSUES}/{(await bench.issue())['number']}"

    answer = await bench.github.patch(url, json={"state": "open", "state_reason": "completed"})

    assert answer.status_code == 422


async def test_a_patch_changes_what_it_names_and_nothing_else(bench: Bench) -> None:
    made = await bench.issue(body="why", assignees=["sam-oncall"], labels=["bug"], milestone=1)

    changed = (await bench.github.patch(f"{ISSUES}/{made['number']}", json={"assignees": [], "milestone": None})).json()

    assert (changed["assignees"], changed["milestone"]) == ([], None)
    assert (changed["title"], changed["body"], changed["labels"]) == (made["title"], "why", made["labels"])


async def test_a_deleted_issue_is_gone_and_an_unknown_one_not_found(bench: Bench) -> None:
    made = await bench.issue()
    await bench.do(f"/github/issues/{made['number']}/delete")

    assert (await bench.github.get(f"{ISSUES}/{made['number']}")).status_code == 410
    assert (await bench.github.patch(f"{ISSUES}/{made['number']}", json={"title": "x"})).status_code == 410
    assert (await bench.github.get(f"{ISSUES}/999")).status_code == 404
    assert (await bench.github.get(ISSUES, params={"state": "all"})).json() == []


async def test_a_transferred_issue_leads_to_its_new_place_under_a_new_identity(bench: Bench) -> None:
    made = await bench.issue(body="marker")
    await bench.do("/github/repositories", full_name="acme/ledger")
    await bench.do(f"/github/issues/{made['number']}/transfer", to="acme/ledger")

    moved = await bench.github.get(f"{ISSUES}/{made['number']}")
    patched = await bench.github.patch(f"{ISSUES}/{made['number']}", json={"title": "x"})
    there = (await bench.github.get(moved.headers["location"].split("/github/api")[1])).json()

    assert (moved.status_code, patched.status_code) == (301, 301)
    assert there["body"] == "marker"
    assert there["id"] != made["id"]
    assert there["node_id"] != made["node_id"]
    assert there["repository_url"].endswith("/repos/acme/ledger")


async def test_an_issue_transferred_out_of_sight_is_not_found(bench: Bench) -> None:
    made = await bench.issue()
    await bench.do("/github/repositories", full_name="acme/secret", readable=False)
    await bench.do(f"/github/issues/{made['number']}/transfer", to="acme/secret")

    assert (await bench.github.get(f"{ISSUES}/{made['number']}")).status_code == 404


async def test_a_renamed_repository_redirects_every_path(bench: Bench) -> None:
    made = await bench.issue()
    await bench.control.patch("/github/repositories/acme/payments", json={"name": "billing"})

    moved = await bench.github.get(f"{ISSUES}/{made['number']}")
    there = await bench.github.get(moved.headers["location"].split("/github/api")[1])

    assert moved.status_code == 301
    assert there.json()["id"] == made["id"]


async def test_the_list_is_filtered_sorted_and_paged_with_links(bench: Bench) -> None:
    for number in range(1, 6):
        await bench.issue(title=f"issue {number}", assignees=["sam-oncall"] if number % 2 else [])
    await bench.github.patch(f"{ISSUES}/2", json={"state": "closed", "state_reason": "completed"})
    scenario.open_issue(bench.state, "a pull request", pull=True)

    async def numbers(**params: Any) -> list[int]:
        return [one["number"] for one in (await bench.github.get(ISSUES, params=params)).json()]

    assert await numbers() == [6, 5, 4, 3, 1]
    assert await numbers(state="all", direction="asc", creator="closeout-bot") == [1, 2, 3, 4, 5]
    assert await numbers(state="closed") == [2]
    assert await numbers(assignee="sam-oncall", direction="asc") == [1, 3, 5]
    assert await numbers(assignee="none", state="all", direction="asc") == [2, 4, 6]
    assert await numbers(labels="bug") == []
    assert await numbers(mentioned="sam-oncall") == []
    assert await numbers(type="Bug") == []
    assert await numbers(milestone="none", per_page=2, page=3) == [1]
    first = await bench.github.get(ISSUES, params={"per_page": 2})
    assert [one["number"] for one in first.json()] == [6, 5]
    assert 'rel="next"' in first.headers["link"]
    following = httpx.URL(first.links["next"]["url"])
    second = await bench.github.get(following.raw_path.decode().split("/github/api")[1])
    assert [one["number"] for one in second.json()] == [4, 3]
    pulls = [one["number"] for one in (await bench.github.get(ISSUES)).json() if "pull_request" in one]
    assert pulls == [6]


async def test_since_shows_only_what_changed_after_it(bench: Bench) -> None:
    await bench.do("/github/issues", title="old", at="2026-01-01T00:00:00Z")
    await bench.do("/github/issues", title="new", at="2026-02-01T00:00:00Z")

    listed = await bench.github.get(ISSUES, params={"since": "2026-01-15T00:00:00Z"})

    assert [one["title"] for one in listed.json()] == ["new"]
    assert (await bench.github.get(ISSUES, params={"since": "yesterday"})).status_code == 422


async def test_a_page_has_at_most_a_hundred(bench: Bench) -> None:
    await bench.behave(github_content_per_minute=200)
    for _ in range(101):
        scenario.open_issue(bench.state, "x")

    assert len((await bench.github.get(ISSUES, params={"per_page": 500})).json()) == 100


async def test_the_search_index_lags_and_the_list_does_not(bench: Bench) -> None:
    await bench.behave(search_lag_seconds=60)
    await bench.issue(body="marker-1")
    query = {"q": 'repo:acme/payments is:issue in:body "marker-1"'}

    assert (await bench.github.get("/search/issues", params=query)).json()["total_count"] == 0
    assert len((await bench.github.get(ISSUES)).json()) == 1
    await bench.behave(search_lag_seconds=0)
    assert (await bench.github.get("/search/issues", params=query)).json()["total_count"] == 1


async def test_search_shows_an_issue_as_it_was_when_it_was_indexed(bench: Bench) -> None:
    made = await bench.issue()
    await bench.behave(search_lag_seconds=0.2)
    await asyncio.sleep(0.25)
    await bench.github.patch(f"{ISSUES}/{made['number']}", json={"state": "closed", "state_reason": "completed"})

    found = (await bench.github.get("/search/issues", params={"q": "is:open"})).json()

    assert [one["number"] for one in found["items"]] == [made["number"]]


async def test_a_new_issue_can_be_unreadable_and_unlisted_for_a_while(bench: Bench) -> None:
    await bench.behave(read_lag_seconds=60, list_lag_seconds=60)
    made = await bench.issue()

    assert (await bench.github.get(f"{ISSUES}/{made['number']}")).status_code == 404
    assert (await bench.github.get(ISSUES)).json() == []


async def test_comments_events_and_the_timeline_tell_what_happened(bench: Bench) -> None:
    number = (await bench.issue(assignees=["sam-oncall"]))["number"]
    made = await bench.github.post(f"{ISSUES}/{number}/comments", json={"body": "on it"})
    await bench.do(f"/github/issues/{number}/close", reason="not_planned", by="sam-oncall")

    comments = (await bench.github.get(f"{ISSUES}/{number}/comments")).json()
    events = (await bench.github.get(f"{ISSUES}/{number}/events")).json()
    timeline = (await bench.github.get(f"{ISSUES}/{number}/timeline", params={"exclude": "assigned"})).json()

    assert made.status_code == 201
    assert [one["body"] for one in comments] == ["on it"]
    assert [one["event"] for one in events] == ["assigned", "closed"]
    assert (events[1]["actor"]["login"], events[1]["state_reason"]) == ("sam-oncall", "not_planned")
    assert sorted(one["event"] for one in timeline) == ["closed", "commented"]
    assert (await bench.github.get(f"{ISSUES}/{number}")).json()["comments"] == 1
    assert (await bench.github.post(f"{ISSUES}/{number}/comments", json={})).status_code == 422


async def test_milestones_people_labels_and_teams_can_be_looked_up(bench: Bench) -> None:
    milestones = (await bench.github.get("/repos/acme/payments/milestones")).json()
    assert [one["title"] for one in milestones] == ["Sprint 1", "Sprint 2", "Sprint 3", "Sprint 4"]
    assert milestones == sorted(milestones, key=lambda one: str(one["due_on"]))
    await bench.control.patch("/github/milestones/1", json={"state": "closed"})
    assert len((await bench.github.get("/repos/acme/payments/milestones")).json()) == 3
    assert len((await bench.github.get("/repos/acme/payments/milestones", params={"state": "all"})).json()) == 4
    assert (await bench.github.get("/repos/acme/payments/milestones/2")).json()["title"] == "Sprint 2"
    assignees = [one["login"] for one in (await bench.github.get("/repos/acme/payments/assignees")).json()]
    assert {"sam-oncall", "closeout-bot"} <= set(assignees)
    assert "build-robot[bot]" not in assignees
    assert (await bench.github.get("/repos/acme/payments/assignees/sam-oncall")).status_code == 204
    assert (await bench.github.get("/repos/acme/payments/assignees/nobody")).status_code == 404
    assert (await bench.github.get("/user")).json()["login"] == "closeout-bot"
    assert (await bench.github.get("/users/sam-oncall")).json()["email"] == "sam.oncall@example.com"
    assert (await bench.github.get("/users/build-robot%5Bbot%5D")).json()["type"] == "Bot"
    assert (await bench.github.get("/users/acme")).json()["type"] == "Organization"
    assert (await bench.github.get("/users/nobody")).status_code == 404
    assert [one["name"] for one in (await bench.github.get("/repos/acme/payments/labels")).json()] == [
        "bug",
        "postmortem",
    ]
    assert (await bench.github.get("/orgs/acme/teams/payments")).json()["slug"] == "payments"
    members = (await bench.github.get("/orgs/acme/teams/payments/members")).json()
    assert [one["login"] for one in members] == ["sam-oncall", "dana-engineer"]


async def test_a_label_must_exist_unless_told_to_make_it_as_github_does(bench: Bench) -> None:
    made = await bench.github.post("/repos/acme/payments/labels", json={"name": "closeout", "color": "00ff00"})
    again = await bench.github.post("/repos/acme/payments/labels", json={"name": "Closeout"})
    await bench.behave(unknown_label="create")

    assert made.status_code == 201
    assert again.json()["errors"][0]["code"] == "already_exists"
    assert (await bench.issue(labels=["brand new"]))["labels"][0]["name"] == "brand new"
