"""How long a person waits, at 50 deliveries a second: page → incident event, resolve → draft, outbox → broker.

`python -m bench.waits INGEST_URL SECONDS` with CLOSEOUT_… settings in the environment prints one JSON object.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import httpx
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.load import SECRET, webhook
from bench.rows import Row, latency, quantile
from bench.running import Running
from closeout_chassis.settings import DatabaseSettings, KafkaSettings, read
from closeout_schemas.catalogue import INCIDENTS, POSTMORTEMS
from closeout_schemas.vocabulary import Vendor, derived_id

RATE = 50.0
TARGETS_MS = {"page_to_incident_p99": 150.0, "resolve_to_draft_p99": 500.0}
HOP = "bench.hop"
SETTLE_SECONDS = 20.0
WARM_UP_SECONDS = 2.0


def rows(system: Running, quick: bool) -> list[Row]:
    """All three as p50 and p99; the base line is one hop through the broker alone, at the same rate."""
    command = [sys.executable, "-m", "bench.waits", system.url("ingest"), "6" if quick else "40"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=system.environment()).stdout
    waits: dict[str, list[float]] = json.loads(said)
    made = []
    for name in ("page_to_incident", "resolve_to_draft", "outbox_latency"):
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            value, base = (1000 * quantile(waits[which], share) for which in (name, "hop"))
            made.append(latency(f"{name}_{label}", value, base, TARGETS_MS.get(f"{name}_{label}")))
    return made


class Seen:
    """When each id arrived on the topics that are listened to, as seconds of this machine's clock."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, str], float] = {}

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        """Until cancelled."""
        async for record in consumer:
            now = time.time()
            said = json.loads(record.value)
            if record.topic == HOP:
                self.at[HOP, str(said["number"])] = now
                continue
            incident = said["data"]["incident"]["id"] if "incident" in said["data"] else _drafted(said)
            self.at.setdefault((said["type"], incident), now)
            self.at.setdefault(("event", said["id"]), now)


def _drafted(said: dict[str, dict[str, dict[str, str]]]) -> str:
    return said["data"]["postmortem"]["incident_id"]


async def run(ingest: str, seconds: float) -> dict[str, list[float]]:
    """Seconds waited, one figure a delivery. Raises AssertionError when one is missing."""
    seen = Seen()
    async with _listening(seen) as producer:
        hop = await _hops(producer, seen, seconds / 4)
        await _send(ingest, WARM_UP_SECONDS)
        began = time.time()
        opened, resolved = await _send(ingest, seconds)
        await _settled(seen, resolved)
    page = [seen.at["closeout.incident.opened.v1", one] - at for one, at in opened.items()]
    draft = [seen.at["closeout.postmortem.drafted.v1", one] - at for one, at in resolved.items()]
    return {
        "hop": hop,
        "page_to_incident": page,
        "resolve_to_draft": draft,
        "outbox_latency": await _outbox(seen, began),
    }


@asynccontextmanager
async def _listening(seen: Seen) -> AsyncIterator[AIOKafkaProducer]:
    servers = read(KafkaSettings).bootstrap_servers
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    await producer.start()
    await producer.send_and_wait(HOP, b'{"number": -1}')
    consumer = AIOKafkaConsumer(
        HOP, INCIDENTS.name, POSTMORTEMS.name, bootstrap_servers=servers, group_id=None, fetch_max_wait_ms=20
    )
    await consumer.start()
    await consumer.seek_to_end()
    task = asyncio.create_task(seen.listen(consumer))
    try:
        yield producer
    finally:
        task.cancel()
        await consumer.stop()
        await producer.stop()


async def _hops(producer: AIOKafkaProducer, seen: Seen, seconds: float) -> list[float]:
    """One hop through the broker: what nothing can be faster than."""
    sent: dict[str, float] = {}
    waiting = []
    async for number in _ticks(seconds):
        sent[str(number)] = time.time()
        waiting.append(asyncio.create_task(producer.send_and_wait(HOP, json.dumps({"number": number}).encode())))
    await asyncio.gather(*waiting)
    await asyncio.sleep(0.5)
    return [seen.at[HOP, number] - at for number, at in sent.items()]


async def _send(ingest: str, seconds: float) -> tuple[dict[str, float], dict[str, float]]:
    """Every other delivery opens an incident, the one a second later resolves it; when each request went out."""
    opened: dict[str, float] = {}
    resolved: dict[str, float] = {}
    lag = int(RATE)
    mark = uuid4().hex[:8].upper()
    waiting = []
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=64)) as http:
        async for number in _ticks(seconds):
            ends = number % 2 == 1
            which = number - lag if ends else number
            if ends and which < 0:
                continue
            vendor_id = f"QW{mark}{which}"
            at = opened if not ends else resolved
            at[str(derived_id("incident", Vendor.PAGERDUTY, vendor_id))] = time.time()
            kind = "incident.resolved" if ends else "incident.triggered"
            number_of_event = time.time_ns() % 10**12
            waiting.append(asyncio.create_task(_post(http, ingest, webhook(number_of_event, kind, vendor_id))))
        await asyncio.gather(*waiting)
    return opened, resolved


async def _post(http: httpx.AsyncClient, ingest: str, body: bytes) -> None:
    headers = {
        "X-PagerDuty-Signature": "v1=" + hmac.digest(SECRET.encode(), body, "sha256").hex(),
        "X-Webhook-Id": uuid4().hex,
        "Content-Type": "application/json",
    }
    answer = await http.post(f"{ingest}/webhooks/pagerduty", content=body, headers=headers, timeout=10)
    assert answer.status_code == 202, answer.text


async def _ticks(seconds: float) -> AsyncIterator[int]:
    """0, 1, 2 … at the rate, however long what is done between them takes."""
    began = time.perf_counter()
    for number in range(int(seconds * RATE)):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        yield number


async def _settled(seen: Seen, resolved: dict[str, float]) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    wanted = [("closeout.postmortem.drafted.v1", one) for one in resolved]
    while not all(one in seen.at for one in wanted):
        assert time.monotonic() < deadline, "not every resolved incident got its draft"
        await asyncio.sleep(0.1)


async def _outbox(seen: Seen, since: float) -> list[float]:
    """From the beginning of the transaction that wrote a record to its arrival at a consumer."""
    conn = await asyncpg.connect(read(DatabaseSettings).url.get_secret_value())
    rows = await conn.fetch(
        "SELECT convert_from(value, 'UTF8')::json ->> 'id' AS id, extract(epoch FROM created_at)::float8 AS at "
        "FROM ingest.outbox WHERE topic = $1 AND created_at > to_timestamp($2)",
        INCIDENTS.name,
        since,
    )
    await conn.close()
    return [seen.at["event", row["id"]] - row["at"] for row in rows]


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(sys.argv[1], float(sys.argv[2])))))
