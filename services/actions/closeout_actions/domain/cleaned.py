"""What was taken out of a promise, told by how it read before and how it reads now."""

from __future__ import annotations

from collections.abc import Iterator

from closeout_judgement.redaction import TAKEN_OUT
from closeout_schemas.postmortems import ItemCleaned, ItemCommitted

# Less is a part of other words.
SHORTEST = 4


def taken_out(before: ItemCommitted, now: ItemCleaned) -> list[str]:
    """The passages that are gone, the longest first; none where nothing is, or where it cannot be told any more."""
    pairs = [
        (before.item.text, now.item.text),
        (before.item.criterion, now.item.criterion),
        (before.postmortem.title, now.postmortem.title),
        *((text, now.item.fields.get(name, "")) for name, text in before.item.fields.items()),
    ]
    found = {one for then, left in pairs for one in _gone(then, left) if len(one) >= SHORTEST}
    return sorted(found, key=lambda one: (-len(one), one))


def _gone(then: str, left: str) -> Iterator[str]:
    """What stood in each place where something was taken out."""
    first, *parts = left.split(TAKEN_OUT)
    if not parts or then == left or not then.startswith(first):
        return
    at = len(first)
    for number, part in enumerate(parts, 1):
        is_last = number == len(parts)
        end = len(then) - len(part) if is_last else then.find(part, at)
        if end < at or not then.startswith(part, end):
            return
        if then[at:end].strip():
            yield then[at:end].strip()
        at = end + len(part)
