"""Templates, and how numbers are written in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from closeout_judgement.wall_clock import wall_clock
from closeout_metrics.domain.cohort import Cohort
from closeout_metrics.domain.definitions import DEFINITIONS
from closeout_metrics.domain.item_definitions import ITEMS
from closeout_metrics.domain.numbers import Numbers
from closeout_schemas.vocabulary import HELD_AFTER

HERE = Path(__file__).parent
# A page of numbers loads nothing, and runs nothing that is not named besides.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors *"
# A page that is read every minute and is older than this was not read for a while.
STALE_SECONDS = 120
# Postmortems on the wall's first page.
NAMED = 5
CURVE_DAYS, CURVE_WIDTH, CURVE_HEIGHT = 120, 600, 300

Told = dict[str, dict[tuple[str, ...], float]]


def environment_of() -> Environment:
    """The templates, with the filters below."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"span": span, "share": share, "whole": whole, "web": web, "curve": curve, "took": took}
    environment.filters |= {"items_that_are": items_that_are, "wall_clock": wall_clock}
    environment.globals |= {"STALE": STALE_SECONDS, "NAMED": NAMED, "HELD_DAYS": HELD_AFTER.days}
    return environment


def answered(page: str, **headers: str) -> HTMLResponse:
    """A page that nobody keeps."""
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "Content-Security-Policy": POLICY} | headers)


def told(numbers: Numbers) -> Told:
    """Every sample of every metric, by name and labels: the page shows what Prometheus is shown."""
    return {one.name: dict(one.samples(numbers)) for one in DEFINITIONS}


def span(seconds: float) -> str:
    """41 days, 3 hours, 5 minutes: the largest unit that says something."""
    passed = timedelta(seconds=seconds)
    for size, unit in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        count = passed // size
        if count:
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "less than a minute"


def took(seconds: float) -> str:
    """1 h 30 min: how long something took, to the minute."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else ""]))


def share(ratio: float | None) -> str:
    """40 %; a dash where it is not known."""
    return "–" if ratio is None else f"{100 * ratio:.0f} %"


def items_that_are(state: str, told: Told) -> float:
    """How many action items are in that state."""
    return sum(count for (one, *_), count in told[ITEMS].items() if one == state)


def whole(value: float) -> str:
    """A count, in groups of three."""
    return f"{value:,.0f}"


def web(url: str) -> str:
    """An address that leads to a page; anything else leads nowhere."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def curve(cohort: Cohort) -> str:
    """The share shipped by age, as the points of a line of steps."""
    points, level = [(0.0, float(CURVE_HEIGHT))], float(CURVE_HEIGHT)
    for age, reached in cohort.curve:
        if age > CURVE_DAYS:
            break
        x = age * CURVE_WIDTH / CURVE_DAYS
        points += [(x, level), (x, CURVE_HEIGHT * (1 - reached))]
        level = points[-1][1]
    watched = max(cohort.open) if cohort.open else CURVE_DAYS
    points.append((min(watched, CURVE_DAYS) * CURVE_WIDTH / CURVE_DAYS, level))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
