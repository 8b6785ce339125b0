"""The audit in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import shorten

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from closeout.audit.recurring import Recurring, Told
from closeout.audit.report import Line, Marks, Report
from closeout.audit.revive import HOW
from closeout_schemas.vocabulary import Severity

BAR = 30  # characters
SHOWN = 5
LONGEST = 110
LAST_YEARS = 8


def print_report(report: Report, console: Console, top: int) -> None:
    """The counts, what comes back, what cannot be used."""
    console.print()
    console.print(Text(_headline(report), style="bold"))
    if report.marks.items:
        console.print(_marks(report.marks))
    _recurring(report, console, top)
    _told("Failure modes", report.modes, report, console, top)
    _told("Services and dependencies in which failures lay", report.dependencies, report, console, top)
    _revivable(report, console)
    _problems(report, console)


def _headline(report: Report) -> str:
    count = len(report.documents)
    span = f", {report.span[0]} to {report.span[1]}" if report.span else ""
    return f"{count:,} postmortem{'s' if count != 1 else ''}{span}, {report.marks.items:,} action items"


def _marks(marks: Marks) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, count in rows_of(marks):
        share = count / marks.items
        bar = "█" * round(BAR * share)
        table.add_row(name, Text(f"{bar:·<{BAR}}", style="cyan"), f"{count:,}", f"{share:.0%}")
    return table


def rows_of(marks: Marks) -> list[tuple[str, int]]:
    """The counts with their words."""
    return [
        ("name one person", marks.with_person),
        ("have a date", marks.with_date),
        ("can be tested", marks.testable),
        ("have a ticket", marks.with_ticket),
        ("have all four", marks.whole),
    ]


def _recurring(report: Report, console: Console, top: int) -> None:
    if not report.recurring:
        return
    console.print(Text(f"\nPromised again in other words: {len(report.recurring):,}", style="bold"))
    for one in report.recurring[:top]:
        console.print(f"  {len(one.promises)} × {when(one)}", style="cyan", highlight=False)
        for promise in one.promises[:3]:
            console.print(_below(6, Text(f"{_cut(promise.text)}  ({promise.document})")))


def _cut(text: str) -> str:
    """The beginning of a long text, up to a word's end, and a sign that there is more. What moves a terminal's cursor
    or turns letters round is shown as a sign."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return shorten(shown, LONGEST, placeholder=" …")


def _below(indent: int, text: Text) -> Padding:
    """A line whose every part stands below its heading, where the terminal is too narrow for it."""
    return Padding(text, (0, 0, 0, indent), expand=False)


def when(one: Recurring) -> str:
    """The days on which it was promised."""
    days = [day.isoformat() for day in one.days]
    if not days:
        return "no date"
    return ", ".join(days) if len(days) <= 4 else f"{days[0]}, {days[1]} … {days[-1]}"


def _told(heading: str, told: tuple[Told, ...], report: Report, console: Console, top: int) -> None:
    """How many documents of each year tell of it, and of none."""
    if not told:
        return
    years = report.years[-LAST_YEARS:]
    console.print(Text(f"\n{heading}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for name in ("all", *map(str, years)):
        table.add_column(name, justify="right")
    for one in told[:top]:
        table.add_row(Text(one.title), str(len(one.documents)), *(str(one.in_year(year) or "·") for year in years))
    console.print(table)


def _revivable(report: Report, console: Console) -> None:
    if not report.revivable:
        return
    console.print(Text(f"\nMost worth reviving: the {len(report.revivable)} highest scores", style="bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in report.revivable:
        lacks = f" – it lacks {', '.join(one.lacks)}" if one.lacks else ""
        severity = "" if one.severity is Severity.UNKNOWN else f", {one.severity.value.upper()}"
        later = f"{len(one.later)} later postmortem{'s' if len(one.later) != 1 else ''}"
        after = f", {later} of the same failure" if one.later else ""
        where = f"\npromised {one.promised} ×{severity}{after} ({one.promise.document})"
        told = Text.assemble(_cut(one.promise.text), (lacks, "dim"), (where, "dim"))
        table.add_row(Text(f"  {one.score:4.1f}", "cyan"), told)
    console.print(table)
    console.print(_below(2, Text(f"Score: {HOW}", style="dim")))


def _problems(report: Report, console: Console) -> None:
    for title, lines in _lists(report):
        console.print(Text(f"\n{title}: {len(lines):,}", style="bold"))
        for name, reason in lines[:SHOWN]:
            console.print(_below(2, Text.assemble(name, (f"  {reason}", "dim"))))
        if len(lines) > SHOWN:
            console.print(f"  … and {len(lines) - SHOWN:,} more: --json or --html has them all", style="dim")


def _lists(report: Report) -> Iterator[tuple[str, list[Line]]]:
    lists = [
        ("Documents no audience can use", report.unusable_lines),
        ("Unreadable", report.unreadable_lines),
        ("In formats that are not read (export them as HTML or Markdown)", report.unread_lines),
        ("Copies and revisions, counted once", report.copy_lines),
        ("Not counted", report.aside_lines),
        ("Not understood", report.not_understood_lines),
    ]
    return ((title, lines) for title, lines in lists if lines)
