"""From the page to the card: from the webhook's arrival to the note at the pager, whose API answers at once.

Everything between is real: the door, PostgreSQL, the broker, the search among earlier reviews.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from pydantic import SecretStr

from bench.load import request, webhook
from bench.old_postmortems import Writer
from bench.rows import Row, latency, quantile
from bench.running import Running, running
from closeout_chassis.db import Database
from closeout_chassis.settings import DatabaseSettings
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_review.commands.importing import take_in

SLOWEST_MS = 1000.0
PAGES, QUICK_PAGES = 150, 30
EARLIER = 1000
FIRST = 810_000_000
PATIENCE_SECONDS = 20.0
# A second or two apart, as pages come; several at once are the storm's business.
APART_SECONDS = 0.15
# What the pages of `load` say, so that there is something to be found.
LIKE_IT = """# Checkout p99 above 2 s

Date: 2026-03-04
Services: checkout

Checkout p99 was above 2 s: the connection pool was exhausted.
"""


class Pager:
    """A pager's API that takes notes and answers at once. `noted`: when, by incident."""

    def __init__(self) -> None:
        self.noted: dict[str, float] = {}
        pager = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(200, {"notes": []} if self.path.endswith("/notes") else {"log_entries": [], "more": False})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                pager.noted.setdefault(self.path.split("/")[2], time.perf_counter())
                self._answer(201, {"note": {"id": "N1"}})

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                said = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[Pager]:
        """Until the block is left."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()


def rows(quick: bool) -> Sequence[Row]:
    """`card_p99`: milliseconds from the webhook being sent to the note being there."""
    pager = Pager()
    more = {
        "CLOSEOUT_INGEST_PAGERDUTY_API_URL": pager.url,
        "CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN": "bench-token",
        "CLOSEOUT_INGEST_PAGERDUTY_FROM": "closeout@example.com",
    }
    with pager.serving(), running(more) as system:
        asyncio.run(_earlier(system))
        took = _pages(system, pager, QUICK_PAGES if quick else PAGES)
    return [
        latency("card, from the page", quantile(took, 0.99), quantile(took, 0.5), SLOWEST_MS),
        Row("card, posted", float(len(took)), "", None, None, None, None),
    ]


async def _earlier(system: Running) -> None:
    """A back catalogue, one of which is like the pages."""
    db = Database(DatabaseSettings(url=SecretStr(system.database_url())), "review")
    await db.open()
    texts = [LIKE_IT, *Writer().texts(EARLIER)]
    for begin in range(0, len(texts), 100):
        found = [
            one for n, text in enumerate(texts[begin : begin + 100]) for one in read(f"{begin + n}.md", text.encode())
        ]
        async with db.transaction() as tx:
            await take_in([one for one in found if isinstance(one, Document)], tx)
    await db.close()


def _pages(system: Running, pager: Pager, count: int) -> list[float]:
    took = []
    with httpx.Client(base_url=f"http://127.0.0.1:{system.port('ingest')}") as http:
        for number in range(FIRST, FIRST + count):
            incident = f"QC{number}"
            head, _, body = request(webhook(number, "incident.triggered", incident), number).partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            began = time.perf_counter()
            assert http.post("/webhooks/pagerduty", content=body, headers=headers).status_code == 202
            deadline = began + PATIENCE_SECONDS
            while incident not in pager.noted:
                assert time.perf_counter() < deadline, f"no card for {incident}"
                time.sleep(0.002)
            took.append((pager.noted[incident] - began) * 1000)
            time.sleep(APART_SECONDS)
    # The first pages of a process load what later ones find there.
    return took[len(took) // 10 :]


if __name__ == "__main__":
    from rich.console import Console

    from bench.rows import table

    Console().print(table([row.as_dict() for row in rows(quick=True)]))
