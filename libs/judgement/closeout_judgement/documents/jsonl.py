"""JSONL and JSON: one postmortem an object. The form is documented in docs/howto/audit.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from closeout_judgement.documents.blocks import MOST_LINES
from closeout_judgement.documents.dates import Order
from closeout_judgement.documents.document import ActionItem, Document, Form, Unreadable
from closeout_judgement.documents.exports import as_read
from closeout_judgement.documents.item_parts import due_day

ReadText = Callable[[str, str, dict[str, object]], Document | Unreadable]
# Under which of these the text stands, the first that is there.
TEXT_FIELDS = ("text", "body", "markdown", "content", "html", "description")
LONGEST_LINE = 8_000_000


def documents(name: str, text: str, read_text: ReadText) -> list[Document | Unreadable]:
    """The documents of a file of JSON objects, one a line, or of one JSON document (an object or a list)."""
    if not name.lower().endswith(".json"):
        lines = text.split("\n")
        if len(lines) > MOST_LINES:
            return [Unreadable(name, f"It has {len(lines):,} lines; at most {MOST_LINES:,} are read.")]
        return [
            _line(f"{name}:{number}", line, read_text) for number, line in enumerate(lines, start=1) if line.strip()
        ]
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [Unreadable(name, f"It is no JSON: {error}")]
    objects = whole if isinstance(whole, list) else [whole]
    return [
        _object(f"{name}:{number}" if len(objects) > 1 else name, one, read_text)
        for number, one in enumerate(objects, start=1)
    ]


def _line(name: str, line: str, read_text: ReadText) -> Document | Unreadable:
    if len(line) > LONGEST_LINE:
        return Unreadable(name, f"The line has {len(line):,} characters; at most {LONGEST_LINE:,} are read.")
    try:
        return _object(name, json.loads(line), read_text)
    except (ValueError, RecursionError) as error:
        return Unreadable(name, f"It is no JSON: {error}")


def _object(name: str, one: object, read_text: ReadText) -> Document | Unreadable:
    if not isinstance(one, dict):
        return Unreadable(name, "It is no JSON object.")
    one = as_read(one)
    is_own = one.pop("closeout", False) is True
    body = next((value for field in TEXT_FIELDS if isinstance(value := one.get(field), str) and value.strip()), None)
    if body is None:
        return Unreadable(name, f"It has no text: expected one of {', '.join(TEXT_FIELDS)}.")
    front = {key: value for key, value in one.items() if key not in TEXT_FIELDS and key != "action_items"}
    read = read_text(name, body, front)
    if isinstance(read, Unreadable):
        return read
    given = one.get("action_items")
    items = (
        tuple(_item(value) for value in given if _item(value).text) if isinstance(given, list) else read.action_items
    )
    return replace(read, form=Form.CLOSEOUT if is_own else Form.JSONL, action_items=items)


def _item(value: object) -> ActionItem:
    if isinstance(value, str):
        return ActionItem(value.strip(), 0)
    if not isinstance(value, dict):
        return ActionItem("", 0)
    text, owner, due = (str(value.get(name) or "").strip() for name in ("text", "owner", "due"))
    given = value.get("tickets")
    tickets = tuple(map(str, given)) if isinstance(given, list) else ()
    done = value.get("done")
    by = due_day(due, Order.UNKNOWN)
    return ActionItem(text, 0, "action_items", owner, due, by, tickets, done if isinstance(done, bool) else None)
