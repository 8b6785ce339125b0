"""A linter for deploy/grafana/*.json: the rules of Grafana's dashboard-linter, as far as a file can tell.

python tools/dashboards/lint.py    print what breaks a rule; exit 1 where something does

The names of the rules are the linter's own (https://github.com/grafana/dashboard-linter/tree/main/docs), and it reads
the same exclusions, each with its reason, in deploy/grafana/.lint. That each query is PromQL, and comes to what it
should, tests/wall asks a Prometheus.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
Complaints = Iterator[str]

FOLDER = Path(__file__).parents[2] / "deploy/grafana"
DATASOURCE = "datasource"
# Those that ours use: https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts
UNITS = {"none", "s", "percentunit", "reqps", "cps", "bytes", "dateTimeFromNow"}
RANGE = re.compile(r"\[([^\]]+)\]")
COUNTER = re.compile(r"(?<![\w:])\w+_total\b")
RATED = re.compile(r"\b(?:rate|irate|increase)\(\w+_total\b")


def panels(dashboard: Json) -> Iterator[Json]:
    """Everything that shows something."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def targets(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Each query, with the title of its panel."""
    return ((panel["title"], target["expr"]) for panel in panels(dashboard) for target in panel.get("targets", ()))


def variables(dashboard: Json, kind: str) -> list[Json]:
    """The variables of that type."""
    return [one for one in dashboard["templating"]["list"] if one["type"] == kind]


def template_datasource(dashboard: Json) -> Complaints:
    """Exactly one variable chooses the data source; it is named `datasource` and labelled “Data source”."""
    found = [(one["name"], one.get("label")) for one in variables(dashboard, "datasource")]
    if found != [(DATASOURCE, "Data source")]:
        yield f"its data source variables are {found}"


def template_job(dashboard: Json) -> Complaints:
    """A variable offers the job, and one the instance."""
    names = {one["name"] for one in variables(dashboard, "query")}
    yield from (f"no variable {name}" for name in ("job", "instance") if name not in names)


def template_on_time_change_reload(dashboard: Json) -> Complaints:
    """A variable's values are asked for again when the time range changes."""
    yield from (f"variable {one['name']}" for one in variables(dashboard, "query") if one.get("refresh") != 2)


def template_uneditable(dashboard: Json) -> Complaints:
    """It is changed where it is written, not in Grafana."""
    if dashboard.get("editable") is not False:
        yield "it can be edited"


def panel_datasource(dashboard: Json) -> Complaints:
    """Every panel and every query asks the chosen data source."""
    for panel in panels(dashboard):
        asked = [panel["datasource"], *(target["datasource"] for target in panel.get("targets", ()))]
        if any(one.get("uid") != f"${{{DATASOURCE}}}" for one in asked):
            yield panel["title"]


def panel_title_description(dashboard: Json) -> Complaints:
    """Every panel has a title and a description."""
    yield from (f"panel {one['id']}" for one in panels(dashboard) if not (one.get("title") and one.get("description")))


def panel_units(dashboard: Json) -> Complaints:
    """Every panel has a unit that Grafana knows."""
    for panel in panels(dashboard):
        if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
            yield panel["title"]


def panel_no_targets(dashboard: Json) -> Complaints:
    """Every panel asks something."""
    yield from (panel["title"] for panel in panels(dashboard) if not panel.get("targets"))


def target_rate_interval(dashboard: Json) -> Complaints:
    """Ranges are $__rate_interval."""
    for title, expr in targets(dashboard):
        yield from (f"{title}: [{span}]" for span in RANGE.findall(expr) if span != "$__rate_interval")


def target_counter_agg(dashboard: Json) -> Complaints:
    """A counter is asked for by rate, irate or increase."""
    for title, expr in targets(dashboard):
        if len(COUNTER.findall(expr)) != len(RATED.findall(expr)):
            yield title


RULES: Mapping[str, Callable[[Json], Complaints]] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": template_job,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "template-uneditable-rule": template_uneditable,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-rate-interval-rule": target_rate_interval,
    "target-counter-agg-rule": target_counter_agg,
}


def excluded(folder: Path) -> set[str]:
    """The rules that do not hold here. Raises ValueError for one without a reason."""
    given = yaml.safe_load((folder / ".lint").read_text(encoding="utf-8"))["exclusions"]
    for rule, about in given.items():
        if not (about or {}).get("reason"):
            raise ValueError(f"{folder / '.lint'}: {rule} has no reason")
    return set(given)


def complaints(dashboard: Json, leave_out: set[str]) -> Complaints:
    """What breaks a rule."""
    for name, rule in RULES.items():
        if name not in leave_out:
            yield from (f"{name}: {dashboard['title']}: {complaint}" for complaint in rule(dashboard))


def main() -> int:
    """The command."""
    leave_out = excluded(FOLDER)
    found = [
        one
        for file in sorted(FOLDER.glob("*.json"))
        for one in complaints(json.loads(file.read_text(encoding="utf-8")), leave_out)
    ]
    print("\n".join(found), end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
