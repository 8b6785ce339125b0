"""GitHub's webhooks at the door: who may send them. What they say is read by the actions service.

Contract: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

from closeout_ingest.adapters.reading import only
from closeout_ingest.adapters.source import Source, Strength
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.vocabulary import Vendor

SIGNATURE = "x-hub-signature-256"
# The same on a redelivery.
DELIVERY_ID = "x-github-delivery"
KEPT_HEADERS = ("x-github-event", DELIVERY_ID, "x-github-hook-id", "content-type")


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether the header is the SHA-256 signature of one of `secrets` over the raw body. Constant time a secret."""
    given = headers.get(SIGNATURE, "").encode()
    return any(hmac.compare_digest(given, b"sha256=" + hmac.digest(s, body, "sha256").hex().encode()) for s in secrets)


_naming = only({"repository": {"id": None}, "issue": {"number": None}})


def subject_of(body: bytes) -> str:
    """repository/issue, so that a ticket's deliveries keep their order on the topic. Never raises."""
    try:
        event = _naming(body)
        return f"{event['repository']['id']}/{event['issue']['number']}"
    except (ValueError, KeyError, TypeError):
        return "other"


SOURCE = Source(
    vendor=Vendor.GITHUB,
    topic=TRACKER_DELIVERIES.name,
    howto="github",
    is_authentic=is_signed,
    strength=Strength.SIGNED,
    subject_of=subject_of,
    delivery_id=(DELIVERY_ID,),
    kept_headers=KEPT_HEADERS,
)
