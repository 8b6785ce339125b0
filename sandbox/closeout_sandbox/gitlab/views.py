"""Tickets, people and projects as GitLab writes them."""

from __future__ import annotations

from closeout_sandbox import clock
from closeout_sandbox.board.tickets import Board
from closeout_sandbox.store import Doc


def time_of(moment: str | None) -> str | None:
    return clock.millis(clock.moment(moment)) if moment else None


class Views:
    def __init__(self, board: Board, site: str) -> None:
        self.board = board
        self.site = site

    def user(self, handle: str, *, is_full: bool = False) -> Doc:
        person = self.board.person(handle)
        bot = {"bot": person["kind"] == "bot", "public_email": person["email"]} if is_full else {}
        shown = {"id": person["number"], "username": handle, "name": person["name"], "state": "active"}
        return {**shown, "web_url": f"{self.site}/{handle}", **bot}

    def project(self, project: Doc) -> Doc:
        return {
            "id": project["id"],
            "path_with_namespace": project["key"],
            "web_url": f"{self.site}/{project['key']}",
            "archived": project.get("archived", False),
            "issues_access_level": project.get("issues_access_level", "enabled"),
        }

    def milestone(self, found: Doc) -> Doc:
        state = "active" if found["state"] == "open" else "closed"
        due_on = found["due_on"][:10] if found["due_on"] else None
        return {"id": found["id"], "iid": found["number"], "title": found["title"], "state": state, "due_date": due_on}

    def issue(self, ticket: Doc) -> Doc:
        project = self.board.project(str(ticket["project"]))
        link = f"{self.site}/api/v4/projects/{project['id']}/issues"
        original = None if ticket["duplicate_of"] is None else self.board.ticket(ticket["duplicate_of"])
        assignees = [self.user(one) for one in ticket["assignees"]]
        return {
            "id": ticket["id"],
            "iid": ticket["number"],
            "project_id": project["id"],
            "title": ticket["title"],
            "description": ticket["body"],
            "state": "closed" if ticket["state"] == "closed" else "opened",
            "created_at": time_of(ticket["created_at"]),
            "updated_at": time_of(ticket["updated_at"]),
            "closed_at": time_of(ticket["closed_at"]),
            "labels": ticket["labels"],
            "milestone": self.milestone(self.board.milestone(ticket["milestone"])) if ticket["milestone"] else None,
            "assignees": assignees,
            "assignee": assignees[0] if assignees else None,
            "author": self.user(ticket["author"]),
            "type": "ISSUE",
            "issue_type": "issue",
            "due_date": ticket["due_on"],
            "confidential": False,
            "web_url": f"{self.site}/{project['key']}/-/issues/{ticket['number']}",
            "references": {"short": f"#{ticket['number']}", "full": f"{project['key']}#{ticket['number']}"},
            "moved_to_id": ticket["moved_to"],
            "_links": {
                "self": f"{link}/{ticket['number']}",
                "closed_as_duplicate_of": f"{link}/{original['number']}" if original else None,
            },
        }

    def note(self, made: Doc) -> Doc:
        shown = {"id": made["id"], "body": made["body"], "author": self.user(made["author"])}
        return {**shown, "created_at": time_of(made["created_at"]), "system": False}
