"""`closeout trackers`, against stand-ins."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from closeout.cli import app_of
from closeout.commands.trackers import told_of_webhooks
from closeout_actions.adapters.port import Webhook
from closeout_chassis.errors import SettingsError
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.testing import RunningSandbox, serving

Running = tuple[RunningSandbox, asyncio.AbstractEventLoop]


@pytest.fixture(scope="module")
def sandbox(running: Running) -> RunningSandbox:
    return running[0]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A sandbox in a thread of its own, with its loop: the command has its own event loop."""
    ready, ended, found = threading.Event(), asyncio.Event(), []

    async def serve() -> None:
        async with serving(SandboxSettings()) as running:
            found.append((running, asyncio.get_running_loop()))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield found[0]
    found[0][1].call_soon_threadsafe(ended.set)
    thread.join(60)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox) -> pytest.MonkeyPatch:
    for name, value in {
        "GITEA_URL": sandbox.tracker_api("gitea"),
        "GITEA_TOKEN": "sandbox-gitea-token",
        "GITEA_PROJECTS": "acme/payments",
        "LINEAR_API_URL": sandbox.tracker_api("linear"),
        "LINEAR_TOKEN": "lin_api_sandbox",
        "LINEAR_PROJECTS": "PAY",
    }.items():
        monkeypatch.setenv(f"CLOSEOUT_ACTIONS_{name}", value)
    monkeypatch.setenv("CLOSEOUT_INGEST_GITEA_SECRETS", "a-secret-of-the-webhook")
    return monkeypatch


TOKENS = {
    "github": {"GITHUB_TOKEN": "sandbox-github-token", "GITHUB_PROJECTS": "acme/payments"},
    "jira": {
        "JIRA_TOKEN": "sandbox-jira-token",
        "JIRA_EMAIL": "closeout-bot@example.com",
        "JIRA_PROJECTS": "PAY",
    },
    "gitlab": {"GITLAB_TOKEN": "sandbox-gitlab-token", "GITLAB_PROJECTS": "acme/payments"},
}


@pytest.fixture
def told_by_trackers(connected: pytest.MonkeyPatch, running: Running) -> Iterator[Callable[..., None]]:
    """All trackers that say which webhooks they have. Where to their webhooks lead, and how the stand-ins behave."""
    sandbox, loop = running
    for system, values in TOKENS.items():
        address = "GITHUB_API_URL" if system == "github" else f"{system.upper()}_URL"
        url = sandbox.github_api if system == "github" else sandbox.tracker_api(system)
        for name, value in {address: url, **values}.items():
            connected.setenv(f"CLOSEOUT_ACTIONS_{name}", value)
        connected.setenv(f"CLOSEOUT_INGEST_{system.upper()}_SECRETS", "a-secret-of-the-webhook")

    def do(**behaviour: Any) -> None:
        async def post() -> None:
            systems = ("github", "jira", "gitlab", "gitea", "linear")
            url = "https://closeout.example/webhooks/{}" if behaviour.pop("has_webhooks", True) else ""
            pointed = {one: {"url": url.format(one), "secret": "s"} for one in systems}
            assert (await sandbox.control.put("/webhooks", json=pointed)).is_success
            assert (await sandbox.control.patch("/behaviour", json=behaviour)).is_success

        asyncio.run_coroutine_threadsafe(post(), loop).result(60)

    yield do
    do(has_webhooks=False, shows_webhooks=True)


def run(*words: str) -> Result:
    return CliRunner().invoke(app_of(["trackers"]), ["trackers", *words])


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def test_the_list_says_what_is_connected_and_what_is_to_do(connected: pytest.MonkeyPatch) -> None:
    connected.delenv("CLOSEOUT_ACTIONS_LINEAR_PROJECTS")

    found = {one["tracker"]: one for one in told("list")}

    assert found["gitea"]["connected"]
    assert found["gitea"]["news"] == "webhooks and polling"
    assert found["linear"]["news"] == "polling only"
    assert "CLOSEOUT_ACTIONS_LINEAR_PROJECTS" in found["linear"]["to_do"]
    assert not found["jira"]["connected"]
    assert found["jira"]["to_do"] == "docs/howto/jira.md"


def test_no_token_is_ever_printed(connected: pytest.MonkeyPatch) -> None:
    printed = run("list").stdout + run("check").stdout

    assert "sandbox-gitea-token" not in printed
    assert "lin_api_sandbox" not in printed


