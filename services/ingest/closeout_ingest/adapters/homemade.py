"""Webhooks of a tracker that speaks Closeout's own protocol: docs/howto/homemade.md. Actions reads them."""

from __future__ import annotations

from closeout_ingest.adapters.reading import only
from closeout_ingest.adapters.source import Source, Strength
from closeout_ingest.adapters.standard_webhooks import SIGNED_ID, is_signed
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.vocabulary import Vendor

_naming = only({"ticket": {"id": None}})


def subject_of(body: bytes) -> str:
    """The ticket's id, so that its deliveries keep their order on the topic. Never raises."""
    try:
        return str(_naming(body)["ticket"]["id"])
    except (ValueError, KeyError, TypeError):
        return "other"


SOURCE = Source(
    vendor=Vendor.HOMEMADE,
    topic=TRACKER_DELIVERIES.name,
    howto="homemade",
    is_authentic=is_signed,
    strength=Strength.SIGNED_WITH_TIME,
    proof="signature is missing, is not one of ours over these bytes, or is too old",
    subject_of=subject_of,
    delivery_id=(SIGNED_ID,),
    kept_headers=(SIGNED_ID, "content-type"),
)
