"""GitHub's webhook sender: signed, one attempt each, never repeated by itself, no order promised."""

import asyncio
import hmac
import json
import time
import uuid
from datetime import timedelta
from typing import Any

import httpx

from closeout_sandbox import behaviour, clock
from closeout_sandbox.faults import Faults
from closeout_sandbox.github.directory import Directory
from closeout_sandbox.problems import Missing
from closeout_sandbox.store import Doc, Store

GUIDS = uuid.UUID("6f3b1c52-6a0e-5d0c-9d4e-2f6f1a3f0b11")
# https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
KEPT_FOR = timedelta(days=3)


def signature(secret: str, body: bytes, digest: str = "sha256") -> str:
    return f"{digest}=" + hmac.new(secret.encode(), body, digest).hexdigest()


class Hooks:
    def __init__(self, store: Store, directory: Directory, faults: Faults, client: httpx.AsyncClient) -> None:
        self.store = store
        self.directory = directory
        self.faults = faults
        self.client = client
        self.on_their_way: dict[int, asyncio.Task[None]] = {}

    def point(self, url: str, secret: str) -> None:
        """Send all webhooks there from now on; an empty address switches them off."""
        self.store.put("github.hook", "only", {"url": url, "secret": secret})

    def target(self) -> Doc:
        return self.store.get("github.hook", "only") or {"url": "", "secret": ""}

    def queue(self, repository: Doc, event: str, action: str | None, payload: dict[str, Any]) -> None:
        if not self.target()["url"]:
            return
        fault = self.faults.strike("github", "POST", f"{event}.{action}" if action else event, webhook=True)
        if fault and fault.kind == "webhook_lost":
            return
        late = fault.seconds if fault and fault.kind in ("webhook_late", "webhook_out_of_order") else 0.0
        body = {"action": action, **payload} if action else payload
        first = self.add(repository, event, action, json.dumps(body), late=late)
        if fault and fault.kind == "webhook_twice":
            self.add(repository, event, action, first["body"], guid=first["guid"], late=late)

    def add(
        self, repository: Doc, event: str, action: str | None, body: str, *, guid: str = "", late: float = 0.0
    ) -> Doc:
        """A `guid` makes it a redelivery."""
        number = self.directory.next_id("delivery", 80_001)
        delivery = {
            "id": number,
            "guid": guid or str(uuid.uuid5(GUIDS, str(number))),
            "redelivery": bool(guid),
            "hook_id": repository["hook_id"],
            "repository_id": repository["id"],
            "event": event,
            "action": action,
            "body": body,
            "not_before": time.time() + late,
            "queued_at": clock.seconds(clock.now()),
            "done": None,
        }
        self.store.put("github.waiting", number, {"id": number})
        return self.store.put("github.delivery", number, delivery, repository["hook_id"])

    def kick(self) -> None:
        """Start what waits; call it after the transaction, inside the event loop."""
        for waiting in self.store.all("github.waiting"):
            number = waiting["id"]
            if number not in self.on_their_way:
                self.on_their_way[number] = asyncio.create_task(self.deliver(number))

    async def settle(self) -> None:
        while self.on_their_way:
            # Not gather: whoever stops waiting must not stop the deliveries.
            await asyncio.wait(self.on_their_way.values())

    async def close(self) -> None:
        tasks = list(self.on_their_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def deliver(self, number: int) -> None:
        try:
            delivery = self.store.get("github.delivery", number)
            if delivery is not None:
                await asyncio.sleep(max(0.0, delivery["not_before"] - time.time()))
                delivery["done"] = await self.attempt(delivery)
                self.store.put("github.delivery", number, delivery)
            self.store.delete("github.waiting", number)
        finally:
            self.on_their_way.pop(number, None)

    async def attempt(self, delivery: Doc) -> Doc:
        target, body = self.target(), delivery["body"].encode()
        headers = self.headers(delivery, target["secret"], body)
        started = time.monotonic()
        limit = behaviour.read(self.store).github_webhook_timeout_seconds
        answer: dict[str, Any] = {"headers": {}, "payload": ""}
        try:
            async with asyncio.timeout(limit):
                response = await self.client.post(target["url"], content=body, headers=headers)
            code = response.status_code
            status = "OK" if response.is_success else f"Invalid HTTP Response: {code}"
            answer = {"headers": dict(response.headers), "payload": response.text[:2000]}
        except TimeoutError:
            code, status = 504, "timed out"
        except httpx.HTTPError:
            code, status = 502, "failed to connect to host"
        return {
            "delivered_at": clock.seconds(clock.now()),
            "duration": round(time.monotonic() - started, 3),
            "status": status,
            "status_code": code,
            "url": target["url"],
            "request_headers": headers,
            "response": answer,
        }

    def headers(self, delivery: Doc, secret: str, body: bytes) -> dict[str, str]:
        sent = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/sandbox",
            "X-GitHub-Event": delivery["event"],
            "X-GitHub-Delivery": delivery["guid"],
            "X-GitHub-Hook-ID": str(delivery["hook_id"]),
            "X-GitHub-Hook-Installation-Target-ID": str(delivery["repository_id"]),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
        }
        if secret:
            sent["X-Hub-Signature"] = signature(secret, body, "sha1")
            sent["X-Hub-Signature-256"] = signature(secret, body)
        return sent

    def deliveries(self, hook_id: int) -> list[Doc]:
        """What the deliveries API shows: attempted, and not older than three days; newest first."""
        oldest = clock.seconds(clock.now() - KEPT_FOR)
        kept = [one for one in self.store.all("github.delivery", hook_id) if one["done"]]
        return [one for one in reversed(kept) if one["done"]["delivered_at"] >= oldest]

    def redeliver(self, repository: Doc, number: int) -> Doc:
        for one in self.deliveries(repository["hook_id"]):
            if one["id"] == number:
                return self.add(repository, one["event"], one["action"], one["body"], guid=one["guid"])
        raise Missing(f"no delivery {number}")
