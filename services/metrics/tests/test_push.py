"""OTLP in place of scraping: the same numbers, taken by a receiver that reads the protocol."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from closeout_chassis.errors import Retryable
from closeout_chassis.push import Push
from closeout_chassis.service import Service
from closeout_chassis.settings import DatabaseSettings, PushSettings
from closeout_metrics import testing as e
from closeout_metrics.app import build
from closeout_metrics.settings import MetricsSettings
from closeout_metrics.testing import Hear
from closeout_schemas.vocabulary import TicketState

TOKEN = "Bearer of-this-test"
Points = dict[tuple[str, tuple[tuple[str, str], ...]], Any]


class Receiver:
    """An OTLP receiver on loopback. It takes nothing without the token."""

    def __init__(self) -> None:
        self.taken: list[ExportMetricsServiceRequest] = []
        taken = self.taken

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                allowed = self.path == "/v1/metrics" and self.headers["Authorization"] == TOKEN
                if allowed:
                    taken.append(ExportMetricsServiceRequest.FromString(gzip.decompress(body)))
                self.send_response(200 if allowed else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/metrics"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def points(self) -> tuple[dict[str, str], Points]:
        """Whose the last push was, and each point by its metric and labels."""
        [whose] = self.taken[-1].resource_metrics
        found: Points = {}
        for metric in whose.scope_metrics[0].metrics:
            data = getattr(metric, metric.WhichOneof("data"))
            for point in data.data_points:
                labels = tuple(sorted((one.key, one.value.string_value) for one in point.attributes))
                found[metric.name, labels] = (metric, point)
        return {one.key: one.value.string_value for one in whose.resource.attributes}, found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


def pushing(service: Service, url: str, token: str = TOKEN) -> Push:
    settings = PushSettings(otlp_endpoint=url, headers=SecretStr(f"Authorization={token}"))
    return Push("metrics", settings, service._metrics, service.refresh)


@pytest.mark.integration
async def test_a_receiver_is_told_what_a_scraper_would_be(database_url: str, hear: Hear, receiver: Receiver) -> None:
    await hear(e.incident(), e.published(), e.committed(1), e.committed(2))
    await hear(e.ticket(TicketState.COMPLETED, 2, 1))
    service = build(MetricsSettings(database=DatabaseSettings(url=SecretStr(database_url)), port=0))
    await service._db.open()
    transport = httpx.ASGITransport(service._app)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics.test") as client:
        scraped = (await client.get("/metrics")).text
        push = pushing(service, receiver.url)
        await push.once()
        push._exporter.shutdown()
    await service._db.close()

    whose, points = receiver.points()
    assert whose["service.name"] == "closeout-metrics"
    assert whose["service.instance.id"]
    compared = 0
    for family in text_string_to_metric_families(scraped):
        for sample in family.samples:
            at = family.name, tuple(sorted(sample.labels.items()))
            if family.type not in ("counter", "gauge") or sample.name.endswith("_created") or "_age_" in family.name:
                continue
            if family.name.startswith("closeout_"):
                metric, point = points[at]
                assert point.as_double == sample.value, sample
                assert metric.sum.is_monotonic == (family.type == "counter")
                compared += 1
    assert compared > 40
    metric, took = points["closeout_action_item_time_to_close_seconds", ()]
    assert (metric.unit, took.count, took.sum, took.HasField("max")) == ("s", 1, 2 * 86400, False)
    assert list(took.bucket_counts) == [0, 1, *[0] * (len(took.explicit_bounds) - 1)]
    assert list(took.explicit_bounds)[:2] == [86400, 2 * 86400]


async def test_a_receiver_that_refuses_is_tried_again_and_the_token_is_told_to_nobody(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    service = build(MetricsSettings(database=DatabaseSettings(url=SecretStr("postgresql://u@127.0.0.1:1/none"))))
    push = pushing(service, receiver.url, "Bearer secret-word")

    with pytest.raises(Retryable) as refused:
        await push.once()

    assert receiver.taken == []
    assert "secret-word" not in caplog.text + str(refused.value)


def test_a_service_that_is_not_told_where_pushes_nothing() -> None:
    quiet = build(MetricsSettings())
    told = build(MetricsSettings(push=PushSettings(otlp_endpoint="http://127.0.0.1:1/v1/metrics")))

    assert "push" not in [loop.name for loop in quiet._loops]
    assert "push" in [loop.name for loop in told._loops]
