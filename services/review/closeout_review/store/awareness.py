"""The table of things to remain aware of: seen, not promised, and offered again when the same failure returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.draft import Draft
from closeout_review.domain.text import without_nul
from closeout_schemas.vocabulary import FailureMode

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Aware:
    """Something that an earlier review was aware of."""

    text: str
    postmortem_id: UUID
    published_at: datetime
    title: str | None


@dataclass(frozen=True, slots=True)
class AwareReview:
    """A review with what it was aware of, as far as it was asked for."""

    postmortem_id: UUID
    published_at: datetime
    title: str | None
    things: list[str]
    services: list[str]
    failure_modes: list[str]


class Awareness:
    """What reviews were aware of and did not promise."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def keep(self, postmortem_id: UUID, draft: Draft, services: Iterable[str]) -> None:
        """Keep what is published now."""
        named = [without_nul(service) for service in services]
        modes = [mode.value for mode in draft.failure_modes]
        await self._conn.execute(SQL["keep_aware_of"], postmortem_id, list(draft.aware_of), named, modes)

    async def same_failure(
        self, services: Sequence[str], modes: Sequence[FailureMode], but: UUID, most: int
    ) -> list[Aware]:
        """What reviews of the same failure were aware of: one of the services, one of the failure modes."""
        values = [mode.value for mode in modes]
        rows = await self._conn.fetch(SQL["aware_of_same_failure"], list(services), values, but, most)
        return [Aware(**row) for row in rows]

    async def found(
        self,
        words: str,
        service: str,
        mode: FailureMode | None,
        before: tuple[datetime, UUID] | None,
        most: int,
    ) -> list[AwareReview]:
        """A page of reviews that were aware of something, the newest first."""
        at, last = before or (None, None)
        value = mode.value if mode else None
        rows = await self._conn.fetch(SQL["aware_of_found"], words, service, value, at, last, most)
        return [AwareReview(**row) for row in rows]
