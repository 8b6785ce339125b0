"""What the quarterly reading came to, counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How many patterns of a quarter stand. `seen_by`: test, or reader."""

    quarter: str
    kind: str
    seen_by: str
    count: int


@dataclass(frozen=True, slots=True)
class ProposalCount:
    """How many structural changes a quarter led to. `seconds`: what the incidents took that they are to prevent."""

    quarter: str
    state: str  # open, shipped, withdrawn
    count: int
    seconds: float
