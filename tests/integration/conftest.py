"""A broker's settings for the tests, on the embedded broker and on Apache Kafka alike."""

from __future__ import annotations

from typing import Any

import pytest

from closeout_chassis.settings import KafkaSettings


@pytest.fixture
def kafka(any_broker: Any) -> KafkaSettings:
    """Settings for each broker in turn: the one suite that both must pass."""
    return KafkaSettings(
        bootstrap_servers=any_broker.bootstrap,
        fetch_max_wait_ms=20,
        session_timeout_ms=6000,
        start_timeout_seconds=10,
        batch_size=50,
    )
