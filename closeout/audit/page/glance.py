"""What the page found, in a few lines that lead to the parts of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from closeout.audit.report import Report


@dataclass(frozen=True, slots=True)
class Glance:
    """One line: how many, of what, and the `id` of the part that tells more."""

    section: str
    count: int
    words: str


def glance(report: Report) -> list[Glance]:
    """A line for each part that has something to tell, in the page's order."""
    return [one for one in _lines(report) if one.count]


def _lines(report: Report) -> Iterator[Glance]:
    again, revivable, unusable = len(report.recurring), len(report.revivable), len(report.unusable)
    yield Glance("again", again, "promises came back in other words" if again != 1 else "promise came back")
    of = f"of {len(report.documents):,} postmortems"
    for told in report.modes[:1]:
        yield Glance("failing", len(told.documents), f"{of} tell of one failure mode: {told.title.lower()}")
    for told in report.dependencies[:1]:
        yield Glance("failing", len(told.documents), f"{of} tell of a failure in one place: {told.title}")
    yield Glance("revive", revivable, "promises are most worth reviving" if revivable != 1 else "promise to revive")
    yield Glance("unusable", unusable, "documents no audience can use" if unusable != 1 else "document nobody can use")
