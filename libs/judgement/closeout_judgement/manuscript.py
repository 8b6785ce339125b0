"""A Markdown document as its prose, each character where it stands: what is no prose is blanked, never cut out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from closeout_judgement.documents.sections import Role, role_of

FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})")
HEADING = re.compile(r"^ {0,3}(?P<marks>#{1,6})\s+(?P<text>.*?)\s*#*\s*$")
UNDERLINE = re.compile(r"^ {0,3}(?P<mark>=+|-{2,})\s*$")
BULLET = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
# What other people or machines wrote, tables, HTML, definitions of links, template tags.
NO_PROSE = re.compile(r"^\s*(?:>|\||</?[a-zA-Z!]|\[[^\]]+\]:\s|\{%|!\[)|^(?: {4}|\t)(?!\s*[-*+\d])")
FRONT_MATTER = re.compile(r"\A---\s*\n.*?\n(?:---|\.\.\.)\s*\n", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
INLINE = re.compile(
    r"(?P<before>!?\[)(?P<words>[^\[\]\n]*)(?P<after>\]\([^()\n]*\)|\]\[[^\]\n]*\])"
    r"|(?P<address><?https?://[^\s>)]+>?)|(?P<tag></?[a-zA-Z][^<>\n]*>)|(?P<marks>\*{1,3}|_{2,3}|~~|`+)"
)
# The verbatim timeline is left as it is; promises are judged as promises.
SKIPPED = (Role.TIMELINE, Role.ACTIONS)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph or list item, from `start` of the document. `text` has blanks where markup stood."""

    start: int
    text: str


class Lines:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(found.end() for found in re.finditer(r"\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both from 1; columns count characters.

        >>> Lines("ab\\ncd").place(4)
        (2, 2)
        """
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def start_of(self, line: int) -> int:
        """The offset at which `line` begins; of the last line, where there are fewer."""
        return self.starts[min(max(line, 1), len(self.starts)) - 1]


def passages_of(text: str) -> list[Passage]:
    """The prose of a Markdown document, but for its timeline and its action items."""
    whole = _blank_whole(text)
    found: list[Passage] = []
    open_at: int | None = None
    end = 0
    for start, line, kind in _lines(whole):
        if kind != "prose" or BULLET.match(line):
            _close(found, text, whole, open_at, end)
            open_at = None
        if kind == "prose":
            open_at = start if open_at is None else open_at
            end = start + len(line)
    _close(found, text, whole, open_at, end)
    return found


def _close(found: list[Passage], text: str, whole: str, open_at: int | None, end: int) -> None:
    if open_at is not None:
        found.append(Passage(open_at, plain(whole[open_at:end])))


def plain(markup: str) -> str:
    """`markup` with blanks for what is no words, so that each word stays where it is.

    >>> plain("**We** see [this](http://x.y)")
    '  We   see  this             '
    """
    unlisted = BULLET.sub(lambda found: " " * len(found[0]), markup, count=1)
    return INLINE.sub(_blank_inline, unlisted)


def _blank_inline(found: re.Match[str]) -> str:
    if found["words"] is None:
        return " " * len(found[0])
    words = " " * len(found["words"]) if found["before"].startswith("!") else found["words"]
    return " " * len(found["before"]) + words + " " * len(found["after"])


def _blank_whole(text: str) -> str:
    """Front matter and comments, blanked line by line."""
    for pattern in (FRONT_MATTER, COMMENT):
        text = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return text


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Each line with its start, and whether it is prose."""
    fence, start = "", 0
    open_roles: list[tuple[int, Role | None]] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        mark = FENCE.match(line)
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if fence or mark:
            kind = "code"
            fence = _fence_after(fence, line, mark)
        elif level := _level(line, following):
            kind = "heading"
            _open(open_roles, level, line)
        elif not line.strip() or NO_PROSE.match(line) or UNDERLINE.match(line) or _is_skipped(open_roles):
            kind = "other"
        else:
            kind = "prose"
        yield start, line, kind
        start += len(line) + 1


def _fence_after(fence: str, line: str, mark: re.Match[str] | None) -> str:
    if not fence:
        return mark["mark"] if mark else ""
    closes = mark and mark["mark"].startswith(fence) and not line.strip().strip(fence[0])
    return "" if closes else fence


def _level(line: str, following: str) -> int:
    heading = HEADING.match(line)
    if heading:
        return len(heading["marks"])
    under = UNDERLINE.match(following)
    if under and line.strip() and not BULLET.match(line) and not line.lstrip().startswith("|"):
        return 1 if under["mark"].startswith("=") else 2
    return 0


def _open(roles: list[tuple[int, Role | None]], level: int, line: str) -> None:
    while roles and roles[-1][0] >= level:
        roles.pop()
    heading = HEADING.match(line)
    inherited = roles[-1][1] if roles and level > 1 else None
    roles.append((level, role_of(plain(heading["text"] if heading else line).strip()) or inherited))


def _is_skipped(roles: list[tuple[int, Role | None]]) -> bool:
    return bool(roles) and roles[-1][1] in SKIPPED
