"""Who did something, by name, as it is kept beside what they did."""

from __future__ import annotations

from closeout_review.domain.principal import Principal


def actor(principal: Principal, written: str = "") -> str:
    """Who is signed in. Where nobody signs in, whoever they say they are."""
    return written if principal.is_operator and written else principal.name
