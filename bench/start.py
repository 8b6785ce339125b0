"""How soon the embedded broker takes connections, and a group is joined on it, against starting Python alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from aiokafka import AIOKafkaConsumer

from bench.rows import Row, latency
from closeout.broker import EmbeddedBroker

BROKER_MS, JOIN_MS = 1000.0, 2000.0


def rows(quick: bool) -> list[Row]:
    """Medians. The second consumer joins when the first has just left."""
    starts, joins, alone = [], [], []
    for _ in range(2 if quick else 5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        alone.append(_ms_since(began))
        with tempfile.TemporaryDirectory() as folder:
            broker = EmbeddedBroker(Path(folder))
            began = time.perf_counter()
            broker.start()
            starts.append(_ms_since(began))
            try:
                joins += [asyncio.run(_join(broker.bootstrap)) for _ in range(2)]
            finally:
                broker.stop()
    base = median(alone)
    return [
        latency("embedded broker: started", median(starts), base, BROKER_MS),
        latency("embedded broker: a group joined", median(joins), base, JOIN_MS),
    ]


async def _join(bootstrap: str) -> float:
    began = time.perf_counter()
    # As `closeout up` has it: a group forgets members that were stopped after so long.
    reader = AIOKafkaConsumer(
        "pages", bootstrap_servers=bootstrap, group_id="readers", session_timeout_ms=1000, heartbeat_interval_ms=300
    )
    await reader.start()
    while not reader.assignment():  # noqa: ASYNC110 - nothing tells when
        await asyncio.sleep(0.01)
    took = _ms_since(began)
    await reader.stop()
    return took


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
