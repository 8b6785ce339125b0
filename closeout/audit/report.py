"""What the audit found, as values: the terminal, the page and the JSON all show this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from closeout.audit.examined import Aside, Examined, Promise
from closeout.audit.recurring import Recurring, Told, dependencies_told, modes_told, promises_again
from closeout.audit.revive import Candidate, most_worth_reviving
from closeout_judgement.documents.duplicates import copies
from closeout_judgement.lints.action_item_kind import Kind
from closeout_judgement.taxonomy import Taxonomy

Line = tuple[str, str]  # of a list: what, and why


@dataclass(frozen=True, slots=True)
class Marks:
    """How many action items had what a promise needs in order to be kept."""

    items: int
    with_person: int
    with_date: int
    testable: int
    with_ticket: int
    whole: int
    vague: int
    investigate: int
    not_judged: int
    said_done: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything. `documents` are those counted, without copies."""

    root: str
    documents: tuple[Examined, ...]
    copies: tuple[tuple[str, str], ...]
    asides: tuple[Aside, ...]
    unread: tuple[str, ...]
    marks: Marks
    recurring: tuple[Recurring, ...]
    modes: tuple[Told, ...]
    dependencies: tuple[Told, ...]
    revivable: tuple[Candidate, ...]

    @property
    def promises(self) -> tuple[Promise, ...]:
        """All action items, in order of the documents."""
        return tuple(promise for document in self.documents for promise in document.promises)

    @property
    def unusable(self) -> tuple[Examined, ...]:
        """Documents in which no audience finds anything."""
        return tuple(document for document in self.documents if document.is_unusable)

    @property
    def name(self) -> str:
        """The folder's name, without where it lies: a page is passed on."""
        return Path(self.root).resolve().name or "/"

    @property
    def unusable_lines(self) -> list[Line]:
        """Documents no audience can use, with what they lack."""
        return [(one.name, ", ".join(one.lacks)) for one in self.unusable]

    @property
    def unreadable_lines(self) -> list[Line]:
        """Files that could not be read, and why."""
        return [(one.name, one.reason) for one in self.unreadable]

    @property
    def unread_lines(self) -> list[Line]:
        """Files in formats that are not read."""
        return [(name, "") for name in self.unread]

    @property
    def copy_lines(self) -> list[Line]:
        """Copies and revisions, and of what."""
        return [(name, f"like {other}") for name, other in self.copies]

    @property
    def aside_lines(self) -> list[Line]:
        """Readable documents that are no postmortems, and why."""
        return [(one.name, one.reason) for one in self.asides if not one.is_unreadable]

    @property
    def not_understood_lines(self) -> list[Line]:
        """Places in documents, and why they were not taken."""
        return [
            (f"{one.name}:{it.line}" if it.line else one.name, f"{it.what}: {it.reason}")
            for one in self.documents
            for it in one.not_understood
        ]

    def without(self, lack: str) -> list[Line]:
        """The documents that lack it."""
        return [(one.name, "") for one in self.documents if lack in one.lacks]

    @property
    def years(self) -> range:
        """From the first document's year to the last one's."""
        return range(self.span[0].year, self.span[1].year + 1) if self.span else range(0)

    @property
    def unreadable(self) -> tuple[Aside, ...]:
        """Files that could not be read."""
        return tuple(aside for aside in self.asides if aside.is_unreadable)

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day."""
        days = [document.day for document in self.documents if document.day]
        return (min(days), max(days)) if days else None


def report_of(
    root: str,
    results: Sequence[Examined | Aside],
    unread: Sequence[str],
    top: int,
    taxonomy: Taxonomy | None = None,
) -> Report:
    """Count, compare, group. `taxonomy`: of the failure modes, the published one where none is given."""
    examined = [one for one in results if isinstance(one, Examined)]
    # Of a text and its revisions the longest counts: it is the one that was finished.
    by_length = sorted(examined, key=lambda one: (-one.words, one.name))
    repeated = copies({one.name: one.sketch for one in by_length})
    documents = tuple(one for one in examined if one.name not in repeated)
    promises = [promise for document in documents for promise in document.promises]
    recurring = promises_again(promises)
    return Report(
        root=root,
        documents=documents,
        copies=tuple(sorted(repeated.items())),
        asides=tuple(one for one in results if isinstance(one, Aside)),
        unread=tuple(unread),
        marks=marks_of(promises),
        recurring=tuple(recurring),
        modes=tuple(modes_told(documents, taxonomy)),
        dependencies=tuple(dependencies_told(documents)),
        revivable=tuple(most_worth_reviving(documents, recurring, top)),
    )


def marks_of(promises: Sequence[Promise]) -> Marks:
    """Count what the action items have."""
    kinds = Counter(promise.kind for promise in promises)
    return Marks(
        items=len(promises),
        with_person=sum(promise.has_person for promise in promises),
        with_date=sum(promise.has_date for promise in promises),
        testable=kinds[Kind.TESTABLE],
        with_ticket=sum(bool(promise.tickets) for promise in promises),
        whole=sum(promise.is_whole for promise in promises),
        vague=kinds[Kind.VAGUE],
        investigate=kinds[Kind.INVESTIGATE],
        not_judged=kinds[None],
        said_done=sum(promise.done is True for promise in promises),
    )
