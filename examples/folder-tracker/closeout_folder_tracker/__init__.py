"""A tracker whose tickets are JSON files: PROJECT/1.json. Small enough to be read whole; Closeout's tests run it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.letter import letter, one_line
from closeout_actions.adapters.markdown import rendered
from closeout_actions.adapters.port import Budget, Changes, Reading, Rejected
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Missing, Place, SeenTicket
from closeout_actions.settings import ActionsSettings
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.vocabulary import TicketState, Vendor

VENDOR = Vendor("x-folder")
LONGEST_TITLE = 200
CLOSING = "Closing this as completed counts as shipped."


class Folder:
    """Tickets below `root`. `people.json` beside them lists who can be assigned."""

    vendor = VENDOR

    def __init__(self, root: Path, budget: Budget) -> None:
        self._root = root
        self._budget = budget  # a tracker behind HTTP asks it before each call: closeout_actions.adapters.client

    async def close(self) -> None:
        """Nothing is held open."""

    # Tickets

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Write the file, unless one with the mark is there: the same promise, the same ticket."""
        folder = self._root / draft.item.project
        if not folder.is_dir():
            raise Rejected(f"There is no folder {draft.item.project}: make it.")
        known = await self.find(draft)
        if known is not None:
            return known
        number = max((int(path.stem) for path in folder.glob("*.json")), default=0) + 1
        now = datetime.now(UTC).isoformat()
        ticket = {
            "title": one_line(draft, LONGEST_TITLE),
            "text": rendered(letter(draft, CLOSING)),
            "state": TicketState.OPEN.value,
            "assignees": [draft.handle] if draft.handle in self._people() else [],
            "labels": [draft.label] if draft.label else [],
            "due_on": draft.item.target.due_on.isoformat(),
            "mark": draft.mark,
            "created_at": now,
            "updated_at": now,
            "comments": {},
        }
        path = folder / f"{number}.json"
        path.write_text(json.dumps(ticket))
        return self._seen(path, ticket)

    async def find(self, draft: Draft) -> SeenTicket | None:
        """By the mark, which is the item's id."""
        found = (self._seen(path, one) for path, one in self._all(draft.item.project) if one["mark"] == draft.mark)
        return next(found, None)

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """A file that is not there is missing, which is an answer and no failure."""
        path = self._root / place.remote_id
        seen = self._seen(path, json.loads(path.read_text())) if path.exists() else Missing("There is no such file.")
        return Reading(seen, None)

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """All whose time is later."""
        seen = [self._seen(path, one) for path, one in self._all(project)]
        return Changes([one for one in seen if one.updated_at >= since], None)

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Keyed by the mark, so that the same comment is one."""
        path = self._root / place.remote_id
        ticket = json.loads(path.read_text())
        ticket["comments"].setdefault(mark, text)
        path.write_text(json.dumps(ticket))

    async def close_as_not_planned(self, place: Place) -> None:
        """What is closed stays as it is."""
        path = self._root / place.remote_id
        ticket = json.loads(path.read_text())
        if ticket["state"] == TicketState.OPEN.value:
            now = datetime.now(UTC).isoformat()
            changed = {"state": TicketState.WONT_DO.value, "updated_at": now, "closed_at": now}
            path.write_text(json.dumps(ticket | changed))

    # Projects and people

    async def describe(self, project: str, now: datetime) -> Project:
        """A folder is a project."""
        known = {"tracker": VENDOR, "key": project, "described_at": now}
        if not (self._root / project).is_dir():
            return Project(can_create=False, is_readable=False, why_not=f"There is no folder {project}.", **known)
        return Project(assignable=tuple([await self.party(account) for account in self._people()]), **known)

    async def party(self, account: str) -> KnownParty:
        """Whoever `people.json` names, with their e-mail; by it they are the same person as at the pager."""
        about = self._people().get(account, {})
        return KnownParty(vendor=VENDOR, vendor_id=account, name=about.get("name", account), email=about.get("email"))

    def _people(self) -> dict[str, Any]:
        path = self._root / "people.json"
        people: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return people

    def _all(self, project: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in sorted((self._root / project).glob("*.json"), key=lambda one: int(one.stem)):
            yield path, json.loads(path.read_text())

    def _seen(self, path: Path, ticket: dict[str, Any]) -> SeenTicket:
        project, number = path.parent.name, int(path.stem)
        place = Place(
            remote_id=f"{project}/{path.name}",
            project=project,
            number=number,
            key=f"{project}-{number}",
            url=path.as_uri(),
        )
        same = ("title", "assignees", "labels", "due_on", "created_at", "updated_at", "mark", "state")
        given = {name: ticket[name] for name in same}
        return SeenTicket(place=place, closed_at=ticket.get("closed_at"), **given)


def access(settings: ActionsSettings) -> tuple[str, SecretStr] | None:
    """Its own setting. A tracker with a credential returns that as the secret."""
    root = os.environ.get("FOLDER_TRACKER_ROOT")
    return (root, SecretStr("no-credential")) if root else None


def connect(settings: ActionsSettings, secret: SecretStr, budget: Budget) -> Folder:
    """The tracker, nothing asked yet."""
    return Folder(Path(os.environ["FOLDER_TRACKER_ROOT"]), budget)


FOLDER = Kind(vendor=VENDOR, access=access, connect=connect, hear=lambda _: lambda _delivery: None)
