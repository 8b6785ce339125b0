"""GitHub's repositories and people: what the gate has to know, and what lies beside the issues."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from closeout_actions.adapters.client import Client, list_of, object_of, parsed
from closeout_actions.adapters.github import answers, reading
from closeout_actions.adapters.github.lists import PAGE, Lists
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.vocabulary import Vendor


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list as it was last read: asked for with its ETag, it costs nothing while nothing changed."""

    etag: str | None
    logins: frozenset[str]
    following: str | None


class Repositories:
    """Reads them, with the client of the tracker."""

    def __init__(self, client: Client, lists: Lists) -> None:
        self._client = client
        self._lists = lists
        self._assignees: dict[str, Page] = {}

    async def has_file(self, project: str, path: str) -> bool:
        """Whether the main branch has it."""
        return (await self._there(project, f"contents/{quote(path)}")) is not None

    async def is_merged(self, project: str, number: int) -> bool:
        """A pull request that was merged, not only closed."""
        found = await self._there(project, f"pulls/{number}")
        return isinstance(found, Mapping) and bool(found.get("merged_at"))

    async def _there(self, project: str, below: str) -> Any:
        """What is there; None where nothing is."""
        path = f"/repos/{project}/{below}"
        answer = await self._client.read(path)
        return parsed(answer) if await self._client.is_there(answer, f"/repos/{project}", path) else None

    async def describe(self, project: str, now: datetime) -> Project:
        """The repository: whether a ticket can be made in it, by whom it can be owned, and which milestones exist."""
        answer = await self._client.read(f"/repos/{project}")
        known = {"tracker": Vendor.GITHUB, "key": project, "described_at": now}
        if answer.status in (403, 404, 451):
            why = f"{project} cannot be read: mend its name, or give the token's account access to it."
            return Project(can_create=False, is_readable=False, why_not=why, **known)
        if answer.status != 200:
            raise answers.retryable(answer)
        repository = object_of(answer)
        why_not = answers.why_not(repository)
        assignable = await self._lists.all(f"/repos/{project}/assignees")
        return Project(
            url=repository.get("html_url"),
            is_archived=bool(repository.get("archived")),
            can_create=why_not is None,
            why_not=why_not,
            assignable=tuple(sorted((reading.party(one) for one in assignable), key=lambda one: one.vendor_id)),
            milestones=tuple(reading.milestone(one) for one in await self.milestones(project)),
            **known,
        )

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts can be assigned there now. Raises Retryable, Rejected or Unauthorized."""
        there: set[str] = set()
        path: str | None = f"/repos/{project}/assignees?per_page={PAGE}"
        while path is not None:
            page = await self._assignees_page(path)
            there |= page.logins
            path = page.following
        return [one for one in accounts if one.casefold() in there]

    async def _assignees_page(self, path: str) -> Page:
        known = self._assignees.get(path)
        answer = await self._client.read(path, etag=known.etag if known else None)
        if answer.status == 304 and known is not None:
            return known
        if answer.status != 200:
            raise answers.unreadable(answer, path)
        logins = frozenset(str(one["login"]).casefold() for one in list_of(answer))
        following = answer.link("next")
        # A full page with none after it may get one, and look the same all the while.
        is_last_and_full = following is None and len(logins) >= PAGE
        page = Page(None if is_last_and_full else answer.headers.get("etag"), logins, following)
        self._assignees[path] = page
        return page

    async def party(self, account: str) -> KnownParty:
        """An account's public profile. An e-mail is there only where its owner shows it."""
        answer = await self._client.read(f"/users/{quote(account, safe='')}")
        if answer.status == 404:
            return KnownParty(vendor=Vendor.GITHUB, vendor_id=account, name=account)
        if answer.status != 200:
            raise answers.retryable(answer)
        return reading.party(object_of(answer))

    async def milestones(self, project: str) -> list[Mapping[str, Any]]:
        """Those that are open."""
        return await self._lists.all(f"/repos/{project}/milestones", state="open")
