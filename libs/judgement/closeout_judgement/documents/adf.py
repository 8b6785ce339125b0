"""Atlassian's document format, as Opsgenie's postmortems have it, as Markdown.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

DEEPEST = 60


def is_document(value: object) -> bool:
    """Whether this is one."""
    return isinstance(value, Mapping) and value.get("type") == "doc" and isinstance(value.get("content"), list)


def markdown(document: Mapping[str, Any]) -> str:
    """The words with their structure: headings, lists, tasks, tables, quotes, code, links."""
    return _blocks(document.get("content"), "", 0).strip() + "\n"


def _blocks(nodes: object, before: str, deep: int) -> str:
    if not isinstance(nodes, list) or deep > DEEPEST:
        return ""
    return "".join(_block(node, before, deep) for node in nodes if isinstance(node, Mapping))


def _block(node: Mapping[str, Any], before: str, deep: int) -> str:
    kind, attributes = str(node.get("type")), node.get("attrs") or {}
    content = node.get("content")
    match kind:
        case "heading":
            level = attributes.get("level")
            return f"\n{'#' * (level if isinstance(level, int) and 0 < level < 7 else 2)} {_line(content)}\n\n"
        case "bulletList" | "orderedList" | "decisionList":
            return _list(content, before, "1." if kind == "orderedList" else "-", deep) + "\n"
        case "taskList":
            return _list(content, before, "-", deep) + "\n"
        case "table":
            return "\n" + _table(content) + "\n"
        case "codeBlock":
            return f"\n```\n{_line(content)}\n```\n\n"
        case "rule":
            return "\n---\n\n"
        case "paragraph":
            return f"{before}{_line(content)}\n\n"
        case _ if isinstance(content, list):
            return _blocks(content, before, deep + 1)
        case _:
            return ""


def _list(nodes: object, before: str, sign: str, deep: int) -> str:
    lines = []
    for node in nodes if isinstance(nodes, list) and deep <= DEEPEST else ():
        if not isinstance(node, Mapping):
            continue
        if node.get("type") in ("taskList", "bulletList", "orderedList"):
            lines.append(_list(node.get("content"), f"{before}  ", sign, deep + 1).rstrip("\n"))
        elif node.get("type") == "taskItem":
            done = (node.get("attrs") or {}).get("state") == "DONE"
            lines.append(f"{before}{sign} [{'x' if done else ' '}] {_line(node.get('content'))}")
        else:
            inner = _blocks(node.get("content"), "", deep + 1).strip() or _line(node.get("content"))
            lines.append(f"{before}{sign} " + f"\n{before}  ".join(line for line in inner.splitlines() if line))
    return "\n".join(lines) + "\n"


def _table(rows: object) -> str:
    lines: list[str] = []
    for row in rows if isinstance(rows, list) else ():
        cells = row.get("content") if isinstance(row, Mapping) else None
        texts = [" ".join(_blocks(c.get("content"), "", 1).split()) for c in cells or () if isinstance(c, Mapping)]
        lines.append(f"| {' | '.join(text.replace('|', '/') for text in texts)} |")
        if len(lines) == 1:
            lines.append("|" + " --- |" * len(texts))
    return "\n".join(lines) + "\n"


def _line(nodes: object) -> str:
    said = []
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, Mapping):
            said.append(_inline(node))
    return "".join(said)


def _inline(node: Mapping[str, Any]) -> str:
    attributes = node.get("attrs") or {}
    match node.get("type"):
        case "text":
            text = str(node.get("text") or "")
            marks = (mark for mark in node.get("marks") or () if isinstance(mark, Mapping))
            href = next((str((m.get("attrs") or {}).get("href") or "") for m in marks if m.get("type") == "link"), "")
            return f"[{text}]({href})" if href.startswith(("http://", "https://")) else text
        case "hardBreak":
            return "\n"
        case "mention" | "emoji" | "status":
            return str(attributes.get("text") or attributes.get("shortName") or "")
        case "date":
            return _day(attributes.get("timestamp"))
        case "inlineCard":
            return str(attributes.get("url") or "")
        case _:
            return _line(node.get("content"))


def _day(timestamp: object) -> str:
    try:
        return datetime.fromtimestamp(int(str(timestamp)) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
