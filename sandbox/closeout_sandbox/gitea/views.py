"""Tickets, people and repositories as Gitea writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from closeout_sandbox import clock
from closeout_sandbox.board.tickets import Board
from closeout_sandbox.store import Doc


def time_of(moment: str | None) -> str | None:
    """Whole seconds."""
    return clock.seconds(clock.moment(moment)) if moment else None


# The time zone of the machine on which it runs.
ZONE = timezone(timedelta(hours=2))


def here(moment: datetime) -> str:
    """A due date: the moment that was given, shown in its own time zone."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def end_of_day(moment: str) -> datetime:
    """What it makes of a due date that is changed: the day's last second, in the time zone in which it was given."""
    return clock.moment(moment).replace(hour=23, minute=59, second=59)


class Views:
    def __init__(self, board: Board, site: str) -> None:
        self.board = board
        self.site = site

    def user(self, handle: str) -> Doc:
        person = self.board.person(handle)
        email = person["email"] or f"{handle}@noreply.git.test"
        return {
            "id": person["number"],
            "login": handle,
            "full_name": person["name"],
            "email": email,
            "username": handle,
        }

    def repository(self, project: Doc) -> Doc:
        owner, _, name = project["key"].partition("/")
        return {
            "id": project["id"],
            "name": name,
            "full_name": project["key"],
            "owner": {"login": owner, "username": owner},
            "html_url": f"{self.site}/{project['key']}",
            "has_issues": project.get("has_issues", True),
            "archived": project.get("archived", False),
            "permissions": {"admin": False, "push": project["writable"], "pull": True},
        }

    def label_id(self, project: Doc, name: str) -> int:
        return int(project["number"]) * 100 + [one.lower() for one in project["labels"]].index(name.lower())

    def label(self, project: Doc, name: str) -> Doc:
        return {"id": self.label_id(project, name), "name": name, "color": "5319e7", "description": ""}

    def milestone(self, found: Doc) -> Doc:
        return {
            "id": found["id"],
            "title": found["title"],
            "description": "",
            "state": found["state"],
            "due_on": time_of(found["due_on"]),
        }

    def issue(self, ticket: Doc) -> Doc:
        project = self.board.project(str(ticket["project"]))
        repository = self.repository(project)
        assignees = [self.user(one) for one in ticket["assignees"]]
        api = f"{self.site}/api/v1/repos/{project['key']}/issues/{ticket['number']}"
        return {
            "id": ticket["id"],
            "url": api,
            "html_url": f"{self.site}/{project['key']}/issues/{ticket['number']}",
            "number": ticket["number"],
            "user": self.user(ticket["author"]),
            "title": ticket["title"],
            "body": ticket["body"] or "",
            "labels": [self.label(project, one) for one in ticket["labels"]],
            "milestone": self.milestone(self.board.milestone(ticket["milestone"])) if ticket["milestone"] else None,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees or None,
            "state": "closed" if ticket["state"] == "closed" else "open",
            "comments": len(ticket["comments"]),
            "created_at": time_of(ticket["created_at"]),
            "updated_at": time_of(ticket["updated_at"]),
            "closed_at": time_of(ticket["closed_at"]),
            "due_date": ticket["due_on"],
            "pull_request": None,
            "repository": {name: repository[name] for name in ("id", "name", "full_name")}
            | {"owner": repository["owner"]["login"]},
        }

    def comment(self, made: Doc) -> Doc:
        return {
            "id": made["id"],
            "user": self.user(made["author"]),
            "body": made["body"],
            "created_at": time_of(made["created_at"]),
            "updated_at": time_of(made["created_at"]),
        }
