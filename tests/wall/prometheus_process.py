"""Prometheus as a plain process on loopback, scraping every two seconds."""

from __future__ import annotations

import shutil
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError

import httpx
import yaml

from closeout.process import LOOPBACK, Child, Process, free_port

HOW_TO_GET_IT = "install the Debian package `prometheus`, as .ci/run does"
PATIENCE_SECONDS = 120.0


def program() -> str | None:
    """Where it is; None where it is not installed."""
    return shutil.which("prometheus")


class Prometheus:
    """Scrapes these targets, by job, and evaluates these rule files. `more`: arguments of the program.

    A job's replicas are named one after the other, with a space between them.
    """

    def __init__(self, folder: Path, targets: Mapping[str, str], rules: Sequence[Path], *more: str) -> None:
        found = program()
        assert found is not None
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        config = {
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
            "rule_files": [str(path.resolve()) for path in rules],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": addresses.split()}]}
                for job, addresses in targets.items()
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._process = Process(
            Child(
                "prometheus",
                [
                    found,
                    f"--config.file={folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address={LOOPBACK}:{port}",
                    "--enable-feature=exemplar-storage",
                    *more,
                ],
                folder / "prometheus.log",
                ready=lambda: _answers(f"{self.url}/-/ready"),
            )
        )

    def wait(self) -> None:
        """Until it answers."""
        self._process.wait_until_ready()

    def stop(self) -> None:
        """End it."""
        self._process.stop()

    def query(self, expr: str) -> dict[tuple[tuple[str, str], ...], float]:
        """What a query comes to now: the value of each series, by its labels. Raises on a query that is none."""
        answer = httpx.post(f"{self.url}/api/v1/query", data={"query": expr}, timeout=60).json()
        if answer["status"] != "success":
            raise AssertionError(f"{answer['error']} in {expr}")
        result = answer["data"]
        if result["resultType"] == "scalar":
            return {(): float(result["result"][1])}
        return {_labels(one["metric"]): float(one["value"][1]) for one in result["result"]}

    def exemplars(self, expr: str) -> list[Any]:
        """The exemplars of the last minute."""
        now = time.time()
        asked = {"query": expr, "start": now - 60, "end": now}
        found: list[Any] = httpx.get(f"{self.url}/api/v1/query_exemplars", params=asked, timeout=60).json()["data"]
        return found

    def until(self, expr: str, is_so: Callable[[dict[tuple[tuple[str, str], ...], float]], bool]) -> None:
        """Ask again until it is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so(seen := self.query(expr)):
            assert time.monotonic() < deadline, f"{expr} came to {seen}"
            time.sleep(0.2)


def _labels(metric: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in metric.items() if name != "__name__"))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
