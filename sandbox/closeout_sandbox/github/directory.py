"""Who and what there is beside issues: accounts, teams, repositories, labels, milestones."""

from datetime import datetime

from closeout_sandbox import clock
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.store import Doc, Store


class Directory:
    def __init__(self, store: Store, id_offset: int = 0) -> None:
        self.store = store
        self.id_offset = id_offset

    def next_id(self, counter: str, first: int = 1) -> int:
        return self.store.next(f"github.{counter}", first) + self.id_offset

    def add_account(
        self, login: str, *, name: str | None = None, email: str | None = None, kind: str = "User", push: bool = True
    ) -> Doc:
        """`kind` is User, Bot or Organization. Without `push` the account cannot be assigned to an issue."""
        known = self.store.get("github.account", login.lower())
        account = {
            "id": known["id"] if known else self.next_id("account", 1001),
            "login": login,
            "name": name,
            "email": email,
            "type": kind,
            "push": push and kind != "Organization",
            "created_at": known["created_at"] if known else clock.seconds(clock.now()),
        }
        return self.store.put("github.account", login.lower(), account)

    def account(self, login: str) -> Doc:
        found = self.store.get("github.account", login.lower())
        if found is None:
            raise Missing(f"no account {login}")
        return found

    def assignable(self) -> list[Doc]:
        return [account for account in self.store.all("github.account") if account["push"]]

    def is_assignable(self, login: str) -> bool:
        found = self.store.get("github.account", login.lower())
        return found is not None and bool(found["push"])

    def add_team(self, organization: str, slug: str, *, name: str = "", members: list[str] | None = None) -> Doc:
        self.account(organization)
        team = {
            "id": self.next_id("team", 2001),
            "organization": organization,
            "slug": slug,
            "name": name or slug.title(),
            "members": [self.account(login)["login"] for login in members or []],
        }
        return self.store.put("github.team", f"{organization}/{slug}".lower(), team)

    def team(self, organization: str, slug: str) -> Doc:
        found = self.store.get("github.team", f"{organization}/{slug}".lower())
        if found is None:
            raise Missing(f"no team {organization}/{slug}")
        return found

    def add_repository(
        self, full_name: str, *, has_issues: bool = True, push: bool = True, readable: bool = True
    ) -> Doc:
        """`push` and `readable` are what the token may do there."""
        owner, _, name = full_name.partition("/")
        if not owner or not name or "/" in name:
            raise Invalid(f"{full_name!r} is not owner/name", "full_name", full_name)
        if self.store.get("github.account", owner.lower()) is None:
            self.add_account(owner, name=owner.title(), kind="Organization")
        repository: Doc = {
            "id": self.next_id("repository", 5_000_001),
            "owner": owner,
            "name": name,
            "has_issues": has_issues,
            "push": push,
            "readable": readable,
            "hook_id": self.next_id("hook", 7001),
            "created_at": clock.seconds(clock.now()),
        }
        self.store.put("github.repository_name", full_name.lower(), {"id": repository["id"]})
        return self.store.put("github.repository", repository["id"], repository)

    def change_repository(self, full_name: str, **changes: object) -> Doc:
        """Change has_issues, archived, push or readable; a new `name` leaves a redirect behind, as a rename does."""
        repository: Doc = {**self.repository(full_name), **changes}
        self.store.put(
            "github.repository_name", f"{repository['owner']}/{repository['name']}".lower(), {"id": repository["id"]}
        )
        return self.store.put("github.repository", repository["id"], repository)

    def repository(self, full_name: str) -> Doc:
        """By its present or by any former name."""
        alias = self.store.get("github.repository_name", full_name.lower())
        if alias is None:
            raise Missing(f"no repository {full_name}")
        return self.repository_by_id(alias["id"])

    def repository_by_id(self, repository_id: int) -> Doc:
        found = self.store.get("github.repository", repository_id)
        if found is None:
            raise Missing(f"no repository {repository_id}")
        return found

    def add_label(self, repository: Doc, name: str, *, color: str = "ededed", description: str | None = None) -> Doc:
        if not name.strip():
            raise Invalid("a label needs a name", "name", name)
        label = {
            "id": self.next_id("label", 3001),
            "repository_id": repository["id"],
            "name": name,
            "color": color,
            "description": description,
        }
        return self.store.put("github.label", f"{repository['id']}/{name.lower()}", label, repository["id"])

    def label(self, repository: Doc, name: str) -> Doc | None:
        return self.store.get("github.label", f"{repository['id']}/{name.lower()}")

    def add_milestone(
        self,
        repository: Doc,
        title: str,
        *,
        by: str,
        description: str | None = None,
        due_on: datetime | None = None,
        state: str = "open",
        at: datetime | None = None,
    ) -> Doc:
        made_at = clock.seconds(at or clock.now())
        if any(one["title"] == title for one in self.milestones(repository)):
            raise Invalid("a milestone of that title is here", "title", title)
        milestone = {
            "id": self.next_id("milestone", 4001),
            "repository_id": repository["id"],
            "number": self.store.next(f"github.milestone.{repository['id']}"),
            "title": title,
            "description": description,
            "creator": by,
            "state": state,
            "due_on": clock.seconds(due_on) if due_on else None,
            "created_at": made_at,
            "updated_at": made_at,
            "closed_at": made_at if state == "closed" else None,
        }
        return self.save_milestone(repository, milestone)

    def save_milestone(self, repository: Doc, milestone: Doc) -> Doc:
        key = f"{repository['id']}/{milestone['number']}"
        return self.store.put("github.milestone", key, milestone, repository["id"])

    def milestones(self, repository: Doc) -> list[Doc]:
        return self.store.all("github.milestone", repository["id"])

    def milestone(self, repository: Doc, number: int) -> Doc:
        found = self.store.get("github.milestone", f"{repository['id']}/{number}")
        if found is None:
            raise Missing(f"no milestone {number}")
        return found
