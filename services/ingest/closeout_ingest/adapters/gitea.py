"""Gitea's and Forgejo's webhooks at the door: who may send them. What they say is read by the actions service.

Contract: https://docs.gitea.com/usage/webhooks, https://forgejo.org/docs/latest/user/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeout_ingest.adapters.hmac_hex import is_hmac
from closeout_ingest.adapters.reading import only
from closeout_ingest.adapters.source import Source, Strength
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.vocabulary import Vendor

# Forgejo sends the same under its own name, too.
SIGNATURE = "x-gitea-signature"
DELIVERY_ID = "x-gitea-delivery"


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether the header is the signature of one of `secrets` over the raw body.

    Without a secret Gitea still sends one, made with nothing: an empty secret is none.
    """
    return is_hmac(headers.get(SIGNATURE, ""), body, secrets)


_naming = only({"repository": {"id": None}, "issue": {"number": None}})


def subject_of(body: bytes) -> str:
    """repository/issue, so that a ticket's deliveries keep their order on the topic. Never raises."""
    try:
        event = _naming(body)
        return f"{event['repository']['id']}/{event['issue']['number']}"
    except (ValueError, KeyError, TypeError):
        return "other"


SOURCE = Source(
    vendor=Vendor.GITEA,
    topic=TRACKER_DELIVERIES.name,
    howto="gitea",
    is_authentic=is_authentic,
    strength=Strength.SIGNED,
    subject_of=subject_of,
    delivery_id=(DELIVERY_ID,),
    kept_headers=("x-gitea-event", DELIVERY_ID, "content-type"),
)
