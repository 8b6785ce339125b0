"""Draws a dashboard as SVG, from its file and from what its queries came to: a picture for those who have no Grafana.

It stands for Grafana's layout, titles, units, thresholds and empty states, not for its looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

Json = dict[str, Any]

COLUMN, ROW, GAP = 50, 34, 6  # pixels
COLOURS = {"green": "#56a64b", "yellow": "#e0b400", "red": "#d9352c", "blue": "#3274d9", "text": "#8e9196"}
LINES = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0")
PER_SECOND = {"reqps": " req/s", "cps": " c/s"}
STYLE = (
    "text{font:12px sans-serif;fill:#d8d9da}.title{font-weight:bold}.row{font-size:14px;font-weight:bold}"
    ".big{font-size:26px;font-weight:bold;fill:#fff}.faint{fill:#9fa1a6;font-size:11px}"
)


@dataclass(frozen=True)
class Line:
    """A series: what the panel calls it, and its value at each moment, in Unix time; an instant query has one."""

    name: str
    points: Sequence[tuple[float, float]]
    labels: Mapping[str, str]

    @property
    def last(self) -> float:
        """Its latest value."""
        return self.points[-1][1]


@dataclass(frozen=True)
class Drawn:
    """What a dashboard showed. `lines`: of each panel, by its id; `marks`: moments, by the colour of the mark."""

    lines: Mapping[int, Sequence[Line]]
    marks: Mapping[str, Sequence[float]]
    begin: float
    end: float


def svg(dashboard: Json, drawn: Drawn) -> str:
    """The whole dashboard."""
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"]) * ROW + 40
    title = escape(dashboard["title"])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN} {height}" role="img" '
        f'aria-label="{title}">',
        f"<style>{STYLE}</style>",
        f'<rect width="100%" height="100%" fill="#111217"/><text x="8" y="24" class="row">{title}</text>',
        *(part for panel in dashboard["panels"] for part in _panel(panel, drawn)),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _panel(panel: Json, drawn: Drawn) -> Iterator[str]:
    at = panel["gridPos"]
    x, y = at["x"] * COLUMN + GAP / 2, at["y"] * ROW + 40
    width, height = at["w"] * COLUMN - GAP, at["h"] * ROW - GAP
    yield f'<g transform="translate({x:g} {y:g})">'
    if panel["type"] == "row":
        yield f'<text x="2" y="20" class="row">{escape(panel["title"])}</text>'
    else:
        yield f'<rect width="{width}" height="{height}" rx="3" fill="#181b1f" stroke="#2c3235"/>'
        yield f'<text x="8" y="18" class="title">{escape(panel["title"])}</text>'
        lines = drawn.lines.get(panel["id"], ())
        if lines:
            yield from KINDS[panel["type"]](panel, lines, drawn, (width, height))
        else:
            empty = escape(panel["fieldConfig"]["defaults"]["noValue"])
            yield f'<text x="{width / 2:g}" y="{height / 2 + 8:g}" text-anchor="middle" class="faint">{empty}</text>'
    yield "</g>"


def _stat(panel: Json, lines: Sequence[Line], drawn: Drawn, size: tuple[float, float]) -> Iterator[str]:
    width, height = size
    each = (width - 8) / len(lines)
    for n, line in enumerate(lines):
        x = 4 + n * each
        fill = _colour(panel, line.last)
        yield f'<rect x="{x:g}" y="28" width="{each - 3:g}" height="{height - 33:g}" rx="2" fill="{fill}"/>'
        middle, text = x + each / 2, value(line.last, panel["fieldConfig"]["defaults"]["unit"], drawn.end)
        yield f'<text x="{middle:g}" y="{height / 2 + 20:g}" text-anchor="middle" class="big">{escape(text)}</text>'
        if len(lines) > 1:
            yield f'<text x="{middle:g}" y="46" text-anchor="middle">{escape(line.name)}</text>'


def _bars(panel: Json, lines: Sequence[Line], drawn: Drawn, size: tuple[float, float]) -> Iterator[str]:
    width, height = size
    defaults = panel["fieldConfig"]["defaults"]
    top = defaults.get("max") or max(line.last for line in lines) or 1
    step, left = min(30.0, (height - 32) / len(lines)), min(180.0, width * 0.4)
    for n, line in enumerate(lines):
        y, long = 28 + n * step, (width - left - 70) * min(1.0, line.last / top)
        yield f'<text x="8" y="{y + step * 0.6:g}">{escape(line.name[:28])}</text>'
        colour = _overridden(panel, line.name, "color", {}).get("fixedColor")
        fill = COLOURS.get(colour, LINES[n % len(LINES)])
        yield f'<rect x="{left:g}" y="{y:g}" width="{max(long, 1):g}" height="{step * 0.8:g}" fill="{fill}"/>'
        text = escape(value(line.last, defaults["unit"], drawn.end))
        yield f'<text x="{width - 8:g}" y="{y + step * 0.6:g}" text-anchor="end">{text}</text>'


def _curves(panel: Json, lines: Sequence[Line], drawn: Drawn, size: tuple[float, float]) -> Iterator[str]:
    width, height = size
    left, bottom = 78, height - 42
    defaults = panel["fieldConfig"]["defaults"]
    top = defaults.get("max") or max((v for line in lines for _, v in line.points), default=1) or 1

    def place(moment: float, number: float) -> str:
        across = (moment - drawn.begin) / (drawn.end - drawn.begin)
        return f"{left + across * (width - left - 12):.1f},{bottom - number / top * (bottom - 30):.1f}"

    for part in (0, 0.5, 1):
        y = bottom - part * (bottom - 30)
        yield f'<line x1="{left}" x2="{width - 12:g}" y1="{y:g}" y2="{y:g}" stroke="#2c3235"/>'
        text = escape(value(top * part, defaults["unit"], drawn.end))
        yield f'<text x="{left - 6}" y="{y + 4:g}" text-anchor="end" class="faint">{text}</text>'
    for colour, mark in ((COLOURS[colour], at) for colour, marks in drawn.marks.items() for at in marks):
        x = place(mark, 0).partition(",")[0]
        yield f'<line x1="{x}" x2="{x}" y1="30" y2="{bottom:g}" stroke="{colour}" stroke-dasharray="3 4" opacity=".6"/>'
    for n, line in enumerate(lines):
        colour, points = LINES[n % len(LINES)], " ".join(place(*point) for point in line.points)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
    yield from _legend(lines, width, height)
    for moment, anchor, x in ((drawn.begin, "start", left), (drawn.end, "end", width - 12)):
        day = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}"
        yield f'<text x="{x:g}" y="{bottom + 14:g}" text-anchor="{anchor}" class="faint">{day}</text>'


def _legend(lines: Sequence[Line], width: float, height: float) -> Iterator[str]:
    x = 8.0
    for n, line in enumerate(lines):
        long = 26 + 6.4 * len(line.name)
        if x + long > width:
            return
        yield f'<rect x="{x:g}" y="{height - 16:g}" width="10" height="4" fill="{LINES[n % len(LINES)]}"/>'
        yield f'<text x="{x + 14:g}" y="{height - 10:g}" class="faint">{escape(line.name)}</text>'
        x += long


def _table(panel: Json, lines: Sequence[Line], drawn: Drawn, size: tuple[float, float]) -> Iterator[str]:
    named = next(one["options"] for one in panel["transformations"] if one["id"] == "organize")
    columns = {label: name for label, name in named["renameByName"].items() if label != "Value"}
    widths = _widths(panel, [*columns.values(), named["renameByName"]["Value"]], size[0] - 16)
    rows = sorted(lines, key=lambda line: [line.labels.get(label, "") for label in columns])
    texts = [[*columns.values(), named["renameByName"]["Value"]]]
    unit = panel["fieldConfig"]["defaults"]["unit"]
    texts += [
        [
            *(_worded(panel, name, line.labels.get(one, "")) for one, name in columns.items()),
            value(line.last, unit, drawn.end),
        ]
        for line in rows
    ]
    for n, row in enumerate(texts):
        kind = ' class="title"' if n == 0 else ""
        for m, text in enumerate(row):
            x, room = 8 + sum(widths[:m]), int(widths[m] / 6.4)
            yield f'<text x="{x:g}" y="{42 + n * 24}"{kind}>{escape(text[:room])}</text>'


def _worded(panel: Json, column: str, label: str) -> str:
    mappings = _overridden(panel, column, "mappings", [])
    return next((one["options"][label]["text"] for one in mappings if label in one["options"]), label)


def _widths(panel: Json, columns: Sequence[str], width: float) -> list[float]:
    asked = [float(_overridden(panel, column, "custom.width", 0)) for column in columns]
    left = max(0.0, width - sum(asked)) / max(1, asked.count(0))
    return [one or left for one in asked]


def _overridden(panel: Json, name: str, what: str, otherwise: Any) -> Any:
    """What the panel says of a series or a column of that name."""
    said = (
        one["value"]
        for override in panel["fieldConfig"]["overrides"]
        if override["matcher"] == {"id": "byName", "options": name}
        for one in override["properties"]
        if one["id"] == what
    )
    return next(said, otherwise)


KINDS = {"stat": _stat, "bargauge": _bars, "timeseries": _curves, "table": _table}


def _colour(panel: Json, number: float) -> str:
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    reached = [step for step in steps if step["value"] is None or number >= step["value"]]
    return COLOURS[reached[-1]["color"]]


def value(number: float, unit: str, now: float) -> str:
    """A number as the panel's unit writes it. `now`: Unix time, for what is told from now."""
    if unit == "s":
        return _span(number)
    if unit == "percentunit":
        return f"{100 * number:.0f}%"
    if unit == "bytes":
        return f"{number / 2**20:.0f} MiB"
    if unit == "dateTimeFromNow":
        ahead = number / 1000 - now
        return f"in {_span(ahead)}" if ahead >= 0 else f"{_span(-ahead)} ago"
    return f"{number:,.3g}{PER_SECOND.get(unit, '')}" if number < 1000 else f"{number:,.0f}{PER_SECOND.get(unit, '')}"


def _span(seconds: float) -> str:
    for size, name in ((7 * 86400, "weeks"), (86400, "days"), (3600, "hours"), (60, "mins"), (1, "s")):
        if seconds >= size:
            count = f"{seconds / size:.3g}"
            return f"{count} {name.removesuffix('s') or name if count == '1' else name}"
    return f"{1000 * seconds:.3g} ms"
