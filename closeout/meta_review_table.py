"""The quarterly reading in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.pages.told import QUESTIONS_ARE, SILENCE, called, proposal_lines, summary, untested
from closeout_judgement.patterns.review import MetaReview
from closeout_judgement.patterns.sentences import chance, number, seen, sentence, title

MOST_NAMED = 12


def show(review: MetaReview, console: Console) -> None:
    """Patterns with their evidence, proposals, questions, and what could not be tested."""
    console.print(f"[bold]Meta-review {review.history.quarter}[/]  {escape(summary(review))}\n")
    console.print(_table(review.patterns) if review.patterns else SILENCE)
    for count, proposal in enumerate(review.proposals, 1):
        console.print(f"\n[bold]Proposal {count}[/]  {escape(proposal.change)}")
        for name, text in proposal_lines(proposal).items():
            console.print(f"  [dim]{name}[/] {escape(text)}")
    if review.questions:
        console.print(f"\n[bold]Worth a question[/]  [dim]{QUESTIONS_ARE}[/]")
        for question in review.questions:
            console.print(f"  · {escape(sentence(question))}")
    console.print("\n[bold]Not tested[/]")
    for kinds, why in untested(review).items():
        console.print(f"  [dim]{kinds}: {escape(why)}[/]")


def _table(patterns: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 1, 0))
    for name in ("", "pattern", "what was seen", "expected", "by chance", "incidents"):
        table.add_column(name, overflow="fold", justify="right" if name == "expected" else "left")
    for count, finding in enumerate(patterns, 1):
        candidate = finding.candidate
        ids = [called(hit) for hit in candidate.hits]
        more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
        table.add_row(
            str(count),
            f"[bold]{escape(title(candidate))}[/]",
            escape(seen(candidate)),
            number(candidate.expected),
            chance(finding.tested.by_chance),
            escape(", ".join(ids[:MOST_NAMED]) + more),
        )
    return table
