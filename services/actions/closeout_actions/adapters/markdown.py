"""A ticket's text in Markdown, with the mark by which it is found again. GitHub, GitLab, Gitea and Linear read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from closeout_actions.adapters.letter import LONGEST_TEXT, Block, Check, Paragraph, Rule, Span

MARK = re.compile(r"<!-- closeout:item=([0-9a-f-]{36}) -->")

# https://github.com/acme/payments/pull/42, …/pulls/42 at Gitea, …/-/merge_requests/42 at GitLab.
PULL_REQUEST = re.compile(r"https?://[^\s<>()\[\]\"']+/(?:pull|pulls|merge_requests)/[0-9]{1,9}")
MOST_PULL_REQUESTS = 10
# “Duplicate of #12”, “… of acme/payments#12”, or with the address of the other.
DUPLICATE_OF = re.compile(
    r"\bduplicate of:?\s+(?:https?://\S+?/(?P<linked>[\w.-]+/[\w.-]+)/issues/(?P<linked_number>\d{1,9})"
    r"|(?P<named>[\w.-]+/[\w.-]+)?#(?P<number>\d{1,9}))",
    re.IGNORECASE,
)

Safe = Callable[[str], str]


def mark_of(item_id: str) -> str:
    """Hidden on the page, and found in the text."""
    return f"<!-- closeout:item={item_id} -->"


def mark_in(body: str | None) -> str | None:
    """The last mark in a text: what stands before ours may have been quoted."""
    found = MARK.findall(body or "")
    return str(found[-1]) if found else None


def pull_requests_in(body: str | None) -> tuple[str, ...]:
    """The addresses of pull and merge requests that a text links, each once."""
    return tuple(dict.fromkeys(PULL_REQUEST.findall(body or "")))[:MOST_PULL_REQUESTS]


def original_in(body: str | None, project: str) -> str | None:
    """Of which ticket a comment in `project` says that it is a duplicate, as acme/payments#12."""
    found = DUPLICATE_OF.search(body or "")
    if found is None:
        return None
    there = found["linked"] or found["named"] or project
    return f"{there}#{found['number'] or found['linked_number']}"


def safe(text: str) -> str:
    """People's words, so that they cannot hold a mark, call anybody, or link an issue by accident."""
    quoted = text[:LONGEST_TEXT].replace("<!--", "&lt;!--")
    return re.sub(r"([@#])(?=\w)", r"\1<!-- -->", quoted)


def rendered(blocks: Sequence[Block], safe: Safe = safe) -> str:
    """`blocks` as Markdown. `safe`: what makes people's words harmless in this tracker."""
    return "\n\n".join(_block(block, safe) for block in blocks)


def _block(block: Block, safe: Safe) -> str:
    match block:
        case Paragraph():
            return "\n".join("".join(_span(span, safe) for span in line) for line in block.lines)
        case Check():
            first, *rest = [safe(line) for line in block.lines]
            return "\n".join([f"- [ ] {first}", *(f"      {line}" for line in rest)])
        case Rule():
            return "---"


def _span(span: Span, safe: Safe) -> str:
    text = span.text if span.is_ours else safe(span.text)
    if span.url:
        return f"[{text.replace('[', '(').replace(']', ')')}]({span.url})"
    return f"**{text}**" if span.is_bold else text
