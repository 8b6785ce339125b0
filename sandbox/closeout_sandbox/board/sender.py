"""Carries one stand-in's webhooks: signed by the vendor's rule, repeated as often as by it, in no promised order."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from closeout_sandbox import behaviour
from closeout_sandbox.faults import Faults
from closeout_sandbox.store import Doc, Store

GUIDS = uuid.UUID("b0a4c7c2-4f43-5a4c-9f8d-6f5d0c1b2a33")

# (secret, event, delivery's id, body, how often it was tried before) → the headers
Headers = Callable[[str, str, str, bytes, int], dict[str, str]]


class Sender:
    """`retries`: how often the vendor tries again after anything but a 2xx; its pauses are shorter here."""

    def __init__(
        self,
        store: Store,
        system: str,
        faults: Faults,
        client: httpx.AsyncClient,
        headers: Headers,
        *,
        retries: int = 0,
        give_up_on: Sequence[int] = (),
    ) -> None:
        self.store = store
        self.system = system
        self.faults = faults
        self.client = client
        self.headers = headers
        self.retries = retries
        self.give_up_on = give_up_on  # answers after which it never tries again
        self.on_their_way: dict[int, asyncio.Task[None]] = {}

    def point(self, url: str, secret: str) -> None:
        """Send all webhooks there from now on; an empty address switches them off."""
        self.store.put(f"{self.system}.hook", "only", {"url": url, "secret": secret})

    def target(self) -> Doc:
        return self.store.get(f"{self.system}.hook", "only") or {"url": "", "secret": ""}

    def queue(self, event: str, payload: dict[str, Any]) -> None:
        """Let one webhook go, unless it is to be lost. What it signs is signed now."""
        if not self.target()["url"]:
            return
        fault = self.faults.strike(self.system, "POST", event, webhook=True)
        if fault and fault.kind == "webhook_lost":
            return
        late = fault.seconds if fault and fault.kind in ("webhook_late", "webhook_out_of_order") else 0.0
        number = self.store.next(f"{self.system}.delivery", 1)
        times = 2 if fault and fault.kind == "webhook_twice" else 1
        for copy in range(times):
            delivery: Doc = {
                "id": f"{number}.{copy}",
                "guid": str(uuid.uuid5(GUIDS, f"{self.system}.{number}")),
                "event": event,
                "body": json.dumps(payload),
                "not_before": time.time() + late,
                "attempts": [],
                "waits": True,
            }
            self.store.put(f"{self.system}.delivery", delivery["id"], delivery)

    def deliveries(self) -> list[Doc]:
        return self.store.all(f"{self.system}.delivery")

    def signed(self, delivery: Doc) -> dict[str, str]:
        """The headers that a delivery carries."""
        body, tried = delivery["body"].encode(), len(delivery["attempts"])
        return self.headers(self.target()["secret"], delivery["event"], delivery["guid"], body, tried)

    def kick(self) -> None:
        """Start what waits; call it after the deed, inside the event loop."""
        for delivery in self.deliveries():
            if delivery["waits"] and delivery["id"] not in self.on_their_way:
                self.on_their_way[delivery["id"]] = asyncio.create_task(self.deliver(delivery))

    async def settle(self) -> None:
        while self.on_their_way:
            await asyncio.wait(self.on_their_way.values())

    async def close(self) -> None:
        tasks = list(self.on_their_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def deliver(self, delivery: Doc) -> None:
        try:
            await asyncio.sleep(max(0.0, delivery["not_before"] - time.time()))
            pause = behaviour.read(self.store).tracker_retry_seconds
            for attempt in range(self.retries + 1):
                if attempt:
                    await asyncio.sleep(pause * attempt)
                status = await self.attempt(delivery)
                delivery["attempts"].append(status)
                if 200 <= status < 300 or status in self.give_up_on:
                    break
            self.store.put(f"{self.system}.delivery", delivery["id"], {**delivery, "waits": False})
        finally:
            self.on_their_way.pop(delivery["id"], None)

    async def attempt(self, delivery: Doc) -> int:
        """The status of one try; 0 where there was no answer."""
        headers = {"content-type": "application/json", **self.signed(delivery)}
        try:
            async with asyncio.timeout(behaviour.read(self.store).tracker_webhook_timeout_seconds):
                answer = await self.client.post(
                    self.target()["url"], content=delivery["body"].encode(), headers=headers
                )
        except (TimeoutError, httpx.HTTPError):
            return 0
        return answer.status_code
