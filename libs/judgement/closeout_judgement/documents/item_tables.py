"""Action items in tables: which column holds what, and what a row promises."""

from __future__ import annotations

import re
from collections.abc import Sequence

from closeout_judgement.documents.blocks import Block
from closeout_judgement.documents.dates import Order
from closeout_judgement.documents.document import ActionItem
from closeout_judgement.documents.item_parts import LONGEST_ITEM, NOTHING, TEMPLATE, due_day, parts_of
from closeout_judgement.documents.tickets import tickets_in

DONE = re.compile(
    r"^\W*(?:done|completed?|closed|fixed|shipped|resolved|merged|finished|yes|x)\b|^\W*[✓✔✅☑]", re.IGNORECASE
)
OPEN = re.compile(
    r"^\W*(?:to\s?do|open|in\s+progress|not\s+started|planned|pending|backlog|new|no|wip)\b|^\W*[⏳🚧☐]", re.IGNORECASE
)
TEXT, OWNER, DUE, TICKET, STATUS, SKIP = "text", "owner", "due", "ticket", "status", "skip"
COLUMNS = (
    (
        TEXT,
        r"(?:(?:action\s*)?(?:items?|actions?|tasks?|to-?dos?|description)|what|follow[\s-]?ups?|corrective\s+actions?|remediations?|summary"
        r"|improvement|measure|title|ma(?:ß|ss)nahme|acci[oó]n|next\s+steps?)(?:\s+(?:items?|description))?",
    ),
    (
        OWNER,
        r"(?:owners?|assignees?|assigned(?:\s+to)?|who|responsible(?:\s+\w+)?|dri|lead|person|team|verantwortlich\w*|responsable|poc)",
    ),
    (
        DUE,
        r"(?:due(?:\s+(?:date|by|on))?|deadline|when|target(?:\s+date)?|eta|by(?:\s+when)?|date|completion\s+date|complete\s+by|frist|fällig\w*"
        r"|fecha|échéance)",
    ),
    (
        TICKET,
        r"(?:tickets?|issues?|bugs?|jira|links?|tracking(?:\s+\w+)?|references?|ref|pr|url|tracker)(?:\s+(?:link|id|number|#))?",
    ),
    (STATUS, r"(?:status|state|done|completed|progress)"),
    (SKIP, r"(?:#|no|nr|id|type|priority|prio|category|control|notes?|comments?|severity|impact|effort|kind|area)"),
)
NAMES = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in COLUMNS)


def columns_of(cells: Sequence[Block]) -> list[str] | None:
    """What each column holds, or None if this is no head of a table of action items."""
    names = [next((name for name, words in NAMES if words.fullmatch(cell.text.strip(" :*?."))), "") for cell in cells]
    if TEXT not in names:
        return None
    # Of two columns that may hold the text, the first does.
    first = names.index(TEXT)
    return [name if name != TEXT or index == first else SKIP for index, name in enumerate(names)]


def item_of(row: Block, columns: Sequence[str], section: str, order: Order) -> ActionItem | None:
    """What the row promises, or None if its text is empty or the template's."""
    cells: dict[str, Block] = {}
    for name, cell in zip(columns, row.cells, strict=False):
        if name not in cells or not cells[name].text:
            cells[name] = cell
    main = cells.get(TEXT)
    if main is None or not main.text or NOTHING.fullmatch(main.text) or TEMPLATE.match(main.text):
        return None
    parts = parts_of(main.text, main.people, order)
    owner, due = _text(cells.get(OWNER)), _text(cells.get(DUE))
    return ActionItem(
        parts.text[:LONGEST_ITEM],
        row.line,
        section,
        owner or parts.owner,
        due or parts.due,
        due_day(due, order) if due else parts.due_on,
        tickets_in(" ".join(cell.text for cell in row.cells), row.links),
        _done(_text(cells.get(STATUS)), main),
    )


def _text(cell: Block | None) -> str:
    if cell is None:
        return ""
    text = cell.text or ", ".join(cell.people)
    return "" if NOTHING.fullmatch(text) else text


def _done(status: str, main: Block) -> bool | None:
    if DONE.match(status):
        return True
    return False if OPEN.match(status) else main.done
