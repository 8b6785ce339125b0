"""One figure a row, against a base line that was taken in the same run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """`ratio` is value / baseline. A target is held against the ratio, or, in the unit ms, against the value itself."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    target: float | None = None
    met: bool | None = None

    def as_dict(self) -> dict[str, object]:
        """The form of build/bench.json."""
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(self).items()}


def rate(name: str, value: float, baseline: float, target: float | None = None) -> Row:
    """Something a second: the more the better. `target` is the least ratio."""
    ratio = value / baseline
    return Row(name, value, "1/s", baseline, ratio, target, None if target is None else ratio >= target)


def latency(name: str, value_ms: float, baseline_ms: float, target_ms: float | None = None) -> Row:
    """Milliseconds: the fewer the better. `target_ms` is the most."""
    met = None if target_ms is None else value_ms <= target_ms
    return Row(name, value_ms, "ms", baseline_ms, value_ms / baseline_ms, target_ms, met)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed. Raises ValueError on none."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def table(rows: Sequence[dict[str, object]]) -> Table:
    """For a person."""
    made = Table("", "value", "base line", "ratio", "target", "", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        met = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[row.get("met")]  # type: ignore[index]
        figures = [_figure(row.get(name)) for name in ("value", "baseline", "ratio", "target")]
        made.add_row(str(row["name"]), f"{figures[0]} {row['unit']}", *figures[1:], met)
    return made


def _figure(value: object) -> str:
    if not isinstance(value, int | float):
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
