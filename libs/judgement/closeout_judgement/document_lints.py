"""What the lints point out in a Markdown postmortem, each at its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from closeout_judgement.documents.document import ActionItem, Document
from closeout_judgement.documents.reading import read_text
from closeout_judgement.finding import Finding
from closeout_judgement.lints import action_item, owner, placeholder_cause, target, too_many
from closeout_judgement.lints.table import headline_findings, language_findings
from closeout_judgement.manuscript import Lines, Passage, passages_of, plain

# Fewer words of prose do not tell a document's language.
FEWEST_WORDS = 20
OTHER_LANGUAGE = "language-not-english"
NOT_JUDGED = "It is not written in English: its structure was judged, its wording was not."


class Level(StrEnum):
    """How bad it is: an error is what the gate would refuse, whatever reason is given."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding at its place. Lines and columns begin with 1, columns count characters, the end is exclusive.

    `better` replaces just the words from `start` to `end` (offsets in the document), where it is there.
    """

    level: Level
    code: str
    lint: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    text: str
    reason: str
    ask: str
    better: str | None


class NotRead(ValueError):
    """The document cannot be linted; the message says why."""


def remarks_on(name: str, text: str) -> list[Remark]:
    """Everything that is pointed out in the Markdown document `text`, in its order. Raises NotRead."""
    read = read_text(name if name.lower().endswith((".md", ".markdown")) else f"{name}.md", text)
    if not isinstance(read, Document):
        raise NotRead(read.reason)
    looking = _Looking(text, is_english=_is_english(read, text))
    found = [*looking.at_items(read.action_items), *looking.at_wording(read)]
    return sorted(found, key=lambda remark: (remark.start, remark.end, remark.code))


def _is_english(read: Document, text: str) -> bool:
    # A list of names and commands has no language that its words could tell.
    prose = sum(len(passage.text.split()) for passage in passages_of(text))
    return read.language in ("en", "") or prose < FEWEST_WORDS


class _Looking:
    """One document, and where its lines are."""

    def __init__(self, text: str, is_english: bool) -> None:
        self.text = text
        self.is_english = is_english
        self.lines = Lines(text)
        self.words = plain(text)

    def at_wording(self, read: Document) -> Iterator[Remark]:
        """What is judged by its words. They are English ones: of another language only the structure is judged."""
        if not self.is_english:
            finding = Finding(OTHER_LANGUAGE, "document", 0, 0, "", NOT_JUDGED, "Has somebody else read it?")
            yield self._remark(Level.WARNING, finding, 0, 0)
            return
        causes = list(self.at_causes(read))
        yield from causes
        # "Human error" as a cause is told of once.
        told = {(one.start, one.end) for one in causes}
        yield from (one for one in self.at_prose() if (one.start, one.end) not in told)

    def at_prose(self) -> Iterator[Remark]:
        for passage in passages_of(self.text):
            for finding in language_findings(passage.text):
                yield self._in_passage(passage, finding)

    def _in_passage(self, passage: Passage, finding: Finding) -> Remark:
        return self._remark(Level.WARNING, finding, passage.start + finding.start, passage.start + finding.end)

    def at_items(self, items: Sequence[ActionItem]) -> Iterator[Remark]:
        open_items = [item for item in items if not item.done]
        for finding in too_many.find([item.text for item in open_items]):
            yield self._beside(Level.ERROR, finding, open_items[too_many.MOST_ITEMS])
        for item in open_items:
            yield from self._at_item(item)

    def _at_item(self, item: ActionItem) -> Iterator[Remark]:
        if self.is_english:
            for finding in action_item.find(item.text):
                yield self._beside(Level.ERROR, finding, item)
            for finding in headline_findings(item.text):
                yield self._beside(Level.WARNING, finding, item)
        # Who does it, and by when, may stand in its ticket.
        missing = Level.WARNING if item.tickets else Level.ERROR
        for finding in (*owner.find(item.owner), *target.find(item.due)):
            # A day says when, though not as the gate wants it.
            level = missing if not finding.text.strip() else Level.WARNING if finding.better else Level.ERROR
            yield self._beside(level, finding, item)

    def at_causes(self, read: Document) -> Iterator[Remark]:
        for cause in read.causes:
            verdict = placeholder_cause.check(cause.text)
            if verdict is not None:
                told = (cause.text, verdict.reason, verdict.question)
                finding = Finding("placeholder-cause", "placeholder_cause", 0, len(cause.text), *told)
                yield self._at_line(Level.WARNING, finding, cause.line, cause.text)

    def _beside(self, level: Level, finding: Finding, item: ActionItem) -> Remark:
        return self._at_line(level, finding, item.line, item.text)

    def _at_line(self, level: Level, finding: Finding, line: int, whole: str) -> Remark:
        """At the words themselves, where they stand in the source as they were read; else at what they belong to."""
        begin = self.lines.start_of(line)
        for wanted in (finding.text, whole, *whole.split()[:1]):
            found = re.compile(r"\s+".join(map(re.escape, wanted.split()))).search(self.words, begin)
            if found and found[0]:
                return self._remark(level, finding, *found.span(), exact=wanted == finding.text)
        end = self.text.find("\n", begin)
        return self._remark(level, finding, begin, end if end >= 0 else len(self.text), exact=False)

    def _remark(self, level: Level, finding: Finding, start: int, end: int, exact: bool = True) -> Remark:
        places = (*self.lines.place(start), *self.lines.place(end))
        better = finding.better if exact else None
        told = (" ".join(finding.text.split()), finding.reason, finding.ask, better)
        return Remark(level, finding.code, finding.lint, *places, start, end, *told)
