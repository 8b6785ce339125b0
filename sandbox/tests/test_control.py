"""The control API, the journal and what survives a restart."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from closeout_sandbox import scenario
from closeout_sandbox.app import build

from .conftest import GITHUB_HEADERS, ISSUES, Bench, Receiver, settings


async def test_the_journal_counts_what_was_asked_for_and_hides_secrets(bench: Bench) -> None:
    await bench.github.post(ISSUES, json={"title": "x", "body": "marker", "token": "s3cret"})
    await bench.github.post(ISSUES, json={})
    await bench.github.get(ISSUES, params={"state": "all"})

    writes = (await bench.control.get("/journal", params={"system": "github", "method": "POST"})).json()
    reads = (await bench.control.get("/journal", params={"method": "GET"})).json()

    assert [(one["path"], one["status"]) for one in writes] == [(ISSUES, 201), (ISSUES, 422)]
    assert writes[0]["body"] == {"title": "x", "body": "marker", "token": "[redacted]"}
    assert (reads[0]["query"], reads[0]["body"]) == ("state=all", None)
    assert "sandbox-github-token" not in str(writes + reads)
    await bench.control.delete("/journal")
    assert (await bench.control.get("/journal")).json() == []


async def test_what_nobody_knows_is_refused_with_a_reason(bench: Bench) -> None:
    incident = (await bench.page())["id"]

    async def status(path: str, **given: object) -> int:
        return (await bench.control.post(path, json=given)).status_code

    assert await status(f"/pagerduty/incidents/{incident}/explode") == 422
    assert await status(f"/pagerduty/incidents/{incident}/annotate", contents="typo") == 422
    assert await status(f"/pagerduty/incidents/{incident}/acknowledge", by="Nobody") == 404
    assert await status("/pagerduty/incidents/Q0/acknowledge") == 404
    assert await status("/pagerduty/incidents", title="x", service="None such") == 404
    assert await status("/pagerduty/incidents", title="x", at="tomorrow") == 422
    assert await status("/pagerduty/incidents") == 422
    assert await status("/github/issues/1/close") == 404
    assert (await bench.control.post("/github/issues", content=b"{")).status_code == 422
    assert (await bench.control.patch("/behaviour", json={"search_lag": 1})).status_code == 422


async def test_people_teams_and_services_can_be_added(bench: Bench) -> None:
    await bench.do("/pagerduty/user", name="Kim Manager", email="kim.manager@example.com")
    await bench.do("/pagerduty/escalation_policy", name="Managers", users=["Kim Manager"])
    await bench.do("/pagerduty/service", name="Ledger", escalation_policy="Managers")
    await bench.do("/github/users", login="kim", name=None, email=None)
    await bench.do("/github/teams", organization="acme", slug="search", members=["kim"])
    await bench.do("/github/milestones", title="Hardening", due_on="2026-12-01T00:00:00Z")

    incident = await bench.page(service="Ledger")

    assert incident["assignments"][0]["assignee"]["summary"] == "Kim Manager"
    profile = (await bench.github.get("/users/kim")).json()
    assert (profile["name"], profile["email"]) == (None, None)
    assert (await bench.issue(assignees=["kim"], milestone=5))["milestone"]["title"] == "Hardening"


async def test_ids_can_be_moved_so_that_two_sandboxes_do_not_clash() -> None:
    apart = []
    for offset in (0, 1000):
        receiver = Receiver()
        state = build(settings(id_offset=offset), receiver).state.sandbox
        issue = state.github.issues.open(
            state.github.directory.repository("acme/payments"), {"title": "x"}, by="sam-oncall"
        )
        await state.settle()
        apart.append((issue["id"], receiver.got[0].headers["x-github-delivery"]))
        await state.close()

    assert apart[0][0] + 1000 == apart[1][0]
    assert apart[0][1] != apart[1][1]


async def test_everything_is_found_again_after_a_restart(tmp_path: Path) -> None:
    chosen = settings(data_file=tmp_path / "deep" / "sandbox.sqlite")
    first = build(chosen, Receiver())
    state = first.state.sandbox
    await client_of(first).post(f"/github/api{ISSUES}", json={"title": "kept"}, headers=GITHUB_HEADERS)
    milestones = [one["title"] for one in state.store.all("github.milestone")]
    await state.close()

    second = build(chosen, Receiver())
    listed = await client_of(second).get(f"/github/api{ISSUES}", headers=GITHUB_HEADERS)

    assert [one["title"] for one in listed.json()] == ["kept"]
    assert [one["title"] for one in second.state.sandbox.store.all("github.milestone")] == milestones
    await second.state.sandbox.close()


async def test_webhooks_that_waited_when_it_stopped_are_sent_by_the_next_run(tmp_path: Path) -> None:
    chosen = settings(data_file=tmp_path / "sandbox.sqlite")
    state = build(chosen, Receiver(answers=[500] * 9)).state.sandbox
    scenario.page(state, "x")
    await state.close()

    receiver = Receiver()
    second = build(chosen, receiver).state.sandbox
    await second.settle()

    assert receiver.event_types() == ["triggered"]
    await second.close()


def client_of(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox.test")


async def test_waiting_for_webhooks_has_an_end(bench: Bench) -> None:
    bench.receiver.answers = [500] * 1000
    await bench.page()

    assert await bench.do("/settle", seconds=0.05) == {"settled": False}
    bench.receiver.answers = []
    assert await bench.do("/settle") == {"settled": True}


async def test_reset_forgets_everything(bench: Bench) -> None:
    await bench.issue()
    await bench.page()

    await bench.do("/reset")

    overview = (await bench.control.get("/")).json()
    assert (overview["issues"], overview["incidents"]) == (0, 0)
    assert (await bench.issue())["number"] == 1


@pytest.mark.parametrize("path", ["/github/web/acme/payments/issues", "/pagerduty/web/", "/pagerduty/web/incidents"])
async def test_the_lists_are_pages(bench: Bench, path: str) -> None:
    await bench.issue()
    await bench.page()

    answer = await bench.github.get(f"http://sandbox.test{path}")

    assert answer.status_code == 200
    assert "<h1>" in answer.text
