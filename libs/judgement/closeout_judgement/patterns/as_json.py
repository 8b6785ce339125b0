"""The `--json` form."""

from __future__ import annotations

from typing import Any

from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.proposals import Proposal
from closeout_judgement.patterns.review import MetaReview
from closeout_judgement.patterns.sentences import sentence


def as_json(review: MetaReview) -> dict[str, Any]:
    """A value that JSON can hold. Counts are incidents; a storm is one, and its first page stands for it."""
    history = review.history
    return {
        "quarter": str(history.quarter),
        "patterns": [_finding(one) for one in review.patterns],
        "questions": [_finding(one) for one in review.questions],
        "not_tested": [{"kind": str(one.kind), "why": one.why} for one in review.not_tested],
        "proposals": [_proposal(one) for one in review.proposals],
        "incidents": len(history.now),
        "pages": sum(len(one.records) for one in history.now),
        "base_quarters": [str(one) for one in history.base_quarters],
        "base_incidents": len(history.base),
        "tested": review.candidates,
        "storms": [
            {"incident": one.id, "pages": [record.id for record in one.records]}
            for one in history.now
            if len(one.records) > 1
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    candidate = finding.candidate
    return {
        "kind": str(candidate.kind),
        "value": candidate.value,
        "incidents": [hit.id for hit in candidate.hits],
        "observed": candidate.observed,
        "of": candidate.of,
        "expected": _rounded(candidate.expected),
        "interval": [_rounded(bound) for bound in candidate.interval],
        "p_value": _rounded(candidate.p_value),
        "q_value": _rounded(finding.tested.q_value),
        "against": candidate.against,
        "by_chance_a_quarter": _rounded(finding.tested.by_chance),
        "sentence": sentence(finding),
        "inside": [{"kind": str(one.kind), "value": one.value, "observed": one.observed} for one in finding.inside],
        **candidate.details,
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    candidate = proposal.finding.candidate
    return {
        "kind": str(candidate.kind),
        "value": candidate.value,
        "change": proposal.change,
        "would_have_prevented": proposal.prevents,
        "minutes": round(proposal.minutes),
        "cost": proposal.cost,
        "proposed_to": proposal.proposed_to,
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
