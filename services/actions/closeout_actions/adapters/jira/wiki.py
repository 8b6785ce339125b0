"""A ticket's text in Jira's wiki syntax, which Data Center's v2 takes.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from closeout_actions.adapters.letter import Block, Check, Paragraph, Rule, Span

# A backslash before it makes a character of the syntax an ordinary one.
SPECIAL = re.compile(r"([\\{}\[\]*_+^~?!|#-])")


def text(blocks: Sequence[Block]) -> str:
    """`blocks` as wiki text."""
    return "\n\n".join(_block(block) for block in blocks)


def safe(words: str) -> str:
    """People's words, so that they make no macro, no link, no picture and no mention."""
    return SPECIAL.sub(r"\\\1", words)


def words(text: str) -> str:
    """What a wiki text says: without the backslashes that keep characters from being syntax."""
    return re.sub(r"\\([\\{}\[\]*_+^~?!|#-])", r"\1", text).strip()


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return "\n".join("".join(_span(span) for span in line) for line in block.lines)
        case Check():
            # \\ is a line break inside the list's entry.
            return "* " + "\\\\ ".join(safe(line) for line in block.lines)
        case Rule():
            return "----"


def _span(span: Span) -> str:
    words = safe(span.text)
    if span.url:
        return f"[{words}|{span.url}]"
    return f"*{words}*" if span.is_bold else words
