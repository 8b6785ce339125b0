"""What dashboards are made of, for current Grafana: a panel says what it shows, and where it stands follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
GREEN, YELLOW, RED, BLUE, GREY = "green", "yellow", "red", "blue", "text"
STEPS = "absolute"
REDUCED: Json = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
OPTIONS: dict[str, Json] = {
    "stat": {**REDUCED, "colorMode": "background", "graphMode": "area", "textMode": "auto", "justifyMode": "center"},
    "bargauge": {**REDUCED, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}


@dataclass(frozen=True)
class Query:
    """A query and what its series are called. `table`: as rows, of the last moment only; `now`: of the last moment."""

    expr: str
    legend: str = ""
    table: bool = False
    now: bool = False

    def json(self, ref: str) -> Json:
        """As Grafana keeps it."""
        instant = self.table or self.now
        return {
            "refId": ref,
            "datasource": DATASOURCE,
            "expr": self.expr,
            "legendFormat": self.legend or "__auto",
            "instant": instant,
            "range": not instant,
            "format": "table" if self.table else "time_series",
        }


@dataclass(frozen=True)
class Panel:
    """One picture. `empty` is what stands there while there is nothing; `warn`, `bad`: from where it is coloured."""

    kind: str
    title: str
    about: str
    unit: str
    queries: Sequence[Query]
    width: int = 6
    height: int = 8
    empty: str = "nothing yet"
    warn: float | None = None
    bad: float | None = None
    good: float | None = None  # from here upwards is good, and below is bad
    transformations: Sequence[Json] = ()
    overrides: Sequence[Json] = ()
    top: float | None = None
    links: Sequence[Json] = ()

    def json(self, number: int, x: int, y: int) -> Json:
        """As Grafana keeps it, at its place."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.about,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [query.json(chr(ord("A") + n)) for n, query in enumerate(self.queries)],
            "fieldConfig": {"defaults": self._defaults(), "overrides": list(self.overrides)},
            "options": OPTIONS[self.kind],
            "transformations": list(self.transformations),
            "links": list(self.links),
        }

    def _defaults(self) -> Json:
        defaults: Json = {
            "unit": self.unit,
            "noValue": self.empty,
            "color": {"mode": "palette-classic" if self.kind in ("timeseries", "bargauge") else "thresholds"},
            "thresholds": {"mode": STEPS, "steps": self._steps()},
            "min": 0,
        }
        if self.top is not None:
            defaults["max"] = self.top
        if self.kind == "timeseries":
            defaults["custom"] = {"drawStyle": "line", "lineWidth": 2, "fillOpacity": 10, "showPoints": "never"}
        return defaults

    def _steps(self) -> list[Json]:
        if self.good is not None:
            return [{"color": YELLOW, "value": None}, {"color": GREEN, "value": self.good}]
        steps = [(GREEN if self.warn is not None or self.bad is not None else BLUE, None)]
        steps += [(colour, at) for colour, at in ((YELLOW, self.warn), (RED, self.bad)) if at is not None]
        return [{"color": colour, "value": at} for colour, at in steps]


@dataclass(frozen=True)
class Row:
    """Panels under one heading, from left to right."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Dashboard:
    """A page of Grafana."""

    uid: str
    title: str
    about: str
    rows: Sequence[Row]
    variables: Sequence[Json] = field(default_factory=tuple)
    since: str = "now-90d"
    refresh: str = "1m"

    def json(self) -> Json:
        """The whole document, as Grafana's provisioning and its import take it."""
        return {
            "uid": self.uid,
            "title": f"Closeout / {self.title}",
            "description": self.about,
            "tags": ["closeout"],
            "editable": False,
            "graphTooltip": 1,
            "schemaVersion": 39,
            "version": 1,
            "refresh": self.refresh,
            "time": {"from": self.since, "to": "now"},
            "timezone": "browser",
            "annotations": {"list": [INCIDENTS_MARKED, META_REVIEWS_MARKED]},
            "templating": {"list": [WHICH_PROMETHEUS, WHERE_CLOSEOUT_IS, *self.variables]},
            "links": [TO_THE_OTHERS, TO_THE_PRODUCT],
            "panels": self._placed(),
        }

    def _placed(self) -> list[Json]:
        placed: list[Json] = []
        y = 0
        for row in self.rows:
            heading = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
            placed.append({"id": len(placed) + 1, "type": "row", "title": row.title, "gridPos": heading, "panels": []})
            x, y, tallest = 0, y + 1, 0
            for panel in row.panels:
                if x + panel.width > COLUMNS:
                    x, y, tallest = 0, y + tallest, 0
                placed.append(panel.json(len(placed) + 1, x, y))
                x, tallest = x + panel.width, max(tallest, panel.height)
            y += tallest
        return placed


