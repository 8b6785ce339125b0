"""What every dashboard must have, whoever changes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from closeout_metrics.domain.definitions import ALL
from tools.metrics import every_row

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "deploy/grafana").glob("*.json"))
# Grafana's own list: https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts
UNITS = {"none", "s", "percentunit", "reqps", "cps", "bytes", "dateTimeFromNow"}
KNOWN = {
    name for row in every_row() for name in (row.name, *(f"{row.name}{end}" for end in ("_bucket", "_sum", "_count")))
}
RECORDED = set(re.findall(r"record: (\S+)", (ROOT / "deploy/prometheus/recording.yml").read_text()))
# Labels whose values have no bound, or none that the product sets.
UNBOUNDED = {"instance", "pod", "url", "text", "ticket"}
WITHOUT_PANEL = {
    "closeout_action_item_closure_ratio": "Promises that are not due yet pull it down; its quarters are shown.",
    "closeout_quarter_start_timestamp_seconds": "A moment for queries, not for people.",
}


def dashboards() -> list[Any]:
    return [pytest.param(json.loads(file.read_text()), id=file.stem) for file in FILES]


def panels() -> Iterator[Any]:
    for file in FILES:
        for panel in json.loads(file.read_text())["panels"]:
            if panel["type"] != "row":
                yield pytest.param(panel, id=f"{file.stem}: {panel['title']}")


def test_there_are_four() -> None:
    assert [file.stem for file in FILES] == ["closure", "itself", "recurrence", "wall"]


@pytest.mark.parametrize("panel", [*panels()])
def test_a_panel_says_what_it_shows(panel: Any) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert defaults["unit"] in UNITS
    assert defaults["noValue"]
    assert panel["targets"]
    assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


@pytest.mark.parametrize("panel", [*panels()])
def test_a_query_asks_for_what_exists_within_bounds(panel: Any) -> None:
    for target in panel["targets"]:
        expr = target["expr"]
        names = set(re.findall(r"\b(?:closeout|process)_[a-z0-9_]+|closeout:[a-z0-9_:]+", expr))
        assert names
        assert names <= KNOWN | RECORDED | {"process_resident_memory_bytes"}, expr
        # Without an aggregation each replica would be a series of its own.
        assert re.match(r"\(*(sum|max|min|count|histogram_quantile|closeout:)\b", expr), expr
        grouped = {label for group in re.findall(r"by \(([^)]*)\)", expr) for label in group.split(", ")}
        if panel["type"] != "table":  # which shows five rows, by rank
            assert not grouped & UNBOUNDED, expr


def test_every_number_of_the_product_has_a_panel() -> None:
    shown = {name for panel in panels() for name in re.findall(r"closeout_\w+", json.dumps(panel.values[0]["targets"]))}
    recorded = set(re.findall(r"closeout_\w+", (ROOT / "deploy/prometheus/recording.yml").read_text()))
    kept = {re.sub("_bucket$", "", name) for name in shown | recorded}
    assert {definition.name for definition in ALL} - kept == set(WITHOUT_PANEL)


@pytest.mark.parametrize("dashboard", dashboards())
def test_panels_do_not_overlap_and_have_numbers_of_their_own(dashboard: Any) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@pytest.mark.parametrize("dashboard", dashboards())
def test_a_dashboard_can_be_shared(dashboard: Any) -> None:
    assert dashboard["uid"].startswith("closeout-")
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard))) - {"__data", "__rate_interval", "__all"}
    assert used <= {variable["name"] for variable in dashboard["templating"]["list"]}
    assert "id" not in dashboard, "Grafana gives the number"
