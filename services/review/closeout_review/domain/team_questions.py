"""The questions that a team adds to the core's. They take none of those away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from closeout_review.domain.draft import Draft
from closeout_review.domain.guard_questions import ASKS
from closeout_review.domain.refusal import ANSWERED, Refusal, question
from closeout_schemas.drafts_mapping import TeamQuestion, Template
from closeout_schemas.incidents import IncidentSnapshot


def team_questions(templates: Sequence[Template], incidents: Sequence[IncidentSnapshot]) -> list[TeamQuestion]:
    """Those of every template that matches one of the incidents, each once. The core's own ids are the core's."""
    found: dict[str, TeamQuestion] = {}
    for template in templates:
        if any(template.matches(one) for one in incidents):
            for one in template.questions:
                if one.id not in ASKS:
                    found.setdefault(one.id, one)
    return list(found.values())


def unanswered(draft: Draft, questions: Sequence[TeamQuestion]) -> Iterator[Refusal]:
    """What the gate has against a draft that leaves a required question open."""
    for one in questions:
        if one.required and not draft.answers.get(one.id):
            reason = "The team asks this of every such review, and it has no answer."
            yield Refusal("team-question-open", ANSWERED, f"answers-{one.id}", "", reason, question(one.ask))
