"""The base line for the door: an ASGI handler that verifies the source's own proof and produces with acks=all. No more.

`python -m bench.bare PORT BOOTSTRAP`
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from aiokafka import AIOKafkaProducer

from bench import load, senders
from closeout_ingest.adapters.sources import SOURCES
from closeout_schemas.vocabulary import Vendor

TOPIC = "bench.bare"
# By path: how the source's sender is known, and by which secrets.
DOORS = {
    f"/webhooks/{vendor}": (
        source.is_authentic,
        [(load.SECRET if vendor is Vendor.PAGERDUTY else senders.SECRET).encode()],
    )
    for vendor, source in SOURCES.items()
}
REFUSE: tuple[Any, list[bytes]] = (lambda *_: False, [])


class Bare:
    """Reads the body, verifies, produces, answers 202."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.producer: AIOKafkaProducer | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if self.producer is None:
            self.producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all")
            await self.producer.start()
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status = 401
        verify, keys = DOORS.get(scope["path"], REFUSE)
        if verify(headers, body, keys):
            await self.producer.send_and_wait(TOPIC, body, key=headers.get("x-webhook-id", "other").encode())
            status = 202
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(
        Bare(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
