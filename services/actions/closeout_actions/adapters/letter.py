"""What a ticket says, before it is written in a tracker's own syntax: why, done when, who and by when."""

from __future__ import annotations

import re
from dataclasses import dataclass

from closeout_actions.domain.draft import Draft
from closeout_schemas.postmortems import ActionItem, PostmortemRef
from closeout_schemas.vocabulary import Severity, TargetKind

ADDRESS = re.compile(r"https?://[^\s|\]]+")
LONGEST_TEXT = 10_000  # of each text of ours: several of them stay far below every tracker's limit


@dataclass(frozen=True, slots=True)
class Span:
    """Some words. What `is_ours` was written here; the rest are people's words, which may hold anything."""

    text: str
    is_bold: bool = False
    url: str | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that stand together."""

    lines: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Something to be ticked off; its first line, then the others."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block = Paragraph | Check | Rule


def letter(draft: Draft, closing: str) -> list[Block]:
    """The whole text. `closing`: what closing the ticket means in this tracker."""
    item = draft.item
    return [
        *_beginning(draft),
        Paragraph(_why(draft.postmortem, draft.postmortem_url)),
        Paragraph(((_ours("Done when", is_bold=True),),)),
        Check(_criterion(item.criterion)),
        Paragraph(((_ours("Owner:", is_bold=True), *_owner(item)), (_ours("By:", is_bold=True), *_target(item)))),
        *([Paragraph(((_ours(f"It was asked for before, as {', '.join(draft.former)}."),),))] if draft.former else []),
        Rule(),
        Paragraph(((_ours(closing),),)),
    ]


def _beginning(draft: Draft) -> list[Block]:
    """The team's own template, filled; what it does not know stays as it is."""
    if not draft.template:
        return []
    item, about = draft.item, draft.postmortem
    known = {
        "title": item.text,
        "criterion": item.criterion,
        "owner": item.owner.name,
        "due": item.target.due_on.isoformat(),
        "incident": about.title,
        "service": about.service or "",
        "url": draft.postmortem_url or "",
    }
    return plain(re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), draft.template))


def one_line(draft: Draft, longest: int) -> str:
    """The item's own words as a title of at most `longest` characters."""
    words = " ".join(draft.item.text.split())
    return words if len(words) <= longest else words[: longest - 1] + "…"


def plain(text: str) -> list[Block]:
    """Some lines as paragraphs, an empty line between two of them. A line that is an address is a link."""
    return [
        Paragraph(tuple((Span(line, url=line if ADDRESS.fullmatch(line) else None),) for line in part.splitlines()))
        for part in text.split("\n\n")
        if part.strip()
    ]


def _ours(text: str, *, is_bold: bool = False) -> Span:
    return Span(text, is_bold=is_bold, is_ours=True)


def _why(postmortem: PostmortemRef, url: str | None) -> tuple[tuple[Span, ...], ...]:
    name = Span(" ".join(postmortem.title.split())[:LONGEST_TEXT] or "an incident", url=url)
    severity = None if postmortem.severity is Severity.UNKNOWN else postmortem.severity.value.upper()
    about = ", ".join(part for part in (severity, postmortem.service) if part)
    detail = (_ours(" ("), Span(about), _ours(")")) if about else ()
    on = f" on {postmortem.opened_at.date().isoformat()}" if postmortem.opened_at else ""
    return (
        (_ours("Why.", is_bold=True), _ours(" Promised in the postmortem of "), name, *detail, _ours(".")),
        (_ours(f"Until this is done, what happened{on} can happen again."),),
    )


def _criterion(text: str) -> tuple[str, ...]:
    lines = [line.strip() for line in text[:LONGEST_TEXT].splitlines() if line.strip()]
    return tuple(lines) or ("(none was given)",)


def _owner(item: ActionItem) -> tuple[Span, ...]:
    handle = item.owner.handles.get(item.tracker)
    return (_ours(" "), Span(item.owner.name), *((_ours(f" ({handle})"),) if handle else ()))


def _target(item: ActionItem) -> tuple[Span, ...]:
    target = item.target
    if target.kind is TargetKind.WEEK:
        return (_ours(f" week {target.value}, by {target.due_on.isoformat()}"),)
    return (_ours(" "), Span(target.value), _ours(f", due {target.due_on.isoformat()}"))
