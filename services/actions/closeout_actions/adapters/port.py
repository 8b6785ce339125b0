"""What a tracker can be asked, whichever it is. A new one is one class with these verbs.

What can go wrong, and nothing else, is: Retryable (it certainly did not happen; try later), Rejected (it will not
happen, however often it is asked), Unknown (it may have happened; look before trying again). A ticket that is gone,
missing or moved is no failure but an answer: see `domain.seen`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Place, Seen, SeenTicket
from closeout_chassis.errors import CloseoutError
from closeout_schemas.deliveries import Delivery
from closeout_schemas.directory import KnownParty, Milestone, Project
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import Vendor


class Rejected(CloseoutError):
    """The tracker will not do it. The message says why, and what somebody can do about it."""


class Unauthorized(CloseoutError):
    """The tracker does not accept the credential: nothing can be asked until it is mended."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A ticket as it was read; `seen` is None where nothing changed since `etag`."""

    seen: Seen | None
    etag: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """The tickets of a project that changed since then; None where not even that has to be looked at.

    `commented`: where a comment is no change of its ticket, when somebody last wrote on each, by the tracker's ids.
    """

    seen: Sequence[SeenTicket] | None
    etag: str | None
    commented: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Converted:
    """Something that is no ticket carries a ticket's mark: it may have been made from it."""

    mark: str
    what: str  # a discussion, https://…


@dataclass(frozen=True, slots=True)
class Heard:
    """What a webhook tells: of which ticket, by the tracker's id of it, and what.

    `is_hint`: nobody vouches for who sent it, so that the ticket is read before anything is believed. `seen` is None
    where it tells only that something happened, which is a hint.
    `lacks_milestone`: it says nothing of one; the ticket is read where it had one. `by`: who did it.
    """

    remote_id: str
    seen: Seen | None
    is_hint: bool = False
    lacks_milestone: bool = False
    by: str | None = None
    converted: Converted | None = None


Hear = Callable[[Delivery], Heard | None]
"""What a webhook tells of a ticket, None where it tells nothing that we keep. Raises ValueError. No credential."""


class Budget(Protocol):
    """What may be asked of a tracker now: its limits, shared by all replicas that use the same credential."""

    async def admit(self, *, is_write: bool) -> None:
        """Raises Retryable while the tracker wants to be left alone."""

    async def blocked(self, seconds: float | None, why: str) -> float:
        """The tracker asked to be left alone so long; None: it did not say. Returns the seconds that it will be."""

    async def unauthorized(self, why: str) -> None:
        """The tracker does not know our credential."""

    async def answered(self, remaining: int | None, resets_in: float | None) -> None:
        """The tracker answered, and so many requests are left until its count begins anew."""


class Tracker(Protocol):
    """One tracker, with one credential."""

    vendor: Vendor

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Make the ticket. Nothing is sent after `give_up_at`, by the event loop's clock.

        Raises Retryable, Rejected, Unknown or Unauthorized.
        """

    async def find(self, draft: Draft) -> SeenTicket | None:
        """The ticket that carries the draft's mark, None where there is none yet. Raises Retryable, Unauthorized."""

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """A ticket as it is now. Raises Retryable or Unauthorized."""

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """What changed in a project at or after `since`. Raises Retryable, Rejected or Unauthorized."""

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write a comment, unless one with this mark is there. Raises as `create` does."""

    async def close_as_not_planned(self, place: Place) -> None:
        """Close the ticket, unless it is closed. Raises as `create` does."""

    async def describe(self, project: str, now: datetime) -> Project:
        """What the gate has to know of a project; people are named by their accounts only.

        Raises Retryable, Rejected (a part of it cannot be read) or Unauthorized.
        """

    async def party(self, account: str) -> KnownParty:
        """Who is behind an account. Raises Retryable or Unauthorized."""

    async def close(self) -> None:
        """Give the connections back."""


@runtime_checkable
class ReadsMany(Protocol):
    """A tracker that tells of many tickets in one answer."""

    most_at_once: int

    async def read_many(self, places: Sequence[Place]) -> Mapping[str, Seen]:
        """Tickets as they are now, by the tracker's ids; of what it cannot tell now it says nothing.

        Raises Retryable or Unauthorized.
        """


@runtime_checkable
class TakesChanges(Protocol):
    """A tracker in which an open ticket can be given another owner and target. Elsewhere a comment says it."""

    async def change(self, place: Place, draft: Draft) -> None:
        """Give it the draft's. Raises as `create` does."""


@runtime_checkable
class WritesAnew(Protocol):
    """A tracker in which a ticket's title and text can be written anew. `keeps`: what it still tells of the earlier."""

    keeps: str

    async def rewrite(self, place: Place, draft: Draft) -> None:
        """Give it the draft's title and text. Raises as `create` does."""


@runtime_checkable
class PlansApart(Protocol):
    """A tracker in which some targets take a call of their own, once the ticket is there. It can be repeated."""

    async def plan(self, place: Place, draft: Draft) -> None:
        """Give the ticket the draft's target. Raises as `create` does."""


@runtime_checkable
class ShowsPlans(Protocol):
    """A tracker whose tickets do not show themselves in which such targets they are."""

    async def plans(self, places: Sequence[Place]) -> Mapping[str, Sequence[Milestone]]:
        """Where each is now, by the tracker's ids; of what it cannot tell now it says nothing.

        Raises Retryable or Unauthorized.
        """


@runtime_checkable
class KnowsAssignable(Protocol):
    """A tracker that can be asked in each round whether those who are assigned can still be."""

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts can be assigned in the project now. Raises Retryable, Rejected or Unauthorized."""


@runtime_checkable
class KnowsByKey(Protocol):
    """A tracker that finds a ticket by the key that people use, so that the original of a duplicate can be read."""

    async def read_key(self, key: str) -> Seen:
        """As it is now. Raises Retryable or Unauthorized."""


@runtime_checkable
class ReadsComments(Protocol):
    """A tracker of whose tickets the comments are read when they changed. Ours are left out."""

    async def comments(self, place: Place) -> Sequence[Comment]:
        """All of a ticket. Raises Retryable, Rejected or Unauthorized."""


@runtime_checkable
class ReadsLinks(Protocol):
    """A tracker that knows which pull or merge requests belong to a ticket, asked for when its comments are read."""

    async def pull_requests(self, place: Place) -> Sequence[str]:
        """Their addresses, and maybe others'. Raises Retryable, Rejected or Unauthorized."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as the tracker has it. `url` is None where the tracker does not tell; it may hold a secret.

    `trouble`: why nothing comes of it, as the tracker says.
    """

    url: str | None
    is_active: bool
    tells_tickets: bool
    tells_comments: bool
    trouble: str | None = None


@runtime_checkable
class TellsWebhooks(Protocol):
    """A tracker that says which webhooks it has."""

    async def webhooks(self, project: str) -> Sequence[Webhook]:
        """Those that are about a project. Raises Retryable, Rejected (our account may not see them), Unauthorized."""


@runtime_checkable
class ReadsRepositories(Protocol):
    """A tracker beside whose tickets the code lies. Both raise Retryable, Rejected or Unauthorized."""

    async def has_file(self, project: str, path: str) -> bool:
        """Whether the main branch has this file."""

    async def is_merged(self, project: str, number: int) -> bool:
        """Whether the pull or merge request was merged."""
