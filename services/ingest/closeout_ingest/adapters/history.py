"""What a pager can be asked for beyond its webhooks. A new one is a class with these verbs."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from closeout_schemas.directory import KnownService
from closeout_schemas.vocabulary import Vendor

log = logging.getLogger(__name__)
T = TypeVar("T")

# Headers of a delivery that nobody sent: what was asked for, and whether it was over before Closeout was there.
FETCHED = "closeout-fetched"
BACKFILLED = "closeout-backfilled"
# As much as the door takes. An answer may have 32 MiB, a record 8: with JSON in JSON, and the incident beside it.
LONGEST_PART = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listed:
    """An incident as the pager lists it. Its history has nothing new while `version` is the same."""

    vendor_id: str
    version: str
    created_at: str  # as the pager writes it
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of an incident's history as the pager gave it, which the vendor's adapter knows how to read."""

    kind: str
    body: str


def in_parts(found: Any) -> Iterator[Any]:
    """A list in pieces of which each fits into a record, in order; whatever is no list, as it is."""
    if not isinstance(found, list) or len(found) < 2 or len(json.dumps(found)) <= LONGEST_PART:
        yield found
        return
    middle = len(found) // 2
    yield from in_parts(found[:middle])
    yield from in_parts(found[middle:])


async def as_far_as_listed(found: AsyncIterator[T]) -> AsyncIterator[T]:
    """A list that no window makes shorter: that it is longer than the pager lists is said, and fails nothing."""
    try:
        async for one in found:
            yield one
    except OverflowError as error:
        log.warning("the pager lists no more of it", extra={"because": str(error)})


class Budget(Protocol):
    """What one credential may ask, counted over all that use it."""

    async def admit(self) -> None:
        """Raises Retryable while the pager wants to be left alone."""

    async def pause(self, seconds: float, why: str) -> None:
        """The pager wants to be left alone for so long."""


class Unlimited:
    """A budget for who asks little, and heeds each answer by itself."""

    async def admit(self) -> None:
        """Always."""

    async def pause(self, seconds: float, why: str) -> None:
        """The caller's own business."""


class Pager(Protocol):
    """A pager with an API. All verbs raise Retryable while it does not answer, or not usefully."""

    @property
    def vendor(self) -> Vendor:
        """Which."""

    def created(self, since: datetime, until: datetime) -> AsyncIterator[Listed]:
        """The incidents that were opened then, the oldest first. Raises OverflowError where they are too many."""

    def unresolved(self) -> AsyncIterator[Listed]:
        """The incidents that are not over, however old, the latest first as far as the pager lists them."""

    async def one(self, vendor_id: str) -> Listed | None:
        """The incident as it is now; None where there is none any more."""

    def services(self, now: datetime) -> AsyncIterator[KnownService]:
        """Every service, whose it is and what it depends on."""

    def history(self, listed: Listed) -> AsyncIterator[Page]:
        """Everything that happened in it."""
