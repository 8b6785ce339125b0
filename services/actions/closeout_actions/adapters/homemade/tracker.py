"""A home-made tracker behind the tracker port: one address, each question a signed POST. docs/howto/homemade.md"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from closeout_actions.adapters.client import Client, Manners, object_of, parsed
from closeout_actions.adapters.homemade.protocol import Described, Person, Said, Signing, Ticket, question
from closeout_actions.adapters.letter import LONGEST_TEXT, letter, one_line
from closeout_actions.adapters.limits import Left, Limited, retry_after
from closeout_actions.adapters.markdown import rendered
from closeout_actions.adapters.port import Budget, Changes, Reading, Rejected
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Gone, Missing, Place, Seen, SeenTicket
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, Outside, Unknown
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.misfits import first_of
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

LONGEST_TITLE = 255
CLOSING = "Closing this as completed counts as shipped. Not planned or duplicate does not."

Part = TypeVar("Part", bound=BaseModel)


class Homemade:
    """A tracker that speaks our protocol. It keeps a ticket's item_id, by which a ticket is made once."""

    vendor = Vendor.HOMEMADE

    def __init__(
        self,
        url: str,
        secret: SecretStr,
        budget: Budget,
        *,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        address = httpx.URL(url)
        self._path = address.path.lstrip("/")
        outside = Outside(
            str(address.copy_with(path="/")),
            user_agent="closeout-actions",
            secrets=[secret],
            timeout=timeout,
            transport=Signing(secret, transport),
        )
        self._client = Client(outside, budget, MANNERS)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    # Tickets

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Ask for the ticket. Asked again with the same item_id, the tracker answers with the same ticket."""
        item = draft.item
        wishes = {"labels": list(draft.labels), "type": draft.kind, "fields": dict(draft.fields)}
        asked = question(
            "ticket.create",
            **{name: value for name, value in wishes.items() if value},
            item_id=draft.mark,
            project=item.project,
            title=one_line(draft, LONGEST_TITLE),
            text=rendered(letter(draft, CLOSING), safe=lambda text: text[:LONGEST_TEXT]),
            label=draft.label,
            postmortem_url=draft.postmortem_url,
            **_owner_and_target(draft),
        )
        answer = await self._client.write("POST", self._path, asked, give_up_at)
        if answer.status not in (200, 201):
            raise self._client.refused(answer, item.project)
        try:
            return _part(Ticket, self._client.made(answer), "ticket").seen()
        except ValueError as error:
            raise Unknown(f"the tracker made a ticket, and its answer cannot be read: {error}") from None

    async def find(self, draft: Draft) -> SeenTicket | None:
        """By its item_id."""
        answer = await self._ask("ticket.find", item_id=draft.mark, project=draft.item.project)
        is_answered = answer.status == 200
        if answer.status == 404 or (is_answered and object_of(answer).get("ticket") is None):
            return None
        return self._ticket(answer)

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """By its id. 404: not found; 410: deleted."""
        return Reading(self._seen(await self._ask("ticket.read", id=place.remote_id, project=place.project)), None)

    async def read_key(self, key: str) -> Seen:
        """By the key that people use; a tracker that was built before Closeout asked so answers 404."""
        return self._seen(await self._ask("ticket.by_key", key=key))

    def _seen(self, answer: Answer) -> Seen:
        match answer.status:
            case 410:
                return Gone("It was deleted in the tracker.")
            case 403:
                return Missing("Our access to it was taken.", TicketState.NO_ACCESS)
            case 404:
                return Missing("It cannot be found any more: deleted, or our access was taken.")
            case _:
                return self._ticket(answer)

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """Everything that changed, in one answer."""
        answer = await self._ask("tickets.changed", project=project, since=since.astimezone(UTC).isoformat())
        if answer.status != 200:
            raise self._client.unreadable(answer, project)
        found = object_of(answer).get("tickets")
        try:
            return Changes([Ticket.model_validate(one).seen() for one in found or ()], None)
        except ValidationError as error:
            raise Retryable(first_of(error)) from None

    async def comments(self, place: Place) -> list[Comment]:
        """All that others wrote."""
        answer = await self._ask("ticket.comments", id=place.remote_id, project=place.project)
        if answer.status != 200:
            raise self._client.unreadable(answer, f"What was written on {place.key}")
        try:
            found = [Said.model_validate(one) for one in object_of(answer).get("comments") or ()]
        except ValidationError as error:
            raise Retryable(first_of(error)) from None
        return [one.known() for one in found if one.comment_id is None]

    async def change(self, place: Place, draft: Draft) -> None:
        """Its owner and its target."""
        await self._do(question("ticket.change", id=place.remote_id, **_owner_and_target(draft)), place.key)

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write a comment. Asked again with the same comment_id, the tracker does nothing."""
        asked = question("ticket.comment", id=place.remote_id, text=text, comment_id=mark)
        await self._do(asked, place.key)

    async def close_as_not_planned(self, place: Place) -> None:
        """Close it, unless it is closed."""
        found = (await self.read(place)).seen
        if isinstance(found, SeenTicket) and found.state is TicketState.OPEN:
            await self._do(question("ticket.close", id=place.remote_id, outcome="not_planned"), place.key)

    # Projects and people

    async def describe(self, project: str, now: datetime) -> Project:
        """What the tracker says of a project."""
        known = {"tracker": Vendor.HOMEMADE, "key": project, "described_at": now}
        answer = await self._ask("project.describe", project=project)
        if answer.status in (403, 404):
            why = f"The tracker knows no {project}: mend its name, or give Closeout access to it."
            return Project(can_create=False, is_readable=False, why_not=why, **known)
        if answer.status != 200:
            raise self._client.retryable(answer)
        try:
            found = _part(Described, object_of(answer), "project")
        except ValueError as error:
            raise Retryable(str(error)) from None
        return Project(
            url=found.url,
            is_archived=found.is_archived,
            can_create=found.can_create,
            why_not=found.why_not,
            assignable=tuple(sorted((one.known() for one in found.people), key=lambda one: one.vendor_id)),
            milestones=tuple(one.known() for one in found.milestones),
            **known,
        )

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts can be assigned there now."""
        found = await self.describe(project, datetime.now(UTC))
        if not found.is_readable:
            raise Rejected(found.why_not or project)
        there = {one.vendor_id.casefold() for one in found.assignable}
        return [one for one in accounts if one.casefold() in there]

    async def party(self, account: str) -> KnownParty:
        """Who is behind an account."""
        answer = await self._ask("person.describe", account=account)
        if answer.status in (403, 404):
            return KnownParty(vendor=Vendor.HOMEMADE, vendor_id=account, name=account)
        if answer.status != 200:
            raise self._client.retryable(answer)
        try:
            return _part(Person, object_of(answer), "person").known()
        except ValueError as error:
            raise Retryable(str(error)) from None

    # Calls

    async def _ask(self, kind: str, **data: object) -> Answer:
        return await self._client.read(self._path, method="POST", body=question(kind, **data))

    async def _do(self, asked: Mapping[str, Any], what: str) -> None:
        answer = await self._client.write("POST", self._path, asked)
        if not 200 <= answer.status < 300:
            raise self._client.refused(answer, what)

    def _ticket(self, answer: Answer) -> SeenTicket:
        if answer.status != 200:
            raise self._client.retryable(answer)
        try:
            return _part(Ticket, object_of(answer), "ticket").seen()
        except ValueError as error:
            raise Retryable(str(error)) from None


def _owner_and_target(draft: Draft) -> dict[str, object]:
    target = draft.item.target
    return {
        "assignee": draft.handle,
        "milestone": target.value if target.kind is TargetKind.MILESTONE else None,
        "due_on": target.due_on if target.kind is TargetKind.WEEK else None,
    }


def _part(kind: type[Part], answer: Mapping[str, Any], name: str) -> Part:
    """A part of an answer. Raises ValueError with what is wrong and where."""
    try:
        return kind.model_validate(answer.get(name))
    except ValidationError as error:
        raise ValueError(f"{name}: {first_of(error)}") from None


def _said(answer: Answer) -> str:
    found = parsed(answer)
    message = (found.get("detail") or found.get("message")) if isinstance(found, Mapping) else None
    return str(message)[:300] if message else "no message"


def _limited(answer: Answer, said: str, now: float) -> Limited | None:
    if answer.status != 429:
        return None
    return Limited(retry_after(answer.headers, now), f"The tracker wants fewer requests: {said}")


MANNERS = Manners("The tracker", "CLOSEOUT_ACTIONS_HOMEMADE_TOKEN", _said, _limited, lambda _headers, _now: Left())