WHICH_PROMETHEUS: Json = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
WHERE_CLOSEOUT_IS: Json = {
    "name": "closeout_url",
    "label": "Closeout",
    "type": "textbox",
    "query": "http://127.0.0.1:7400",
    "description": "Where the pages of Closeout are; links lead there.",
}
TO_THE_OTHERS: Json = {"type": "dashboards", "title": "Closeout", "tags": ["closeout"], "asDropdown": True}
TO_THE_PRODUCT: Json = {"type": "link", "title": "Open Closeout", "url": "$closeout_url", "targetBlank": True}


def grown(series: str, window: str) -> str:
    """By how much a counter of the product has grown; `series` has a %s where an offset can stand.

    These counters live in Postgres and never begin anew, so a difference is exact; increase() would guess between the
    scrapes, and would miss the first of a kind, whose series begins at 1.
    """
    now, before = series % "", series % f" offset {window}"
    return f"{now} - ({before} or 0 * {now})"


INCIDENTS = "sum by (service, severity) (max by (service, severity, source) (closeout_incidents_total%s))"
INCIDENTS_MARKED: Json = {
    "name": "Incidents",
    "datasource": DATASOURCE,
    "enable": True,
    "iconColor": RED,
    # Where nothing was scraped five minutes ago, nothing is known to be new.
    "expr": f"({grown(INCIDENTS, '5m')}) > 0 and on () (count(closeout_incidents_total offset 5m) > 0)",
    "step": "5m",
    "titleFormat": "Incident: {{service}}",
    "tagKeys": "service,severity",
}


FINDINGS = "sum by (quarter) (max by (quarter, kind, seen_by) (closeout_meta_review_findings%s))"
META_REVIEWS_MARKED: Json = {
    "name": "Meta-reviews",
    "datasource": DATASOURCE,
    "enable": True,
    "iconColor": BLUE,
    "expr": f"({grown(FINDINGS, '5m')}) > 0 and on () (count(closeout_metrics_snapshot_age_seconds offset 5m) > 0)",
    "step": "5m",
    "titleFormat": "Meta-review of {{quarter}}: a pattern was confirmed",
    "tagKeys": "quarter",
}


def to_product(page: str, title: str) -> list[Json]:
    """A link of a panel to a page of Closeout."""
    return [{"title": title, "url": f"$closeout_url{page}", "targetBlank": True}]


def choice(name: str, label: str, metric: str) -> Json:
    """A variable that offers the values of a label, all of them to begin with."""
    query = f"label_values({metric}, {name})"
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def one_row_each(*hidden: str, names: dict[str, str] | None = None) -> list[Json]:
    """A table without the columns that say nothing, and with headings for people."""
    excluded = dict.fromkeys(("Time", *hidden), True)
    return [{"id": "organize", "options": {"excludeByName": excluded, "renameByName": names or {}}}]


def coloured(series: str, colour: str) -> Json:
    """A series whose colour means something."""
    fixed = {"mode": "fixed", "fixedColor": colour}
    return {"matcher": {"id": "byName", "options": series}, "properties": [{"id": "color", "value": fixed}]}


def wide(column: str, pixels: int) -> Json:
    """A column that needs so much; what is left is for the others."""
    return {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "custom.width", "value": pixels}]}


def worded(column: str, words: Mapping[str, str]) -> Json:
    """A column whose labels are shown as people say them."""
    options = {label: {"index": n, "text": text} for n, (label, text) in enumerate(words.items())}
    mapping = {"type": "value", "options": options}
    return {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "mappings", "value": [mapping]}]}


def linked(column: str, url: str) -> Json:
    """A column whose cells lead somewhere."""
    link = {"title": "Open", "url": url, "targetBlank": True}
    return {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "links", "value": [link]}]}
