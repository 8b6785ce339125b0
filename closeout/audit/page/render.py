"""Fills the template. What documents say is escaped; links go to http and https addresses only."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from closeout.audit.page.glance import glance
from closeout.audit.page.pictures import dots, heat, lanes, marks_had, periods
from closeout.audit.report import Report
from closeout.audit.revive import HOW, SEVERITY, WORDING

# Of a list that only names documents so many are shown; the JSON has them all.
LISTED = 40
YEARS = 10
TOLD = 12


def page(report: Report, top: int, today: date) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("closeout.audit", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = lambda count, whole: f"{100 * count / whole:.0f}" if whole else "0"
    environment.filters["number"] = lambda count: f"{count:,}"
    years = report.years[-YEARS:]
    return environment.get_template("audit.html").render(
        report=report,
        marks=report.marks,
        glance=glance(report),
        dots=dots(report.promises),
        periods=periods(report.documents),
        lanes=lanes(report.recurring[:top], report.span),
        modes=heat(report.modes[:TOLD], years),
        dependencies=heat(report.dependencies[:TOLD], years),
        years=years,
        marks_had=marks_had,
        how=HOW,
        severity_weight=SEVERITY,
        wording_weight=WORDING,
        listed=LISTED,
        today=today,
        version=version("closeout"),
        # Our own file: nothing in it comes from a document.
        style=Markup(files("closeout.audit.page").joinpath("audit.css").read_text("utf-8")),  # noqa: S704
    )
