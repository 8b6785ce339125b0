"""Raw deliveries: what a vendor sent to the door, verified and untouched."""

from __future__ import annotations

import base64
import json
from functools import cached_property
from typing import Any, Literal

from pydantic import AwareDatetime
from pydantic_core import from_json

from closeout_schemas.envelope import Event, Fact
from closeout_schemas.vocabulary import Vendor

PAGER_TOPIC = "closeout.delivery.pager.v1"
TRACKER_TOPIC = "closeout.delivery.tracker.v1"


class Delivery(Fact):
    """One webhook request. `body` is what arrived: as text where it is UTF-8, else in base64."""

    vendor: Vendor
    headers: dict[str, str]  # lower-case names; only those that the vendor's contract gives a meaning
    body: str
    body_encoding: Literal["utf-8", "base64"] = "utf-8"
    received_at: AwareDatetime

    def raw_body(self) -> bytes:
        """The body, byte for byte."""
        return self.body.encode() if self.body_encoding == "utf-8" else base64.b64decode(self.body)

    @cached_property
    def json_object(self) -> dict[str, Any]:
        """The body's JSON object, parsed once however many ask; empty where it is none."""
        return json_object(self.raw_body())


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that `body` is; empty where it is none. Never raises."""
    try:
        value = _parsed(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _parsed(body: bytes) -> Any:
    try:
        return from_json(body)  # three times as fast as json.loads
    except ValueError:
        return json.loads(body)  # takes what the other does not: half of a surrogate pair


class DeliveryReceived(Event):
    """A verified delivery was committed at the door."""

    type: Literal["closeout.delivery.received.v1"] = "closeout.delivery.received.v1"
    data: Delivery


DeliveryEvent = DeliveryReceived
