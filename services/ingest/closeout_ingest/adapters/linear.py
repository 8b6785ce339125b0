"""Linear's webhooks at the door: who may send them. What they say is read by the actions service.

Contract: https://linear.app/developers/webhooks
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from closeout_ingest.adapters.hmac_hex import is_hmac
from closeout_ingest.adapters.reading import only
from closeout_ingest.adapters.source import Source, Strength
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.deliveries import json_object
from closeout_schemas.vocabulary import Vendor

SIGNATURE = "linear-signature"
DELIVERY_ID = "linear-delivery"
# Linear repeats a webhook after 1 min, 1 h and 6 h, and does not say whether a repeated one has a new time in it. What
# is replayed within that time is older than what is known, and changes nothing.
REPLAY_SECONDS = 7 * 3600


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether it is signed by one of `secrets`, and not older than Linear's last attempt."""
    return is_hmac(headers.get(SIGNATURE, ""), body, secrets) and _is_recent(body)


_naming = only({"data": {"id": None, "issueId": None}})


def subject_of(body: bytes) -> str:
    """The issue's id, so that a ticket's deliveries keep their order on the topic. Never raises."""
    try:
        data = _naming(body)["data"]
        return str(data.get("issueId") or data["id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "other"


def _is_recent(body: bytes) -> bool:
    # Read as behind the door: what a stricter reader does not take is no reason to send it away.
    try:
        sent_at = float(json_object(body)["webhookTimestamp"]) / 1000
    except (ValueError, KeyError, TypeError, OverflowError):
        return False
    return abs(time.time() - sent_at) <= REPLAY_SECONDS


SOURCE = Source(
    vendor=Vendor.LINEAR,
    topic=TRACKER_DELIVERIES.name,
    howto="linear",
    is_authentic=is_authentic,
    strength=Strength.SIGNED_WITH_OLD_TIME,
    proof="signature is missing, is not one of ours over these bytes, or is too old",
    subject_of=subject_of,
    delivery_id=(DELIVERY_ID,),
    kept_headers=(DELIVERY_ID, "linear-event", "content-type"),
)
