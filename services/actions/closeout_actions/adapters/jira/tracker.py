"""Jira behind the tracker port: Cloud's REST v3 and Data Center's v2, told apart by their dialect.

Contract: https://developer.atlassian.com/cloud/jira/platform/rest/v3
"""

from __future__ import annotations

import base64
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from closeout_actions.adapters.client import Client, Manners, cut_off, list_of, object_of, parsed
from closeout_actions.adapters.jira import describing, limits
from closeout_actions.adapters.jira.comments import Comments
from closeout_actions.adapters.jira.dialect import PROPERTY
from closeout_actions.adapters.jira.projects import Projects, WishesOf
from closeout_actions.adapters.jira.reading import FIELDS, Reader, mark_of
from closeout_actions.adapters.jira.webhooks import webhooks
from closeout_actions.adapters.letter import letter, one_line
from closeout_actions.adapters.limits import http_date
from closeout_actions.adapters.port import Budget, Changes, Reading, Rejected, Unauthorized, Webhook
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Missing, Place, Seen, SeenTicket
from closeout_actions.domain.ticket import CLOCK_SKEW
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, Outside, Unknown
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

LONGEST_TITLE = 255  # "Summary must be less than 255 characters" is what Jira's 400 says of 256
MOST_PAGES = 50
CLOSING = (
    "Closing this as done counts as shipped. A resolution or status such as “Won't Do” or “Duplicate” does not. "
    "The label that begins with closeout- is how this ticket is found again: please leave it."
)
NO_ACCESS = "Jira does not let our account read it any more."
GONE = "It cannot be found any more: deleted, moved out of our sight, or our access was taken."
KEEPS = (
    "Jira still shows the earlier ones in the issue’s history, which only an administrator can be rid "
    "of, with the issue."
)


