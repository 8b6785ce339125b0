"""GitLab's webhooks at the door: who may send them. What they say is read by the actions service.

Contract: https://docs.gitlab.com/user/project/integrations/webhooks
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

from closeout_ingest.adapters.reading import only
from closeout_ingest.adapters.source import Source, Strength
from closeout_ingest.adapters.standard_webhooks import SIGNATURE, is_signed
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.vocabulary import Vendor

TOKEN = "x-gitlab-token"  # noqa: S105 - the header's name
# The same on a retry.
DELIVERY_ID = "idempotency-key"


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether it is signed by one of `secrets`, or, where it is not signed at all, carries one as its token."""
    if SIGNATURE in headers:
        return is_signed(headers, body, secrets)
    given = headers.get(TOKEN, "").encode("latin-1", errors="replace")
    return any(hmac.compare_digest(given, secret) for secret in secrets if secret)


_naming = only({"object_attributes": {"id": None}})


def subject_of(body: bytes) -> str:
    """The issue's id, so that a ticket's deliveries keep their order on the topic. Never raises."""
    try:
        return str(_naming(body)["object_attributes"]["id"])
    except (ValueError, KeyError, TypeError):
        return "other"


SOURCE = Source(
    vendor=Vendor.GITLAB,
    topic=TRACKER_DELIVERIES.name,
    howto="gitlab",
    is_authentic=is_authentic,
    strength=Strength.SIGNED_OR_CARRIED,
    proof="signature or token is missing, or is not one of ours",
    subject_of=subject_of,
    delivery_id=(DELIVERY_ID,),
    kept_headers=(DELIVERY_ID, "x-gitlab-event", "content-type"),
)
