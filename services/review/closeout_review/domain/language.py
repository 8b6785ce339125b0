"""Rule 1, language: each finding is mended, or dismissed with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from closeout_judgement.finding import Finding
from closeout_judgement.lints import placeholder_cause, sanitised_timeline
from closeout_judgement.lints.placeholder_cause import Placeholder
from closeout_judgement.lints.table import headline_findings, language_findings
from closeout_review.domain.draft import Dismissal, Draft
from closeout_review.domain.refusal import LANGUAGE, Refusal, mend_of

EXCUSES = (Placeholder.PERSON, Placeholder.ABSENCE, Placeholder.ATTITUDE)
Look = Callable[[str], Iterator[Finding]]


def language_refusals(draft: Draft, said: Sequence[str]) -> Iterator[Refusal]:
    """What the language hides or whom it blames, wherever people wrote; the verbatim timeline is left as it is.

    `said`: what people wrote while it happened.
    """
    for where, text, look in _written(draft, said):
        for finding in look(text):
            if not any(_settles(dismissal, finding.code, finding.text) for dismissal in draft.dismissals):
                mend = mend_of(finding, text)
                yield Refusal(finding.code, LANGUAGE, where, finding.text, finding.reason, mend, dismissible=True)


def _settles(dismissal: Dismissal, code: str, text: str) -> bool:
    return bool(dismissal.reason) and dismissal.code == code and dismissal.text == text.strip()


def _written(draft: Draft, said: Sequence[str]) -> Iterator[tuple[str, str, Look]]:
    # A headline is clipped, and a promise has its owner beside it: neither hides who acted.
    yield "title", draft.title, headline_findings
    yield "summary", draft.summary, language_findings
    yield "summary", draft.summary, lambda text: sanitised_timeline.find(text, said)
    for index, catch in enumerate(draft.earlier_catches):
        yield f"earlier_catches[{index}].text", catch.text, language_findings
    for index, condition in enumerate(draft.contributing_conditions):
        yield f"contributing_conditions[{index}]", condition, language_findings
        yield f"contributing_conditions[{index}]", condition, placeholder_cause.find
    yield "nothing_would_have_caught_it", draft.nothing_would_have_caught_it, _excuses
    for index, item in enumerate(draft.action_items):
        yield f"action_items[{index}].text", item.text, headline_findings


def _excuses(text: str) -> Iterator[Finding]:
    """That there was no process, or human error, is no reason for which nothing could have caught it."""
    excuses = {f"cause-is-{kind}" for kind in EXCUSES}
    yield from (finding for finding in placeholder_cause.find(text) if finding.code in excuses)
