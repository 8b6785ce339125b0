"""PagerDuty's V3 webhook sender: signed, one event a request, in order for each subscription and incident,
tried again until it gives up, and switched off after too many refusals."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import httpx

from closeout_sandbox import behaviour, clock
from closeout_sandbox.faults import Faults
from closeout_sandbox.pagerduty.directory import Directory
from closeout_sandbox.problems import Missing
from closeout_sandbox.store import Doc, Store

WEBHOOK_IDS = uuid.UUID("1d0d8f0e-7c55-5d39-9b5c-6b6c5a9d0e42")


def signatures(secrets: list[str], body: bytes) -> str:
    """One v1= for each secret: there are several while one is being replaced."""
    return ",".join("v1=" + hmac.new(one.encode(), body, hashlib.sha256).hexdigest() for one in secrets)


class Sender:
    def __init__(self, store: Store, directory: Directory, faults: Faults, client: httpx.AsyncClient) -> None:
        self.store = store
        self.directory = directory
        self.faults = faults
        self.client = client
        self.lanes: dict[str, asyncio.Task[None]] = {}

    # Subscriptions

    def subscribe(
        self, url: str, secrets: list[str], *, id: str = "", events: list[str] | None = None, **more: Any
    ) -> Doc:
        """`events` None means every type; `more` is description, custom_headers and filter."""
        known = self.store.get("pagerduty.subscription", id) if id else None
        subscription = {
            "custom_headers": [],
            "description": "",
            "filter": {"type": "account_reference"},
            "drops": 0,
            "disabled_at": None,
            **(known or {}),
            "id": id or self.directory.next_id("subscription", "PWS", 7),
            "url": url,
            "secrets": secrets,
            "events": events,
            **more,
        }
        return self.store.put("pagerduty.subscription", subscription["id"], subscription)

    def unsubscribe(self, subscription_id: str) -> None:
        self.store.delete("pagerduty.subscription", subscription_id)

    def subscriptions(self) -> list[Doc]:
        return self.store.all("pagerduty.subscription")

    def subscription(self, subscription_id: str) -> Doc:
        found = self.store.get("pagerduty.subscription", subscription_id)
        if found is None:
            raise Missing(f"no webhook subscription {subscription_id}")
        return found

    def is_disabled(self, subscription: Doc) -> bool:
        lasts = behaviour.read(self.store).pagerduty_disabled_seconds
        return subscription["disabled_at"] is not None and time.time() - subscription["disabled_at"] < lasts

    def enable(self, subscription_id: str) -> Doc:
        enabled = {**self.subscription(subscription_id), "drops": 0, "disabled_at": None}
        return self.store.put("pagerduty.subscription", subscription_id, enabled)

    # Queueing

    def publish(self, event: Doc, resource_id: str, service: str = "", teams: list[str] | None = None) -> None:
        """Queue the event for every subscription that wants it. Nothing is queued for a disabled one."""
        for subscription in self.subscriptions():
            if self.wants(subscription, event["event_type"], service, teams or []):
                self.queue(subscription, event, resource_id)

    def wants(self, subscription: Doc, event_type: str, service: str, teams: list[str]) -> bool:
        events, scope = subscription["events"], subscription["filter"]
        covered = {"service_reference": [service], "team_reference": teams}.get(scope["type"])
        return (
            not self.is_disabled(subscription)
            and (events is None or event_type in events or event_type == "pagey.ping")
            and (covered is None or scope.get("id") in covered)
        )

    def queue(self, subscription: Doc, event: Doc, resource_id: str) -> None:
        fault = self.faults.strike("pagerduty", "POST", event["event_type"], webhook=True)
        if fault and fault.kind == "webhook_lost":
            return
        number = self.directory.number("delivery")
        lane = f"{subscription['id']}/{resource_id}"
        late = fault is not None and fault.kind in ("webhook_late", "webhook_out_of_order")
        delivery = {
            "number": number,
            "webhook_id": str(uuid.uuid5(WEBHOOK_IDS, str(number))),
            "subscription": subscription["id"],
            # Out of its incident's order only when told so: then others of the incident may overtake it.
            "lane": f"{lane}/{number}" if fault and fault.kind == "webhook_out_of_order" else lane,
            "event_type": event["event_type"],
            "event_id": event["id"],
            "resource_id": resource_id,
            "body": json.dumps({"event": event}),
            "queued_at": clock.millis(clock.now()),
            "first_try_at": time.time() + (fault.seconds if fault and late else 0.0),
            "copies": 2 if fault and fault.kind == "webhook_twice" else 1,
            "state": "waiting",
            "attempts": [],
        }
        self.hold(delivery)

    def hold(self, delivery: Doc) -> None:
        self.store.put("pagerduty.waiting", delivery["number"], {"number": delivery["number"]}, delivery["lane"])
        self.save(delivery)

    def save(self, delivery: Doc) -> None:
        self.store.put("pagerduty.delivery", delivery["number"], delivery, delivery["subscription"])

    def repeat(self, number: int) -> Doc:
        """Send a delivery once more, with the X-Webhook-Id that it had."""
        delivery = self.store.get("pagerduty.delivery", number)
        if delivery is None:
            raise Missing(f"no delivery {number}")
        delivery.update(state="waiting", copies=1, first_try_at=time.time())
        self.hold(delivery)
        return delivery

    # Sending

    def kick(self) -> None:
        """Start what waits; call it after the transaction, inside the event loop."""
        for waiting in self.store.all("pagerduty.waiting"):
            delivery = self.store.get("pagerduty.delivery", waiting["number"])
            if delivery and delivery["lane"] not in self.lanes:
                self.lanes[delivery["lane"]] = asyncio.create_task(self.work_off(delivery["lane"]))

    async def settle(self) -> None:
        while self.lanes:
            # Not gather: whoever stops waiting must not stop the deliveries.
            await asyncio.wait(self.lanes.values())

    async def close(self) -> None:
        tasks = list(self.lanes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def work_off(self, lane: str) -> None:
        try:
            while waiting := self.store.all("pagerduty.waiting", lane):
                number = waiting[0]["number"]
                delivery = self.store.get("pagerduty.delivery", number)
                if delivery is not None:
                    await self.deliver(delivery)
                self.store.delete("pagerduty.waiting", number)
        finally:
            self.lanes.pop(lane, None)

    async def deliver(self, delivery: Doc) -> None:
        await asyncio.sleep(max(0.0, delivery["first_try_at"] - time.time()))
        rules = behaviour.read(self.store)
        pause, started = rules.pagerduty_retry_seconds, time.time()
        while True:
            subscription = self.store.get("pagerduty.subscription", delivery["subscription"])
            if subscription is None or self.is_disabled(subscription):
                self.end(delivery, "discarded")
                return
            status = await self.attempt(delivery, subscription)
            if status is not None and 200 <= status < 300:
                delivery["copies"] -= 1
                if delivery["copies"] == 0:
                    self.end(delivery, "delivered")
                    self.remember(delivery["subscription"], dropped=False)
                    return
                continue
            final = status is not None and status < 500 and status != 429
            if final or time.time() - started + pause > rules.pagerduty_give_up_seconds:
                self.end(delivery, "dropped")
                self.remember(delivery["subscription"], dropped=True)
                return
            await asyncio.sleep(pause)
            pause = min(rules.pagerduty_retry_most_seconds, pause * 2)

    async def attempt(self, delivery: Doc, subscription: Doc) -> int | None:
        """The status that came back; None for a timeout or no connection."""
        body = delivery["body"].encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "PagerDuty-Webhook/V3.0",
            "X-PagerDuty-Signature": signatures(subscription["secrets"], body),
            "X-Webhook-Id": delivery["webhook_id"],
            "X-Webhook-Subscription": subscription["id"],
            **{one["name"]: one["value"] for one in subscription["custom_headers"]},
        }
        status, problem, at = None, None, clock.millis(clock.now())
        try:
            async with asyncio.timeout(behaviour.read(self.store).pagerduty_webhook_timeout_seconds):
                answer = await self.client.post(subscription["url"], content=body, headers=headers)
            status = answer.status_code
        except TimeoutError:
            problem = "timed out"
        except httpx.HTTPError as error:
            problem = type(error).__name__
        delivery["attempts"].append({"at": at, "status": status, "error": problem})
        self.save(delivery)
        return status

    def end(self, delivery: Doc, state: str) -> None:
        delivery["state"] = state
        self.save(delivery)

    def remember(self, subscription_id: str, *, dropped: bool) -> None:
        """Drops in a row disable the subscription; a delivery that arrives starts the count again."""
        subscription = self.store.get("pagerduty.subscription", subscription_id)
        if subscription is None or not (dropped or subscription["drops"]):
            return
        subscription["drops"] = subscription["drops"] + 1 if dropped else 0
        if subscription["drops"] >= behaviour.read(self.store).pagerduty_drops_to_disable:
            subscription["disabled_at"] = time.time()
        self.store.put("pagerduty.subscription", subscription_id, subscription)

    def deliveries(self) -> list[Doc]:
        return self.store.all("pagerduty.delivery")
