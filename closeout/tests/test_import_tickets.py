"""Tickets that imported reviews name are asked of their tracker: done is what was completed there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from closeout.commands import import_tickets
from closeout.commands.import_tickets import ask_trackers, place_of
from closeout_actions.settings import ActionsSettings
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.testing import migrated
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_review.commands.importing import review_of, take_in
from closeout_review.store.imported import ImportedReviews
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.testing import serving
from closeout_schemas.vocabulary import Vendor

TEXT = """# Gateway incident

2025-03-04

## Action items

- [ ] Alert on it (https://github.com/acme/payments/issues/{done})
- [ ] Limit it (https://github.com/acme/payments/issues/{open})
- [ ] Renew it (https://elsewhere.example/browse/OPS-12)
- [ ] Test it (https://github.com/acme/payments/issues/{done}, https://github.com/acme/payments/issues/{open})
- [ ] Watch it (https://github.com/acme/payments/issues/{done}, https://github.com/acme/payments/issues/{also_done})
- Write it down (https://github.com/acme/payments/issues/{done}, https://elsewhere.example/browse/OPS-13)
"""


@pytest.mark.parametrize(
    ("ticket", "vendor", "key"),
    [
        ("https://github.com/acme/payments/issues/12", Vendor.GITHUB, "acme/payments#12"),
        ("acme/payments#12", Vendor.GITHUB, "acme/payments#12"),
        ("https://acme.example/browse/OPS-12?x=1", Vendor.JIRA, "OPS-12"),
        ("OPS-12", Vendor.JIRA, "OPS-12"),
        ("https://linear.app/acme/issue/OPS-12/a-title", Vendor.LINEAR, "OPS-12"),
    ],
)
def test_a_ticket_is_known_by_its_address_its_number_or_its_key(ticket: str, vendor: Vendor, key: str) -> None:
    connected = {Vendor.GITHUB: 1, Vendor.JIRA: 2, Vendor.LINEAR: 3}

    found = place_of(ticket, connected)

    assert found is not None
    assert (found[0], found[1].key) == (vendor, key)
    assert place_of("https://elsewhere.example/T1234", connected) is None
    assert place_of(ticket, {}) is None


def connected_to(sandbox: Any, **more: Any) -> ActionsSettings:
    """The actions service's settings, with the sandbox as GitHub."""
    return ActionsSettings(
        github_token=SecretStr("sandbox-github-token"),
        github_api_url=sandbox.github_api,
        github_projects=("acme/payments",),
        **more,
    )


@pytest.mark.integration
async def test_the_tracker_says_what_became_of_each_and_what_it_does_not_have_stays_unknown(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        serving(SandboxSettings()) as sandbox,
        migrated(database_url, "actions"),
        migrated(database_url, "review") as review,
    ):
        settings = connected_to(sandbox)
        monkeypatch.setattr(import_tickets, "read", lambda _settings: settings)
        done, also_done, open_ = [await sandbox_issue(sandbox, title) for title in ("Alert", "Watch", "Limit")]
        await close(sandbox, done)
        await close(sandbox, also_done)
        [document] = read("gateway.md", TEXT.format(done=done, also_done=also_done, open=open_).encode())
        assert isinstance(document, Document)
        async with review.transaction() as tx:
            await take_in([document], tx)

        counts = await ask_trackers(DatabaseSettings(url=SecretStr(database_url)), review)

        async with review.reading() as conn:
            kept = await ImportedReviews(conn).one(review_of(document).id)
    assert kept is not None
    # Of several tickets all have to be done; one that nobody can ask for says nothing.
    assert [item["done"] for item in kept.action_items] == [True, False, False, False, True, None]
    states = [[one["state"] for one in item.get("ticket_states", {}).values()] for item in kept.action_items]
    assert states == [["completed"], ["open"], [], ["completed", "open"], ["completed", "completed"], ["completed"]]
    # Each is asked for once, whatever number of promises name it.
    assert counts == {"done": 2, "not done": 1, "of no tracker that is connected": 2}


@pytest.mark.integration
@pytest.mark.parametrize("system", ["gitlab", "gitea"])
async def test_an_issue_of_gitlab_or_gitea_is_found_by_its_number(
    database_url: str, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    async with (
        serving(SandboxSettings()) as sandbox,
        migrated(database_url, "actions"),
        migrated(database_url, "review") as review,
    ):
        token = SecretStr(f"sandbox-{system}-token")
        access: dict[str, Any] = {f"{system}_url": sandbox.tracker_api(system), f"{system}_token": token}
        settings = ActionsSettings(**access)
        monkeypatch.setattr(import_tickets, "read", lambda _settings: settings)
        board = sandbox.state.trackers[system].desk.board
        ticket = board.open(board.project("acme/payments"), "Alert on it", by="sam-oncall")
        board.close(ticket["id"], "completed", by="sam-oncall")
        text = f"# Gateway\n\n2025-03-04\n\n## Action items\n\n- Alert (acme/payments#{ticket['number']})\n"
        [document] = read("gateway.md", text.encode())
        assert isinstance(document, Document)
        async with review.transaction() as tx:
            await take_in([document], tx)

        counts = await ask_trackers(DatabaseSettings(url=SecretStr(database_url)), review)

    assert counts == {"done": 1}


@pytest.mark.integration
async def test_a_tracker_that_is_away_keeps_no_other_from_being_asked(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        serving(SandboxSettings()) as sandbox,
        migrated(database_url, "actions"),
        migrated(database_url, "review") as review,
    ):
        settings = connected_to(
            sandbox,
            # Nobody listens there.
            linear_token=SecretStr("lin_api_key"),
            linear_api_url="http://127.0.0.1:9",
            linear_projects=("OPS",),
        )
        monkeypatch.setattr(import_tickets, "read", lambda _settings: settings)
        done = await sandbox_issue(sandbox, "Alert on it")
        await close(sandbox, done)
        items = f"- Renew it (OPS-1)\n- Limit it (OPS-2)\n- Alert (acme/payments#{done})\n"
        [document] = read("gateway.md", f"# Gateway\n\n2025-03-04\n\n## Action items\n\n{items}".encode())
        assert isinstance(document, Document)
        async with review.transaction() as tx:
            await take_in([document], tx)

        counts = await ask_trackers(DatabaseSettings(url=SecretStr(database_url)), review)

        async with review.reading() as conn:
            kept = await ImportedReviews(conn).one(review_of(document).id)
    assert kept is not None
    assert [item["done"] for item in kept.action_items] == [None, None, True]
    assert counts["done"] == 1
    assert sum(number for what, number in counts.items() if what.startswith("not asked: ")) == 1


@pytest.mark.integration
async def test_a_review_that_is_imported_anew_while_its_tracker_is_asked_says_what_it_says_now(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        serving(SandboxSettings()) as sandbox,
        migrated(database_url, "actions"),
        migrated(database_url, "review") as review,
    ):
        settings = connected_to(sandbox)
        monkeypatch.setattr(import_tickets, "read", lambda _settings: settings)
        issue = await sandbox_issue(sandbox, "Alert on it")

        async def imported(promise: str) -> UUID:
            text = f"# Gateway\n\n2025-03-04\n\n## Action items\n\n- {promise} (acme/payments#{issue})\n"
            [document] = read("gateway.md", text.encode())
            assert isinstance(document, Document)
            async with review.transaction() as tx:
                await take_in([document], tx)
            return review_of(document).id

        which = await imported("Alert on it")
        ask_the_tracker = import_tickets._Asking._ask

        async def meanwhile(asking: Any, *about: Any) -> Any:
            await imported("Page on it")
            return await ask_the_tracker(asking, *about)

        monkeypatch.setattr(import_tickets._Asking, "_ask", meanwhile)
        await ask_trackers(DatabaseSettings(url=SecretStr(database_url)), review)

        async with review.reading() as conn:
            kept = await ImportedReviews(conn).one(which)
    assert kept is not None
    assert [item["text"] for item in kept.action_items] == [f"Page on it (acme/payments#{issue})"]


async def sandbox_issue(sandbox: Any, title: str) -> int:
    answer = await ask(sandbox, "POST", "/repos/acme/payments/issues", {"title": title})
    number: int = answer["number"]
    return number


async def close(sandbox: Any, number: int) -> None:
    change = {"state": "closed", "state_reason": "completed"}
    await ask(sandbox, "PATCH", f"/repos/acme/payments/issues/{number}", change)


async def ask(sandbox: Any, method: str, path: str, body: dict[str, str]) -> Any:
    headers = {
        "Authorization": "Bearer sandbox-github-token",
        "Accept": "application/vnd.github+json",
        "User-Agent": "closeout-test",
    }
    async with httpx.AsyncClient(base_url=sandbox.github_api, headers=headers) as http:
        answer = await http.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()
