"""`closeout ping`: one signed delivery, in at the door and out of Kafka. What `helm test` runs."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from typing import Annotated
from uuid import uuid4

import httpx
import typer
from rich.console import Console

from closeout.commands.up import Data
from closeout.embedded import PORTS
from closeout.reach import broker_of
from closeout.replay import Reader, reading
from closeout.settings import UpSettings
from closeout_chassis.errors import CloseoutError, StartError
from closeout_chassis.settings import KafkaSettings, read
from closeout_ingest.settings import IngestSettings
from closeout_schemas.catalogue import PAGER_DELIVERIES


class NotThrough(CloseoutError):
    """The delivery did not get through; the message says how far it came."""


def ping(
    door: Annotated[str | None, typer.Option(help="Where ingest listens.", show_default="on this machine")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="How long to wait for it at Kafka, in seconds.")] = 30,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send a ping of PagerDuty's, signed with CLOSEOUT_INGEST_PAGERDUTY_SECRETS, and wait for it at Kafka.

    It is kept as a delivery and counted; it makes no incident.
    """
    secrets = read(IngestSettings).pagerduty_secrets
    if not secrets:
        raise NotThrough("There is nothing to sign with. Set CLOSEOUT_INGEST_PAGERDUTY_SECRETS as ingest has it.")
    address = door or f"http://127.0.0.1:{read(UpSettings).first_port + PORTS.index('ingest')}"
    seconds = asyncio.run(_through(address, secrets[0].get_secret_value(), broker_of(data), timeout))
    if as_json:
        print(json.dumps({"door": address, "seconds": round(seconds, 3)}))
        return
    Console(highlight=False).print(f"Committed at {address}, and at Kafka after {seconds:.2f} s.")


async def _through(door: str, secret: str, kafka: KafkaSettings, patience: float) -> float:
    event_id = f"closeout-ping-{uuid4().hex}"
    async with reading(kafka, [PAGER_DELIVERIES.name]) as reader:
        await reader.skip()
        began = time.monotonic()
        await _send(door, secret, event_id)
        try:
            async with asyncio.timeout(patience):
                await _arrival(reader, event_id.encode())
        except TimeoutError:
            raise NotThrough(
                f"The door has committed it, but it is not at Kafka after {patience:g} s. Is ingest's relay running? "
                "Its log says why it waits; `closeout doctor` looks at the rest."
            ) from None
        return time.monotonic() - began


async def _send(door: str, secret: str, event_id: str) -> None:
    event = {"id": event_id, "event_type": "pagey.ping", "resource_type": "pagey", "data": {"type": "ping"}}
    body = json.dumps({"event": event}).encode()
    signature = "v1=" + hmac.digest(secret.encode(), body, "sha256").hex()
    headers = {"content-type": "application/json", "x-pagerduty-signature": signature, "x-webhook-id": event_id}
    url = f"{door.rstrip('/')}/webhooks/pagerduty"
    try:
        async with httpx.AsyncClient(timeout=10) as http:
            answer = await http.post(url, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise StartError(f"Nobody answers at {url} ({type(error).__name__}). Start ingest, or mend --door.") from None
    if answer.status_code == 401:
        raise NotThrough(f"{url} knows another secret. Give this command the CLOSEOUT_INGEST_PAGERDUTY_SECRETS it has.")
    if answer.status_code != 202:
        raise NotThrough(f"{url} answered {answer.status_code} and not 202: {answer.text[:200]}")


async def _arrival(reader: Reader, mark: bytes) -> None:
    while True:
        async for batch in reader.to_the_end():
            if any(mark in value for values in batch.values() for value in values):
                return
