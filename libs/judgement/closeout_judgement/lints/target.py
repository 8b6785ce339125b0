"""A target that is missing, or no time at all: “soon”, “Q5”. Whether a milestone exists, only the tracker knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from closeout_judgement.finding import Finding, Lint

# No milestone has a longer name, and a long row of marks would take the cube of its length.
LONGEST = 200
ASK = "By the end of which week will it be done? Write it as 2026-W50, or name a sprint or milestone of the tracker."

FICTITIOUS = re.compile(
    r"""^\W*(?:
      tb[adc] | to\s+be\s+\w+ | \?+ | -+ | n/?a | none | unknown
      | open(?:-ended)? | not\s+(?:yet\s+)?\w+ | when(?:ever)?\b.* | eventually
      | asap | as\s+soon\s+as.* | soon(?:ish|er|est)? | later | now | immediately | ongoing | continuous(?:ly)?
        | in\s+progress | always | never
      | some(?:day|time)(?:\s.*)? | one\s+day | at\s+some\s+point | after\s+.* | once\s+.* | if\s+.* | backlog
        | future | in\s+the\s+(?:\w+\s+)?future
      | (?:short|mid|medium|long)(?:er)?[\s-]*term | (?:very\s+)?(?:high|medium|low|urgent)(?:\s+prio\w*)? | p[0-5]
      | (?:early|mid|late|end\s+of|by)?[\s-]*(?:next|this|coming|following|current)\s+(?:week|month|quarter|year
        |sprint|cycle|release|iteration|half)
      | end\s+of\s+(?:the\s+)?(?:week|month|quarter|year|sprint|day) | eo[dwmqy]
        | (?:within|in)\s+(?:an?|the|a\s+few|some|\d+|two|three)\s+.*
      | (?:spring|summer|autumn|fall|winter)(?:\s+\d{4})? | (?:\d{4}[\s-]*)?[qh][05-9](?:[\s-]*\d{2,4})?
        | (?:\d{4}[\s-]*)?h[03-9](?:[\s-]*\d{2,4})?
      | (?:\d{4}[\s-]*)?q[1-4](?:[\s'/-]*\d{2,4})? | (?:\d{4}[\s-]*)?h[12](?:[\s'/-]*\d{2,4})?
    )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
QUARTER = re.compile(r"[qh]([1-4])", re.IGNORECASE)
WEEK = re.compile(r"(\d{4})-W(\d{1,2})", re.IGNORECASE)
DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def find(text: str) -> Iterator[Finding]:
    """Why `text` is no time by which something can be done."""
    words = text.strip()[:LONGEST]
    if not words:
        yield _finding("target-missing", text, "It has no target.")
    elif FICTITIOUS.match(words):
        yield _finding("target-fictitious", text, _why(words))
    elif (week := WEEK.fullmatch(words)) and not _is_week(int(week[1]), int(week[2])):
        yield _finding("target-not-a-week", text, f"{week[1]} has no week {int(week[2])}.")
    elif day := DAY.fullmatch(words):
        yield from _of_day(text, [int(part) for part in day.groups()])


def _why(words: str) -> str:
    if re.search(r"[qh][05-9]|h[34]", words, re.IGNORECASE):
        return f"“{words}” does not exist."
    if QUARTER.search(words):
        return f"“{words}” is up to half a year long: nobody is late until it is over."
    return f"“{words}” is no time: nobody can be late."


def _of_day(text: str, parts: list[int]) -> Iterator[Finding]:
    try:
        year, week, _ = date(*parts).isocalendar()
    except ValueError:
        yield _finding("target-fictitious", text, f"There is no {text.strip()}.")
        return
    reason = "Work is planned by the week; nobody can hold a promise to a day."
    yield _finding("target-not-a-week", text, reason, f"{year}-W{week:02}")


def _is_week(year: int, number: int) -> bool:
    try:
        date.fromisocalendar(year, number, 1)
    except ValueError:
        return False
    return True


def _finding(code: str, text: str, reason: str, better: str | None = None) -> Finding:
    return Finding(code, LINT.name, 0, len(text), text, reason, ASK, better)


LINT = Lint(
    "target",
    ("target-missing", "target-fictitious", "target-not-a-week"),
    find,
    passing=("2026-W50", "2026-W07", "Sprint 12", "v2.4", "Release 2026.3", "Cycle 9"),
    failing={
        "": "target-missing",
        "TBD": "target-fictitious",
        "soon": "target-fictitious",
        "Q5": "target-fictitious",
        "Q3 2026": "target-fictitious",
        "next sprint": "target-fictitious",
        "2026-02-30": "target-fictitious",
        "2026-W60": "target-not-a-week",
        "2026-12-10": "target-not-a-week",
    },
)
