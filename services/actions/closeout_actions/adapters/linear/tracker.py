"""Linear behind the tracker port. Contract: https://linear.app/developers/graphql

The id of an issue is ours to choose: it is derived from the action item, so that the same issue cannot be made twice
and is found by reading it.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from closeout_actions.adapters.client import Client, Manners, object_of
from closeout_actions.adapters.letter import LONGEST_TEXT, letter, one_line
from closeout_actions.adapters.linear import limits, queries, reading
from closeout_actions.adapters.markdown import rendered
from closeout_actions.adapters.port import Budget, Changes, Reading, Rejected, Webhook
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Gone, Missing, Place, Seen, SeenTicket
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, Outside, Unknown
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

LONGEST_TITLE = 255  # Linear names no limit; longer ones are unreadable in its lists
GONE = "It cannot be found any more: deleted for good, or our access was taken."
CLOSING = "Closing this as completed counts as shipped. Canceled or duplicate does not."
# A personal key is sent as it is, an OAuth token as a bearer token.
PERSONAL_KEY = "lin_api_"
KEEPS = "Linear still shows the earlier ones in the issue’s history."


class Linear:
    """Linear with one credential."""

    vendor = Vendor.LINEAR
    keeps = KEEPS
    most_at_once = 50  # the `first` of the query: 50 issues cost about 2,000 points of 10,000

    def __init__(
        self,
        api_url: str,
        token: SecretStr,
        budget: Budget,
        *,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        key = token.get_secret_value()
        outside = Outside(
            api_url,
            user_agent="closeout-actions",
            headers={"Authorization": key if key.startswith(PERSONAL_KEY) else f"Bearer {key}"},
            secrets=[token],
            timeout=timeout,
            transport=transport,
        )
        self._client = Client(outside, budget, MANNERS)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    # Tickets

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Make the issue under the id that is derived from the item. One that is there already is ours."""
        wanted = await self._input(draft)
        answer = await self._write(queries.CREATE, {"input": wanted}, give_up_at)
        if limits.is_conflict(answer):
            found = await self.find(draft)
            if found is None:
                raise Unknown("Linear says that the issue is there, and does not show it")
            return found
        issue = (_done(answer, "issueCreate", self._client, draft.item.project)).get("issue")
        if not isinstance(issue, Mapping):
            raise Unknown("Linear made an issue and did not show it")
        try:
            return reading.ticket(issue)
        except ValueError as error:
            raise Unknown(f"Linear made an issue, and its answer cannot be read: {error}") from None

    async def _input(self, draft: Draft) -> dict[str, Any]:
        item = draft.item
        team = await self._team(item.project)
        if team is None:
            raise Rejected(f"{item.project} is no team of Linear that our key can see: mend its key, or give access.")
        wanted: dict[str, Any] = {
            **draft.fields,
            "id": issue_id(draft.mark),
            "teamId": team["id"],
            **_words(draft),
        }
        names = [*([draft.label] if draft.label else []), *draft.labels]
        labels = [one for name in names if (one := await self._label(name, team["id"])) is not None]
        if labels:
            wanted["labelIds"] = labels
        return wanted | await self._owner_and_target(item.project, draft)

    async def find(self, draft: Draft) -> SeenTicket | None:
        """By its id: Linear has it, or has never had it."""
        answer = await self._read(queries.READ, {"id": issue_id(draft.mark)})
        if limits.is_missing(answer):
            return None
        return _understood(_asked(answer, "issue", self._client))

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """By its id, which survives a move to another team."""
        return Reading(await self._seen(queries.READ, place), None)

    async def read_key(self, key: str) -> Seen:
        """By the identifier that people use: PAY-12."""
        answer = await self._read(queries.READ, {"id": key})
        if limits.is_missing(answer):
            return Missing(GONE)
        return _understood(_asked(answer, "issue", self._client))

    async def read_many(self, places: Sequence[Place]) -> Mapping[str, Seen]:
        """What Linear does not show among the asked for, it does not have for us."""
        answer = await self._read(queries.READ_MANY, {"ids": [place.remote_id for place in places]})
        nodes = _asked(answer, "issues", self._client)["nodes"]
        found: dict[str, Seen] = {str(one["id"]): reading.seen(one) for one in nodes if reading.is_readable(one)}
        there = {str(one["id"]) for one in nodes}
        missing = {place.remote_id: Missing(GONE) for place in places if place.remote_id not in there}
        return {**missing, **found}

    async def _seen(self, query: str, place: Place) -> Seen:
        answer = await self._read(query, {"id": place.remote_id})
        if limits.is_missing(answer):
            return Missing(GONE)
        issue = _asked(answer, "issue", self._client)
        return Gone(reading.TRASHED) if issue.get("trashed") else _understood(issue)

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """Everything that changed, archived issues too. What is in the trash is found by reading it."""
        variables = {"team": project, "since": since.astimezone(UTC).isoformat()}
        seen = [
            _understood(issue)
            async for issue in self._pages(queries.CHANGED, variables, "issues")
            if not issue.get("trashed")
        ]
        if not seen and await self._team(project) is None:
            raise Rejected(f"{project} is no team that our key can see.")
        # A comment is no change of its issue.
        commented: dict[str, datetime] = {}
        async for one in self._pages(queries.COMMENTED, variables, "comments"):
            issue, moment = one.get("issue") or {}, datetime.fromisoformat(one["updatedAt"])
            if issue:
                known = commented.get(str(issue["id"]), moment)
                commented[str(issue["id"])] = max(known, moment)
        return Changes(seen, None, commented)

    async def comments(self, place: Place) -> list[Comment]:
        """All that others wrote."""
        found = [one async for one in self._pages(queries.COMMENTS, {"id": place.remote_id}, "issue", "comments")]
        return [reading.comment(one) for one in found if not (one.get("user") or {}).get("isMe")]

    async def pull_requests(self, place: Place) -> list[str]:
        """What is attached to it: Linear's integrations attach pull requests."""
        answer = await self._read(queries.LINKS, {"id": place.remote_id})
        if limits.is_missing(answer):
            raise Rejected(GONE)
        return [str(one["url"]) for one in _asked(answer, "issue", self._client)["attachments"]["nodes"]]

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write a comment, once: its id is derived from the mark."""
        comment = {"id": issue_id(mark), "issueId": place.remote_id, "body": text}
        answer = await self._write(queries.SAY, {"input": comment})
        if not limits.is_conflict(answer):
            _done(answer, "commentCreate", self._client, place.key)

    async def change(self, place: Place, draft: Draft) -> None:
        """The owner as assignee, and the target's day or cycle."""
        wanted = await self._owner_and_target(place.project, draft)
        if draft.item.target.kind is TargetKind.MILESTONE:
            wanted["dueDate"] = None
        answer = await self._write(queries.CLOSE, {"id": place.remote_id, "input": wanted})
        _done(answer, "issueUpdate", self._client, place.key)

    async def rewrite(self, place: Place, draft: Draft) -> None:
        """The title and the description as they would be made now."""
        answer = await self._write(queries.CLOSE, {"id": place.remote_id, "input": _words(draft)})
        _done(answer, "issueUpdate", self._client, place.key)

    async def _owner_and_target(self, project: str, draft: Draft) -> dict[str, Any]:
        target, wanted = draft.item.target, dict[str, Any]()
        if draft.handle and await self._is_assignable(draft.handle):
            wanted["assigneeId"] = draft.handle
        if target.kind is TargetKind.MILESTONE:
            wanted["cycleId"] = await self._cycle_id(project, target.value)
        else:
            wanted["dueDate"] = target.due_on.isoformat()
        return wanted

    async def close_as_not_planned(self, place: Place) -> None:
        """Into the team's first state of the type “canceled”, unless it is closed."""
        answer = await self._read(queries.STATES, {"id": place.remote_id})
        if limits.is_missing(answer):
            return
        issue = _asked(answer, "issue", self._client)
        if issue.get("trashed") or _understood(issue).state is not TicketState.OPEN:
            return
        states = issue["team"]["states"]["nodes"]
        canceled = next((one["id"] for one in states if one["type"] == "canceled"), None)
        if canceled is None:
            raise Rejected(f"{place.key}: its team has no state of the type “canceled”.")
        closed = await self._write(queries.CLOSE, {"id": place.remote_id, "input": {"stateId": canceled}})
        _done(closed, "issueUpdate", self._client, place.key)

    # Teams and people

    async def describe(self, project: str, now: datetime) -> Project:
        """The team: whether it is there, who is in it, which cycles are ahead."""
        known = {"tracker": Vendor.LINEAR, "key": project, "described_at": now}
        team = await self._team(project)
        if team is None:
            why = f"{project} is no team that our key can see: mend the team's key, or give our account access."
            return Project(can_create=False, is_readable=False, why_not=why, **known)
        why_not = f"The team {project} is retired: choose another." if team.get("retiredAt") else None
        members = [one async for one in self._pages(queries.MEMBERS, {"id": team["id"]}, "team", "members")]
        people = [reading.party(one) for one in members if one.get("active") and one.get("isAssignable")]
        return Project(
            is_archived=bool(team.get("retiredAt")),
            can_create=why_not is None,
            why_not=why_not,
            assignable=tuple(sorted(people, key=lambda one: one.vendor_id)),
            milestones=tuple(reading.milestone(one) for one in await self._cycles(project)),
            **known,
        )

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts are members of the team, and active."""
        able: list[str] = []
        asked = list(accounts)
        for start in range(0, len(asked), 100):
            variables = {"team": project, "ids": asked[start : start + 100]}
            teams = _asked(await self._read(queries.THERE, variables), "teams", self._client)["nodes"]
            if not teams:
                raise Rejected(f"{project} is no team that our key can see.")
            members = teams[0]["members"]["nodes"]
            able += [str(one["id"]) for one in members if one.get("active") and one.get("isAssignable")]
        return able

    async def webhooks(self, project: str) -> list[Webhook]:
        """Those of the team and of all teams."""
        found = [one async for one in self._pages(queries.WEBHOOKS, {}, "webhooks")]
        return [reading.webhook(one) for one in found if (one.get("team") or {"key": project})["key"] == project]

    async def party(self, account: str) -> KnownParty:
        """Somebody, by their id."""
        answer = await self._read(queries.USER, {"id": account})
        if limits.is_missing(answer) or limits.is_users_error(answer):
            return KnownParty(vendor=Vendor.LINEAR, vendor_id=account, name=account)
        return reading.party(_asked(answer, "user", self._client))

    async def _team(self, key: str) -> Mapping[str, Any] | None:
        answer = await self._read(queries.TEAM, {"key": key})
        nodes = _asked(answer, "teams", self._client)["nodes"]
        return nodes[0] if nodes else None

    async def _is_assignable(self, user_id: str) -> bool:
        answer = await self._read(queries.USER, {"id": user_id})
        if limits.is_missing(answer) or limits.is_users_error(answer):
            return False
        user = _asked(answer, "user", self._client)
        return bool(user.get("active") and user.get("isAssignable"))

    async def _label(self, name: str, team_id: str) -> str | None:
        """The team's label of that name, else the workspace's."""
        # Every team may have one of that name.
        found = self._pages(queries.LABELS, {"name": name}, "issueLabels")
        usable = [one async for one in found if not one.get("team") or one["team"]["id"] == team_id]
        usable.sort(key=lambda one: one.get("team") is None)
        return str(usable[0]["id"]) if usable else None

    async def _cycles(self, project: str) -> list[Mapping[str, Any]]:
        answer = await self._read(queries.CYCLES, {"key": project})
        return list(_asked(answer, "cycles", self._client)["nodes"])

    async def _cycle_id(self, project: str, title: str) -> str:
        for cycle in await self._cycles(project):
            if reading.cycle_title(cycle) == title:
                return str(cycle["id"])
        raise Rejected(f"{project} has no cycle “{title}” ahead any more: choose another target.")

    # Calls

    async def _read(self, query: str, variables: Mapping[str, Any]) -> Answer:
        return await self._client.read("graphql", method="POST", body={"query": query, "variables": variables})

    async def _write(self, query: str, variables: Mapping[str, Any], give_up_at: float | None = None) -> Answer:
        return await self._client.write("POST", "graphql", {"query": query, "variables": variables}, give_up_at)

    async def _pages(self, query: str, variables: Mapping[str, Any], *path: str) -> AsyncIterator[Mapping[str, Any]]:
        """To the end: the latest change comes first, and what is left out would not be asked for again."""
        after = None
        while True:
            answer = await self._read(query, {**variables, "after": after})
            if limits.is_missing(answer):
                raise Rejected("Linear does not show it to our key any more.")
            page = _asked(answer, path[0], self._client)
            for name in path[1:]:
                page = page[name]
            for node in page["nodes"]:
                yield node
            if not page["pageInfo"]["hasNextPage"]:
                return
            before, after = after, page["pageInfo"]["endCursor"]
            if after == before:
                raise Retryable(f"Linear names a page of {path[-1]} as the one after itself")


def issue_id(mark: str) -> str:
    """A UUID of version 4, as Linear wants it, that is always the same for `mark`."""
    return str(UUID(bytes=hashlib.sha256(f"closeout:{mark}".encode()).digest()[:16], version=4))


def _asked(answer: Answer, name: str, client: Client) -> Mapping[str, Any]:
    """What was asked for. Raises Retryable where it did not come."""
    data = object_of(answer).get("data") if answer.status == 200 else None
    found = data.get(name) if isinstance(data, Mapping) else None
    if limits.errors(answer) or not isinstance(found, Mapping):
        raise client.retryable(answer)
    return found


def _done(answer: Answer, name: str, client: Client, project: str) -> Mapping[str, Any]:
    """What a mutation did. Raises Rejected where it never will, Unknown where nobody knows."""
    if answer.status != 200:
        raise client.refused(answer, project)
    if limits.errors(answer):
        if limits.is_users_error(answer) or limits.is_missing(answer):
            raise Rejected(f"Linear does not take it as it is ({limits.said(answer)}): mend the item, or {project}.")
        raise Unknown(f"Linear answered with an error of its own: {limits.said(answer)}")
    found = (client.made(answer).get("data") or {}).get(name)
    if not isinstance(found, Mapping) or not found.get("success"):
        raise Unknown("Linear does not say that it was done")
    return found


def _understood(issue: Any) -> SeenTicket:
    try:
        return reading.ticket(issue)
    except ValueError as error:
        raise Retryable(str(error)) from None


MANNERS = Manners(
    "Linear",
    "CLOSEOUT_ACTIONS_LINEAR_TOKEN",
    limits.said,
    limits.limited,
    limits.left,
    limits.is_unauthorized,
)


def _words(draft: Draft) -> dict[str, str]:
    description = rendered(letter(draft, CLOSING), safe=lambda text: text[:LONGEST_TEXT])
    return {"title": one_line(draft, LONGEST_TITLE), "description": description}
