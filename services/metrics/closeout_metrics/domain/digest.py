"""A team's week in words: what shipped comes first, with thanks by name. Nobody else is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from closeout_metrics.domain.week import Week


@dataclass(frozen=True, slots=True)
class Shipped:
    """A promise that was kept in the week, and whose doing that was."""

    text: str
    owner: str
    url: str
    shipped_on: date


@dataclass(frozen=True, slots=True)
class Due:
    """An open promise that is due in the week after."""

    text: str
    url: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Slipped:
    """A promise whose ticket was put off in the week (`now_due_on`), or whose day came and went in it (None)."""

    text: str
    url: str
    due_on: date
    now_due_on: date | None


@dataclass(frozen=True, slots=True)
class CameBack:
    """An incident of the week that a promise was about: while it was open, or after it had shipped."""

    service: str
    opened_on: date
    seconds: float
    while_open: bool
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A team's week. `overdue_before`: open promises that were due before it. `lost_seconds`: each incident once."""

    team: str
    week: Week
    shipped: Sequence[Shipped]
    due: Sequence[Due]
    slipped: Sequence[Slipped]
    came_back: Sequence[CameBack]
    lost_seconds: float
    overdue_before: int

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing that is worth an interruption."""
        return not (self.shipped or self.due or self.slipped or self.came_back)

    @property
    def subject(self) -> str:
        """One line: what shipped first."""
        counts = [f"{len(self.shipped)} shipped", f"{len(self.due)} due next week"]
        counts += [f"{len(self.slipped)} slipped"] if self.slipped else []
        return f"{self.team}, week {self.week.number}: {', '.join(counts)}"

    @property
    def body(self) -> str:
        """Plain text; a link stands alone on its line."""
        return "\n\n".join("\n".join(part) for part in self._parts())

    def _parts(self) -> Iterator[list[str]]:
        if self.says_nothing:
            yield ["Nothing shipped, nothing is due next week, nothing came back."]
        if self.shipped:
            yield ["Shipped", *(line for one in self.shipped for line in _shipped(one))]
        if self.due:
            yield ["Due next week", *(line for one in self.due for line in _due(one))]
        if self.slipped:
            yield ["Slipped", *(line for one in self.slipped for line in _point(_slip(one), one))]
        if self.came_back:
            yield ["What it cost", *(line for one in self.came_back for line in _point(_cost(one), one)), *self._lost()]
        if self.overdue_before:
            stand = "promise from before stands" if self.overdue_before == 1 else "promises from before stand"
            yield [f"{self.overdue_before} {stand} open beyond the day that was named."]

    def _lost(self) -> list[str]:
        return [f"Together {_span(self.lost_seconds)}."] if self.lost_seconds else []


def _shipped(one: Shipped) -> list[str]:
    return _point(f"{one.text}. Thank you, {one.owner}." if one.owner else one.text, one)


def _due(one: Due) -> list[str]:
    return _point(f"{one.text} ({_day(one.due_on)})", one)


def _slip(one: Slipped) -> str:
    if one.now_due_on is None:
        return f"{one.text}: {_day(one.due_on)} has passed, and it is open"
    return f"{one.text}: put off from {_day(one.due_on)} to {_day(one.now_due_on)}"


def _cost(one: CameBack) -> str:
    how = "was promised against it, and open" if one.while_open else "had shipped against it, and did not hold"
    return f"{_day(one.opened_on)}: {one.service} came back for {_span(one.seconds)}. “{one.text}” {how}"


def _point(text: str, one: Shipped | Due | Slipped | CameBack) -> list[str]:
    return [f"• {text}", *([one.url] if one.url else [])]


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _span(seconds: float) -> str:
    hours, minutes = divmod(timedelta(seconds=seconds) // timedelta(minutes=1), 60)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"