def test_projects_in_which_tickets_can_be_made_are_ok(connected: pytest.MonkeyPatch) -> None:
    answer = run("check")

    assert answer.exit_code == 0, answer.stdout
    assert [one["project"] for one in told("check")] == ["linear:PAY", "gitea:acme/payments"]
    assert all(one["people"] and one["milestones"] for one in told("check"))
    linear, gitea = told("check")
    assert linear["news"] == "polling only: the tracker has no webhook to …/webhooks/linear"
    assert gitea["news"] == "polling only: the tracker has no webhook to …/webhooks/gitea"
    assert "follows duplicates" in linear["can"]
    assert "checks code" in gitea["can"]


def test_what_webhooks_there_are_is_asked_of_the_trackers(told_by_trackers: Callable[..., None]) -> None:
    told_by_trackers()

    news = {one["project"]: one["news"] for one in told("check")}

    assert news.pop("linear:PAY") == (
        "polling only: the tracker has a webhook, and CLOSEOUT_INGEST_LINEAR_SECRETS is not set here"
    )
    assert set(news) == {"github:acme/payments", "jira:PAY", "gitlab:acme/payments", "gitea:acme/payments"}
    assert set(news.values()) == {"webhooks and polling"}


def test_a_tracker_that_has_none_says_so(told_by_trackers: Callable[..., None]) -> None:
    told_by_trackers(has_webhooks=False)

    for one in told("check"):
        vendor = one["project"].partition(":")[0]
        assert one["news"] == f"polling only: the tracker has no webhook to …/webhooks/{vendor}"


def test_a_tracker_that_does_not_show_its_webhooks_to_us_says_so_and_the_settings_are_told(
    told_by_trackers: Callable[..., None],
) -> None:
    told_by_trackers(shows_webhooks=False)

    for one in told("check"):
        assert one["ok"]
        assert "by our settings: the tracker does not show its webhooks" in one["news"]
        assert one["news"].startswith("polling only" if one["project"] == "linear:PAY" else "webhooks and polling")


@pytest.mark.parametrize(
    ("webhook", "says"),
    [
        ({}, "webhooks and polling"),
        ({"tells_comments": False}, "webhooks and polling; it does not tell of comments"),
        ({"trouble": "the last answer was 502"}, "webhooks and polling; the last answer was 502"),
        ({"is_active": False}, "polling only: the tracker has a webhook, and it is switched off"),
        ({"is_active": False, "trouble": "it failed"}, "polling only: the tracker has a webhook, and it failed"),
        ({"tells_tickets": False}, "polling only: the tracker has a webhook, and it does not tell of issues"),
    ],
)
def test_what_a_webhook_is_good_for(webhook: dict[str, Any], says: str) -> None:
    given = {"url": "https://x.example/webhooks/jira/secret", "is_active": True, "tells_tickets": True}
    found = Webhook(**{**given, "tells_comments": True, **webhook})

    assert told_of_webhooks([found], "jira", has_secret=True) == says


def test_a_token_that_ran_out_and_a_project_that_is_gone_are_said_and_fail(connected: pytest.MonkeyPatch) -> None:
    connected.setenv("CLOSEOUT_ACTIONS_LINEAR_TOKEN", "lin_api_old")
    connected.setenv("CLOSEOUT_ACTIONS_GITEA_PROJECTS", "acme/none")

    linear, gitea = told("check")

    assert run("check").exit_code == 1
    assert "CLOSEOUT_ACTIONS_LINEAR_TOKEN" in linear["says"]
    assert "acme/none cannot be read" in gitea["says"]


def test_a_tracker_that_is_away_is_said_and_fails(connected: pytest.MonkeyPatch) -> None:
    connected.setenv("CLOSEOUT_ACTIONS_GITEA_URL", "http://127.0.0.1:9")

    assert run("check").exit_code == 1
    assert not told("check")[1]["ok"]


def test_nothing_connected_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run("check")

    assert answer.exit_code == 1
    assert "closeout trackers list" in answer.stdout


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("JIRA_FIELDS", "{", "no JSON"),
        ("JIRA_PROJECTS", "pay", "write it as PAY"),
        ("JIRA_LABEL", "two words", "no spaces"),
        ("GITEA_PROJECTS", "payments", "write it as acme/payments"),
        ("GITEA_TOKEN", "x", "set CLOSEOUT_ACTIONS_GITEA_URL"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"CLOSEOUT_ACTIONS_{name}", value)

    answer = run("list")

    assert isinstance(answer.exception, SettingsError)
    assert why in " ".join(answer.exception.lines)
