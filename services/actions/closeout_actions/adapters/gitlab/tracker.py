"""GitLab Issues behind the tracker port. Contract: https://docs.gitlab.com/api/issues (API version 4)"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from pydantic import SecretStr

from closeout_actions.adapters.client import Client, Manners, cut_off, list_of, object_of
from closeout_actions.adapters.gitlab import limits, reading
from closeout_actions.adapters.gitlab.reading import Reader
from closeout_actions.adapters.gitlab.webhooks import webhook
from closeout_actions.adapters.letter import LONGEST_TEXT, letter, one_line
from closeout_actions.adapters.limits import Left
from closeout_actions.adapters.markdown import mark_in, mark_of, rendered
from closeout_actions.adapters.port import Budget, Changes, Reading, Rejected, Webhook
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Missing, Moved, Place, Seen, SeenTicket
from closeout_actions.domain.ticket import CLOCK_SKEW
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Outside, Unknown
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

LONGEST_TITLE = 255  # "title is too long (maximum is 255 characters)" is what GitLab's 400 says
PAGE = 100
MOST_PAGES = 50
GUEST = 10  # the lowest access level that can be assigned: https://docs.gitlab.com/api/members
NO_ACCESS = "GitLab does not let our account read it any more."
GONE = "It cannot be found any more: deleted, with its project or without, or our access was taken."
OUT_OF_SIGHT = "It was moved to a project that our account cannot see."
# What makes a reference, and what begins a quick action: https://docs.gitlab.com/user/markdown
REFERENCE = re.compile(r"([@#!~%&$])(?=\w)")
QUICK_ACTION = re.compile(r"(?m)^(\s*)/(?=\w)")


def safe(text: str) -> str:
    """People's words, so that they hold no mark, call nobody, refer to nothing and do nothing."""
    quoted = text[:LONGEST_TEXT].replace("<!--", "&lt;!--")
    return QUICK_ACTION.sub(r"\1\\/", REFERENCE.sub(r"\1<!-- -->", quoted))


KEEPS = "GitLab keeps earlier descriptions, which can be deleted, and the earlier title in its activity."


