"""What Closeout and a home-made tracker say to each other. The page for whoever builds one: docs/howto/homemade.md."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from datetime import date
from typing import Literal

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, SecretStr

from closeout_actions.adapters.port import Heard
from closeout_actions.domain.seen import Gone, Place, SeenTicket
from closeout_schemas.deliveries import Delivery
from closeout_schemas.directory import KnownParty, Milestone
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import PartyKind, TicketState, Vendor

STATES = {
    "open": TicketState.OPEN,
    "completed": TicketState.COMPLETED,
    "not_planned": TicketState.WONT_DO,
    "duplicate": TicketState.DUPLICATE,
}


class _Part(BaseModel):
    """What a tracker says. It may say more than Closeout knows."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Ticket(_Part):
    """A ticket. `id` never changes, also when it moves; `item_id` is what it was made for."""

    id: str
    project: str
    number: int
    key: str
    url: str = ""
    title: str
    state: Literal["open", "completed", "not_planned", "duplicate"]
    assignees: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    milestone: str | None = None
    milestone_due_on: date | None = None
    due_on: date | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    item_id: str | None = None
    author: str | None = None
    duplicate_of: str | None = None

    def seen(self) -> SeenTicket:
        """As the service knows tickets."""
        same = ("title", "assignees", "labels", "milestone", "milestone_due_on", "due_on", "created_at", "updated_at")
        return SeenTicket(
            place=Place(remote_id=self.id, project=self.project, number=self.number, key=self.key, url=self.url),
            state=STATES[self.state],
            closed_at=None if self.state == "open" else self.closed_at or self.updated_at,
            mark=self.item_id,
            author=self.author,
            duplicate_of=self.duplicate_of,
            **{name: getattr(self, name) for name in same},
        )


class Said(_Part):
    """A comment. `comment_id` is there where Closeout wrote it."""

    id: str
    by: str
    name: str | None = None
    at: AwareDatetime
    text: str
    url: str | None = None
    comment_id: str | None = None

    def known(self) -> Comment:
        """As the service knows comments."""
        return Comment(id=self.id, by=self.by, name=self.name, at=self.at, text=self.text, url=self.url)


class Person(_Part):
    """Somebody, by the name that the tracker takes for an assignee."""

    account: str
    name: str = ""
    email: str | None = None
    is_bot: bool = False

    def known(self) -> KnownParty:
        """As the directory knows people."""
        kind = PartyKind.BOT if self.is_bot else PartyKind.PERSON
        name = self.name or self.account
        return KnownParty(vendor=Vendor.HOMEMADE, vendor_id=self.account, name=name, email=self.email, kind=kind)


class TargetAhead(_Part):
    """A sprint, cycle or milestone that is not over."""

    title: str
    due_on: date | None = None

    def known(self) -> Milestone:
        """As the directory knows it."""
        return Milestone(title=self.title, due_on=self.due_on)


class Described(_Part):
    """A project."""

    url: str | None = None
    is_archived: bool = False
    can_create: bool = True
    why_not: str | None = None
    people: tuple[Person, ...] = ()
    milestones: tuple[TargetAhead, ...] = ()


class _Told(_Part):
    """A webhook: the whole ticket as it is now, that it was deleted, or that somebody wrote on it."""

    type: Literal["ticket.changed", "ticket.deleted", "ticket.commented"]
    ticket: Ticket
    by: str | None = None


def hear(delivery: Delivery) -> Heard:
    """What a webhook tells. Raises ValueError."""
    told = _Told.model_validate_json(delivery.raw_body())
    seen = Gone("It was deleted in the tracker.") if told.type == "ticket.deleted" else told.ticket.seen()
    # What was written, all its comments tell.
    return Heard(told.ticket.id, seen, is_hint=told.type == "ticket.commented", by=told.by)


class Signing(httpx.AsyncBaseTransport):
    """Signs each request by Standard Webhooks. The same question has the same `webhook-id`, however often sent."""

    def __init__(self, secret: SecretStr, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._key = key_of(secret.get_secret_value())
        self._inner = inner or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Add the three headers and send it."""
        body = await request.aread()
        webhook_id, moment = f"msg_{hashlib.sha256(body).hexdigest()[:32]}", str(int(time.time()))
        digest = hmac.digest(self._key, f"{webhook_id}.{moment}.".encode() + body, "sha256")
        request.headers["webhook-id"] = webhook_id
        request.headers["webhook-timestamp"] = moment
        request.headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._inner.aclose()


def key_of(secret: str) -> bytes:
    """What signs: `whsec_` says that the rest is base64."""
    try:
        return (
            base64.b64decode(secret.removeprefix("whsec_"), validate=True)
            if secret.startswith("whsec_")
            else secret.encode()
        )
    except binascii.Error:
        return secret.encode()


def question(kind: str, **data: object) -> dict[str, object]:
    """What is posted."""
    return {"type": kind, "data": json.loads(json.dumps(data, default=str))}
