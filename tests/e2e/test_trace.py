"""One trace from the page to the card, and one from the publication to the tracker: at a receiver that speaks OTLP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.otlp_receiver import OtlpReceiver, Span
from tests.system import ANSWER_SECONDS, System, closeout, free_block

pytestmark = pytest.mark.e2e


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    one = OtlpReceiver()
    yield one
    one.close()


def is_one_tree(spans: list[Span]) -> bool:
    """Every span is below another of the same trace, but for the first."""
    known = {span.id for span in spans}
    return len([span for span in spans if span.parent not in known]) == 1


def test_a_page_and_a_publication_are_one_trace_each(data_folder: Path, receiver: OtlpReceiver) -> None:
    traced = {"CLOSEOUT_TRACING_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "500"}
    played = closeout(
        "demo", "--exit", "--data", str(data_folder), seconds=150, CLOSEOUT_UP_FIRST_PORT=str(free_block()), **traced
    )
    assert played.returncode == 0, played.stdout + played.stderr
    publication = receiver.trace_with(
        ("review", "POST /api/v1/postmortems/{postmortem_id}/publish"),
        ("actions", "handle closeout.postmortem.v1"),
        ("actions", "create ticket"),
        ("actions", "POST 127.0.0.1"),
        ("metrics", "handle closeout.postmortem.v1"),
        ("review", "handle closeout.ticket.v1"),
    )
    assert is_one_tree(publication)

    system = System(data_folder, **traced, CLOSEOUT_LOG_FORMAT="json")
    system.start()
    try:
        again = {"title": "Checkout p99 latency above 3 s", "service": "Checkout API"}
        at = {"at": datetime.now(UTC).isoformat()}
        httpx.post(
            f"{system.url['sandbox']}/_sandbox/pagerduty/incidents", json=again | at, timeout=ANSWER_SECONDS
        ).raise_for_status()
        page = receiver.trace_with(
            ("ingest", "POST /webhooks/pagerduty"),
            ("ingest", "handle closeout.delivery.pager.v1"),
            ("review", "handle closeout.incident.v1"),
            ("metrics", "handle closeout.incident.v1"),
            ("ingest", "handle closeout.card.v1"),
            ("ingest", "say card"),
            ("ingest", "POST 127.0.0.1"),
        )
    finally:
        system.stop()
    # A span is told of when it has ended: the one above it may have come later.
    assert is_one_tree(receiver.trace(page[0].trace))
    assert page[0].trace != publication[0].trace