class GitLab:
    """GitLab with one token. `wont_do_label`: what a withdrawn promise gets when it is closed."""

    vendor = Vendor.GITLAB
    keeps = KEEPS
    most_at_once = 100  # a page

    def __init__(
        self,
        url: str,
        token: SecretStr,
        budget: Budget,
        *,
        reader: Reader,
        wont_do_label: str | None,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        outside = Outside(
            f"{url}/api/v4",
            user_agent="closeout-actions",
            headers={"Authorization": f"Bearer {token.get_secret_value()}"},
            secrets=[token],
            timeout=timeout,
            transport=transport,
        )
        self._client = Client(outside, budget, MANNERS)
        self._reader = reader
        self._wont_do_label = wont_do_label
        self._closing = (
            "Closing this issue counts as shipped, unless as a duplicate or with a label that says otherwise"
            f"{f', such as `{wont_do_label}`' if wont_do_label else ''}."
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    # Tickets

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Make the issue, marked in its text. GitLab makes a label that it does not know."""
        item = draft.item
        wanted: dict[str, Any] = {
            **draft.fields,
            **({"issue_type": draft.kind} if draft.kind else {}),
            **self._words(draft),
        }
        if draft.label or draft.labels:
            wanted["labels"] = ",".join((*([draft.label] if draft.label else []), *draft.labels))
        wanted |= await self._owner_and_target(item.project, draft)
        answer = await self._client.write("POST", f"{_project(item.project)}/issues", wanted, give_up_at)
        if answer.status != 201:
            raise self._client.refused(answer, item.project)
        try:
            return self._reader.ticket(self._client.made(answer))
        except ValueError as error:
            raise Unknown(f"GitLab made an issue, and its answer cannot be read: {error}") from None

    async def find(self, draft: Draft) -> SeenTicket | None:
        """Look through what we made, newest first: a query of the database, not of a search index."""
        params = {
            "scope": "created_by_me",
            "order_by": "created_at",
            "sort": "desc",
            "created_after": _moment(draft.wanted_since - CLOCK_SKEW),
        }
        try:
            async for issue in self._pages(f"{_project(draft.item.project)}/issues", params):
                if mark_in(issue.get("description")) == draft.mark:
                    there = _arrived(await self._followed(issue))
                    return there if isinstance(there, SeenTicket) else self._understood(issue)
        except Rejected as error:
            raise Retryable(str(error)) from None
        return None

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """One issue. One that was moved is closed here, and another one there."""
        answer = await self._client.read(_issue(place))
        match answer.status:
            case 200:
                return Reading(await self._seen(object_of(answer), place), None)
            case 403:
                return Reading(Missing(NO_ACCESS, TicketState.NO_ACCESS), None)
            case 404 | 410:
                return Reading(Missing(GONE), None)
            case _:
                raise self._client.retryable(answer)

    async def read_many(self, places: Sequence[Place]) -> Mapping[str, Seen]:
        """By their numbers, a project at a time; one that is not among the answers is asked for by itself."""
        found: dict[str, Seen] = {}
        for project in dict.fromkeys(place.project for place in places):
            wanted = [place for place in places if place.project == project]
            query = urlencode([("scope", "all"), ("per_page", PAGE), *(("iids[]", one.number) for one in wanted)])
            answer = await self._client.read(f"{_project(project)}/issues?{query}")
            if answer.status not in (200, 403, 404):
                raise self._client.retryable(answer)
            issues = {str(one["id"]): one for one in list_of(answer)} if answer.status == 200 else {}
            for place in wanted:
                issue = issues.get(place.remote_id)
                if issue is None and answer.status != 200:
                    no_access = answer.status == 403
                    found[place.remote_id] = Missing(NO_ACCESS, TicketState.NO_ACCESS) if no_access else Missing(GONE)
                else:
                    seen = await self._seen(issue, place) if issue else (await self.read(place)).seen
                    assert seen is not None, "GitLab is asked without an ETag"
                    found[place.remote_id] = seen
        return found

    async def read_key(self, key: str) -> Seen:
        """By acme/payments#12, or with the project's number."""
        project, _, number = key.rpartition("#")
        answer = await self._client.read(f"{_project(project)}/issues/{number}")
        if answer.status == 200:
            return _arrived(await self._followed(object_of(answer)))
        if answer.status in (403, 404, 410):
            return Missing(f"{key} cannot be read.")
        raise self._client.retryable(answer)

    async def _seen(self, issue: Mapping[str, Any], place: Place) -> Seen:
        return await self._followed(issue) if str(issue["id"]) == place.remote_id else Missing(GONE)

    async def _followed(self, issue: Mapping[str, Any]) -> Seen:
        """An issue, or where it was moved, however often: one that was moved is closed, and not done."""
        if issue.get("moved_to_id") is None:
            return self._understood(issue)
        # The id alone cannot be asked for; the text, and the mark in it, moved along, and so did the title.
        mark = mark_in(issue.get("description"))
        words = {"in": "description", "search": mark} if mark else {"in": "title", "search": str(issue["title"])}
        try:
            found = {one["id"]: one async for one in self._pages("issues", {"scope": "all", "state": "all", **words})}
        except Rejected:
            found = {}
        there: Mapping[str, Any] | None = issue
        while there is not None and there.get("moved_to_id") is not None:
            there = found.pop(there["moved_to_id"], None)
        return Moved(self._understood(there)) if there else Missing(OUT_OF_SIGHT, TicketState.MOVED_AWAY)

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """Everything that changed, oldest change first. What was moved away is found by reading it."""
        params = {"scope": "all", "updated_after": _moment(since), "order_by": "updated_at", "sort": "asc"}
        issues = [one async for one in self._pages(f"{_project(project)}/issues", params)]
        return Changes([self._understood(one) for one in issues if one.get("moved_to_id") is None], None)

    async def comments(self, place: Place) -> list[Comment]:
        """All that others wrote; GitLab's own notes about what happened are none."""
        notes = [one async for one in self._pages(f"{_issue(place)}/notes", {"sort": "desc"})]
        told = [one for one in notes if not one.get("system") and mark_in(one.get("body")) is None]
        return [reading.comment(one, place.url) for one in told]

    async def pull_requests(self, place: Place) -> list[str]:
        """The merge requests that mention it."""
        found = self._pages(f"{_issue(place)}/related_merge_requests", {})
        return [str(one["web_url"]) async for one in found if one.get("web_url")]

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write a note, once: the mark in it says that it was written."""
        notes = f"{_issue(place)}/notes"
        async for note in self._pages(notes, {"sort": "desc"}):
            if mark_in(note.get("body")) == mark:
                return
        answer = await self._client.write("POST", notes, {"body": f"{safe(text)}\n\n{mark_of(mark)}"})
        if answer.status != 201:
            raise self._client.refused(answer, place.key)

    async def change(self, place: Place, draft: Draft) -> None:
        """The owner as assignee, and the target's day or milestone."""
        wanted = await self._owner_and_target(place.project, draft)
        if draft.item.target.kind is TargetKind.MILESTONE:
            wanted["due_date"] = ""
        answer = await self._client.write("PUT", _issue(place), wanted)
        if answer.status != 200:
            raise self._client.refused(answer, place.key)

    async def rewrite(self, place: Place, draft: Draft) -> None:
        """The title and the text as they would be made now."""
        answer = await self._client.write("PUT", _issue(place), self._words(draft))
        if answer.status != 200:
            raise self._client.refused(answer, place.key)

    def _words(self, draft: Draft) -> dict[str, str]:
        description = f"{rendered(letter(draft, self._closing), safe)}\n\n{mark_of(draft.mark)}"
        return {"title": one_line(draft, LONGEST_TITLE), "description": description}

    async def _owner_and_target(self, project: str, draft: Draft) -> dict[str, Any]:
        target, wanted = draft.item.target, dict[str, Any]()
        if draft.handle and (member := await self._member_id(project, draft.handle)):
            wanted["assignee_ids"] = [member]
        if target.kind is TargetKind.MILESTONE:
            wanted["milestone_id"] = await self._milestone_id(project, target.value)
        else:
            wanted["due_date"] = target.due_on.isoformat()
        return wanted

    async def close_as_not_planned(self, place: Place) -> None:
        """Close it with the label that says so. What is closed stays as it is."""
        found = (await self.read(place)).seen
        if isinstance(found, Moved):
            found = found.to
        if not isinstance(found, SeenTicket) or found.state is not TicketState.OPEN:
            return
        label = {"add_labels": self._wont_do_label} if self._wont_do_label else {}
        answer = await self._client.write("PUT", _issue(found.place), {"state_event": "close", **label})
        if answer.status != 200:
            raise self._client.refused(answer, place.key)

    # Projects and people

    async def has_file(self, project: str, path: str) -> bool:
        """Whether the main branch has it."""
        file = f"{_project(project)}/repository/files/{quote(path, safe='')}"
        answer = await self._client.read(file, params={"ref": "HEAD"})
        return await self._client.is_there(answer, _project(project), f"{project}:{path}")

    async def is_merged(self, project: str, number: int) -> bool:
        """A merge request, by its number in the project."""
        answer = await self._client.read(f"{_project(project)}/merge_requests/{number}")
        is_there = await self._client.is_there(answer, _project(project), f"{project}!{number}")
        return is_there and object_of(answer).get("state") == "merged"

    async def describe(self, project: str, now: datetime) -> Project:
        """The project: whether an issue can be made in it, who is a member, which milestones are open."""
        known = {"tracker": Vendor.GITLAB, "key": project, "described_at": now}
        answer = await self._client.read(_project(project))
        if answer.status in (403, 404):
            why = f"{project} cannot be read: mend its path, or give the token's account access to it."
            return Project(can_create=False, is_readable=False, why_not=why, **known)
        if answer.status != 200:
            raise self._client.retryable(answer)
        found = object_of(answer)
        why_not = _why_not(found, project)
        members = [one async for one in self._members(project)]
        people = [reading.party(one) for one in members if one.get("state", "active") == "active"]
        return Project(
            url=found.get("web_url"),
            is_archived=bool(found.get("archived")),
            can_create=why_not is None,
            why_not=why_not,
            assignable=tuple(sorted(people, key=lambda one: one.vendor_id)),
            milestones=tuple(reading.milestone(one) for one in await self._milestones(project)),
            **known,
        )

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts are active members."""
        members = [one async for one in self._members(project) if one.get("state", "active") == "active"]
        there = {str(one["username"]).casefold() for one in members}
        return [one for one in accounts if one.casefold() in there]

    async def webhooks(self, project: str) -> list[Webhook]:
        """The project's; those of a group above it are shown to nobody but the group's owners."""
        return [webhook(one) async for one in self._pages(f"{_project(project)}/hooks", {})]

    async def party(self, account: str) -> KnownParty:
        """An account's public profile, by its name and then by its number."""
        nobody = KnownParty(vendor=Vendor.GITLAB, vendor_id=account, name=account)
        found = await self._client.read("users", params={"username": account})
        if found.status != 200:
            raise self._client.retryable(found)
        users = list_of(found)
        if not users:
            return nobody
        answer = await self._client.read(f"users/{users[0]['id']}")
        if answer.status in (403, 404):
            return reading.party(users[0])
        if answer.status != 200:
            raise self._client.retryable(answer)
        return reading.party(object_of(answer))

    def _members(self, project: str) -> AsyncIterator[Mapping[str, Any]]:
        """Of the project and of the groups above it."""
        return self._pages(f"{_project(project)}/members/all", {})

    async def _member_id(self, project: str, username: str) -> int | None:
        async for one in self._members(project):
            if one["username"].casefold() == username.casefold() and int(one.get("access_level", GUEST)) >= GUEST:
                return int(one["id"])
        return None

    async def _milestones(self, project: str) -> list[Mapping[str, Any]]:
        params = {"state": "active", "include_ancestors": "true"}
        return [one async for one in self._pages(f"{_project(project)}/milestones", params)]

    async def _milestone_id(self, project: str, title: str) -> int:
        for one in await self._milestones(project):
            if one["title"] == title:
                return int(one["id"])
        raise Rejected(f"{project} has no open milestone “{title}” any more: choose another target, or open it again.")

    # Calls

    async def _pages(self, path: str, params: Mapping[str, str | int]) -> AsyncIterator[Mapping[str, Any]]:
        number = "1"
        for _ in range(MOST_PAGES):
            answer = await self._client.read(path, params={**params, "per_page": PAGE, "page": number})
            if answer.status != 200:
                raise self._client.unreadable(answer, path)
            for one in list_of(answer):
                yield one
            number = answer.headers.get("x-next-page", "")
            if not number:
                return
        cut_off(answer, MOST_PAGES)

    def _understood(self, issue: Any) -> SeenTicket:
        try:
            return self._reader.ticket(issue)
        except ValueError as error:
            raise Retryable(str(error)) from None


def _arrived(seen: Seen) -> Seen:
    """What is seen, wherever it is."""
    return seen.to if isinstance(seen, Moved) else seen


def _project(path: str) -> str:
    return f"projects/{quote(path, safe='')}"


def _issue(place: Place) -> str:
    return f"{_project(place.project)}/issues/{place.number}"


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _why_not(found: Mapping[str, Any], project: str) -> str | None:
    if found.get("archived"):
        return f"{project} is archived: choose another project, or take it out of the archive."
    if found.get("issues_access_level") == "disabled" or found.get("issues_enabled") is False:
        return f"Issues are switched off in {project}: switch them on in its settings."
    return None


# GitLab's count is of a minute, not of an hour: that few are left is no reason to keep them for anything.
MANNERS = Manners("GitLab", "CLOSEOUT_ACTIONS_GITLAB_TOKEN", limits.said, limits.limited, lambda _headers, _now: Left())
