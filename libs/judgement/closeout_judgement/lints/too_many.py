"""More than three action items: whoever promises more than three promises none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from closeout_judgement.finding import Finding

NAME, CODE = "too_many", "too-many-action-items"
MOST_ITEMS = 3
ASK = "Which three would have changed this incident most? Keep the others as things to remain aware of."


def reason_for(count: int) -> str:
    """Why `count` action items are too many."""
    return f"There are {count} action items. Whoever promises more than three promises none."


def find(items: Sequence[str]) -> Iterator[Finding]:
    """One finding, on the first item that is too many: its place is in that item.

    >>> [finding.text for finding in find(["a", "b", "c", "d", "e"])], list(find(["a", "b", "c"]))
    (['d'], [])
    """
    if len(items) > MOST_ITEMS:
        first = items[MOST_ITEMS]
        yield Finding(CODE, NAME, 0, len(first), first, reason_for(len(items)), ASK)
