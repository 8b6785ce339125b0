"""Gitea's and Forgejo's issues behind the tracker port. Contract: https://docs.gitea.com/api"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from closeout_actions.adapters.client import Client, Manners, list_of, object_of, parsed
from closeout_actions.adapters.gitea import reading
from closeout_actions.adapters.gitea.reading import Reader
from closeout_actions.adapters.gitea.webhooks import webhook
from closeout_actions.adapters.letter import letter, one_line
from closeout_actions.adapters.limits import Left, Limited, retry_after, whole_number
from closeout_actions.adapters.markdown import mark_in, mark_of, original_in, rendered, safe
from closeout_actions.adapters.port import Budget, Changes, Reading, Rejected, Webhook
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Missing, Place, Seen, SeenTicket
from closeout_actions.domain.ticket import CLOCK_SKEW
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, Outside, Unknown
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

LONGEST_TITLE = 255  # the column's width
PAGE = 50  # Gitea's own most, unless its administrator changed MAX_RESPONSE_ITEMS
# Gitea keeps the moment and shows it in its own time zone: this one is on the same day from Hawaii to New Zealand.
DAYS_END = "23:59:59+13:00"
NO_ACCESS = "Gitea does not let our account read it any more."
GONE = "It cannot be found any more: deleted, with its repository or without, or our access was taken."
KEEPS = (
    "Gitea still shows earlier texts under “edited”, where each can be deleted, and the earlier title in the timeline."
)


class Gitea:
    """Gitea or Forgejo with one token. `wont_do_label`: what a withdrawn promise gets before it is closed."""

    vendor = Vendor.GITEA
    keeps = KEEPS

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
            f"{url}/api/v1",
            user_agent="closeout-actions",
            headers={"Authorization": f"token {token.get_secret_value()}", "Accept": "application/json"},
            secrets=[token],
            timeout=timeout,
            transport=transport,
        )
        self._client = Client(outside, budget, MANNERS)
        self._reader = reader
        self._wont_do_label = wont_do_label
        self._closing = (
            "Closing this issue counts as shipped, unless it has a label that says otherwise"
            f"{f', such as {wont_do_label}' if wont_do_label else ''}."
        )
        self._login: str | None = None

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    # Tickets

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Make the issue, marked in its text. What the repository lacks is left out: a ticket matters more."""
        item = draft.item
        wanted: dict[str, Any] = {**draft.fields, **self._words(draft)}
        names = [*([draft.label] if draft.label else []), *draft.labels]
        wanted["labels"] = [one for name in names if (one := await self._label_id(item.project, name)) is not None]
        wanted |= await self._owner_and_target(item.project, draft)
        answer = await self._client.write("POST", f"{_repository(item.project)}/issues", wanted, give_up_at)
        if answer.status != 201:
            raise self._client.refused(answer, item.project)
        try:
            return self._reader.ticket(self._client.made(answer))
        except ValueError as error:
            raise Unknown(f"Gitea made an issue, and its answer cannot be read: {error}") from None

    async def find(self, draft: Draft) -> SeenTicket | None:
        """Look through what we made, newest first, in the database itself: it does not lag."""
        try:
            return await self._find(draft)
        except Rejected as error:
            raise Retryable(str(error)) from None

    async def _find(self, draft: Draft) -> SeenTicket | None:
        params = {"state": "all", "type": "issues", "created_by": await self._own_login()}
        oldest = draft.wanted_since - CLOCK_SKEW
        async for issue in self._pages(f"{_repository(draft.item.project)}/issues", params):
            if mark_in(issue.get("body")) == draft.mark:
                return self._understood(issue)
            if datetime.fromisoformat(issue["created_at"]) < oldest:
                return None
        return None

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """One issue. A renamed repository redirects; a number may have been given to another one's issue."""
        answer = await self._client.read(_issue(place))
        return Reading(await self._with_original(self._read(answer, place)), None)

    async def read_key(self, key: str) -> Seen:
        """By acme/payments#12."""
        project, _, number = key.rpartition("#")
        answer = await self._client.read(f"{_repository(project)}/issues/{number}")
        if answer.status == 200:
            return self._understood(object_of(answer))
        if answer.status in (403, 404, 410):
            return Missing(f"{key} cannot be read.")
        raise self._client.retryable(answer)

    async def _with_original(self, seen: Seen) -> Seen:
        """A duplicate of ours, with the last ticket of which a comment says so."""
        if not isinstance(seen, SeenTicket) or seen.state is not TicketState.DUPLICATE or seen.mark is None:
            return seen
        try:
            comments = await self._comments(seen.place)
        except Rejected:
            return seen
        told = [original_in(one.get("body"), seen.place.project) for one in comments]
        return seen.model_copy(update={"duplicate_of": next((one for one in reversed(told) if one), None)})

    async def comments(self, place: Place) -> list[Comment]:
        """All that others wrote."""
        found = await self._comments(place)
        return [reading.comment(one) for one in found if mark_in(one.get("body")) is None]

    async def _comments(self, place: Place) -> list[Mapping[str, Any]]:
        found = await self._client.read(f"{_issue(place)}/comments")
        if found.status != 200:
            raise self._client.unreadable(found, place.key)
        return list_of(found)

    def _read(self, answer: Answer, place: Place) -> Seen:
        match answer.status:
            case 200:
                seen = self._understood(object_of(answer))
                return seen if seen.place.remote_id == place.remote_id else Missing(GONE)
            case 403:
                return Missing(NO_ACCESS, TicketState.NO_ACCESS)
            case 404 | 410:
                return Missing(GONE)
            case _:
                raise self._client.retryable(answer)

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """Everything that changed."""
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"state": "all", "type": "issues", "since": moment}
        found = [self._understood(one) async for one in self._pages(f"{_repository(project)}/issues", params)]
        seen = [await self._with_original(one) for one in found]
        return Changes([one for one in seen if isinstance(one, SeenTicket)], None)

    async def pull_requests(self, place: Place) -> list[str]:
        """Those that mention it."""
        entries = [one async for one in self._pages(f"{_issue(place)}/timeline", {}, is_counted=False)]
        mentions = [one.get("ref_issue") or {} for one in entries if one is not None]
        return [str(one["html_url"]) for one in mentions if one.get("pull_request")]

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write a comment, once: the mark in it says that it was written."""
        comments = f"{_issue(place)}/comments"
        if any(mark_in(one.get("body")) == mark for one in await self._comments(place)):
            return
        answer = await self._client.write("POST", comments, {"body": f"{safe(text)}\n\n{mark_of(mark)}"})
        if answer.status != 201:
            raise self._client.refused(answer, place.key)

    async def change(self, place: Place, draft: Draft) -> None:
        """The owner as assignee, and the target's day or milestone."""
        wanted = await self._owner_and_target(place.project, draft)
        if draft.item.target.kind is TargetKind.MILESTONE:
            wanted["unset_due_date"] = True
        answer = await self._client.write("PATCH", _issue(place), wanted)
        if answer.status != 201:
            raise self._client.refused(answer, place.key)

    async def rewrite(self, place: Place, draft: Draft) -> None:
        """The title and the text as they would be made now."""
        answer = await self._client.write("PATCH", _issue(place), self._words(draft))
        if answer.status != 201:
            raise self._client.refused(answer, place.key)

    def _words(self, draft: Draft) -> dict[str, str]:
        body = f"{rendered(letter(draft, self._closing))}\n\n{mark_of(draft.mark)}"
        return {"title": one_line(draft, LONGEST_TITLE), "body": body}

    async def _owner_and_target(self, project: str, draft: Draft) -> dict[str, Any]:
        target, wanted = draft.item.target, dict[str, Any]()
        if draft.handle and await self._is_assignable(project, draft.handle):
            wanted["assignees"] = [draft.handle]
        if target.kind is TargetKind.MILESTONE:
            wanted["milestone"] = await self._milestone_id(project, target.value)
        else:
            wanted["due_date"] = f"{target.due_on.isoformat()}T{DAYS_END}"
        return wanted

    async def close_as_not_planned(self, place: Place) -> None:
        """Label it, then close it. What is closed stays as it is."""
        found = (await self.read(place)).seen
        if not isinstance(found, SeenTicket) or found.state is not TicketState.OPEN:
            return
        name = self._wont_do_label
        label = await self._label_id(found.place.project, name) if name else None
        if label is not None:
            labelled = await self._client.write("POST", f"{_issue(found.place)}/labels", {"labels": [label]})
            if labelled.status != 200:
                raise self._client.refused(labelled, place.key)
        closed = await self._client.write("PATCH", _issue(found.place), {"state": "closed"})
        if closed.status != 201:
            raise self._client.refused(closed, place.key)

    # Repositories and people

    async def has_file(self, project: str, path: str) -> bool:
        """Whether the main branch has it."""
        answer = await self._client.read(f"{_repository(project)}/contents/{quote(path)}")
        return await self._client.is_there(answer, _repository(project), f"{project}:{path}")

    async def is_merged(self, project: str, number: int) -> bool:
        """204: it is; 404: it is not, or is not there."""
        answer = await self._client.read(f"{_repository(project)}/pulls/{number}/merge")
        what = f"{project}#{number}"
        return answer.status == 204 or await self._client.is_there(answer, _repository(project), what)

    async def describe(self, project: str, now: datetime) -> Project:
        """The repository: whether an issue can be made in it, who can be assigned, which milestones are open."""
        known = {"tracker": Vendor.GITEA, "key": project, "described_at": now}
        answer = await self._client.read(_repository(project))
        if answer.status in (403, 404):
            why = f"{project} cannot be read: mend its name, or give the token's account access to it."
            return Project(can_create=False, is_readable=False, why_not=why, **known)
        if answer.status != 200:
            raise self._client.retryable(answer)
        repository = object_of(answer)
        why_not = _why_not(repository)
        people = [reading.party(one) for one in await self._assignees(project)]
        return Project(
            url=repository.get("html_url"),
            is_archived=bool(repository.get("archived")),
            can_create=why_not is None,
            why_not=why_not,
            assignable=tuple(sorted(people, key=lambda one: one.vendor_id)),
            milestones=tuple(reading.milestone(one) for one in await self._milestones(project)),
            **known,
        )

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts can be assigned there now."""
        there = {str(one["login"]).casefold() for one in await self._assignees(project)}
        return [one for one in accounts if one.casefold() in there]

    async def webhooks(self, project: str) -> list[Webhook]:
        """The repository's, and its organisation's where our account may see them."""
        owner = quote(project.partition("/")[0], safe="")
        found = [one async for one in self._pages(f"{_repository(project)}/hooks", {})]
        found += [one async for one in self._pages(f"orgs/{owner}/hooks", {}, otherwise=(403, 404))]
        return [webhook(one) for one in found]

    async def party(self, account: str) -> KnownParty:
        """An account's profile."""
        answer = await self._client.read(f"users/{quote(account, safe='')}")
        if answer.status in (403, 404):
            return KnownParty(vendor=Vendor.GITEA, vendor_id=account, name=account)
        if answer.status != 200:
            raise self._client.retryable(answer)
        return reading.party(object_of(answer))

    async def _own_login(self) -> str:
        if self._login is None:
            answer = await self._client.read("user")
            if answer.status != 200:
                raise self._client.retryable(answer)
            self._login = str(object_of(answer)["login"])
        return self._login

    async def _assignees(self, project: str) -> list[Mapping[str, Any]]:
        answer = await self._client.read(f"{_repository(project)}/assignees")
        if answer.status != 200:
            raise self._client.unreadable(answer, project)
        return list_of(answer)

    async def _is_assignable(self, project: str, login: str) -> bool:
        return any(one["login"].casefold() == login.casefold() for one in await self._assignees(project))

    async def _label_id(self, project: str, name: str) -> int | None:
        """The repository's label of that name, else its organisation's."""
        owner = quote(project.partition("/")[0], safe="")
        for path in (f"{_repository(project)}/labels", f"orgs/{owner}/labels"):
            async for label in self._pages(path, {}, otherwise=(403, 404)):
                if label["name"].casefold() == name.casefold():
                    return int(label["id"])
        return None

    async def _milestones(self, project: str) -> list[Mapping[str, Any]]:
        return [one async for one in self._pages(f"{_repository(project)}/milestones", {"state": "open"})]

    async def _milestone_id(self, project: str, title: str) -> int:
        for one in await self._milestones(project):
            if one["title"] == title:
                return int(one["id"])
        raise Rejected(f"{project} has no open milestone “{title}” any more: choose another target, or open it again.")

    # Calls

    async def _pages(
        self,
        path: str,
        params: Mapping[str, str | int],
        otherwise: tuple[int, ...] = (),
        *,
        is_counted: bool = True,
    ) -> AsyncIterator[Mapping[str, Any]]:
        """A list, page by page, to its end: issues come by age, and a change that is left out would not be asked for
        again. `otherwise`: the statuses that mean that there is none. `is_counted`: each page says how many there are
        in all; that there is a next one only those of issues say."""
        seen, before = 0, None
        for number in count(1):
            answer = await self._client.read(path, params={**params, "limit": PAGE, "page": number})
            if answer.status in otherwise:
                return
            if answer.status != 200:
                raise self._client.unreadable(answer, path)
            # A list in which nothing is may be null.
            page = list_of(answer) if parsed(answer) is not None else []
            if page and page == before:
                raise Retryable(f"{answer.url} shows the same page again and again")
            before = page
            for one in page:
                yield one
            seen += len(page)
            every = whole_number(answer.headers.get("x-total-count")) if is_counted else None
            # Its administrator may have made the pages smaller: a short one need not be the last.
            if not page or (every is not None and seen >= every):
                return

    def _understood(self, issue: Any) -> SeenTicket:
        try:
            return self._reader.ticket(issue)
        except ValueError as error:
            raise Retryable(str(error)) from None


def _repository(project: str) -> str:
    return f"repos/{quote(project)}"


def _issue(place: Place) -> str:
    return f"{_repository(place.project)}/issues/{place.number}"


def _why_not(repository: Mapping[str, Any]) -> str | None:
    name = repository.get("full_name")
    if repository.get("archived"):
        return f"{name} is archived: choose another repository, or take it out of the archive."
    if not repository.get("has_issues", True):
        return f"Issues are switched off in {name}: switch them on in its settings."
    if not (repository.get("permissions") or {}).get("push"):
        return f"Our account cannot assign people in {name}: give the token's account write access."
    return None


def _said(answer: Answer) -> str:
    found = parsed(answer)
    message = found.get("message") if isinstance(found, Mapping) else None
    return str(message)[:300] if message else "no message"


def _limited(answer: Answer, said: str, now: float) -> Limited | None:
    """It has no limits of its own; a proxy before it may."""
    if answer.status != 429:
        return None
    return Limited(retry_after(answer.headers, now), f"Gitea, or a proxy before it, wants fewer requests: {said}")


MANNERS = Manners("Gitea", "CLOSEOUT_ACTIONS_GITEA_TOKEN", _said, _limited, lambda _headers, _now: Left())
