"""Metrics out by OTLP, for those who do not scrape: what `/metrics` shows, pushed now and then.

Names are those of `/metrics`, without `_total`, which a receiver for Prometheus adds to a counter again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric as Family
from prometheus_client.samples import Sample

from closeout_chassis.errors import Retryable
from closeout_chassis.settings import PushSettings
from closeout_chassis.telemetry import Metrics

log = logging.getLogger(__name__)

UNITS = {"seconds": "s", "bytes": "By"}
TIMEOUT_SECONDS = 10
Labels = tuple[tuple[str, str], ...]


class Push:
    """Pushes one service's metrics. `refresh` brings the gauges up to date first, as before a scrape."""

    def __init__(
        self, service: str, settings: PushSettings, metrics: Metrics, refresh: Callable[[], Awaitable[None]]
    ) -> None:
        # Imported here: it costs 0.3 s at start, and most installations are scraped.
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.resources import Resource

        self._metrics = metrics
        self._refresh = refresh
        self._began = time.time_ns()
        self._resource = Resource.create(
            {
                "service.name": f"closeout-{service}",
                "service.version": version("closeout"),
                # Two replicas are two instances, and a restart is a new one.
                "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
            }
        )
        self._exporter = OTLPMetricExporter(
            endpoint=settings.otlp_endpoint,
            headers=settings.header_values(),
            timeout=TIMEOUT_SECONDS,
            compression=Compression.Gzip,
        )

    async def once(self) -> None:
        """Push what there is now. Raises Retryable where the receiver did not take it."""
        from opentelemetry.sdk.metrics.export import MetricExportResult

        await self._refresh()
        data = self._data(exported(self._metrics.registry, self._began, time.time_ns()))
        if await asyncio.to_thread(self._exporter.export, data) is not MetricExportResult.SUCCESS:
            raise Retryable("the OTLP receiver did not take the metrics")

    def _data(self, metrics: Sequence[Any]) -> Any:
        from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        scope = ScopeMetrics(InstrumentationScope("closeout"), metrics, "")
        return MetricsData([ResourceMetrics(self._resource, [scope], "")])


def exported(registry: CollectorRegistry, began: int, now: int) -> list[Any]:
    """Every family as OpenTelemetry has it. `began` and `now`: nanoseconds of the Unix clock."""
    from opentelemetry.sdk.metrics.export import Metric

    found = []
    for family in registry.collect():
        data = _histogram(family, began, now) if family.type == "histogram" else _numbers(family, began, now)
        if data.data_points:
            unit = UNITS.get(family.name.rsplit("_", 1)[-1], "")
            found.append(Metric(family.name, family.documentation, unit, data))
    return found


def _numbers(family: Family, began: int, now: int) -> Any:
    from opentelemetry.sdk.metrics.export import AggregationTemporality, Gauge, NumberDataPoint, Sum

    points = [
        NumberDataPoint(sample.labels, began, now, float(sample.value))
        for sample in family.samples
        if not sample.name.endswith("_created")
    ]
    if family.type == "counter":
        return Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True)
    return Gauge(points)


def _histogram(family: Family, began: int, now: int) -> Any:
    from opentelemetry.sdk.metrics.export import AggregationTemporality, Histogram, HistogramDataPoint

    point: Any = HistogramDataPoint  # whose least and greatest may be left out, whatever its types say
    points = []
    for labels, samples in _by_labels(family.samples):
        bounds = sorted((float(one.labels["le"]), one.value) for one in samples if one.name.endswith("_bucket"))
        total = next(one.value for one in samples if one.name.endswith("_sum"))
        counts = [int(upper - lower) for lower, upper in _steps([count for _, count in bounds])]
        # OpenTelemetry's last bucket has no bound.
        limits = [bound for bound, _ in bounds[:-1]]
        points.append(point(dict(labels), began, now, sum(counts), total, counts, limits, None, None))
    return Histogram(points, AggregationTemporality.CUMULATIVE)


def _by_labels(samples: Iterable[Sample]) -> Iterator[tuple[Labels, list[Sample]]]:
    together: dict[Labels, list[Sample]] = {}
    for sample in samples:
        labels = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
        together.setdefault(labels, []).append(sample)
    return ((labels, some) for labels, some in together.items() if any(one.name.endswith("_bucket") for one in some))


def _steps(cumulative: Sequence[float]) -> Iterator[tuple[float, float]]:
    return zip([0.0, *cumulative], cumulative, strict=False)
