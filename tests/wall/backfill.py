"""Puts into a Prometheus what it would have scraped in the past, from the services' own exposition."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric


class Past:
    """Samples of past scrapes, as OpenMetrics."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def scraped(self, at: datetime, job: str, families: Iterable[Metric] | CollectorRegistry) -> None:
        """What a scrape would have found at that time."""
        where = {"job": job, "instance": f"{job}-0"}
        for family in families.collect() if isinstance(families, CollectorRegistry) else families:
            lines = self._lines.setdefault(family.name, [])
            for sample in family.samples:
                labels = _labels({**sample.labels, **where})
                lines.append(f"{sample.name}{{{labels}}} {float(sample.value)!r} {at.timestamp():.3f}")

    def into(self, folder: Path, promtool: str) -> None:
        """Write them as blocks of a Prometheus' data folder."""
        file = folder / "past.om"
        file.write_text("".join(f"{line}\n" for lines in self._lines.values() for line in lines) + "# EOF\n")
        command = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", str(file)]
        done = subprocess.run([*command, str(folder / "data")], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]


def _labels(labels: Mapping[str, str]) -> str:
    def quoted(text: str) -> str:
        return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    return ",".join(f'{name}="{quoted(value)}"' for name, value in labels.items())
