"""Which section each block belongs to, and what that section is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from closeout_judgement.documents.blocks import Block, Kind
from closeout_judgement.documents.sections import Role, role_of

# "Action items: …" at the beginning of a paragraph or a list item.
LABEL = re.compile(r"^(?P<label>[^\W\d][^:]{1,60}?)\s*:\s*(?P<rest>.*)$", re.DOTALL)
# More than this after a label is an essay, not what the label announces.
LONGEST_REST = 400


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with the role and the name of its section. `depth`: how deep a list item is below what opened it."""

    block: Block
    role: Role | None
    section: str
    depth: int = 0
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class _Open:
    """An open section. `level` of a heading, or `item` of the list item that serves as one (0: a paragraph)."""

    role: Role | None
    name: str
    level: int
    item: int | None = None


def outline(blocks: Sequence[Block]) -> list[Placed]:
    """Each block in its place."""
    return list(_placed(blocks))


def _placed(blocks: Sequence[Block]) -> Iterator[Placed]:
    headings: list[_Open] = []
    label: _Open | None = None
    is_empty = False
    for block in blocks:
        if block.kind is Kind.HEADING:
            while headings and headings[-1].level >= block.level:
                headings.pop()
            own = role_of(block.text)
            inherited = headings[-1].role if headings and block.level > 1 else None
            headings.append(_Open(own or inherited, block.text, block.level))
            label = None
            yield Placed(block, own, block.text, is_heading=True)
            continue
        opened, rest = _opened_by(block)
        if label is not None and is_empty and opened is None and block.kind is Kind.ITEM and block.level == label.item:
            # "- Actions:" and then another list, on the same level.
            label = replace(label, item=block.level - 1)
        if label is not None and _ends(label, block):
            label = None
        is_empty = False
        if opened is not None:
            label = opened
            yield Placed(block, opened.role, opened.name, is_heading=True)
            if rest is None:
                is_empty = True
                continue
            block = rest
        section = label or (headings[-1] if headings else _Open(None, "", 0))
        depth = block.level - (section.item or 0) if block.kind is Kind.ITEM else 0
        yield Placed(block, section.role, section.name, depth)


def _ends(label: _Open, block: Block) -> bool:
    """Whether the label that is open speaks for this block no more."""
    if label.item is not None:
        return (block.kind is Kind.ITEM and block.level <= label.item) or (block.kind is Kind.TEXT and not block.level)
    # A bold line of its own is the next label, whether we know its words or not.
    return block.kind is Kind.TEXT and bool(block.bold) and block.bold.strip(" :") == block.text.strip(" :")


def _opened_by(block: Block) -> tuple[_Open | None, Block | None]:
    """The section that a paragraph or a list item opens in place of a heading, and what else the block says."""
    if block.kind is Kind.ROW or block.is_quoted or len(block.text) > 2000:
        return None, None
    item = block.level if block.kind is Kind.ITEM else None
    if block.bold:
        role = role_of(block.bold)
        rest = block.text.removeprefix(block.bold).lstrip(" :–—-")
        if role is not None and len(rest) <= LONGEST_REST:
            remaining = replace(block, text=rest, bold="") if rest else None
            return _Open(role, block.bold.strip(" :"), 99, item), remaining
    alone = block.text.endswith(":") or item is None
    role = role_of(block.text) if alone and len(block.text) < 80 else None
    if role is not None:
        return _Open(role, block.text.strip(" :"), 99, item), None
    match = LABEL.match(block.text) if item is None else None
    role = role_of(match["label"]) if match else None
    if match and role is not None and match["rest"]:
        return _Open(role, match["label"], 99, item), replace(block, text=match["rest"])
    return None, None
