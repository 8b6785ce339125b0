"""What the sources said about an incident: how an entry is kept, and the order in which entries are read."""

from __future__ import annotations

from collections.abc import Iterable

from closeout_review.domain.chain import Link
from closeout_review.domain.text import without_nul
from closeout_schemas.incidents import TimelineEntry


def in_order(links: Iterable[Link]) -> list[Link]:
    """As they are read: by the source's clock; of one moment, by the source's own id."""
    return sorted(links, key=lambda link: (link.entry.occurred_at, link.entry.source_id))


def as_kept(entry: TimelineEntry) -> TimelineEntry:
    """`entry` as the tables can hold it: the words byte for byte, no NUL in what stands around them."""
    author = entry.author and entry.author.model_copy(
        update={"vendor_id": without_nul(entry.author.vendor_id), "name": without_nul(entry.author.name)}
    )
    return entry.model_copy(
        update={
            "kind": without_nul(entry.kind),
            "author": author,
            "source_id": without_nul(entry.source_id),
            "url": entry.url and without_nul(entry.url),
            "about": {without_nul(name): without_nul(value) for name, value in entry.about.items()},
        }
    )
