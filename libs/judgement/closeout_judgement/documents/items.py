"""Action items: from lists, checklists and tables in the sections that promise something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from closeout_judgement.documents.blocks import Block, Kind
from closeout_judgement.documents.dates import Order
from closeout_judgement.documents.document import ActionItem, NotUnderstood
from closeout_judgement.documents.item_parts import DUE_LABEL, LONGEST_ITEM, NOTHING, SAID_DONE, TEMPLATE, parts_of
from closeout_judgement.documents.item_parts import OWNER as OWNER_LABEL
from closeout_judgement.documents.item_tables import OWNER, columns_of, item_of
from closeout_judgement.documents.outline import Placed
from closeout_judgement.documents.sections import Role, role_of
from closeout_judgement.documents.tickets import tickets_in

PROMISE = re.compile(r"\b(?:will|should|must|need\s+to|going\s+to|plan\s+to|want\s+to)\b", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
LONGEST_PROMISE = 300
# A checklist about the report itself, which many templates end with.
ABOUT_THE_REPORT = re.compile(
    r"\b(?:push|publish|share|review|finish|clean\w*\s+up|fill\w*)\b.{0,40}\b(?:this|the)\s+(?:document|report|post-?mortem)\b"
    r"|\b(?:sections|items|actions)\s+above\b|\bafter-action\s+report\s+is\b|^incident\s+has\s+been\s+dealt\b",
    re.IGNORECASE,
)


def items_in(placed: Sequence[Placed], order: Order) -> tuple[list[ActionItem], list[NotUnderstood]]:
    """The action items, and what stands in their sections without being one that we can take."""
    reading = _Reading(order)
    for index, one in enumerate(placed):
        reading.take(one, placed[index + 1].block if index + 1 < len(placed) else None)
    reading.end_section()
    return reading.items, reading.remarks


class _Reading:
    """One pass over the blocks."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.items: list[ActionItem] = []
        self.remarks: list[NotUnderstood] = []
        # The table that is being read, and what its columns hold, if they hold action items.
        self.table = 0
        self.columns: list[str] | None = None
        # The section that is being read: its name and line, whether it gave anything, and its prose.
        self.section: tuple[str, int] | None = None
        self.has_given = False
        self.prose: list[Block] = []
        # The list item to which deeper items and paragraphs belong.
        self.parent: Block | None = None

    def take(self, one: Placed, following: Block | None) -> None:
        """Read one block."""
        if one.is_heading:
            self._open(one)
        elif one.block.kind is Kind.ROW:
            self._row(one)
        elif one.role is Role.ACTIONS:
            self._promise(one, following)
        elif one.role is None and one.block.kind is Kind.ITEM and one.block.done is not None:
            # A list of boxes in a section that says nothing else about itself is a list of things to do.
            self._add(one.block, one.section)

    def _open(self, one: Placed) -> None:
        self.parent = None
        if one.role is not None:
            self.end_section()
        if one.role is Role.ACTIONS:
            self.section, self.has_given = (one.section, one.block.line), False

    def end_section(self) -> None:
        """Take short promises from the prose of a section without a list; say so where there are none."""
        if self.section and not self.has_given and self.prose:
            name, line = self.section
            for block in self.prose:
                if _is_short_promise(block.text):
                    self._add(block, name)
            if not self.has_given:
                what = f"section “{name}”, {len(self.prose)} paragraph{'s' if len(self.prose) > 1 else ''}"
                self.remarks.append(
                    NotUnderstood(line, what, "It is prose: there is no list, table or short promise to take.")
                )
        self.section, self.prose = None, []

    def _promise(self, one: Placed, following: Block | None) -> None:
        block = one.block
        if block.kind is Kind.TEXT:
            if self.parent is None or block.level == 0:
                self.prose.append(block)
            else:
                self._continue(block)
            return
        if _is_only_links(block) or (self.parent is not None and block.level > self.parent.level):
            self._detail(block)
        elif _is_label(block) and _goes_deeper(block, following):
            self.parent = None
        else:
            self.parent = block
            self._add(block, one.section)

    def _detail(self, block: Block) -> None:
        """What is below an item adds an owner, a date or a ticket to it."""
        if not self.items:
            return
        last, parts = self.items[-1], parts_of(block.text, block.people, self.order)
        tickets = tuple(dict.fromkeys((*last.tickets, *tickets_in(block.text, block.links))))
        due, due_on = (last.due, last.due_on) if last.due else (parts.due, parts.due_on)
        self.items[-1] = replace(last, owner=last.owner or parts.owner, due=due, due_on=due_on, tickets=tickets)

    def _continue(self, block: Block) -> None:
        """A second paragraph of an item: part of its text where the first was but a title."""
        if self.items:
            last = self.items[-1]
            if len(last.text) < 60:
                self.items[-1] = replace(last, text=f"{last.text} {block.text}"[:LONGEST_ITEM])
            self._detail(block)

    def _add(self, block: Block, section: str) -> None:
        parts = parts_of(block.text, block.people, self.order)
        self.has_given = True
        if NOTHING.fullmatch(parts.text) or TEMPLATE.match(parts.text) or not any(map(str.isalpha, parts.text)):
            return
        if block.done is not None and ABOUT_THE_REPORT.search(parts.text):
            return
        done = True if block.done is None and SAID_DONE.search(parts.text) else block.done
        tickets = tickets_in(block.text, block.links)
        self.items.append(
            ActionItem(
                parts.text[:LONGEST_ITEM], block.line, section, parts.owner, parts.due, parts.due_on, tickets, done
            )
        )

    def _row(self, one: Placed) -> None:
        block = one.block
        if block.table != self.table:
            self.table, self.columns = block.table, None
            if self._opens_table(one):
                return
        if self.columns is not None:
            item = item_of(block, self.columns, one.section, self.order)
            self.items += [item] if item else []
            self.has_given = True
        elif len(block.cells) == 2 and role_of(block.cells[0].text) is Role.ACTIONS:
            for inner in block.cells[1].cells or (block.cells[1],):
                if inner.kind is not Kind.ROW:
                    self._add(inner, block.cells[0].text)

    def _opens_table(self, one: Placed) -> bool:
        """Whether this first row names the columns."""
        names = columns_of(one.block.cells)
        if one.role is Role.ACTIONS or (one.role is None and names and OWNER in names):
            self.columns = names
            if names is None:
                what = f"table with the columns {one.block.text[:100]}"
                self.remarks.append(
                    NotUnderstood(one.block.line, what, "None of its columns is named like an action item.")
                )
        return one.block.is_header or bool(self.columns)


def _is_label(block: Block) -> bool:
    """Whether a list item with others below it names a group, rather than promising something itself."""
    text = block.text.strip()
    return text.endswith(":") or block.bold.strip(" :") == text.strip(" :") or len(text.split()) <= 3


def _goes_deeper(block: Block, following: Block | None) -> bool:
    """Whether promises of their own stand below the item, and not only its owner, its date or its links."""
    if following is None or following.kind is not Kind.ITEM or following.level <= block.level:
        return False
    return not (_is_only_links(following) or OWNER_LABEL.match(following.text) or DUE_LABEL.match(following.text))


def _is_only_links(block: Block) -> bool:
    return bool(block.links) and not re.sub(r"https?://\S+|\w+:$", "", re.sub(r"^\w+:\s", "", block.text)).strip()


def _is_short_promise(text: str) -> bool:
    if len(text) > LONGEST_PROMISE or len(SENTENCE_END.split(text)) > 2:
        return False
    return bool(PROMISE.search(text)) or len(text.split()) <= 15
