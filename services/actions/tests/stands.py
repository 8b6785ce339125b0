"""Every tracker's stand-in in the same words, so that one suite can be run against all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from closeout_actions.testing import TOKEN, delivered
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.postmortems import Owner
from closeout_schemas.vocabulary import TicketState, Vendor, derived_id

SECRET = "webhook-secret"
NOWHERE = "http://127.0.0.1:9/"
HUMAN = "sam-oncall"
QUICK = (0.0, 0.1, 0.3)


@dataclass(frozen=True)
class Kind:
    """A tracker. `create`: the request that makes a ticket, as (method, path), for the faults."""

    system: str
    vendor: Vendor
    project: str
    elsewhere: str
    create: tuple[str, str]
    longest_title: int
    settings: Callable[[RunningSandbox], Mapping[str, Any]]
    create_body: str = ""  # what such a request says, where the path does not tell it from others
    tells_deleted: bool = True
    tells_moved: bool = True
    not_planned: TicketState = TicketState.WONT_DO
    says: Mapping[str, str] = field(default_factory=dict)  # the label that says how it was closed


def _github(sandbox: RunningSandbox) -> dict[str, Any]:
    return {"github_api_url": sandbox.github_api}


def _jira(system: str, flavour: str, email: str) -> Callable[[RunningSandbox], dict[str, Any]]:
    return lambda sandbox: {
        "jira_url": sandbox.tracker_api(system),
        "jira_flavour": flavour,
        "jira_email": email,
        "jira_token": SecretStr("sandbox-jira-token"),
        "jira_projects": ("PAY",),
        "jira_settle_seconds": QUICK,
    }


def _linear(sandbox: RunningSandbox) -> dict[str, Any]:
    return {
        "linear_api_url": sandbox.tracker_api("linear"),
        "linear_token": SecretStr("lin_api_sandbox"),
        "linear_projects": ("PAY",),
    }


def _by_url(system: str) -> Callable[[RunningSandbox], dict[str, Any]]:
    return lambda sandbox: {
        f"{system}_url": sandbox.tracker_api(system),
        f"{system}_token": SecretStr(f"sandbox-{system}-token"),
        f"{system}_projects": ("acme/payments",),
    }


def _homemade(sandbox: RunningSandbox) -> dict[str, Any]:
    return {
        "homemade_url": f"{sandbox.tracker_api('homemade')}/closeout",
        "homemade_token": SecretStr("sandbox-homemade-secret"),
        "homemade_projects": ("PAY",),
    }


KINDS = (
    Kind(
        "github",
        Vendor.GITHUB,
        "acme/payments",
        "acme/ledger",
        ("POST", "/repos/*/issues"),
        256,
        _github,
    ),
    Kind(
        "jira",
        Vendor.JIRA,
        "PAY",
        "OPS",
        ("POST", "/rest/api/3/issue"),
        255,
        _jira("jira", "cloud", "closeout-bot@example.com"),
    ),
    Kind("jira_dc", Vendor.JIRA, "PAY", "OPS", ("POST", "/rest/api/2/issue"), 255, _jira("jira_dc", "data_center", "")),
    Kind(
        "linear",
        Vendor.LINEAR,
        "PAY",
        "OPS",
        ("POST", "/graphql"),
        255,
        _linear,
        create_body="mutation Create",
        not_planned=TicketState.CANCELLED,
    ),
    Kind(
        "gitlab",
        Vendor.GITLAB,
        "acme/payments",
        "acme/ledger",
        ("POST", "/api/v4/projects/*/issues"),
        255,
        _by_url("gitlab"),
        tells_deleted=False,
        says={"not_planned": "resolution::wontfix"},
    ),
    Kind(
        "gitea",
        Vendor.GITEA,
        "acme/payments",
        "acme/billing",
        ("POST", "/api/v1/repos/*/issues"),
        255,
        _by_url("gitea"),
        tells_deleted=False,
        tells_moved=False,
        says={"not_planned": "wontfix", "duplicate": "duplicate"},
    ),
    Kind(
        "homemade",
        Vendor.HOMEMADE,
        "PAY",
        "OPS",
        ("POST", "/closeout"),
        255,
        _homemade,
        create_body="ticket.create",
    ),
)


class Stand:
    """One stand-in that runs."""

    def __init__(self, kind: Kind, sandbox: RunningSandbox) -> None:
        self.kind = kind
        self.sandbox = sandbox
        self.state = sandbox.state

    @property
    def settings(self) -> dict[str, Any]:
        """What the service has to be told to use this one and no other."""
        token = SecretStr(TOKEN) if self.kind.system == "github" else None
        return {"github_token": token, **self.kind.settings(self.sandbox)}

    def owner(self, handle: str = "dana-engineer") -> Owner:
        return Owner(
            person_id=derived_id("person", "dana"),
            name="Dana Engineer",
            handles={self.kind.vendor: self.account(handle)},
        )

    def account(self, handle: str) -> str:
        """What the tracker itself calls somebody."""
        return str(self._board().person(handle)["id"]) if self.kind.system == "linear" else handle

    def promise(self, **fields: Any) -> dict[str, Any]:
        """The fields of an action item for this tracker."""
        return {"tracker": self.kind.vendor, "project": self.kind.project, "owner": self.owner(), **fields}

    # What goes wrong

    async def fault(self, kind: str, **more: Any) -> None:
        """Let creations go wrong, unless `path` says otherwise."""
        method, path = self.kind.create
        body = {} if "path" in more else {"body": self.kind.create_body}
        given = {"system": self.kind.system, "method": method, "path": path, "kind": kind, **body, **more}
        answer = await self.sandbox.control.post("/faults", json=given)
        assert answer.is_success, answer.text

    async def too_many(self, seconds: int | None, **more: Any) -> None:
        """Answer a creation with too many requests."""
        if self.kind.system == "github":
            await self.fault("secondary_limit", status=429, retry_after=seconds, **more)
        else:
            await self.fault("rate_limit", retry_after=seconds, **more)

    async def mend(self) -> None:
        await self.sandbox.control.delete("/faults")

    async def behave(self, **changes: Any) -> None:
        assert (await self.sandbox.control.patch("/behaviour", json=changes)).is_success

    # What is there

    def tickets(self) -> list[dict[str, Any]]:
        """All, oldest first: id, title, assignees, labels, state, comments."""
        if self.kind.system != "github":
            return self.state.trackers[self.kind.system].desk.board.tickets()
        comments = self.state.store.all("github.comment")
        return [{**one, "comments": comments} for one in self.state.store.all("github.issue")]

    # What people do to the first ticket, or to the one of that number

    async def close(self, outcome: str) -> None:
        if self.kind.system == "github":
            original = {"of": await self._another_issue()} if outcome == "duplicate" else {}
            await self._control("/github/issues/1/close", reason=outcome, by=HUMAN, **original)
            return
        duplicate = {"duplicate_of": self._another()} if outcome == "duplicate" else {}
        if self.kind.system == "gitea" and outcome == "duplicate":
            # It has no such link: people say it.
            number = self._board().ticket(duplicate.pop("duplicate_of"))["number"]
            self._board().comment(self._first(), f"Duplicate of #{number}, see there.", by=HUMAN)
        self._board().close(self._first(), outcome, by=HUMAN, **self._said_by(outcome), **duplicate)

    async def complete_original(self) -> None:
        """What the first was closed as a duplicate of is done."""
        if self.kind.system == "github":
            await self._control("/github/issues/2/close", by=HUMAN)
        else:
            self._board().close(self.tickets()[1]["id"], "completed", by=HUMAN)

    async def reopen(self) -> None:
        if self.kind.system == "github":
            await self._control("/github/issues/1/reopen", by=HUMAN)
        else:
            self._board().reopen(self._first(), by=HUMAN)

    async def assign(self, *handles: str) -> None:
        if self.kind.system == "github":
            await self._control("/github/issues/1/assign", assignees=list(handles), by=HUMAN)
        else:
            self._board().change(self._first(), "assigned", by=HUMAN, assignees=list(handles))

    async def comment(self, text: str, by: str, *, hours: int = 0) -> None:
        """`hours` from now, where the tracker's clock has only seconds."""
        if self.kind.system == "github":
            at = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
            await self._control("/github/issues/1/comment", body=text, by=by, at=at)
        elif self.kind.system == "jira":
            nodes = [{"type": "text", "text": text}, {"type": "hardBreak"}]
            document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": nodes}]}
            self._board().comment(self._first(), document, by=by)
        else:
            self._board().comment(self._first(), text, by=by)

    async def link(self, url: str) -> None:
        """A pull request is linked with the first ticket, as this tracker has it, which is changed by that."""
        if self.kind.system == "github":
            self.state.store.put("github.link", url, {"id": "PR_1", "url": url}, self.tickets()[0]["id"])
            await self.comment("See there.", by=HUMAN)
        else:
            self._board().change(self._first(), "linked", by=HUMAN, links=[url])

    async def write(self, body: str) -> None:
        """Somebody edits the first ticket's text."""
        if self.kind.system == "github":
            await self._control("/github/issues/1/edit", body=body, by=HUMAN)
        else:
            self._board().change(self._first(), "edited", by=HUMAN, body=body)

    async def delete(self) -> None:
        if self.kind.system == "github":
            await self._control("/github/issues/1/delete", by=HUMAN)
        else:
            self._board().delete(self._first(), by=HUMAN)

    async def move(self) -> None:
        """To another project."""
        if self.kind.system == "github":
            await self._control("/github/repositories", full_name="acme/ledger")
            await self._control("/github/labels", name="postmortem", repository="acme/ledger")
            await self._control("/github/issues/1/transfer", to="acme/ledger", by=HUMAN)
        elif self.kind.system == "gitea":
            # It moves no issue; but a repository can get another name.
            self._board().change_project(self.kind.project, key=self.kind.elsewhere)
        else:
            self._board().move(self._first(), self.kind.elsewhere, by=HUMAN)

    async def hide(self, *, is_readable: bool = False) -> None:
        """Take the project out of our sight."""
        if self.kind.system == "github":
            answer = await self.sandbox.control.patch(
                "/github/repositories/acme/payments", json={"readable": is_readable}
            )
            assert answer.is_success
        else:
            self._board().change_project(self.kind.project, readable=is_readable)

    async def leave(self, handle: str) -> None:
        """Somebody cannot be assigned any more."""
        if self.kind.system == "github":
            self.state.github.directory.add_account(handle, push=False)
        else:
            board = self._board()
            board.put("person", handle, {**board.person(handle), "assignable": False})

    async def close_milestone(self, title: str) -> None:
        """The sprint, cycle or milestone is over."""
        if self.kind.system == "github":
            found = next(one for one in self.state.store.all("github.milestone") if one["title"] == title)
            path = f"/github/milestones/{found['number']}"
            assert (await self.sandbox.control.patch(path, json={"state": "closed"})).is_success
        else:
            found = next(one for one in self.state.store.all(f"{self.kind.system}.milestone") if one["title"] == title)
            self._board().put("milestone", found["id"], {**found, "state": "closed"})

    async def plan(self, title: str | None) -> None:
        """Somebody puts the first ticket into another sprint, cycle or milestone, or into none."""
        system = self.kind.system
        of_title = [one for one in self.state.store.all(f"{system}.milestone") if one["title"] == title]
        key = "number" if system == "github" else "id"
        chosen = of_title[0][key] if of_title else None
        if system == "github":
            await self._control("/github/issues/1/edit", milestone=chosen, by=HUMAN)
        else:
            self._board().change(self._first(), "milestoned", by=HUMAN, milestone=chosen)

    async def come_back(self, handle: str) -> None:
        """They can be assigned again."""
        if self.kind.system == "github":
            self.state.github.directory.add_account(handle, push=True)
        else:
            board = self._board()
            board.put("person", handle, {**board.person(handle), "assignable": True})

    async def add_robot(self, handle: str) -> None:
        """An account of no person, which can be assigned."""
        if self.kind.system == "github":
            self.state.github.directory.add_account(handle, kind="Bot")
        else:
            self._board().add_person(handle, kind="bot")

    # Webhooks

    async def listen(self) -> None:
        """Keep webhooks from here on."""
        await self.sandbox.control.put("/webhooks", json={self.kind.system: {"url": NOWHERE, "secret": SECRET}})

    def webhooks(self) -> list[DeliveryReceived]:
        """What would have been sent since, as the door hands it on."""
        if self.kind.system == "github":
            return [
                delivered(
                    Vendor.GITHUB,
                    {"x-github-event": one["event"], "x-github-delivery": one["guid"]},
                    one["body"],
                    one["guid"],
                )
                for one in self.state.store.all("github.delivery")
            ]
        sender = self.state.trackers[self.kind.system].desk.sender
        return [
            delivered(self.kind.vendor, sender.signed(one), one["body"], one["guid"]) for one in sender.deliveries()
        ]

    def _board(self) -> Any:
        return self.state.trackers[self.kind.system].desk.board

    def _first(self) -> Any:
        return self.tickets()[0]["id"]

    def _another(self) -> Any:
        board = self._board()
        return board.open(board.project(self.kind.project), "The original", by=HUMAN)["id"]

    async def _another_issue(self) -> int:
        await self._control("/github/issues", title="The original", by=HUMAN)
        return len(self.state.store.all("github.issue"))

    def _said_by(self, outcome: str) -> dict[str, Any]:
        """Where the tracker has no reason for closing, the team's label says it."""
        label = self.kind.says.get(outcome)
        return {"labels": [*self.tickets()[0]["labels"], label]} if label else {}

    async def _control(self, path: str, **body: Any) -> None:
        answer = await self.sandbox.control.post(path, json=body)
        assert answer.is_success, answer.text

    def forge(self, kept: Any, by: str) -> None:
        """Somebody copies our ticket, mark and all."""
        if self.kind.system == "github":
            repository = self.state.github.directory.repository("acme/payments")
            body = self.tickets()[0]["body"]
            self.state.github.issues.open(repository, {"title": kept.ticket.snapshot.title, "body": body}, by=by)
            return
        board, first = self._board(), self.tickets()[0]
        copied = {name: first[name] for name in ("title", "body", "labels")}
        board.open(board.project(self.kind.project), by=by, **copied)
