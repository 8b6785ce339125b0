"""Plain text to blocks: underlined, numbered, capital and colon headings; bullets of all kinds; indentation.

AsciiDoc, reStructuredText and Org headings are near enough to plain text to be read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeout_judgement.documents.blocks import Block, Kind, Parsed, lines_apart, refuse_too_much
from closeout_judgement.documents.markdown import inline_block
from closeout_judgement.documents.sections import role_of

UNDERLINE = re.compile(r"^\s*([=\-~^#*+])\1{2,}\s*$")
MARKED = re.compile(r"^(={1,6}|#{1,6}|\*{1,6})\s+(\S.*?)(?:\s+\1)?$")
BULLET = re.compile(r"^(\s*)(?:[-*+•‣◦·–—]|\d{1,3}[.)]|[a-z][.)]|\[[ xX]\])\s+(?=\S)")
LONGEST_HEADING = 80


def parse(text: str) -> Parsed:
    """The blocks of a plain text. Raises TooMuchError."""
    refuse_too_much(text)
    lines = text.split("\n")
    return Parsed(tuple(_blocks(lines)))


def _blocks(lines: list[str]) -> Iterator[Block]:
    paragraph: list[str] = []
    kind, level, began = Kind.TEXT, 0, 0

    def finished() -> Iterator[Block]:
        apart = lines_apart("\n".join(paragraph)) if kind is Kind.TEXT else [" ".join(paragraph)]
        for offset, raw in enumerate(apart if paragraph else ()):
            yield inline_block(kind, raw, began + offset, level)
        paragraph.clear()

    for number, line in enumerate(lines, start=1):
        below = lines[number] if number < len(lines) else ""
        bullet = BULLET.match(line)
        heading = _heading(line, below, alone=not paragraph)
        if not line.strip() or UNDERLINE.match(line) or heading or bullet:
            yield from finished()
            kind, level = Kind.TEXT, 0
        if not line.strip() or UNDERLINE.match(line):
            continue
        if heading:
            yield inline_block(Kind.HEADING, heading[1], number, heading[0])
        elif bullet:
            # A box keeps its brackets: they say whether it is done.
            cut = bullet.start() + len(bullet[1]) if "[" in bullet[0] else bullet.end()
            kind, level, began = Kind.ITEM, 1 + len(bullet[1].expandtabs(4)) // 2, number
            paragraph.append(line[cut:].strip())
        else:
            began = began if paragraph else number
            paragraph.append(line.strip())
    yield from finished()


def _heading(line: str, below: str, alone: bool) -> tuple[int, str] | None:
    """Level and words, if the line is a heading."""
    words = line.strip()
    if not words or len(words) > LONGEST_HEADING or UNDERLINE.match(line):
        return None
    marked = MARKED.match(line)
    # One star or dash is a bullet.
    if marked and (marked[1] != "*" or role_of(marked[2])):
        return len(marked[1]), marked[2]
    if UNDERLINE.match(below) and len(below.strip()) >= len(words) - 2:
        return (1 if below.strip()[0] in "=*#" else 2), words
    if not alone or (BULLET.match(line) and not role_of(words)):
        return None
    if words.isupper() and len(words) > 3 and any(map(str.isalpha, words)):
        return 2, words
    return (
        (2, words) if role_of(words) and (words.endswith(":") or not below.strip() or len(words.split()) <= 4) else None
    )
