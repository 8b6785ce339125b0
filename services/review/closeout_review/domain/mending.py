"""Taking over what a refusal offers: the rewrite, or one of the choices."""

from __future__ import annotations

import re
from typing import Any

from closeout_review.domain.commitment import Verdict
from closeout_review.domain.draft import Draft
from closeout_review.domain.refusal import Refusal

FIELDS = ".fields."


def mended(draft: Draft, verdict: Verdict, what: str, choice: int | None = None) -> Draft:
    """`draft` with the rewrite, or a choice, of the refusal that `what` (code:where) names; else unchanged."""
    code, _, where = what.partition(":")
    for refusal in verdict.refusals:
        if (refusal.code, refusal.where) == (code, where):
            offered = (refusal.mend.value,) if choice is None else refusal.mend.choices[choice : choice + 1]
            values = [value for value in offered if value is not None]
            return with_text(draft, where, values[0]) if values else draft
    return draft


def first_rewrite(verdict: Verdict) -> Refusal | None:
    """The first refusal that a rewrite would mend without anybody having to think."""
    return next((one for one in verdict.refusals if one.mend.value is not None), None)


def with_text(draft: Draft, where: str, value: str) -> Draft:
    """`draft` with another text at a place that the gate named: title, action_items[1].owner."""
    content = draft.model_dump(mode="json")
    before, inside, field = where.partition(FIELDS)
    path: list[int | str] = [int(part) if part.isdigit() else part for part in re.findall(r"\w+", before)]
    *path, last = [*path, "fields", field] if inside else path
    place: Any = content
    for part in path:
        place = place[part]
    place[last] = value
    return Draft.model_validate(content)
