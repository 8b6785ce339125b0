"""Who, by when and what: the parts of one action item that is written as a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from closeout_judgement.documents.dates import Order, dates_in, quarter_end
from closeout_judgement.documents.tickets import KEY, NUMBER

NOTHING = re.compile(
    r"(?:none(?:\s+(?:yet|so\s+far|identified|required|needed))?|n/?a|nil|nothing|tb[dac]|to\s?do|to\s+be\s+\w+|-+|\.+|…|\?+"
    r"|no\s+(?:further\s+)?(?:action|follow-?up)s?(?:\s+(?:items?|required|needed|identified))*)\W*",
    re.IGNORECASE,
)
# Words of a template that nobody has replaced.
TEMPLATE = re.compile(
    r"^\W*(?:\{\{\s*\w*\s*\}\}(?:\s*\[[^\]]{0,80}\])?|<[^<>]{1,80}>|\[(?:action|description|todo|text|your)[^\]]{0,80}\])\W*$",
    re.IGNORECASE,
)
_NAME = r"(?:@[\w.-]{1,60}|[^\W\d_][\w.'’@-]*(?:[ ]+[^\W\d_][\w.'’@-]*){0,3})"
OWNER = re.compile(
    r"\b(?:owners?|assignees?|assigned(?:\s+to)?|responsible|owned\s+by|dri)\s*[:=]\s*"
    rf"(?P<who>{_NAME}(?:\s*(?:,|/|&|and)\s*@[\w.-]+)*)",
    re.IGNORECASE,
)
DUE_LABEL = re.compile(
    r"\b(?:due(?:\s+(?:date|by|on))?|deadline|eta|target(?:\s+date)?)\s*[:=]?\s*(?P<when>[^,()\[\];|]{2,40})",
    re.IGNORECASE,
)
DUE = re.compile(
    r"\b(?:due(?:\s+(?:date|by|on))?|deadline|eta|target(?:\s+date)?|by|before|until|no\s+later\s+than|bis)\b\s*[:=]?\s*(?P<when>[^()\[\];|]{2,40})",
    re.IGNORECASE,
)
HANDLE = re.compile(r"(?<![\w/.@])@[A-Za-z][\w-]{1,60}(?:\.[\w-]+)*")
AT_START = re.compile(
    r"^(?:\[(?P<box>@?[A-Z][\w.'’-]+(?:\s+[A-Z][\w.'’-]+){0,2})\]|(?P<handle>@[A-Za-z][\w.-]{1,60}))\s*[:,–—-]?\s+(?=\S)"
)
# (Sam Sample, 2025-03-04) or (@sam) at the end.
AT_END = re.compile(
    r"[\s–—-]*\((?P<who>@[\w.-]{1,60}|[A-Z][a-z'’]+(?:\s+[A-Z][a-z'’]+){1,2})(?:\s*[,;/]\s*(?P<due>[^()]{4,40}))?\)\W*$"
)
# A day or a week that ends the item, set apart from its sentence: “…, @sam, 2026-W12”, “(@sam) 2026-06-01”.
LAST = re.compile(
    r"(?:[,;|)–—]|--|@[\w.-]+)\s*(?P<when>\d{4}-(?:W[0-5]\d|\d\d-\d\d))\W*$",
    re.IGNORECASE,
)
TICKETS_AT_END = re.compile(rf"(?:[\s,;]+(?:{KEY.pattern}|{NUMBER.pattern}|https?://\S+))+\s*$")
SAID_DONE = re.compile(
    r"(?:^|[\s([–—-])(?:done|DONE|Done|completed|COMPLETED|Completed)[\s)\].!✓✅]*$|^\W*(?:✅|☑|\[done\]|\(done\)|DONE\b)"
    # “We added …”: told, not promised. What was decided, agreed or planned is still to be done.
    r"|^\W*(?:We|I)(?:['’]ve|\s+have)?(?:\s+(?:already|also|now|since|then))*\s+(?:added|changed|configured|created|deleted"
    r"|deployed|disabled|documented|enabled|fixed|implemented|increased|installed|introduced|merged|migrated|moved|raised"
    r"|reduced|removed|renewed|replaced|rewrote|rotated|switched|updated|upgraded|wrote|written)\b"
)
# How much may stand after "owner:" for it to be the item's small print rather than its sentence.
SMALL_PRINT = 90
LONGEST_ITEM = 2000


@dataclass(frozen=True, slots=True)
class Parts:
    """The sentence without its small print, the owner and the due date as written, and the day that this means."""

    text: str
    owner: str = ""
    due: str = ""
    due_on: date | None = None


def parts_of(text: str, people: Sequence[str], order: Order) -> Parts:
    """Take an action item apart. What is not labelled, in brackets or a handle is no owner: names are not guessed.

    >>> parts_of("Alert on queue age (owner: Robin Responder, due 2024-06-28)", (), Order.UNKNOWN)
    Parts(text='Alert on queue age', owner='Robin Responder', due='2024-06-28', due_on=datetime.date(2024, 6, 28))
    """
    without_tickets = TICKETS_AT_END.sub("", text)
    due, due_on = due_in(text, order)
    if not due and (last := LAST.search(without_tickets)):
        due, due_on = _day(last["when"], order)
    labelled = OWNER.search(text)
    if labelled:
        return Parts(_without_small_print(text), _trimmed(labelled["who"]), due, due_on)
    at_end = AT_END.search(without_tickets)
    if at_end:
        when, day = _day(at_end["due"] or "", order)
        return Parts(text[: at_end.start()].strip(), at_end["who"], when or due, day or due_on)
    at_start = AT_START.match(text)
    if at_start:
        return Parts(text[at_start.end() :].strip(), at_start["box"] or at_start["handle"], due, due_on)
    for person in people:
        text = text.removeprefix(person).lstrip(" :,–—-")
    owner = ", ".join(people) or ", ".join(dict.fromkeys(HANDLE.findall(text)))
    return Parts(_without_small_print(text), owner, due, due_on)


def _trimmed(who: str) -> str:
    """The name without the words that went on after it."""
    return re.split(r"\s+(?:due|by|until|eta|deadline|ticket|see|priority|status)\b", who, flags=re.IGNORECASE)[
        0
    ].strip(" .")


def _without_small_print(text: str) -> str:
    starts = [match.start() for pattern in (OWNER, DUE_LABEL) for match in pattern.finditer(text)]
    for start in sorted(starts):
        before = text[:start].rstrip(" ,;([–—-|")
        if len(text) - start <= SMALL_PRINT and before and (before != text[:start].rstrip() or before[-1] in ".!?:"):
            return before
    return text.strip()


def due_in(text: str, order: Order) -> tuple[str, date | None]:
    """By when, as written and as a day: after a word such as "due" or "by"."""
    for match in DUE.finditer(text):
        due, day = _day(match["when"], order)
        if due:
            return due, day
    label = DUE_LABEL.search(text)
    return (label["when"].strip(), None) if label and re.search(r"[:=]", label[0]) else ("", None)


def _day(words: str, order: Order) -> tuple[str, date | None]:
    """The date that begins in `words`; of a quarter the last day."""
    found = dates_in(words, order)
    if found and found[0].start <= 12:
        return found[0].written, found[0].day
    quarter = quarter_end(words[:20])
    return (words.strip(), quarter) if quarter else ("", None)


def due_day(cell: str, order: Order) -> date | None:
    """The day that a table's cell gives as due date."""
    found = dates_in(cell, order)
    return found[0].day if found else quarter_end(cell)
