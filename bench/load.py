"""A load generator that costs little: raw HTTP/1.1 over keep-alive connections, each waiting for its answer.

`python -m bench.load HOST PORT --connections 64 --seconds 8 [--rate N]` prints one JSON object. Loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import json
import time
from collections.abc import Iterator
from itertools import cycle

import uvloop

from bench import senders
from closeout_schemas.vocabulary import Vendor

SECRET = "bench-secret"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def webhook(number: int, event_type: str = "incident.annotated", incident: str | None = None) -> bytes:
    """A PagerDuty V3 webhook of ordinary size, with an event id of its own; without `incident`, twenty share one."""
    occurred = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    user = {"id": "PSAM", "type": "user_reference", "summary": "Sam Oncall", "self": None, "html_url": None}
    service = {"id": "PCHECKOUT", "type": "service_reference", "summary": "checkout", "self": None, "html_url": None}
    incident_id = incident or f"Q{number // 20:07d}"
    if event_type == "incident.annotated":
        data: object = {
            "incident": {"id": incident_id, "type": "incident_reference", "summary": "Checkout p99 above 2 s"},
            "id": f"N{number}",
            "content": "Error rate is back to normal after the rollback, watching the queue depth before resolving.",
            "trimmed": False,
            "type": "incident_note",
        }
    else:
        data = {
            "id": incident_id,
            "type": "incident",
            "html_url": f"https://acme.example/incidents/{incident_id}",
            "number": number,
            "status": "resolved" if event_type == "incident.resolved" else "triggered",
            "title": "Checkout p99 above 2 s",
            "service": service,
            "assignees": [user],
            "teams": [],
            "priority": {"id": "P1", "type": "priority_reference", "summary": "P1"},
            "urgency": "high",
            "created_at": f"{occurred}Z",
        }
    event = {
        "id": f"01BENCH{event_type[9:12]}{number:012d}",
        "event_type": event_type,
        "resource_type": "incident",
        "occurred_at": f"{occurred}.000Z",
        "agent": user,
        "client": None,
        "data": data,
    }
    return json.dumps({"event": event}).encode()


def request(body: bytes, number: int, path: str = "/webhooks/pagerduty") -> bytes:
    """The whole HTTP request, signed."""
    signature = hmac.digest(SECRET.encode(), body, "sha256").hex()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"X-Webhook-Id: {number}\r\nX-PagerDuty-Signature: v1={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Client(asyncio.Protocol):
    """One connection: sends the next request when the last one was answered."""

    def __init__(self, requests: Iterator[bytes], until: float, pause: float) -> None:
        self.requests, self.until, self.pause = requests, until, pause
        self.latencies: list[float] = []
        self.refused = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        following = next(self.requests, None) if time.perf_counter() < self.until else None
        if following is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(following)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1"):
            return  # the rest of an answer's body
        self.latencies.append(time.perf_counter() - self.sent_at)
        self.refused += not data.startswith(b"HTTP/1.1 202")
        if self.pause:
            asyncio.get_running_loop().call_later(self.pause, self._next)
        else:
            self._next()

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def run(
    host: str, port: int, connections: int, seconds: float, rate: float | None, first: int, vendor: str = ""
) -> dict[str, float]:
    """Load the server for `seconds`; latencies in milliseconds. `vendor`: another source than PagerDuty."""
    assert host in LOOPBACK, "the load goes to this machine only"
    made = (lambda n: senders.request(Vendor(vendor), n)) if vendor else (lambda n: request(webhook(n), n))
    ready = [made(n) for n in range(first, first + 4000)]
    pause = connections / rate if rate else 0.0
    requests, until = cycle(ready), time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(requests, until, pause), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.done for client in clients))
    took = time.perf_counter() - began
    latencies = sorted(latency for client in clients for latency in client.latencies)
    return {
        "rate": len(latencies) / took,
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[int(len(latencies) * 0.99)],
        "answered": len(latencies),
        "refused": sum(client.refused for client in clients),
    }


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rate", type=float, default=None)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--vendor", default="")
    given = parser.parse_args()
    work = run(given.host, given.port, given.connections, given.seconds, given.rate, given.first, given.vendor)
    print(json.dumps(uvloop.run(work)))


if __name__ == "__main__":
    main()
