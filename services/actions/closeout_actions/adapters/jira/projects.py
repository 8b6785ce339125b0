"""Jira's projects and people: what the gate has to know before anything is promised."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from closeout_actions.adapters.client import Client, cut_off, list_of, object_of
from closeout_actions.adapters.jira import describing, fields
from closeout_actions.adapters.jira.dialect import Dialect
from closeout_actions.adapters.jira.reading import named
from closeout_actions.adapters.port import Rejected
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.vocabulary import Vendor

MOST_PAGES = 50
ASSIGNABLE = "{}/user/assignable/search"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a team wants of its issues. `fields` in Jira's own form. `board`: whose sprints are meant; None: any."""

    issue_type: str
    priority: str | None
    fields: Mapping[str, Any]
    board: str | None = None


WishesOf = Callable[[str], Wishes]


class Projects:
    """Reads them, with the client of the tracker."""

    def __init__(self, client: Client, dialect: Dialect, site: str, wishes: WishesOf) -> None:
        self._client = client
        self._dialect = dialect
        self._api = dialect.api
        self._site = site
        self._wishes = wishes

    async def describe(self, project: str, now: datetime) -> Project:
        """The project: whether an issue can be made in it, who can be assigned, which sprints are ahead."""
        known = {"tracker": Vendor.JIRA, "key": project, "described_at": now}
        answer = await self._client.read(f"{self._api}/project/{quote(project, safe='')}")
        if answer.status in (403, 404):
            why = f"{project} cannot be read: mend its key, or give our account access to it."
            return Project(can_create=False, is_readable=False, why_not=why, **known)
        if answer.status != 200:
            raise self._client.retryable(answer)
        is_archived = bool(object_of(answer).get("archived"))
        screen = await self._fields(project)
        given = self._wishes(project).fields
        why_not = f"{project} is archived: choose another." if is_archived else None
        why_not = why_not or describing.lacking(project, screen, given)
        return Project(
            url=f"{self._site}/browse/{project}",
            is_archived=is_archived,
            required_fields=tuple(describing.required(screen, given)),
            can_create=why_not is None,
            why_not=why_not,
            assignable=tuple(sorted(await self._assignable(project), key=lambda one: one.vendor_id)),
            milestones=tuple(describing.milestone(one) for one in await self._sprints(project)),
            **known,
        )

    async def is_readable(self, project: str) -> bool:
        """Whether it is there, and our account may see it."""
        answer = await self._client.read(f"{self._api}/project/{quote(project, safe='')}")
        if answer.status not in (200, 403, 404):
            raise self._client.retryable(answer)
        return answer.status == 200

    async def party(self, account: str) -> KnownParty:
        """An account. An e-mail is there only where its owner shows it."""
        answer = await self._client.read(f"{self._api}/user", params=self._asked_by(account))
        if answer.status in (403, 404):
            return KnownParty(vendor=Vendor.JIRA, vendor_id=account, name=account)
        if answer.status != 200:
            raise self._client.retryable(answer)
        return named(self._dialect, object_of(answer))

    async def _fields(self, project: str) -> list[Any] | str:
        """The fields of the create screen; why there is none, as a sentence."""
        types = f"{self._api}/issue/createmeta/{quote(project, safe='')}/issuetypes"
        found = await self.values(types, "issueTypes")
        wanted = self._wishes(project).issue_type
        type_id = next((one["id"] for one in found if one["name"].casefold() == wanted.casefold()), None)
        if type_id is None:
            known = ", ".join(one["name"] for one in found if not one.get("subtask")) or "none"
            return f"Our account can make no {wanted} in {project}; it can make: {known}. Set another type."
        return await self.values(f"{types}/{type_id}", "fields")

    async def answers(self, project: str, written: Mapping[str, str]) -> dict[str, Any]:
        """What people wrote for the required fields, as Jira takes it."""
        found = await self._fields(project) if written else []
        known = {fields.id_of(one): one for one in found if isinstance(one, Mapping)}
        return {name: fields.value(known[name], text, self._dialect) for name, text in written.items() if name in known}

    async def _assignable(self, project: str) -> list[KnownParty]:
        """Jira takes a thousand users at most and gives those who can be assigned: a short page is no last one."""
        answer = await self._client.read(ASSIGNABLE.format(self._api), params={"project": project, "maxResults": 1000})
        if answer.status != 200:
            raise self._client.retryable(answer)
        return [named(self._dialect, one) for one in list_of(answer)]

    async def assignable(self, project: str, accounts: Collection[str]) -> list[str]:
        """Which of these accounts can be assigned there now: one question each, for a list may be cut."""
        able = []
        for account in accounts:
            params = {"project": project, **self._asked_by(account)}
            answer = await self._client.read(ASSIGNABLE.format(self._api), params=params)
            if answer.status in (403, 404):
                raise self._client.unreadable(answer, project)
            # Of an account that it does not know any more Jira says 400.
            if answer.status not in (200, 400):
                raise self._client.retryable(answer)
            found = list_of(answer) if answer.status == 200 else []
            able += [account] if account in {self._dialect.handle(one) for one in found} else []
        # To whoever may not ask Jira names nobody, instead of refusing.
        if not able and not await self._assignable(project):
            raise Rejected(f"Jira names nobody who can be assigned in {project}: our account may lack Assign issues.")
        return able

    def _asked_by(self, account: str) -> dict[str, str]:
        """How questions name somebody: Data Center's call a user's name something else than its answers do."""
        named_by = self._dialect.account(account)
        return {"username" if name == "name" else name: value for name, value in named_by.items()}

    async def _sprints(self, project: str) -> list[Mapping[str, Any]]:
        """The sprints ahead, of the team's board or all that show the project; none where there is no Jira Software."""
        chosen = self._wishes(project).board
        boards = [{"id": chosen}] if chosen else await self._boards(project)
        found: dict[int, Mapping[str, Any]] = {}
        for board in boards:
            if board.get("type") != "kanban":
                path = f"rest/agile/1.0/board/{board['id']}/sprint"
                for sprint in await self.values(path, "values", state="active,future"):
                    found[int(sprint["id"])] = sprint
        return list(found.values())

    async def _boards(self, project: str) -> list[Any]:
        return await self.values("rest/agile/1.0/board", "values", projectKeyOrId=project)

    async def sprint_id(self, project: str, name: str, due_on: date) -> int:
        """Of two of one name that which ends as promised; else, as at the gate, the first that has an end."""
        called = [one for one in await self._sprints(project) if one["name"] == name]
        ends = {int(one["id"]): describing.milestone(one).due_on for one in called}
        if ends:
            return min(ends, key=lambda number: (ends[number] != due_on, ends[number] is None))
        raise Rejected(
            f"{project} has no open sprint “{name}” any more, or our account cannot see its board: choose another "
            "target, open the sprint again, or give our account access to the board."
        )

    async def values(self, path: str, name: str, **params: str | int) -> list[Any]:
        """A list that comes in pages; Data Center calls every such list `values`. Empty where there is nothing."""
        found: list[Any] = []
        for _ in range(MOST_PAGES):
            answer = await self._client.read(path, params={**params, "startAt": len(found), "maxResults": 50})
            if answer.status in (400, 403, 404):
                return found
            if answer.status != 200:
                raise self._client.retryable(answer)
            body = object_of(answer)
            page = body.get(name) or body.get("values") or []
            found += page
            is_last = body["isLast"] if "isLast" in body else len(found) >= int(body.get("total", 0))
            if is_last or not page:
                return found
        cut_off(answer, MOST_PAGES)
        return found
