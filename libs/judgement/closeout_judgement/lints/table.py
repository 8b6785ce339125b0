"""Every lint over one text, and which of them read prose. too_many and sanitised_timeline look at more than one."""

from __future__ import annotations

from collections.abc import Iterator

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.lints import (
    action_item,
    agentless,
    blame,
    counterfactual,
    criterion,
    owner,
    placeholder_cause,
    target,
)

LINTS: tuple[Lint, ...] = (
    action_item.LINT,
    criterion.LINT,
    owner.LINT,
    target.LINT,
    agentless.LINT,
    blame.LINT,
    counterfactual.LINT,
    placeholder_cause.LINT,
)
# In this order: where two point at the same words, the first is told.
HEADLINE: tuple[Lint, ...] = (blame.LINT, counterfactual.LINT)
PROSE: tuple[Lint, ...] = (*HEADLINE, agentless.LINT)


def language_findings(text: str) -> Iterator[Finding]:
    """What hides who acted, blames a person or scolds afterwards, in the order of the text; no words twice."""
    yield from _in_order(PROSE, text)


def headline_findings(text: str) -> Iterator[Finding]:
    """As `language_findings`, for what is clipped by nature and need not say who acted: a title, an action item."""
    yield from _in_order(HEADLINE, text)


def _in_order(lints: tuple[Lint, ...], text: str) -> list[Finding]:
    kept: list[Finding] = []
    for finding in (finding for lint in lints for finding in lint.find(text)):
        if not any(finding.start < other.end and other.start < finding.end for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda finding: finding.start)
