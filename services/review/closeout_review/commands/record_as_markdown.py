"""What was added beside a published postmortem, as Markdown: it is taken along wherever the postmortem is."""

from __future__ import annotations

from collections.abc import Iterator

from closeout_judgement.documents.escaping import escaped, linked
from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.change import told
from closeout_review.store.postmortems import Promise


def changes_of(promise: Promise) -> Iterator[str]:
    """A line for each change of a promise after its publication."""
    for change in promise.changes:
        was, becomes = told(change.change, change.was), told(change.change, change.becomes)
        slipped = ", a slip" if change.slipped else ""
        what = f"{change.change.value} from {escaped(was)} to {escaped(becomes)}{slipped}"
        yield f"   - {what} by {escaped(change.by)}: {escaped(change.reason)}"


def record_of(one: Postmortem) -> Iterator[str]:
    """Mandated tickets, and what a team says beside the verdict."""
    if one.mandated:
        yield from ("", "## Mandated tickets", "", "Demanded, not promised; they are not counted.", "")
        for kept in one.mandated:
            ticket = kept.ticket
            demanded = f"demanded by {ticket.demanded_by.value}: {escaped(ticket.why)}"
            gone = kept.unlinked
            taken_back = f"; unlinked by {escaped(gone.by)}: {escaped(gone.reason)}" if gone else ""
            yield f"- {linked(ticket.title, ticket.url)}, {demanded}{taken_back}"
    if one.verdict_reasons:
        yield from ("", "## Beside the verdict, which stays", "")
        yield from (f"- {escaped(said.by)}: {escaped(said.reason)}" for said in one.verdict_reasons)
