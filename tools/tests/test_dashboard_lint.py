"""Each rule lets our dashboards pass, and complains of one that was spoilt."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.dashboards import lint

WALL = json.loads((lint.FOLDER / "itself.json").read_text())
PANEL = next(n for n, panel in enumerate(WALL["panels"]) if panel["type"] != "row")


def panel(dashboard: Any) -> Any:
    return dashboard["panels"][PANEL]


def variable(dashboard: Any, **values: Any) -> None:
    dashboard["templating"]["list"].append({"name": "team", "type": "query", "refresh": 2} | values)


SPOILT: dict[str, Callable[[Any], Any]] = {
    "template-datasource-rule": lambda one: one["templating"]["list"][0].update(name="prometheus"),
    "template-on-time-change-reload-rule": lambda one: variable(one, refresh=1),
    "template-uneditable-rule": lambda one: one.update(editable=True),
    "panel-datasource-rule": lambda one: panel(one)["targets"][0].update(datasource={"uid": "P1809F7CD0C75ACF3"}),
    "panel-title-description-rule": lambda one: panel(one).update(description=""),
    "panel-units-rule": lambda one: panel(one)["fieldConfig"]["defaults"].update(unit="furlongs"),
    "panel-no-targets-rule": lambda one: panel(one).update(targets=[]),
    "target-rate-interval-rule": lambda one: panel(one)["targets"][0].update(expr="sum(rate(x_total[5m]))"),
    "target-counter-agg-rule": lambda one: panel(one)["targets"][0].update(expr="sum(x_total)"),
}


def test_our_dashboards_break_no_rule() -> None:
    assert lint.main() == 0


@pytest.mark.parametrize("rule", SPOILT)
def test_a_dashboard_that_breaks_a_rule_is_named_for_it(rule: str) -> None:
    spoilt = copy.deepcopy(WALL)
    SPOILT[rule](spoilt)

    assert [*lint.RULES[rule](WALL)] == [] != [*lint.RULES[rule](spoilt)]


def test_a_dashboard_without_job_and_instance_is_named_for_it() -> None:
    named = copy.deepcopy(WALL)
    assert len([*lint.RULES["template-job-rule"](named)]) == 2
    variable(named, name="job")
    variable(named, name="instance")
    assert [*lint.RULES["template-job-rule"](named)] == []


def test_every_rule_has_a_sample() -> None:
    assert {*SPOILT, "template-job-rule"} == set(lint.RULES)


def test_an_exclusion_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".lint").write_text("exclusions:\n  panel-units-rule:\n")

    with pytest.raises(ValueError, match="panel-units-rule has no reason"):
        lint.excluded(tmp_path)
