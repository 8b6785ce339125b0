"""Jira's webhooks at the door: who may send them. What they say is read by the actions service.

Contract: https://developer.atlassian.com/cloud/jira/platform/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeout_ingest.adapters.authentication import CARRIED, carries_secret
from closeout_ingest.adapters.hmac_hex import is_hmac
from closeout_ingest.adapters.reading import only
from closeout_ingest.adapters.source import Source, Strength
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.vocabulary import Vendor

SIGNATURE = "x-hub-signature"
# The same on each of the five retries.
DELIVERY_ID = "x-atlassian-webhook-identifier"


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether it is signed by one of `secrets`, or, where it is not signed at all, carries one of them.

    Data Center before version 10 does not sign. What came unsigned has no signature among its kept headers, and is read
    as no more than a hint.
    """
    signature = headers.get(SIGNATURE)
    if signature is None:
        return carries_secret(headers, body, secrets)
    return is_hmac(signature, body, secrets, "sha256=")


_naming = only({"issue": {"id": None}})


def subject_of(body: bytes) -> str:
    """The issue's id, so that a ticket's deliveries keep their order on the topic. Never raises."""
    try:
        return str(_naming(body)["issue"]["id"])
    except (ValueError, KeyError, TypeError):
        return "other"


SOURCE = Source(
    vendor=Vendor.JIRA,
    topic=TRACKER_DELIVERIES.name,
    howto="jira",
    is_authentic=is_authentic,
    strength=Strength.SIGNED_OR_CARRIED,
    proof=f"signature is not one of ours over these bytes, or there is none and the {CARRIED}",
    takes_path_token=True,
    subject_of=subject_of,
    delivery_id=(DELIVERY_ID,),
    kept_headers=(DELIVERY_ID, SIGNATURE, "x-atlassian-webhook-retry", "content-type"),
)
