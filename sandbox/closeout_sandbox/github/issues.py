"""What can be done to an issue, by the API or by a person; each deed leaves events and webhooks."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from closeout_sandbox import behaviour, clock
from closeout_sandbox.github.hooks import Hooks
from closeout_sandbox.github.issue_views import IssueViews
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.store import Doc, Store

# The lengths that the texts of GitHub's own 422 answers name.
LONGEST_TITLE = 256
LONGEST_BODY = 65_536


@dataclass
class Deed:
    """One request's worth of changes to one issue: who, when, and what must be told about it."""

    repository: Doc
    issue: Doc
    by: str
    at: str
    told: list[tuple[str, Doc]] = field(default_factory=list)
    edited: Doc = field(default_factory=dict)


class Issues:
    def __init__(self, store: Store, views: IssueViews, hooks: Hooks) -> None:
        self.store = store
        self.views = views
        self.directory = views.directory
        self.hooks = hooks

    def find(self, repository: Doc, number: int) -> Doc:
        """Also a deleted or a moved one: its `deleted` and `moved_to` say so."""
        found = self.store.get("github.issue", f"{repository['id']}/{number}")
        if found is None:
            raise Missing(f"no issue {number}")
        return found

    def open(
        self, repository: Doc, given: Mapping[str, Any], *, by: str, at: datetime | None = None, pull: bool = False
    ) -> Doc:
        """`given` has the fields of GitHub's create request. Raises Invalid and then nothing was made."""
        with self.store.transaction():
            deed = Deed(repository, self.blank(repository, by, at, pull=pull), by, clock.seconds(at or clock.now()))
            self.retitle(deed, given.get("title"))
            deed.issue["body"] = checked_body(given.get("body"))
            deed.edited.clear()
            deed.told.append(("opened", {}))
            self.attach(deed, given)
            return self.finish(deed)

    def blank(self, repository: Doc, by: str, at: datetime | None, *, pull: bool) -> Doc:
        made_at = clock.seconds(at or clock.now())
        return {
            "id": self.directory.next_id("issue", 9_000_001),
            "number": self.store.next(f"github.number.{repository['id']}"),
            "repository_id": repository["id"],
            "pull_request": pull,
            "title": "",
            "body": None,
            "user": self.directory.account(by)["login"],
            "state": "open",
            "state_reason": None,
            "assignees": [],
            "labels": [],
            "milestone": None,
            "created_at": made_at,
            "updated_at": made_at,
            "closed_at": None,
            "closed_by": None,
            "deleted": False,
            "moved_to": None,
            "made_at": time.time(),
        }

    def edit(
        self, repository: Doc, number: int, changes: Mapping[str, Any], *, by: str, at: datetime | None = None
    ) -> Doc:
        """`changes` has the fields of GitHub's update request; what is not named stays."""
        with self.store.transaction():
            issue = self.find(repository, number)
            deed = Deed(repository, issue, self.directory.account(by)["login"], clock.seconds(at or clock.now()))
            if changes.get("title") is not None:
                self.retitle(deed, changes["title"])
            if "body" in changes and checked_body(changes["body"]) != issue["body"]:
                deed.edited["body"] = {"from": issue["body"] or ""}
                issue["body"] = checked_body(changes["body"])
            if deed.edited:
                deed.told.append(("edited", {"changes": dict(deed.edited)}))
            self.attach(deed, changes)
            self.move_state(deed, changes)
            return self.finish(deed) if deed.told else issue

    def attach(self, deed: Deed, given: Mapping[str, Any]) -> None:
        if "labels" in given:
            self.relabel(deed, [one if isinstance(one, str) else one.get("name", "") for one in given["labels"]])
        if given.get("assignees") is not None:
            self.assign(deed, [one if isinstance(one, str) else one.get("login", "") for one in given["assignees"]])
        elif "assignee" in given:
            self.assign(deed, [given["assignee"]] if given["assignee"] else [])
        if "milestone" in given:
            self.plan(deed, given["milestone"])

    def retitle(self, deed: Deed, title: object) -> None:
        text = "" if title is None else str(title)
        if not text.strip():
            raise Invalid("title is missing", "title")
        if len(text) > LONGEST_TITLE:
            raise Invalid(f"title is too long (maximum is {LONGEST_TITLE} characters)", "title", text)
        before, deed.issue["title"] = deed.issue["title"], text
        if before != text:
            deed.edited["title"] = {"from": before}
            if before:
                self.record(deed, "renamed", rename={"from": before, "to": text})

    def assign(self, deed: Deed, logins: list[str]) -> None:
        unknown = [login for login in logins if not self.directory.is_assignable(login)]
        if unknown and behaviour.read(self.store).unknown_assignee == "refuse":
            raise Invalid("not assignable", "assignees", unknown[0])
        wanted = list(dict.fromkeys(self.directory.account(x)["login"] for x in logins if x not in unknown))
        before, deed.issue["assignees"] = deed.issue["assignees"], wanted
        for action, changed in (("unassigned", before), ("assigned", wanted)):
            other = wanted if action == "unassigned" else before
            for login in changed:
                if login not in other:
                    self.record(deed, action, assignee=login, assigner=deed.by)
                    deed.told.append((action, {"assignee": self.views.views.user(login)}))

    def relabel(self, deed: Deed, names: list[str]) -> None:
        wanted = {label["name"]: label for label in (self.wanted_label(deed, name) for name in names)}
        before, deed.issue["labels"] = deed.issue["labels"], list(wanted)
        for action, changed in (("unlabeled", before), ("labeled", list(wanted))):
            for name in changed:
                if (name in before) is (name in wanted):
                    continue
                label = self.directory.label(deed.repository, name)
                if label:
                    self.record(deed, action, label={"name": name, "color": label["color"]})
                    deed.told.append((action, {"label": self.views.views.label(deed.repository, label)}))

    def wanted_label(self, deed: Deed, name: str) -> Doc:
        label = self.directory.label(deed.repository, name)
        if label is None and behaviour.read(self.store).unknown_label == "create":
            label = self.directory.add_label(deed.repository, name)
        if label is None:
            raise Invalid("no such label", "labels", name)
        return label

    def plan(self, deed: Deed, milestone: object) -> None:
        before, wanted = deed.issue["milestone"], None
        if milestone is not None:
            try:
                wanted = int(self.directory.milestone(deed.repository, int(str(milestone)))["number"])
            except (Missing, ValueError):
                raise Invalid("no such milestone", "milestone", milestone) from None
        deed.issue["milestone"] = wanted
        for action, number in (("demilestoned", before), ("milestoned", wanted)):
            if number is not None and before != wanted:
                view = self.views.milestone(deed.repository, number)
                self.record(deed, action, milestone={"title": view["title"]})
                deed.told.append((action, {"milestone": view}))

    def move_state(self, deed: Deed, changes: Mapping[str, Any]) -> None:
        """A reason without a state is ignored; closing again without a reason resets it to completed."""
        state, reason = changes.get("state"), changes.get("state_reason")
        if state is None:
            return
        if reason and (state == "open") is not (reason == "reopened"):
            raise Invalid(f"{reason} does not go with {state}", "state_reason", reason)
        reason = "reopened" if state == "open" else reason or "completed"
        if deed.issue["state"] == state and (state == "open" or deed.issue["state_reason"] == reason):
            return
        closed = state == "closed"
        deed.issue.update(
            state=state,
            state_reason=reason,
            closed_at=deed.at if closed else None,
            closed_by=deed.by if closed else None,
        )
        self.record(deed, "closed" if closed else "reopened", **({"state_reason": reason} if closed else {}))
        deed.told.append(("closed" if closed else "reopened", {}))

    def mark_as_duplicate(self, repository: Doc, number: int, of: int, *, by: str, at: datetime | None = None) -> None:
        """Of another issue in the repository. The event says nothing of which; the GraphQL API does."""
        issue, original = self.find(repository, number), self.find(repository, of)
        deed = Deed(repository, issue, self.directory.account(by)["login"], clock.seconds(at or clock.now()))
        self.record(deed, "marked_as_duplicate")
        told = {"number": original["number"], "repository_id": repository["id"]}
        self.store.put("github.duplicate", f"{issue['id']}/{original['id']}", told, issue["id"])

    def comment(self, repository: Doc, number: int, body: str, *, by: str, at: datetime | None = None) -> Doc:
        with self.store.transaction():
            issue = self.find(repository, number)
            if not body.strip():
                raise Invalid("body is missing", "body")
            said_at = clock.seconds(at or clock.now())
            comment = {
                "id": self.directory.next_id("comment", 6_000_001),
                "number": number,
                "user": self.directory.account(by)["login"],
                "body": checked_body(body),
                "created_at": said_at,
                "updated_at": said_at,
            }
            self.store.put("github.comment", comment["id"], comment, issue["id"])
            issue["updated_at"] = max(issue["updated_at"], said_at)
            self.save(repository, issue)
            payload = {
                "issue": self.told_issue(repository, issue),
                "comment": self.views.views.comment(repository, comment),
            }
            self.hooks.queue(repository, "issue_comment", "created", payload | self.told_by(repository, by))
            return comment

    def delete(self, repository: Doc, number: int, *, by: str, at: datetime | None = None) -> None:
        with self.store.transaction():
            issue = self.find(repository, number)
            payload = {"issue": self.told_issue(repository, issue), **self.told_by(repository, by)}
            issue["deleted"] = True
            self.save(repository, issue)
            self.hooks.queue(repository, "issues", "deleted", payload)

    def transfer(self, repository: Doc, number: int, target: Doc, *, by: str, at: datetime | None = None) -> Doc:
        """Returns the issue in its new place, where it has a new id and a new number."""
        with self.store.transaction():
            old = self.find(repository, number)
            fresh = self.blank(target, by, at, pull=False)
            new = {**old, **{key: fresh[key] for key in ("id", "number", "repository_id", "made_at")}}
            new["labels"] = [name for name in old["labels"] if self.directory.label(target, name)]
            new["milestone"] = None
            for comment in self.store.all("github.comment", old["id"]):
                moved = {**comment, "id": self.directory.next_id("comment"), "number": new["number"]}
                self.store.put("github.comment", moved["id"], moved, new["id"])
            self.record(Deed(target, new, by, clock.seconds(at or clock.now())), "transferred")
            self.save(target, new)
            before, after = self.told_issue(repository, old), self.told_issue(target, new)
            old["moved_to"] = {"repository_id": target["id"], "number": new["number"]}
            self.save(repository, old)
            old_place, new_place = self.views.repository(repository), self.views.repository(target)
            gone = {"issue": before, "changes": {"new_issue": after, "new_repository": new_place}}
            come = {"issue": after, "changes": {"old_issue": before, "old_repository": old_place}}
            self.hooks.queue(repository, "issues", "transferred", gone | self.told_by(repository, by))
            self.hooks.queue(target, "issues", "opened", come | self.told_by(target, by))
            return new

    def finish(self, deed: Deed) -> Doc:
        deed.issue["updated_at"] = max(deed.issue["updated_at"], deed.at)
        self.save(deed.repository, deed.issue)
        for action, more in deed.told:
            payload = {"issue": self.told_issue(deed.repository, deed.issue), **more}
            self.hooks.queue(deed.repository, "issues", action, payload | self.told_by(deed.repository, deed.by))
        return deed.issue

    def save(self, repository: Doc, issue: Doc) -> None:
        key = f"{repository['id']}/{issue['number']}"
        self.store.put("github.issue", key, issue, repository["id"])
        self.index(key, issue)

    def index(self, key: str, issue: Doc) -> None:
        """Keep what search may still show, and what it will show once its lag is over."""
        known = (self.store.get("github.search", key) or {"snapshots": []})["snapshots"]
        visible = time.time() - behaviour.read(self.store).search_lag_seconds
        shown = [one for one in known if one["at"] <= visible][-1:]
        coming = [one for one in known if one["at"] > visible]
        self.store.put("github.search", key, {"snapshots": [*shown, *coming, {"at": time.time(), "issue": issue}]})

    def record(self, deed: Deed, event: str, **more: object) -> None:
        number = self.directory.next_id("event", 30_000_001)
        doc = {"id": number, "event": event, "actor": deed.by, "created_at": deed.at, "more": more}
        self.store.put("github.event", number, doc, deed.issue["id"])

    def told_issue(self, repository: Doc, issue: Doc) -> Doc:
        return {**self.views.issue(repository, issue), "draft": False}

    def told_by(self, repository: Doc, by: str) -> Doc:
        return {"repository": self.views.repository(repository), "sender": self.views.views.user(by)}


def checked_body(body: str | None) -> str | None:
    if body is not None and len(body) > LONGEST_BODY:
        raise Invalid(f"body is too long (maximum is {LONGEST_BODY} characters)", "body")
    return body
