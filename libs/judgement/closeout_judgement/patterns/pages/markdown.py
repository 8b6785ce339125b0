"""The quarterly reading as Markdown: a part a slide, parted by rules."""

from __future__ import annotations

from collections.abc import Iterator

from closeout_judgement.documents.escaping import escaped
from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.pages.told import (
    NO_QUESTION,
    QUESTIONS_ARE,
    SILENCE,
    called,
    compared,
    inside,
    proposal_lines,
    strength,
    summary,
    untested,
)
from closeout_judgement.patterns.review import MetaReview
from closeout_judgement.patterns.sentences import interval, sentence, title

MOST_NAMED = 40


def markdown(review: MetaReview) -> str:
    """The whole document, with a line's end at its end."""
    parts = [_opening(review), _patterns(review), _proposals(review), _questions(review), _untested(review)]
    return "\n---\n\n".join("\n".join(part) + "\n" for part in map(list, parts))


def _opening(review: MetaReview) -> Iterator[str]:
    yield f"# Meta-review {review.history.quarter}\n"
    yield f"{summary(review)}."


def _patterns(review: MetaReview) -> Iterator[str]:
    yield "## Patterns\n"
    if not review.patterns:
        yield SILENCE
    for number, finding in enumerate(review.patterns, 1):
        yield f"### {number}. {escaped(title(finding.candidate))}\n"
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{escaped(sentence(finding))}\n"
    yield f"- Share: {interval(finding.candidate)} ({strength(finding.tested)})"
    yield f"- {escaped(compared(finding))}"
    if finding.inside:
        yield f"- {escaped(inside(finding))}"
    ids = [called(hit) for hit in finding.candidate.hits]
    more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    yield f"- Incidents: {', '.join(map(escaped, ids[:MOST_NAMED]))}{more}\n"


def _proposals(review: MetaReview) -> Iterator[str]:
    yield "## Proposals\n"
    if not review.proposals:
        yield "None by itself: no test found a pattern to build on."
    for number, proposal in enumerate(review.proposals, 1):
        yield f"### {number}. {escaped(proposal.change)}\n"
        yield from (f"- {name}: {escaped(text)}" for name, text in proposal_lines(proposal).items())
        yield ""


def _questions(review: MetaReview) -> Iterator[str]:
    yield "## Worth a question\n"
    yield QUESTIONS_ARE if review.questions else NO_QUESTION
    if review.questions:
        yield ""
    yield from (f"- {escaped(sentence(one))}" for one in review.questions)


def _untested(review: MetaReview) -> Iterator[str]:
    yield "## Not tested\n"
    yield from (f"- {escaped(kinds)}: {escaped(why)}" for kinds, why in untested(review).items())
