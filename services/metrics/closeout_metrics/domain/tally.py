"""Tallies: numbers that are moved by what changed, so that reading them costs the same however long the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One number: which tally, under which labels."""

    tally: str
    labels: tuple[tuple[str, str], ...] = ()

    def label(self, name: str) -> str:
        """The value of a label that the cell has."""
        return dict(self.labels)[name]


# How much a row, or many, counts for in each cell.
Counts = Mapping[Cell, int]


def cell(tally: str, **labels: str) -> Cell:
    """A cell; its labels in one order, so that equal cells are equal."""
    return Cell(tally, tuple(sorted(labels.items())))


def difference(before: Counts, after: Counts) -> dict[Cell, int]:
    """By how much each cell moves when what counted as `before` counts as `after`."""
    moves = Counter(after)
    moves.subtract(before)
    return {moved: by for moved, by in moves.items() if by}
