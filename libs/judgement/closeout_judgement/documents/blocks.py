"""What all formats are brought into before they are understood: headings, paragraphs, list items and table rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

# Longer texts are no postmortems, and cost seconds: 2 million characters are the length of four novels.
# Pictures that are embedded in the text are left out before this is asked.
LONGEST_TEXT = 2_000_000
# The largest file that is looked at, in bytes.
LARGEST_FILE = 50_000_000
MOST_LINES = 50_000
MOST_BLOCKS = 50_000


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document, without markup.

    `level` is a heading's level or a list item's depth, from 1. `bold` is the text at the beginning that is in bold.
    `table` is the number of the table that a row is in; `is_header` marks the row with the names of the columns.
    `is_quoted` marks somebody's words in a quote: they open no section.
    """

    kind: Kind
    text: str
    line: int
    level: int = 0
    bold: str = ""
    links: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    done: bool | None = None
    cells: tuple[Block, ...] = ()
    table: int = 0
    is_header: bool = False
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document in blocks. `fields` are its front matter; `remarks` what the parser could not make sense of."""

    blocks: tuple[Block, ...]
    fields: Mapping[str, object] = field(default_factory=dict)
    remarks: tuple[tuple[int, str, str], ...] = ()


class TooMuchError(ValueError):
    """The text is larger than what is read. The message says by how much."""


# "Severity: SEV2" or "14:05 rolled back": lines that stand for themselves, although nothing separates them.
OWN_LINE = re.compile(
    r"^\W{0,4}(?:[A-Z][\w /()-]{1,30}\W{0,3}:|\d{1,2}[:.]\d{2}|\d{4}-\d{2}-\d{2}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}|[A-Z][a-z]{2,8} \d{1,2},? \d)"
)
BETWEEN_FIELDS = re.compile(r"\s+[·|•]\s+(?=[A-Z][\w ]{1,30}:)")


def lines_apart(raw: str) -> list[str]:
    """A paragraph's lines, where each is a statement of its own; otherwise the paragraph, in one."""
    lines = [part for line in raw.split("\n") for part in (BETWEEN_FIELDS.split(line) if len(line) < 500 else [line])]
    own = [bool(OWN_LINE.match(line)) for line in lines]
    return lines if len(lines) > 1 and all(own) else [raw]


def refuse_too_much(text: str) -> None:
    """Raise TooMuchError for a text that is too long to be a postmortem."""
    if len(text) > LONGEST_TEXT:
        raise TooMuchError(f"It has {len(text):,} characters without its pictures; at most {LONGEST_TEXT:,} are read.")
    lines = text.count("\n") + 1
    if lines > MOST_LINES:
        raise TooMuchError(f"It has {lines:,} lines; at most {MOST_LINES:,} are read.")


def written(block: Block) -> str:
    """The block in plain Markdown."""
    match block.kind:
        case Kind.HEADING:
            return f"\n{'#' * min(block.level, 6)} {block.text}\n"
        case Kind.ITEM:
            return f"{'  ' * (block.level - 1)}- {_in_bold(block)}"
        case Kind.ROW:
            return f"| {block.text} |"
        case Kind.TEXT:
            return f"\n{_in_bold(block)}\n"
        case _:
            assert_never(block.kind)


def _in_bold(block: Block) -> str:
    return f"**{block.bold}**{block.text.removeprefix(block.bold)}" if block.bold else block.text
