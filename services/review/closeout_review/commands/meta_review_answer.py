"""A reading as a value that JSON can hold: what the tests found, and beside it what people made of it."""

from __future__ import annotations

from typing import Any

from closeout_judgement.patterns.as_json import as_json
from closeout_review.commands.meta_reviews import as_kept
from closeout_review.commands.quarter_reading import Followed, Reading
from closeout_review.domain.meta_review import Kept, Proposal


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """The form of `closeout meta-review --json`, with `record`: decisions, proposals, what became of earlier ones."""
    opened = reading.material.opened
    answer = as_json(reading.review)
    for name, findings in (("patterns", reading.review.patterns), ("questions", reading.review.questions)):
        for told, finding in zip(answer[name], findings, strict=True):
            told["id"] = str(as_kept(reading.quarter, finding).id)
    return answer | {
        "without_review": reading.without_review,
        "should_have_had_a_review": reading.should_have_had_one,
        "record": {
            "opened_at": opened.at.isoformat() if opened else None,
            "opened_by": (opened.by or "the calendar") if opened else None,
            "findings": [_finding(one, reading) for one in reading.material.findings],
            "proposals": [proposal_as_json(one, reading) for one in reading.proposals],
            "followed": [_followed(one, reading) for one in reading.followed],
        },
    }


def _finding(one: Kept, reading: Reading) -> dict[str, Any]:
    decided = one.decided
    return {
        "id": str(one.id),
        "kind": one.kind,
        "value": one.value,
        "by_reader": one.by_reader,
        "sentence": one.content.sentence,
        "incidents": _known(one.content.incidents, reading),
        "minutes": round(one.content.minutes),
        "made_by": one.made_by,
        "decision": decided.decision.value if decided else None,
        "reason": decided.reason if decided else "",
        "decided_by": decided.by if decided else None,
        "refused_before": [proposal_as_json(other, reading) for other in reading.returned(one.kind, one.value)],
    }


def proposal_as_json(one: Proposal, reading: Reading) -> dict[str, Any]:
    """One proposal."""
    return {
        "id": str(one.id),
        "quarter": one.quarter,
        "finding_id": str(one.finding_id),
        "kind": one.kind,
        "value": one.value,
        **one.idea.model_dump(mode="json", exclude={"prevents"}),
        "would_have_prevented": _known(one.idea.prevents, reading),
        "proposed_by": one.proposed_by,
        "decision": one.decision,
        "reason": one.reason,
        "decided_by": one.decided_by,
        "postmortem_id": str(one.postmortem_id) if one.postmortem_id else None,
    }


def _followed(one: Followed, reading: Reading) -> dict[str, Any]:
    counts = one.counts
    low, high = counts.interval if counts else (None, None)
    return {
        "proposal": proposal_as_json(one.proposal, reading),
        "standing": one.standing,
        "pattern": counts
        and {
            "before": counts.before,
            "after": counts.after,
            "times": counts.times,
            "interval": [low, None if high == float("inf") else high],
            "verdict": counts.verdict,
            "sentence": counts.sentence(),
        },
    }


def _known(ids: tuple[str, ...], reading: Reading) -> list[str]:
    """Without those that only named people see by now."""
    return [one for one in ids if one in reading.material.about]
