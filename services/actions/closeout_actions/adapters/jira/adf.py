"""Atlassian Document Format, which Jira Cloud's v3 takes and gives instead of text: written, and read as plain words.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from closeout_actions.adapters.letter import Block, Check, Paragraph, Rule, Span

Node = dict[str, Any]

# What ends with the line.
LINES = frozenset({"paragraph", "heading", "codeBlock", "rule", "tableRow"})


def document(blocks: Sequence[Block]) -> Node:
    """`blocks` as a document. Text in it is only text: it mentions nobody and links nothing by itself."""
    return {"type": "doc", "version": 1, "content": [_block(block) for block in blocks]}


def words(document: Any) -> str:
    """What a document says, without its form. What is no document says nothing."""
    return "".join(_words(document)).strip()


def _words(node: Any) -> list[str]:
    if not isinstance(node, Mapping):
        return []
    attrs = node.get("attrs")
    told = attrs if isinstance(attrs, Mapping) else {}
    match node.get("type"):
        case "text":
            return [str(node.get("text") or "")]
        case "hardBreak":
            return ["\n"]
        case "mention" | "emoji" | "status" | "date":
            return [str(told.get("text") or told.get("shortName") or "")]
        case "inlineCard" | "blockCard" | "embedCard":
            return [str(told.get("url") or "")]
    content = node.get("content")
    inner = [part for one in (content if isinstance(content, Sequence) else ()) for part in _words(one)]
    return [*inner, *(["\n"] if node.get("type") in LINES else [])]


def _block(block: Block) -> Node:
    match block:
        case Paragraph():
            return _paragraph([[_text(span) for span in line if span.text] for line in block.lines])
        case Check():
            lines = [[_text(Span(line))] for line in block.lines]
            return {"type": "bulletList", "content": [{"type": "listItem", "content": [_paragraph(lines)]}]}
        case Rule():
            return {"type": "rule"}


def _paragraph(lines: Sequence[list[Node]]) -> Node:
    content: list[Node] = []
    for number, line in enumerate(lines):
        content += [*([{"type": "hardBreak"}] if number else []), *line]
    return {"type": "paragraph", "content": content}


def _text(span: Span) -> Node:
    marks: list[Node] = [{"type": "strong"}] if span.is_bold else []
    if span.url:
        marks.append({"type": "link", "attrs": {"href": span.url}})
    return {"type": "text", "text": span.text, **({"marks": marks} if marks else {})}
