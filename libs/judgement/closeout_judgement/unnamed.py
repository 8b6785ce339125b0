"""Events as they are heard where somebody was forgotten: what is told of them later is told of nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from closeout_judgement.forgetting import without_person
from closeout_judgement.people import Known
from closeout_schemas.envelope import Event, Fact

E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Fact)


def unnamed(events: Sequence[E], forgotten: Mapping[bytes, str]) -> list[E]:
    """`events`, in which nobody stands who was forgotten. `forgotten`: as `people.Known` has it."""
    return [_unnamed(event, Known(forgotten)) for event in events] if forgotten else list(events)


def _unnamed(event: E, known: Known) -> E:
    left = of_nobody(event.data, known)
    if left is event.data:
        return event
    told = event.model_copy(update={"data": left})
    told.arrived_with(event.traceparent)
    return told


def of_nobody(fact: F, known: Known, vendor: str | None = None) -> F:
    """`fact`, in which nobody stands who was forgotten. `vendor`: whose ids stand in it, where it does not say so."""
    written = fact.model_dump_json()
    left = without_person(written, known, vendor=vendor)
    return fact if left == written else type(fact).model_validate_json(left)
