"""Prometheus out: the product's numbers beside the service's own health, on `/metrics`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from closeout_chassis.telemetry import Metrics
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.definition import Definition
from closeout_metrics.domain.definitions import AGE, ALL, DEFINITIONS, TIME_TO_CLOSE


class EncodedOnce(Metrics):
    """Encoding is most of what a scrape of many series costs: a family that is as it was keeps its text."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self._content_type = ""
        self._kept: dict[str, tuple[Metric, bytes]] = {}

    def encoded(self, accept: str) -> tuple[bytes, str]:
        """As without this, at less cost."""
        encode, content_type = choose_encoder(accept)
        if content_type != self._content_type:
            self._content_type, self._kept = content_type, {}
        end = encode(_only())  # OpenMetrics says where it ends
        texts = [self._text(family, encode).removesuffix(end) for family in self.registry.collect()]
        return b"".join([*texts, end]), content_type

    def _text(self, family: Metric, encode: Callable[[Any], bytes]) -> bytes:
        before, text = self._kept.get(family.name, (None, b""))
        if before != family:
            text = encode(_only(family))
            self._kept[family.name] = family, text
        return text


def _only(*families: Metric) -> Any:
    return SimpleNamespace(collect=lambda: families)  # all that an encoder asks a registry for


class ProductNumbers(Collector):
    """Shows the last set of numbers that was read; asks the database nothing."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def describe(self) -> Iterator[Metric]:
        """All families without samples, so that the registry refuses a name that is taken."""
        for definition in ALL:
            yield Metric(definition.name.removesuffix("_total"), definition.help, definition.kind)

    def collect(self) -> Iterator[Metric]:
        """All families; none before the first numbers were read."""
        numbers, age = self._reading.last, self._reading.age()
        if numbers is None or age is None:
            return
        for definition in DEFINITIONS:
            family = _family(definition)
            for labels, value in definition.samples(numbers):
                family.add_metric(labels, value)
            yield family
        histogram = HistogramMetricFamily(TIME_TO_CLOSE.name, TIME_TO_CLOSE.help)
        buckets = [(le, float(count)) for le, count in numbers.closing.buckets]
        histogram.add_metric((), buckets, numbers.closing.seconds)
        yield histogram
        yield GaugeMetricFamily(AGE.name, AGE.help, value=age)


def _family(definition: Definition) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if definition.kind == "counter" else GaugeMetricFamily
    return kind(definition.name, definition.help, labels=definition.labels)
