"""What a scraper is answered: always what the library would encode, at less cost."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from closeout_metrics.api.exposition import EncodedOnce

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
ACCEPTED = ["", OPENMETRICS, "text/plain;version=1.0.0;escaping=allow-utf-8"]


@pytest.mark.parametrize("accept", ACCEPTED)
def test_it_is_what_the_library_encodes_whatever_changed_since_the_last_time(accept: str) -> None:
    exposition = EncodedOnce("any")
    registry = exposition.registry
    done = Counter("done", "What was done.", ["way"], registry=registry)
    waiting = Gauge("waiting", "What waits.", ["who"], registry=registry)
    took = Histogram("took_seconds", "How long.", registry=registry)

    def same() -> None:
        encode, content_type = choose_encoder(accept)
        assert _without_process(*exposition.encoded(accept)) == _without_process(encode(registry), content_type)

    same()
    done.labels("mail").inc()
    same()
    same()
    waiting.labels('a "quoted"\nname').set(3)
    took.observe(0.2, {"trace_id": "a" * 32})
    same()
    took.observe(0.2, {"trace_id": "b" * 32})  # in the same bucket: only the exemplar and the sums are others
    same()
    waiting.clear()
    same()
    exposition.encoded(OPENMETRICS if accept != OPENMETRICS else "")
    same()


def _without_process(text: bytes, content_type: str) -> tuple[list[bytes], str]:
    """What the process itself takes is another between the two."""
    return [line for line in text.splitlines() if b"process_" not in line], content_type


def test_a_family_that_is_as_it_was_is_not_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    exposition = EncodedOnce("any")
    registry = exposition.registry
    Gauge("still", "As it was.", registry=registry).set(1)
    moving = Gauge("moving", "Another each time.", registry=registry)
    encoded: list[str] = []

    def noting(collector: CollectorRegistry) -> bytes:
        encoded.extend(family.name for family in collector.collect())
        return choose_encoder("")[0](collector)

    monkeypatch.setattr("closeout_metrics.api.exposition.choose_encoder", lambda _accept: (noting, "text/plain"))
    exposition.encoded("")
    moving.set(2)
    text, _ = exposition.encoded("")

    assert [name for name in encoded if name in ("still", "moving")] == ["still", "moving", "moving"]
    assert b"still 1.0\n" in text
    assert b"moving 2.0\n" in text
