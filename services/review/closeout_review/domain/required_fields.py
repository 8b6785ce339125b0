"""Rule 1, fields: what the team's own tracker requires of a ticket is asked for before anything is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from closeout_review.domain.refusal import FIELDS_FILLED, Mend, Refusal, question, rewrite
from closeout_review.domain.text import comparable
from closeout_schemas.directory import Project, RequiredField
from closeout_schemas.vocabulary import FieldKind

SHOWN = 12


def field_refusals(written: Mapping[str, str], where: str, project: Project | None) -> Iterator[Refusal]:
    """Each field that the project requires and that was not filled, or not with what it takes."""
    for field in project.required_fields if project else ():
        value = written.get(field.id, "").strip()
        place = f"{where}.{field.id}"
        if not value:
            reason = f"The tracker takes no ticket without “{field.name}”."
            yield Refusal("field-missing", FIELDS_FILLED, place, "", reason, _asked(field))
        elif _kept(field, value) is None:
            reason = f"“{value}” is not what “{field.name}” takes."
            yield Refusal("field-not-allowed", FIELDS_FILLED, place, value, reason, _close(field, value))


def answers_for(written: Mapping[str, str], project: Project) -> dict[str, str]:
    """What goes into the ticket, as the tracker spells it; what the project does not require is left out."""
    answers = {}
    for field in project.required_fields:
        kept = _kept(field, written.get(field.id, "").strip())
        if kept:
            answers[field.id] = kept
    return answers


def _kept(field: RequiredField, value: str) -> str | None:
    """`value` as the tracker spells it; None where the field does not take it."""
    match field.kind:
        case FieldKind.CHOICES:
            chosen = [_spelt(field.allowed, line.strip()) for line in value.splitlines() if line.strip()]
            return "\n".join(one for one in chosen if one) if all(chosen) else None
        case FieldKind.NUMBER if not field.allowed:
            return value if _is_number(value) else None
        case FieldKind.DATE if not field.allowed:
            return value if _is_day(value) else None
        case _:
            return _spelt(field.allowed, value)


def _spelt(allowed: Sequence[str], value: str) -> str | None:
    if not allowed:
        return value
    return next((one for one in allowed if comparable(one) == comparable(value)), None)


def _asked(field: RequiredField) -> Mend:
    if len(field.allowed) == 1:
        return rewrite(field.allowed[0])
    if field.allowed:
        listed = ", ".join(field.allowed[:SHOWN]) + (" …" if len(field.allowed) > SHOWN else "")
        several = field.kind is FieldKind.CHOICES
        return question(f"Which {'ones' if several else 'one'} of these{', one a line' if several else ''}: {listed}?")
    match field.kind:
        case FieldKind.NUMBER:
            return question(f"Which number is “{field.name}”?")
        case FieldKind.DATE:
            return question(f"Which day is “{field.name}”, as in 2026-12-31?")
        case _:
            return question(f"What is “{field.name}” for this ticket?")


def _close(field: RequiredField, value: str) -> Mend:
    spelt = {comparable(one): one for one in field.allowed}
    close = get_close_matches(comparable(value), list(spelt), n=1, cutoff=0.75)
    return rewrite(spelt[close[0]]) if close and field.kind is not FieldKind.CHOICES else _asked(field)


def _is_number(value: str) -> bool:
    try:
        return abs(float(value)) < float("inf")
    except ValueError:
        return False


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
