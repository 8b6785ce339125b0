"""What was added beside a published postmortem, as Markdown: it is taken along wherever the postmortem is."""

from __future__ import annotations

from collections.abc import Iterator

from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.change import told
from closeout_review.store.postmortems import Promise


def changes_of(promise: Promise) -> Iterator[str]:
    """A line for each change of a promise after its publication."""
    for change in promise.changes:
        was, becomes = told(change.change, change.was), told(change.change, change.becomes)
        slipped = ", a slip" if change.slipped else ""
        what = f"{change.change.value} from {_line(was)} to {_line(becomes)}{slipped}"
        yield f"   - {what} by {_line(change.by)}: {_line(change.reason)}"


def record_of(one: Postmortem) -> Iterator[str]:
    """Mandated tickets, and what a team says beside the verdict."""
    if one.mandated:
        yield from ("", "## Mandated tickets", "", "Demanded, not promised; they are not counted.", "")
        for linked in one.mandated:
            ticket = linked.ticket
            demanded = f"demanded by {ticket.demanded_by.value}: {_line(ticket.why)}"
            gone = linked.unlinked
            taken_back = f"; unlinked by {_line(gone.by)}: {_line(gone.reason)}" if gone else ""
            yield f"- [{_line(ticket.title)}]({ticket.url}), {demanded}{taken_back}"
    if one.verdict_reasons:
        yield from ("", "## Beside the verdict, which stays", "")
        yield from (f"- {_line(said.by)}: {_line(said.reason)}" for said in one.verdict_reasons)


def _line(text: str) -> str:
    """On one line: somebody's words must not begin a heading or a list of their own."""
    return " ".join(text.split())
