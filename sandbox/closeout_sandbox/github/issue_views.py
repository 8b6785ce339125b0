"""How GitHub writes down an issue and what happened to it."""

from closeout_sandbox.github.views import Views
from closeout_sandbox.store import Doc, Store


class IssueViews:
    def __init__(self, store: Store, views: Views) -> None:
        self.store = store
        self.views = views
        self.directory = views.directory

    def issues_of(self, repository: Doc) -> list[Doc]:
        """Those that are still there: neither deleted nor moved away."""
        found = self.store.all("github.issue", repository["id"])
        return [issue for issue in found if not issue["deleted"] and not issue["moved_to"]]

    def repository(self, repository: Doc) -> Doc:
        states = [issue["state"] for issue in self.issues_of(repository)]
        return self.views.repository(repository, states.count("open"))

    def milestone(self, repository: Doc, number: int) -> Doc:
        milestone = self.directory.milestone(repository, number)
        return self.views.milestone(repository, milestone, self.issues_of(repository))

    def issue(self, repository: Doc, issue: Doc) -> Doc:
        url = f"{self.views.repository_url(repository)}/issues/{issue['number']}"
        folder = "pull" if issue["pull_request"] else "issues"
        page = f"{self.views.page(repository)}/{folder}/{issue['number']}"
        assignees = [self.views.user(login) for login in issue["assignees"]]
        copied = ("id", "number", "title", "body", "state", "state_reason", "created_at", "updated_at", "closed_at")
        return {
            "url": url,
            "repository_url": self.views.repository_url(repository),
            "labels_url": url + "/labels{/name}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "timeline_url": f"{url}/timeline",
            "html_url": page,
            "node_id": f"I_{issue['id']}",
            **{name: issue[name] for name in copied},
            "user": self.views.user(issue["user"]),
            "labels": self.labels(repository, issue),
            "locked": False,
            "active_lock_reason": None,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": self.milestone(repository, issue["milestone"]) if issue["milestone"] else None,
            "comments": self.store.count("github.comment", issue["id"]),
            "author_association": "MEMBER",
            "performed_via_github_app": None,
            "reactions": self.views.reactions(url),
            **self.pull_request(repository, issue),
        }

    def full_issue(self, repository: Doc, issue: Doc) -> Doc:
        """As a single issue is answered: with who closed it."""
        closer = issue["closed_by"]
        return {**self.issue(repository, issue), "closed_by": self.views.user(closer) if closer else None}

    def labels(self, repository: Doc, issue: Doc) -> list[Doc]:
        found = [self.directory.label(repository, name) for name in issue["labels"]]
        return [self.views.label(repository, label) for label in found if label]

    def pull_request(self, repository: Doc, issue: Doc) -> Doc:
        if not issue["pull_request"]:
            return {}
        page = f"{self.views.page(repository)}/pull/{issue['number']}"
        api = f"{self.views.repository_url(repository)}/pulls/{issue['number']}"
        links = {"url": api, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        return {"pull_request": {**links, "merged_at": None}, "draft": False}

    def event(self, repository: Doc, event: Doc) -> Doc:
        people = {
            role: self.views.user(event["more"][role]) for role in ("assignee", "assigner") if role in event["more"]
        }
        return {
            "id": event["id"],
            "node_id": f"E_{event['id']}",
            "url": f"{self.views.repository_url(repository)}/issues/events/{event['id']}",
            "actor": self.views.user(event["actor"]),
            "event": event["event"],
            "commit_id": None,
            "commit_url": None,
            "created_at": event["created_at"],
            "performed_via_github_app": None,
            **event["more"],
            **people,
        }

    def timeline(self, repository: Doc, issue: Doc) -> list[Doc]:
        """Events and comments by time, oldest first."""
        entries = [self.event(repository, one) for one in self.store.all("github.event", issue["id"])]
        for comment in self.store.all("github.comment", issue["id"]):
            view = self.views.comment(repository, comment)
            entries.append({**view, "event": "commented", "actor": view["user"]})
        return sorted(entries, key=lambda entry: str(entry["created_at"]))
