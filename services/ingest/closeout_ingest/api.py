"""REST in: the door for webhooks. Verify the raw bytes, commit, answer 202. Nothing that can fail stands between."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Literal

from pydantic_core import to_json
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from closeout_chassis.db import Outgoing
from closeout_chassis.errors import Refused
from closeout_chassis.http_in import on_refused, read_body, traceparent_of
from closeout_chassis.telemetry import Metrics, current_traceparent, is_on, span
from closeout_ingest.adapters.authentication import PATH_TOKEN
from closeout_ingest.adapters.earlier import without_earlier
from closeout_ingest.adapters.source import Source
from closeout_ingest.adapters.sources import SOURCES
from closeout_ingest.commands import Intake
from closeout_ingest.domain.events import SOURCE
from closeout_ingest.settings import IngestSettings
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.vocabulary import derived_id_text

ACCEPTED = 202
ANSWERED = 200

ACCEPTED_START: Message = {
    "type": "http.response.start",
    "status": ACCEPTED,
    "headers": [(b"content-length", b"0")],
}
EMPTY_BODY: Message = {"type": "http.response.body", "body": b""}
NO_SPAN = nullcontext()


def doors(settings: IngestSettings, intake: Intake, metrics: Metrics) -> dict[str, ASGIApp]:
    """`POST /webhooks/<vendor>` for each source, and `/webhooks/<vendor>/<secret>` for those that do not sign."""
    found: dict[str, ASGIApp] = {}
    for vendor, source in SOURCES.items():
        door = Door(source, settings, intake, metrics)
        found[f"/webhooks/{vendor}"] = door
        if source.takes_path_token:
            found[f"/webhooks/{vendor}/"] = door
    return found


class Door:
    """One source's door, as a bare ASGI app: a router, a request object and a model would halve what it can take."""

    def __init__(self, source: Source, settings: IngestSettings, intake: Intake, metrics: Metrics) -> None:
        self._source = source
        self._intake = intake
        self._limit = settings.body_limit_bytes
        self._keys = [secret.get_secret_value().encode() for secret in settings.secrets_of(source.vendor)]
        self._route = f"/webhooks/{source.vendor}"
        self._metrics = metrics
        self._seconds = metrics.request_seconds.labels(self._route)
        self._accepted = metrics.requests.labels("POST", self._route, str(ACCEPTED))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            with span(f"POST {self._route}", traceparent_of(scope)) if is_on() else NO_SPAN:
                answer = await self._take(scope, receive)
        except Refused as refused:
            self._metrics.requests.labels(scope["method"], self._route, str(refused.status)).inc()
            await (await on_refused(Request(scope), refused))(scope, receive, send)
        else:
            if answer is None:
                self._accepted.inc()
                await send(ACCEPTED_START)
                await send(EMPTY_BODY)
            else:
                await self._say(answer, send)
        self._seconds.observe(time.perf_counter() - began)

    async def _say(self, answer: bytes, send: Send) -> None:
        headers = [(b"content-length", str(len(answer)).encode()), (b"content-type", b"text/plain; charset=utf-8")]
        self._metrics.requests.labels("POST", self._route, str(ANSWERED)).inc()
        await send({"type": "http.response.start", "status": ANSWERED, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _take(self, scope: Scope, receive: Receive) -> bytes | None:
        """Keep what was sent. What the sender wants to hear besides that, if anything."""
        source = self._source
        if scope["method"] != "POST":
            raise Refused(405, "method-not-allowed", "Webhooks are sent by POST.", allow="POST")
        if not self._keys:
            # Not a 4xx: that would make the vendor drop it, and after three disable the subscription.
            setting = f"CLOSEOUT_INGEST_{source.vendor.upper()}_SECRETS"
            detail = f"No secret is set for {source.vendor}: set {setting}."
            raise Refused(503, "not-set-up", detail).retry_after(60)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if source.takes_path_token:
            headers[PATH_TOKEN] = scope["path"][len(self._route) + 1 :]
        if headers.get("content-encoding", "identity") != "identity":
            # No vendor sends it, and what is small can unpack to what fills the memory.
            raise Refused(415, "compressed", "The body is compressed: send it as it is, without Content-Encoding.")
        body = await read_body(receive, headers.get("content-length", ""), self._limit)
        if not source.is_authentic(headers, body, self._keys):
            raise Refused(401, "bad-signature", f"The {source.vendor.value} {source.proof}.")
        if source.answer is not None and (answer := source.answer(body)) is not None:
            return answer
        parts = source.split(headers, body) if source.split else (body,)
        records = [_as_record(source, headers, part) for part in parts]
        if len(records) == 1:  # no task of its own
            await self._intake.keep(records[0])
        else:
            await asyncio.gather(*(self._intake.keep(record) for record in records))
        return None


def _as_record(source: Source, headers: Mapping[str, str], body: bytes) -> Outgoing:
    """The delivery as it goes to its topic. The same one sent again has the same id.

    Written as a plain dictionary in the form of DeliveryReceived, which tests hold it to: a model costs three times it.
    """
    now = datetime.now(UTC)
    vendor = source.vendor.value
    # No text in PostgreSQL holds a NUL, and all that share a commit would be refused for it.
    subject = f"{vendor}:{source.subject_of(body)}".replace("\x00", "")
    is_tracker = source.topic == TRACKER_DELIVERIES.name
    text, encoding = _readable(without_earlier(body) if is_tracker else body)
    event = {
        "specversion": "1.0",
        "id": _event_id(source, vendor, headers, body),
        "source": f"{SOURCE}/{vendor}",
        "type": "closeout.delivery.received.v1",
        "subject": subject,
        "time": now,
        "datacontenttype": "application/json",
        "data": {
            "vendor": vendor,
            "headers": {name: headers[name] for name in source.kept_headers if name in headers},
            "body": text,
            "body_encoding": encoding,
            "received_at": now,
        },
    }
    traceparent = current_traceparent() if is_on() else headers.get("traceparent")
    return Outgoing(source.topic, subject, to_json(event), traceparent)


def _event_id(source: Source, vendor: str, headers: Mapping[str, str], body: bytes) -> str:
    # The body belongs to it: whatever else was sent under an id that was used before is another delivery.
    digest = hashlib.sha256(body).hexdigest()
    ids = [headers.get(name, "") for name in source.delivery_id]
    return derived_id_text("delivery", vendor, *ids, digest)


def _readable(body: bytes) -> tuple[str, Literal["utf-8", "base64"]]:
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