class Jira:
    """Jira with one credential."""

    vendor = Vendor.JIRA
    keeps = KEEPS

    def __init__(
        self,
        url: str,
        email: str,
        token: SecretStr,
        budget: Budget,
        *,
        reader: Reader,
        wishes: WishesOf,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        pair = base64.b64encode(f"{email}:{token.get_secret_value()}".encode()).decode()
        outside = Outside(
            url,
            user_agent="closeout-actions",
            headers={
                "Authorization": f"Basic {pair}" if email else f"Bearer {token.get_secret_value()}",
                "Accept": "application/json",
            },
            secrets=[token, SecretStr(pair)],
            timeout=timeout,
            transport=transport,
        )
        self._client = Client(outside, budget, MANNERS)
        self._reader = reader
        self._dialect = reader.dialect
        self._api = reader.dialect.api
        self._wishes = wishes
        self._projects = Projects(self._client, reader.dialect, reader.site, wishes)
        self._comments = Comments(self._client, reader.dialect, reader.site)
        self._sprint_field: str | None = None
        self.most_at_once = 100 if reader.dialect.bulk else 20

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    # Tickets

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Make the issue, marked by a label and an entity property. A field that the project's screen lacks is left
        out, and said: a ticket matters more. Only the label has to be there, or it could not be found again."""
        wanted, optional = await self._fields(draft)
        body = {"properties": [{"key": PROPERTY, "value": {"item": draft.mark}}]}
        answer, left_out = await self._taken("POST", "issue", wanted, optional, body, give_up_at)
        if answer.status != 201:
            raise self._client.refused(answer, draft.item.project)
        made = self._client.made(answer)
        if not {"id", "key"} <= made.keys():
            raise Unknown("Jira made an issue and did not say which")
        return await self._made(draft, made, answer, left_out)

    async def _taken(
        self,
        method: str,
        path: str,
        wanted: Mapping[str, Any],
        optional: Mapping[str, Any],
        body: Mapping[str, Any],
        give_up_at: float | None = None,
    ) -> tuple[Answer, list[str]]:
        """The answer, once Jira takes the fields or refuses more than optional ones; what it did not take, in words."""
        left_out: list[str] = []
        while True:
            fields = {"fields": {**wanted, **optional}}
            answer = await self._client.write(method, f"{self._api}/{path}", {**fields, **body}, give_up_at)
            # A 400 names the fields and has done nothing.
            unwanted = _errors(answer).keys() & optional.keys() if answer.status == 400 else set()
            if not unwanted:
                return answer, left_out
            left_out += [f"Jira did not take {name}: {_errors(answer)[name]}" for name in sorted(unwanted)]
            optional = {name: value for name, value in optional.items() if name not in unwanted}
            if not wanted and not optional:
                return answer, left_out

    async def change(self, place: Place, draft: Draft) -> None:
        """The owner as assignee, and the target's day or sprint. Raises Rejected with what of it Jira did not take."""
        wanted = await self._owner_and_target(place.project, draft)
        if draft.item.target.kind is TargetKind.MILESTONE:
            wanted["duedate"] = None
        answer, left_out = await self._taken("PUT", f"issue/{quote(place.remote_id, safe='')}", {}, wanted, {})
        if left_out:
            raise Rejected(" ".join(left_out))
        if answer.status != 204:
            raise self._client.refused(answer, place.key)

    async def rewrite(self, place: Place, draft: Draft) -> None:
        """The summary and the description as they would be made now."""
        path = f"issue/{quote(place.remote_id, safe='')}"
        answer, _ = await self._taken("PUT", path, self._words(draft), {}, {})
        if answer.status != 204:
            raise self._client.refused(answer, place.key)

    def _words(self, draft: Draft) -> dict[str, Any]:
        text = self._dialect.text(letter(draft, CLOSING))
        return {"summary": one_line(draft, LONGEST_TITLE), "description": text}

    async def _fields(self, draft: Draft) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the issue must have, and what it may do without."""
        item = draft.item
        wishes = self._wishes(item.project)
        labels = [mark_of(draft.mark), *([draft.label] if draft.label else []), *draft.labels]
        wanted: dict[str, Any] = {
            "project": {"key": item.project},
            "issuetype": {"name": wishes.issue_type},
            **self._words(draft),
            "labels": labels,
            **wishes.fields,
            **await self._projects.answers(item.project, item.fields),
        }
        optional = await self._owner_and_target(item.project, draft)
        if wishes.priority:
            optional["priority"] = {"name": wishes.priority}
        return wanted, optional

    async def _owner_and_target(self, project: str, draft: Draft) -> dict[str, Any]:
        target, fields = draft.item.target, dict[str, Any]()
        if draft.handle:
            fields["assignee"] = self._dialect.account(draft.handle)
        if target.kind is TargetKind.MILESTONE:
            sprint = await self._projects.sprint_id(project, target.value, target.due_on)
            field = await self._the_sprint_field()
            if field:
                fields[field] = sprint
        else:
            fields["duedate"] = target.due_on.isoformat()
        return fields

    async def _made(self, draft: Draft, made: Mapping[str, Any], answer: Answer, left_out: Sequence[str]) -> SeenTicket:
        """The answer names the issue and no more. It is made: what fails now must not make it again."""
        try:
            found = await self._issue(str(made["id"]))
        except (Retryable, Unauthorized):
            found = None
        if not isinstance(found, SeenTicket):
            found = self._as_asked(draft, made, answer)
        return found.model_copy(update={"left_out": tuple(left_out)})

    def _as_asked(self, draft: Draft, made: Mapping[str, Any], answer: Answer) -> SeenTicket:
        key = str(made["key"])
        project, _, number = key.rpartition("-")
        url = f"{self._reader.site}/browse/{key}"
        # Old enough for every reading to be later.
        moment = datetime.fromtimestamp(http_date(answer.headers.get("date")) or time.time(), UTC) - CLOCK_SKEW
        return SeenTicket(
            place=Place(remote_id=str(made["id"]), project=project, number=int(number), key=key, url=url),
            title=one_line(draft, LONGEST_TITLE),
            state=TicketState.OPEN,
            assignees=(draft.handle,) if draft.handle else (),
            labels=(draft.label,) if draft.label else (),
            due_on=draft.item.target.due_on if draft.item.target.kind is TargetKind.WEEK else None,
            created_at=moment,
            updated_at=moment,
            mark=draft.mark,
        )

    async def find(self, draft: Draft) -> SeenTicket | None:
        """Search by the label; a clone has it too, but another creator or a later number, and no property."""
        jql = f'labels = "{mark_of(draft.mark)}" AND creator = currentUser() ORDER BY created ASC'
        try:
            found = await self._search(jql)
        except Rejected as error:
            raise Retryable(str(error)) from None
        return found[0] if found else None

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """By its id, which survives a move to another project."""
        return Reading(await self._issue(place.remote_id), None)

    async def read_key(self, key: str) -> Seen:
        """By the key that people use."""
        return await self._issue(key)

    async def read_many(self, places: Sequence[Place]) -> Mapping[str, Seen]:
        """By Cloud's bulk fetch, which leaves out what is not there and names what it cannot fetch now; on Data Center
        one by one."""
        if self._dialect.bulk is None:
            return {place.remote_id: await self._issue(place.remote_id) for place in places}
        sprint = await self._the_sprint_field()
        ids = [place.remote_id for place in places]
        fields = [*FIELDS, *([sprint] if sprint else [])]
        body = {"issueIdsOrKeys": ids, "fields": fields, "properties": [PROPERTY]}
        answer = await self._client.read(f"{self._api}/{self._dialect.bulk}", method="POST", body=body)
        if answer.status != 200:
            raise self._client.retryable(answer)
        told = object_of(answer)
        issues = {str(one["id"]): one for one in told.get("issues") or ()}
        not_now = {str(one.get("id")) for one in told.get("issueErrors") or ()}
        missing = {name: Missing(GONE) for name in ids if name not in issues and name not in not_now}
        return {**missing, **self._reader.readable(issues)}

    async def _issue(self, remote_id: str) -> SeenTicket | Missing:
        sprint = await self._the_sprint_field()
        params = {"fields": ",".join((*FIELDS, *([sprint] if sprint else []))), "properties": PROPERTY}
        answer = await self._client.read(f"{self._api}/issue/{quote(remote_id, safe='')}", params=params)
        match answer.status:
            case 200:
                return self._understood(object_of(answer))
            case 403:
                return Missing(NO_ACCESS, TicketState.NO_ACCESS)
            case 404 | 410:
                return Missing(GONE)
            case _:
                raise self._client.retryable(answer)

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """By minutes ago: days and hours in a search are of the time zone of whoever asks. Our clock may be behind."""
        minutes = max(1, int((datetime.now(UTC) - since + CLOCK_SKEW).total_seconds() // 60) + 1)
        jql = f'project = "{project}" AND updated >= "-{minutes}m" ORDER BY updated ASC'
        found = await self._search(jql)
        if not found and not await self._projects.is_readable(project):
            raise Rejected(f"{project} cannot be read: mend its key, or give our account access to it.")
        return Changes(found, None)

    async def comments(self, place: Place) -> list[Comment]:
        """All that others wrote."""
        return await self._comments.of(place)

    async def pull_requests(self, place: Place) -> list[str]:
        """What it links."""
        return await self._comments.links(place)

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write a comment, once."""
        await self._comments.say(place, text, mark)

    async def close_as_not_planned(self, place: Place) -> None:
        """Through the workflow's own transition to a status of the category “done”, with a resolution that says so."""
        found = await self._issue(place.remote_id)
        if not isinstance(found, SeenTicket) or found.state is not TicketState.OPEN:
            return
        transitions = f"{self._api}/issue/{quote(place.remote_id, safe='')}/transitions"
        answer = await self._client.read(transitions, params={"expand": "transitions.fields"})
        if answer.status != 200:
            raise self._client.unreadable(answer, place.key)
        chosen = describing.transition(object_of(answer).get("transitions") or (), self._reader.names)
        if chosen is None:
            raise Rejected(f"{place.key} cannot be closed from where it is in its workflow: close it as not planned.")
        done = await self._client.write("POST", transitions, chosen)
        if done.status != 204:
            raise self._client.refused(done, place.key)

    # Projects and people

    async def describe(self, project: str, now: datetime) -> Project:
        """The project: whether an issue can be made in it, who can be assigned, what is required, what is ahead."""
        return await self._projects.describe(project, now)

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts can be assigned there now."""
        return await self._projects.assignable(project, accounts)

    async def webhooks(self, project: str) -> list[Webhook]:
        """All of the site: which of them are about a project their filters say."""
        return await webhooks(self._client, self._dialect)

    async def party(self, account: str) -> KnownParty:
        """An account."""
        return await self._projects.party(account)

    async def _the_sprint_field(self) -> str | None:
        """The sprint's field has another number in every Jira."""
        if self._sprint_field is None:
            answer = await self._client.read(f"{self._api}/field")
            if answer.status != 200:
                raise self._client.retryable(answer)
            self._sprint_field = describing.sprint_field(list_of(answer)) or ""
        return self._sprint_field or None

    # Calls

    async def _search(self, jql: str) -> list[SeenTicket]:
        sprint = await self._the_sprint_field()
        fields = (*FIELDS, *([sprint] if sprint else []))
        seen: list[SeenTicket] = []
        position: Any = None
        for _ in range(MOST_PAGES):
            path, body = self._dialect.search(jql, fields, position)
            answer = await self._client.read(f"{self._api}/{path}", method="POST", body=body)
            if answer.status != 200:
                raise self._client.unreadable(answer, "The search")
            page = object_of(answer)
            seen += [self._understood(issue) for issue in page.get("issues") or ()]
            position = self._dialect.following(page)
            if position is None:
                return seen
        cut_off(answer, MOST_PAGES)
        return seen

    def _understood(self, issue: Any) -> SeenTicket:
        try:
            return self._reader.ticket(issue)
        except ValueError as error:
            raise Retryable(str(error)) from None


def _errors(answer: Answer) -> dict[str, str]:
    found = parsed(answer)
    errors = found.get("errors") if isinstance(found, Mapping) else None
    return {str(name): str(text) for name, text in errors.items()} if isinstance(errors, Mapping) else {}


def _said(answer: Answer) -> str:
    """Jira's own sentences, or Atlassian's gateway's; of anything else only that it is something else."""
    found = parsed(answer)
    general = found.get("errorMessages") if isinstance(found, Mapping) else None
    of_fields = [f"{name}: {text}" for name, text in _errors(answer).items()]
    told = [*(str(one) for one in general or ()), *of_fields]
    gateways = str(found.get("message") or "") if isinstance(found, Mapping) else ""
    return ("; ".join(told) or gateways)[:300] or "no message"


MANNERS = Manners("Jira", "CLOSEOUT_ACTIONS_JIRA_TOKEN", _said, limits.limited, limits.left, limits.is_unauthorized)
