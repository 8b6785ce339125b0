"""Evidence for done: a ticket that is closed is a claim until its check passes, and regresses when it does not."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from closeout_actions.adapters.evidence.looking import Flags, Pages, Prometheus, Seen
from closeout_actions.adapters.github.tracker import GitHub
from closeout_actions.adapters.port import ReadsRepositories
from closeout_actions.commands.checking import Checker
from closeout_actions.domain.evidence import checked
from closeout_actions.domain.ticket import Ticket
from closeout_actions.testing import Actions, actions
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.checks import Check, CheckKind, Evidence
from closeout_schemas.tickets import ProblemKind
from closeout_schemas.vocabulary import TicketState, Vendor
from tests.wall import prometheus_process

from .github_stub import Remembering
from .stands import KINDS, Stand
from .test_mirror import made as made_ticket

ALERT = Check(kind=CheckKind.ALERT, what="CheckoutBudgetBurns")
RULES = """
groups:
  - name: checkout
    rules:
      - alert: CheckoutBudgetBurns
        expr: vector(1) > 2
"""


def claimed() -> Ticket:
    ticket = made_ticket()
    snapshot = ticket.snapshot.model_copy(update={"state": TicketState.CLAIMED})
    return ticket.model_copy(update={"snapshot": snapshot, "has_check": True})


def after(ticket: Ticket, *results: bool | None) -> Ticket:
    for passes in results:
        now = datetime(2026, 3, 4, tzinfo=UTC)
        ticket = checked(ticket, Evidence(check=ALERT, passes=passes, says="So it is.", checked_at=now)).ticket
    return ticket


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ([], TicketState.CLAIMED),
        ([None], TicketState.CLAIMED),
        ([True], TicketState.COMPLETED),
        ([False], TicketState.NOT_VERIFIED),
        ([False, True], TicketState.COMPLETED),
        ([True, False], TicketState.COMPLETED),
        ([True, False, False], TicketState.REGRESSED),
        ([True, False, None, False], TicketState.COMPLETED),
        ([True, False, False, True], TicketState.COMPLETED),
        ([True, None], TicketState.COMPLETED),
    ],
)
def test_what_a_check_says_makes_a_claim_shipped_not_verified_or_regressed(
    results: list[bool | None], state: TicketState
) -> None:
    assert after(claimed(), *results).snapshot.state is state


def test_the_same_result_again_is_no_news_and_an_open_ticket_is_left_alone() -> None:
    once = after(claimed(), False)

    again = checked(once, Evidence(check=ALERT, passes=False, says="So it is.", checked_at=datetime.now(UTC)))
    still_open = made_ticket()
    untouched = checked(still_open, Evidence(check=ALERT, passes=True, says="", checked_at=datetime.now(UTC)))

    assert again.changes == ()
    assert untouched.ticket == still_open


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if prometheus_process.program() is None:
        pytest.skip(prometheus_process.HOW_TO_GET_IT)
    folder: Path = tmp_path_factory.mktemp("prometheus")
    rules = folder / "rules.yml"
    rules.write_text(RULES)
    running = prometheus_process.Prometheus(folder, {}, [rules])
    running.wait()
    yield running.url
    running.stop()


async def test_a_real_prometheus_says_whether_a_rule_and_an_expression_are_there(prometheus: str) -> None:
    asked = Prometheus(prometheus, None, timeout=60)
    try:
        rule, no_rule = await asked.alerting_rule("CheckoutBudgetBurns"), await asked.alerting_rule("Other")
        result, none = await asked.expression("vector(1)"), await asked.expression('up{job="checkout"}')
        number, broken = await asked.expression("0"), await asked.expression("sum(")
    finally:
        await asked.close()

    assert [one.passes for one in (rule, no_rule, result, none, number, broken)] == [
        *(True, False, True, False, False, False)
    ]
    assert "has no alerting rule Other" in no_rule.says
    assert "does not take the expression" in broken.says


@pytest.mark.parametrize(
    "data", [["x"], {"result": 7}, {"resultType": "scalar"}, {"groups": [None]}, {"groups": {"a": 1}}, "x"]
)
async def test_what_is_no_answer_of_prometheus_is_told_and_ends_no_round(data: object) -> None:
    class Odd(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"status": "success", "data": data}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked = Prometheus(f"http://127.0.0.1:{server.server_address[1]}", None, timeout=60)
    try:
        found = [await asked.expression("up"), await asked.alerting_rule("CheckoutBudgetBurns")]
    finally:
        await asked.close()
        server.shutdown()
        server.server_close()

    assert Seen(None, "Prometheus's answer is not in its form.") in found


@pytest.fixture
def host() -> Iterator[str]:
    """A provider of flags, and a page; on loopback."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path == "/elsewhere" else 204)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.path == "/ofrep/v1/evaluate/flags/checkout.kill-switch" and "targetingKey" in body["context"]
            answer: dict[str, Any] = {"key": "x", "value": False} if known else {"errorCode": "FLAG_NOT_FOUND"}
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


