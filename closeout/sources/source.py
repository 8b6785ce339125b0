"""What every source of old postmortems gives: documents by name, a few at a time, with where to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from closeout_chassis.errors import CloseoutError


class SourceError(CloseoutError):
    """A source cannot be read. The message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file or page. `front`: what the source knows of it beside its text. `broken`: why it could not be read."""

    name: str
    content: bytes
    front: Mapping[str, object] = field(default_factory=dict)
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of them. `cursor`: where to go on after these; None where they are the last, or it costs nothing to begin
    again."""

    items: tuple[Item, ...]
    cursor: str | None = None


class Source(Protocol):
    """`label` names it, and its progress. `total`: how many there are, None where nobody can say."""

    label: str
    total: int | None
    unread: tuple[str, ...]  # documents in formats that are not read

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """From there on. Raises SourceError."""
