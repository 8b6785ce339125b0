"""Logs, metrics and traces of a running service. Every metric of the chassis is named here."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any

from opentelemetry import context, propagate, trace
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder

from closeout_chassis.settings import LogSettings, TracingSettings
from closeout_schemas.envelope import Event

tracer = trace.get_tracer("closeout")

# What a log record has of its own; everything else was given as `extra` and is printed.
_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # would begin a line of its own, or steer a terminal


class Metrics:
    """A service's own health. One registry a service, so that several can live in one process."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        registry: dict[str, Any] = {"registry": self.registry}
        build = Gauge("closeout_build_info", "The service and version that answer here.", ["service"], **registry)
        build.labels(service).set(1)
        self._of_http(registry)
        self._of_consumer(registry)
        self._of_outbox(registry)

    def encoded(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type: OpenMetrics for a scraper that asks for it, as only there are exemplars."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    def _of_http(self, registry: dict[str, Any]) -> None:
        self.requests = Counter(
            "closeout_http_requests_total", "HTTP requests answered.", ["method", "route", "status"], **registry
        )
        self.request_seconds = Histogram(
            "closeout_http_request_duration_seconds",
            "Time to answer an HTTP request.",
            ["route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            **registry,
        )

    def _of_consumer(self, registry: dict[str, Any]) -> None:
        self.consumed = Counter(
            "closeout_events_consumed_total",
            "Records read from a topic, by what became of them: handled, duplicate, unknown_type, dead_letter.",
            ["topic", "result"],
            **registry,
        )
        self.retries = Counter(
            "closeout_consumer_retries_total", "Batches that were tried again.", ["topic"], **registry
        )
        self.handling_seconds = Histogram(
            "closeout_batch_duration_seconds", "Time to handle one batch of records.", ["topic"], **registry
        )
        self.lag = Gauge(
            "closeout_consumer_lag_records", "Records of a topic that still have to be read.", ["topic"], **registry
        )

    def _of_outbox(self, registry: dict[str, Any]) -> None:
        self.published = Counter(
            "closeout_events_published_total", "Records that the broker has confirmed.", ["topic"], **registry
        )
        self.outbox_records = Gauge("closeout_outbox_records", "Records that wait for the broker.", **registry)
        self.outbox_age = Gauge(
            "closeout_outbox_oldest_age_seconds", "Age of the oldest record that waits for the broker.", **registry
        )
        self.outbox_latency = Histogram(
            "closeout_outbox_latency_seconds",
            "From the commit of a record to the broker's confirmation.",
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
            **registry,
        )
        self.dead_letters = Gauge(
            "closeout_dead_letters",
            "Records that could not be processed and wait for somebody.",
            ["reason"],
            **registry,
        )
        self.loop_failures = Counter(
            "closeout_loop_failures_total", "Rounds of a background loop that failed.", ["loop"], **registry
        )


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the span that is open now, None when nothing is traced."""
    here = trace.get_current_span()
    return _traceparent_of(here) if here.get_span_context().is_valid else None


def exemplar() -> dict[str, str] | None:
    """What leads from an observation to its trace; None where that is not kept."""
    here = trace.get_current_span().get_span_context()
    return {"trace_id": trace.format_trace_id(here.trace_id)} if here.trace_flags.sampled else None


@contextmanager
def span(name: str, traceparent: str | None = None, **attributes: Any) -> Iterator[None]:
    """Do something as a span, below the remote span `traceparent` where one is given."""
    remote = propagate.extract({"traceparent": traceparent}) if traceparent else None
    with tracer.start_as_current_span(name, context=remote, attributes=attributes):
        yield


@contextmanager
def following(traceparent: str | None) -> Iterator[None]:
    """Belong to the remote trace without a span of one's own: logs carry its id."""
    if traceparent is None:
        yield
        return
    token = context.attach(propagate.extract({"traceparent": traceparent}))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def handling(name: str, events: Sequence[Event]) -> Iterator[None]:
    """A span for each of these events that carries a trace, below that trace; what an event brings about is below it.

    Handled together, they begin and end together. Logs carry the trace of an event that is handled alone.
    """
    traced = [event for event in events if event.traceparent]
    alone = traced[0].traceparent if len(events) == len(traced) == 1 else None
    if not traced or not is_on():
        with following(alone):
            yield
        return
    spans = []
    for event in traced:
        remote = propagate.extract({"traceparent": event.traceparent or ""})
        one = tracer.start_span(name, remote, SpanKind.CONSUMER, {"event.type": event.type, "event.id": str(event.id)})
        event.arrived_with(_traceparent_of(one))
        spans.append(one)
    try:
        with trace.use_span(spans[0]) if alone else nullcontext():
            yield
    finally:
        for one in spans:
            one.end()


@cache
def is_on() -> bool:
    """Whether spans are kept at all. Asked at every request, and OpenTelemetry looks into the environment each time."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _traceparent_of(span: trace.Span) -> str | None:
    carrier: dict[str, str] = {}
    propagate.inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent")


def set_up_tracing(settings: TracingSettings, service: str) -> None:
    """Send spans to the OTLP endpoint of the settings; do nothing where there is none."""
    if settings.otlp_endpoint is None:
        return
    # Imported here: it costs 0.3 s at start, and most installations do not trace.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        resource=Resource.create({"service.name": f"closeout-{service}"}),
        sampler=ParentBased(TraceIdRatioBased(settings.sample_ratio)),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
    trace.set_tracer_provider(provider)
    is_on.cache_clear()


def set_up_logs(settings: LogSettings, service: str) -> None:
    """One line a record, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service) if settings.format == "json" else TextLines(service))
    logging.basicConfig(level=settings.level, handlers=[handler], force=True)
    # Their INFO lines tell of every reconnection and every outgoing request's URL.
    for noisy in ("aiokafka", "httpx", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(settings.level)))
    # While a broker is away aiokafka says so several times a second; the consumer and the relay say it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}


class JsonLines(logging.Formatter):
    """A JSON object a line, with the trace id where there is a trace."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        span_context = trace.get_current_span().get_span_context()
        if span_context.is_valid:
            line["trace_id"] = trace.format_trace_id(span_context.trace_id)
        line |= _extras(record)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class TextLines(logging.Formatter):
    """For people: time, level, service, message, and what else was given."""

    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)-7s {service:<8} %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        given = (f"{name}={value}" for name, value in _extras(record).items())
        more = _CONTROLS.sub(lambda found: repr(found[0])[1:-1], " ".join(given))
        first, *rest = super().format(record).split("\n")
        return "\n".join([f"{first}  {more}".rstrip(), *rest])