async def test_only_hosts_on_the_list_are_asked_and_redirects_are_not_followed(host: str) -> None:
    pages = Pages([host], timeout=60)

    found = [
        await pages.answers(what)
        for what in (
            f"http://{host}/healthz 204",
            f"http://{host}/healthz",
            f"http://{host}/elsewhere",
            "http://169.254.169.254/latest/meta-data",
            f"http://user@{host}/",
            f"ftp://{host}/",
            "no address",
        )
    ]

    assert [one.passes for one in found] == [True, False, False, None, None, None, None]
    assert "not on the list CLOSEOUT_ACTIONS_CHECK_HOSTS" in found[3].says


async def test_a_provider_of_flags_says_which_it_knows(host: str) -> None:
    flags, nowhere = Flags(f"http://{host}", None, timeout=60), Flags("http://127.0.0.1:1", None, timeout=60)

    found = [await flags.is_known("checkout.kill-switch"), await flags.is_known("x"), await nowhere.is_known("x")]

    assert [one.passes for one in found] == [True, False, None]
    await flags.close()
    await nowhere.close()


async def test_files_and_merged_pull_requests_are_looked_for_where_the_code_lies() -> None:
    there = {
        "/repos/acme/payments": {"full_name": "acme/payments"},
        "/repos/acme/payments/contents/deploy/canary.yaml": {"type": "file"},
        "/repos/acme/payments/pulls/42": {"merged_at": "2026-03-03T03:14:00Z"},
        "/repos/acme/payments/pulls/43": {"merged_at": None, "state": "closed"},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        found = there.get(request.url.path)
        return httpx.Response(200 if found else 404, json=found or {"message": "Not Found"})

    github = GitHub(
        "https://api.github.test",
        SecretStr("a-token"),
        Remembering(),
        timeout=5,
        transport=httpx.MockTransport(answer),
    )

    assert await github.has_file("acme/payments", "deploy/canary.yaml")
    assert not await github.has_file("acme/payments", "deploy/other.yaml")
    assert [await github.is_merged("acme/payments", number) for number in (42, 43, 44)] == [True, False, False]
    await github.close()


@pytest.fixture
async def team(database: str, sandbox: RunningSandbox, host: str) -> AsyncIterator[Actions]:
    more = {
        "check_flags_url": f"http://{host}",
        "check_timeout_seconds": 60,
        "check_seconds": 0.01,
        "check_hosts": (host,),
    }
    async with actions(database, sandbox.github_api, **more) as running:
        yield running


@pytest.mark.parametrize(
    ("check", "state", "told"),
    [
        ("flag: checkout.kill-switch", TicketState.COMPLETED, ["created", "changed", "completed"]),
        ("flag: unknown", TicketState.NOT_VERIFIED, ["created", "changed", "changed"]),
        ("alert: CheckoutBudgetBurns", TicketState.CLAIMED, ["created", "changed", "changed"]),
    ],
)
async def test_a_closed_ticket_ships_when_its_check_passes_and_says_so_when_it_does_not(
    team: Actions, sandbox: RunningSandbox, check: str, state: TicketState, told: list[str]
) -> None:
    kept = await team.made(check=Check.parse(check))
    await sandbox.control.post("/github/issues/1/close", json={"reason": "completed"})
    await team.reconciler.run()
    assert (await team.kept(kept.item_id)).ticket.snapshot.state is TicketState.CLAIMED

    checker = Checker(team.db, team.settings, {})
    await checker._one()
    await team.reconciler.run()
    await checker.close()

    ticket = (await team.kept(kept.item_id)).ticket.snapshot
    assert ticket.state is state
    assert await team.told() == told
    assert ticket.evidence is not None
    if state is TicketState.NOT_VERIFIED:
        assert ticket.problem is not None
        assert ticket.problem.kind is ProblemKind.NOT_VERIFIED
        assert "knows no such flag" in ticket.problem.text
    if state is TicketState.CLAIMED:
        assert "CLOSEOUT_ACTIONS_CHECK_PROMETHEUS_URL" in ticket.evidence.says


async def test_a_check_of_code_needs_a_tracker_that_has_repositories(team: Actions) -> None:
    checker = Checker(team.db, team.settings, {})

    seen = await checker.look(Check.parse("file: acme/payments:x.yaml"), Vendor.JIRA)

    assert seen.passes is None
    assert "write github:" in seen.says
    await checker.close()


CODE = [kind for kind in KINDS if kind.system in ("github", "gitlab", "gitea")]
GITLAB = [kind for kind in KINDS if kind.system == "gitlab"]


@pytest.mark.integration
@pytest.mark.parametrize("stand", GITLAB, indirect=True, ids=["gitlab"])
@pytest.mark.parametrize(
    ("check", "passes", "says"),
    [
        ("file: acme/payments:deploy/canary.yaml", True, "deploy/canary.yaml is there."),
        ("file: acme/payments:deploy/other.yaml", False, "deploy/other.yaml is not there."),
        ("file: gitlab:acme/payments:deploy/canary.yaml", True, "deploy/canary.yaml is there."),
        ("merged: acme/payments!42", True, "acme/payments!42 is merged."),
        ("merged: acme/payments!43", False, "acme/payments!43 is not merged."),
        ("merged: acme/payments!44", False, "acme/payments!44 is not merged."),
    ],
)
async def test_files_and_merged_requests_are_looked_for_in_gitlab(
    database: str, stand: Stand, check: str, passes: bool, says: str
) -> None:
    board = stand.state.trackers["gitlab"].desk.board
    board.change_project("acme/payments", files=["deploy/canary.yaml"], merge_requests={"42": "merged", "43": "closed"})
    async with actions(database, "", **stand.settings) as team:
        kept = await team.settled(await team.promise(**stand.promise(check=Check.parse(check))))
        await stand.close("completed")
        await team.reconciler.run()

        [tracker] = team.reconciler._trackers
        checker = Checker(team.db, team.settings, {tracker.vendor: tracker})
        await checker._one()
        await checker.close()

        ticket = (await team.kept(kept.item_id)).ticket.snapshot
    assert ticket.state is (TicketState.COMPLETED if passes else TicketState.NOT_VERIFIED)
    assert ticket.evidence is not None
    assert ticket.evidence.says == says


@pytest.mark.parametrize("stand", GITLAB, indirect=True, ids=["gitlab"])
@pytest.mark.parametrize("status", [403, 500])
async def test_code_that_gitlab_does_not_show_us_is_no_evidence_of_anything(
    database: str, stand: Stand, status: int
) -> None:
    await stand.fault("status", method="GET", path="*/repository/files/*", status=status)
    async with actions(database, "", **stand.settings) as connected:
        [tracker] = connected.reconciler._trackers
        checker = Checker(connected.db, connected.settings, {tracker.vendor: tracker})
        seen = await checker.look(Check.parse("file: acme/payments:deploy/canary.yaml"), Vendor.GITLAB)
        await checker.close()

    assert seen.passes is None
    assert "could not be looked at" in seen.says


@pytest.mark.integration
@pytest.mark.parametrize("stand", CODE, indirect=True, ids=[kind.system for kind in CODE])
async def test_what_lies_in_a_repository_that_is_out_of_reach_is_not_said_to_be_missing(
    database: str, stand: Stand
) -> None:
    """Else taking our access away would undo what had shipped."""
    async with actions(database, "", **stand.settings) as team:
        [tracker] = team.reconciler._trackers
        assert isinstance(tracker, ReadsRepositories)
        checker = Checker(team.db, team.settings, {tracker.vendor: tracker})
        checks = [Check.parse("file: acme/payments:x.yaml"), Check.parse("merged: acme/payments#99")]
        before = [(await checker.look(one, tracker.vendor)).passes for one in checks]
        await stand.hide()
        after = [await checker.look(one, tracker.vendor) for one in checks]
        await checker.close()

    assert before == [False, False]
    assert [one.passes for one in after] == [None, None]
    assert all("cannot be read" in one.says for one in after)
