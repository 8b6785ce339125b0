"""The chart as the real `helm` renders it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "closeout"
IS_REQUIRED = os.environ.get("CLOSEOUT_TEST_REQUIRE_HELM") == "1"
HOW_TO_GET_IT = "make helm, needs Go"
# What names an object that has to be there, in a container and in a volume: its field, its kind, the name's field.
REFERENCES = (
    ("secretRef", "Secret", "name"),
    ("secretKeyRef", "Secret", "name"),
    ("configMapRef", "ConfigMap", "name"),
    ("configMapKeyRef", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
    ("configMap", "ConfigMap", "name"),
)
SERVICES = ("ingest", "review", "actions", "metrics")
# What has no default.
NEEDED: dict[str, Any] = {
    "image": {"repository": "registry.example.com/closeout"},
    "database": {"existingSecret": "closeout-database"},
    "kafka": {"bootstrapServers": "kafka:9093", "username": "closeout", "existingSecret": "closeout-kafka"},
}


@cache
def program() -> str:
    """The `helm` to test with. Skips the test, or fails it in CI, where there is none."""
    built = ROOT / "build" / "bin" / "helm"
    found = str(built) if built.exists() else shutil.which("helm")
    if found is None:
        if IS_REQUIRED:
            pytest.fail(f"helm is required, and not there ({HOW_TO_GET_IT})")
        pytest.skip(f"helm is not there ({HOW_TO_GET_IT})")
    return found


def helm(*arguments: str | Path, values: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run it without a cluster, with these values over the needed ones."""
    # Built from source, helm knows no newer Kubernetes than 1.20.
    return run(*arguments, "--kube-version", "1.34.0", "--values", "-", values=values)


def run(
    *arguments: str | Path, values: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it. Its standard input is these values over the needed ones."""
    return subprocess.run(
        [program(), *arguments],
        input=yaml.safe_dump(merged(NEEDED, values)),
        env=environment,
        capture_output=True,
        text=True,
        timeout=170,
    )


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, map by map. None takes a value away."""
    result = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = merged(result[name], value) if both else value
    return {name: value for name, value in result.items() if value is not None}


def rendered(values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """All resources, hooks included. Fails the test with helm's words."""
    answer = helm("template", "closeout", CHART, "--namespace", "incidents", values=values or {})
    assert answer.returncode == 0, answer.stderr
    return [one for one in yaml.safe_load_all(answer.stdout) if one]


def refusal(values: Mapping[str, Any]) -> str:
    """What helm says against these values."""
    answer = helm("template", "closeout", CHART, values=values)
    assert answer.returncode != 0
    return answer.stderr


def of_kind(resources: Sequence[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    """Those of a kind, by name."""
    return {one["metadata"]["name"]: one for one in resources if one["kind"] == kind}


def pods(resources: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The specification of each pod that would run, by the name of what makes it."""
    made = [one for one in resources if one["kind"] in ("Deployment", "Job")]
    bare = {name: one["spec"] for name, one in of_kind(resources, "Pod").items()}
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in made} | bare


def containers(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that begin and those that stay."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def needed_by(pod: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Kind and name of what has to be there before the kubelet starts any of its containers."""
    told = [one for container in containers(pod) for one in container.get("env", [])]
    whole = [one for container in containers(pod) for one in container.get("envFrom", [])]
    sources = [*(one.get("valueFrom", {}) for one in told), *whole, *pod.get("volumes", [])]
    return {
        (kind, source[field][name])
        for source in sources
        for field, kind, name in REFERENCES
        if field in source and not source[field].get("optional")
    }


def environment(container: Mapping[str, Any]) -> dict[str, Any]:
    """Its variables: the value, or where it comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container.get("env", [])}
