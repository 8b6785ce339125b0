"""Restricted incidents: who is named sees them, and for everybody else they are not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from closeout_review.domain.principal import Role

ROLE, PERSON = "role:", "person:"


@dataclass(frozen=True, slots=True)
class Restriction:
    """Who sees an incident. `by` is None where the mapping file decided."""

    restricted: bool
    roles: tuple[Role, ...]
    people: tuple[str, ...]  # e-mail addresses
    by: str | None
    why: str


def audience(roles: Iterable[str], people: Iterable[str]) -> list[str]:
    """As the database keeps it."""
    return sorted({f"{ROLE}{role}" for role in roles} | {f"{PERSON}{email.strip().casefold()}" for email in people})


def restriction_of(restricted: bool, kept: Iterable[str], by: str | None, why: str) -> Restriction:
    """As people read it."""
    named = list(kept)
    return Restriction(
        restricted=restricted,
        roles=tuple(role for role in Role if f"{ROLE}{role}" in named),
        people=tuple(one.removeprefix(PERSON) for one in named if one.startswith(PERSON)),
        by=by,
        why=why,
    )
