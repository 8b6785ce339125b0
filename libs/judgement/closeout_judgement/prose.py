"""A written postmortem as sentences, each with the part of the document in which it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a sentence is there for, told by its heading or its place."""

    TITLE = "title"
    LEAD = "lead"  # before the first heading
    SUMMARY = "summary"
    CAUSE = "cause"
    TIMELINE = "timeline"
    IMPACT = "impact"
    RESOLUTION = "resolution"
    ACTIONS = "actions"
    LESSONS = "lessons"
    ASIDE = "aside"  # people, links, figures
    BODY = "body"
    CODE = "code"  # a line of a code block: a command, or what a machine said


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a list item or a table row: the text from `start` to before `end`, links' addresses taken out."""

    text: str
    start: int
    end: int
    part: Part


# The first that is found in a heading decides.
HEADINGS: tuple[tuple[Part, re.Pattern[str]], ...] = tuple(
    (part, re.compile(words, re.IGNORECASE))
    for part, words in (
        (
            Part.ASIDE,
            r"attendee|author|participant|involved|status|stats|metadata|appendi|link|related|reference|time to",
        ),
        (
            Part.ACTIONS,
            r"action|follow|prevent|next step|improvement|recommend|to-?do|remediation|future|corrective|term$",
        ),
        (Part.TIMELINE, r"time ?line|chronolog|key events|\blogs?\b|^update|\d{1,2}[:h.]\d\d"),
        (
            Part.CAUSE,
            r"cause|contributing|trigger|went (?:wrong|poorly|badly)|problem|diagnos|analysis|\bwhy\b|context|"
            r"identified",
        ),
        (
            Part.SUMMARY,
            r"summary|overview|abstract|what happened|description|tl;?dr|(?:final|initial|closing) message|incident$",
        ),
        (Part.LESSONS, r"lesson|learn|went well|went right|lucky|reflection|conclusion|post-?mortem"),
        (Part.IMPACT, r"impact|affected|severity|damage"),
        (Part.RESOLUTION, r"resol|recover|mitigat|\bfix|restor"),
        (Part.BODY, r"detect|background|investigat|detail|introduction|response"),
    )
)

FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
FENCE = re.compile(r"^\s*(?:```|~~~)")
HEADING = re.compile(r"^\s{0,3}(#{1,6})\s*(.+?)[\s#]*$")
LABEL = re.compile(r"^\s*(?:[-*+]\s+)?(?:\*\*([^*\n]{3,60}?):?\*\*:?|\[([A-Z][^\]\n]{3,40})\](?!\())\s*")
UNDERLINE = re.compile(r"^\s*(?:={3,}|-{3,})\s*$")
ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+|^\s*\|")
CLOCK = r"[\s|*\-–_\[(`]*(?:\d{4}-\d\d-\d\d|\d{1,2}[:h]\d\d\b|\w{3,9} \d{1,2},? \d{4}\b)"
CLOCKED = re.compile(CLOCK)
# A paragraph ends before an empty line, an item, a row, a label or a clock.
BREAK = re.compile(rf"\s*$|{ITEM.pattern}|{LABEL.pattern}|{CLOCK}")
ADDRESS = re.compile(
    r"https?://\S+|(?<=\])\([^)\s]*\)|(?<=\])\[[^\]]*\]|^\s*\[[^\]]+\]:\s.*$|<[^>\n]{1,200}>", re.MULTILINE
)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')*_\]]*\s+(?=[\"'(\[*_`@]*[A-Z0-9])")
LEAD_CHARACTERS = 900


def sentences(text: str, title: str = "") -> list[Sentence]:
    """The sentences in order. A title comes first, with the span (0, 0)."""
    found = [Sentence(title, 0, 0, Part.TITLE)] if title.strip() else []
    # Of the same length, so that places stay places in the original.
    readable = ADDRESS.sub(_blank, FRONT_MATTER.sub(_blank, text, count=1))
    for start, end, part in _blocks(readable):
        at = start
        for stop in [*(match.end() for match in SENTENCE_END.finditer(readable, start, end)), end]:
            bare = readable[at:stop].strip(" \t\n-*+|#>")
            # A title is counted once, though most documents say it again in their first heading.
            if bare and not (part is Part.TITLE and bare == title.strip()):
                found.append(Sentence(readable[at:stop].strip(), at, stop, part))
            at = stop
    return found


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def part_of_heading(heading: str) -> Part | None:
    """What stands under such a heading; None where the heading does not tell."""
    return next((part for part, words in HEADINGS if words.search(heading)), None)


class _Reader:
    """Goes through the lines, and knows under which heading and which label it is."""

    def __init__(self) -> None:
        self.part = Part.LEAD
        self.label: Part | None = None
        self._headings: list[tuple[int, Part]] = []
        self._told = False

    def heading(self, level: int, heading: str) -> tuple[Part, bool]:
        """The part of the heading's own words, and whether they are more than the name of a part."""
        first = not self._headings
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        told = part_of_heading(heading)
        above = self._headings[-1][1] if self._headings else Part.LEAD if first else Part.BODY
        is_title = first and level == 1
        self.part, self.label = above if is_title else told or above, None
        self._told = told is not None and not is_title
        self._headings.append((level, self.part))
        return (Part.TITLE, True) if is_title else (self.part, told is None)

    def paragraph(self, line: str) -> None:
        """A label such as “**Impact**:” holds until the next; under a heading that tells, for its paragraph."""
        label = LABEL.match(line)
        told = part_of_heading(label[1] or label[2]) if label else None
        if told or self._told:
            self.label = told

    def part_of(self, block: str, at: int) -> Part:
        """The part of a paragraph that begins at `at`."""
        part = self.label or self.part
        # A line that begins with a clock is the timeline, whatever stands above it.
        if part not in (Part.ACTIONS, Part.ASIDE) and CLOCKED.match(block):
            return Part.TIMELINE
        return Part.BODY if part is Part.LEAD and at > LEAD_CHARACTERS else part


def _blocks(text: str) -> Iterator[tuple[int, int, Part]]:
    """Paragraphs, list items and rows, as (start, end, part)."""
    reader, at, open_from, in_code = _Reader(), 0, -1, False
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        fence, heading = FENCE.match(line), HEADING.match(line)
        if open_from >= 0 and (fence or heading or BREAK.match(line)):
            yield open_from, start, reader.part_of(text[open_from:start], open_from)
            open_from = -1
        if fence:
            in_code = not in_code
        elif in_code:
            yield start, at, Part.CODE
        elif not line.strip() or UNDERLINE.match(line):
            continue
        elif heading:
            part, speaks = reader.heading(len(heading[1]), heading[2])
            if speaks:
                yield start, at, part
        elif open_from < 0:
            reader.paragraph(line)
            open_from = start
    if open_from >= 0:
        yield open_from, len(text), reader.part_of(text[open_from:], open_from)
