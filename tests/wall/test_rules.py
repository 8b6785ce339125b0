"""Alerts fire when they should, stay quiet when they should, and lead to a page that says what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.wall.prometheus_process import HOW_TO_GET_IT
from tools.dashboards.panels import INCIDENTS_MARKED, META_REVIEWS_MARKED

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus"
ANNOTATIONS = Path(__file__).parent / "rules/annotations.test.yml"
TESTS = sorted(set((Path(__file__).parent / "rules").glob("*.test.yml")) - {ANNOTATIONS})
ALERTS: list[Any] = [
    rule
    for group in yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
]
NAMES = [alert["alert"] for alert in ALERTS]


def promtool(*arguments: str | Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip(f"promtool is not there: {HOW_TO_GET_IT}")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_promtool_finds_that_alerts_fire_as_they_should(file: Path) -> None:
    promtool("test", "rules", file)


def test_promtool_finds_that_dashboards_are_marked_as_they_should(tmp_path: Path) -> None:
    text = ANNOTATIONS.read_text()
    for name, mark in (("INCIDENTS", INCIDENTS_MARKED), ("META_REVIEWS", META_REVIEWS_MARKED)):
        text = text.replace(f"expr: {name}\n", f"expr: {json.dumps(mark['expr'])}\n")
    (tmp_path / "annotations.yml").write_text(text)
    promtool("test", "rules", tmp_path / "annotations.yml")


def test_promtool_has_nothing_to_say_against_the_rules() -> None:
    promtool("check", "rules", "--lint-fatal", *sorted(RULES.glob("*.yml")))


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_is_tested_both_firing_and_quiet(name: str) -> None:
    tried = [
        bool(one.get("exp_alerts"))
        for file in TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for one in test.get("alert_rule_test", ())
        if one["alertname"] == name
    ]
    assert {True, False} == set(tried)


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_an_alert_leads_to_its_runbook(alert: Any) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"]["runbook"] == f"docs/runbooks/{alert['alert']}.md"
    page = (ROOT / alert["annotations"]["runbook"]).read_text()
    assert page.startswith(f"# {alert['alert']}\n")
    for heading in ("## What it means", "## Where to look", "## What to do"):
        assert heading in page


def test_no_runbook_is_left_of_an_alert_that_is_gone() -> None:
    ours = {page.stem for page in (ROOT / "docs/runbooks").glob("Closeout*.md")}
    assert ours == set(NAMES)


def test_a_runbook_names_only_alerts_that_exist() -> None:
    for page in (ROOT / "docs/runbooks").glob("Closeout*.md"):
        assert set(re.findall(r"\bCloseout[A-Z]\w+", page.read_text())) <= set(NAMES), page
