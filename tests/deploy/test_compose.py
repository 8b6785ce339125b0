"""docker-compose.yml, read by the Compose specification's own library (compose-go)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from closeout.commands.serve import ServiceName, build
from tests.deploy.chart import IS_REQUIRED, ROOT

COMPOSE = ROOT / "docker-compose.yml"
DEMO = ROOT / "deploy" / "docker" / "demo.env"
HOW_TO_GET_IT = "make compose-reader, needs Go"


@cache
def reader() -> Path:
    built = ROOT / "build" / "bin" / "compose-reader"
    if not built.exists():
        if IS_REQUIRED:
            pytest.fail(f"the reader is required, and not there ({HOW_TO_GET_IT})")
        pytest.skip(f"the reader is not there ({HOW_TO_GET_IT})")
    return built


def variables(file: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


def read(**more: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLOSEOUT_", "COMPOSE_"))}
    return subprocess.run([reader(), COMPOSE], env={**clean, **more}, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    answer = read(**variables(DEMO), COMPOSE_PROFILES="demo")
    assert answer.returncode == 0, answer.stderr
    made: dict[str, Any] = json.loads(answer.stdout)
    return made


def test_it_is_what_the_specification_allows(project: dict[str, Any]) -> None:
    expected = {"kafka", "postgres", "migrate", "topics", "prometheus", "grafana", "sandbox", *ServiceName}

    assert set(project["services"]) == expected


def test_the_demo_is_a_profile() -> None:
    without = read(**variables(DEMO))

    assert "sandbox" not in json.loads(without.stdout)["services"]


def test_a_missing_password_is_said() -> None:
    answer = read(CLOSEOUT_ENV_FILE=str(DEMO))

    assert answer.returncode != 0
    assert "POSTGRES_PASSWORD" in answer.stderr
    assert "set it in .env" in answer.stderr


def test_no_image_is_the_latest(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        tag = service["image"].rpartition(":")[2]
        assert re.match(r"v?\d+\.\d+", tag), name


def test_everything_that_stays_is_looked_after(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        if name not in ("migrate", "topics", "sandbox"):
            assert service["restart"] == "unless-stopped"
            assert service["healthcheck"]["test"]


def test_services_start_when_the_database_and_the_topics_are_ready(project: dict[str, Any]) -> None:
    for name in ServiceName:
        needs = project["services"][name]["depends_on"]
        assert {one: about["condition"] for one, about in needs.items()} == {
            "migrate": "service_completed_successfully",
            "topics": "service_completed_successfully",
        }


def test_what_is_kept_has_a_name_and_nothing_is_open_to_others(project: dict[str, Any]) -> None:
    assert {"postgres", "kafka", "prometheus", "grafana"} <= set(project["volumes"])
    for service in project["services"].values():
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", []))


@pytest.mark.parametrize("name", list(ServiceName))
def test_each_service_takes_the_settings_that_it_is_given(
    name: ServiceName, project: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = project["services"][name]["environment"]
    for variable, value in told.items():
        if variable.startswith("CLOSEOUT_") and value is not None:
            monkeypatch.setenv(variable, value)

    _built, settings = build(name)

    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.host == "0.0.0.0"


def test_prometheus_asks_the_ports_on_which_the_services_answer() -> None:
    config = yaml.safe_load((ROOT / "deploy/docker/prometheus.yml").read_text())

    asked = {one["job_name"]: one["static_configs"][0]["targets"][0] for one in config["scrape_configs"]}
    assert asked == {name: f"{name}:{build(name)[1].port}" for name in ServiceName}


def test_grafana_is_given_every_dashboard_and_prometheus() -> None:
    (provider,) = yaml.safe_load((ROOT / "deploy/docker/grafana/dashboards/closeout.yml").read_text())["providers"]
    mounts = yaml.safe_load(COMPOSE.read_text())["services"]["grafana"]["volumes"]

    assert f"./deploy/grafana:{provider['options']['path']}:ro" in mounts


def test_the_dockerfile_is_linted() -> None:
    hadolint = shutil.which("hadolint", path=f"{ROOT}/.venv/bin:{os.environ['PATH']}")
    assert hadolint is not None
    answer = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)

    assert answer.stdout == ""
    assert answer.returncode == 0
