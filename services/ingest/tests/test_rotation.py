"""A secret is changed without a delivery being lost, for every source: the new one beside the old, then alone."""

from __future__ import annotations

import json
import time

import pytest

from closeout_ingest.adapters.source import Strength
from closeout_ingest.adapters.sources import SOURCES
from closeout_ingest.settings import IngestSettings
from closeout_ingest.testing import proof
from closeout_schemas.vocabulary import Vendor

OLD, NEW = "the-old-secret-that-nobody-guesses", "the-new-secret-that-nobody-guesses"
BODY = json.dumps({"webhookTimestamp": time.time() * 1000, "event": {"id": "1"}}).encode()


def lets_in(vendor: Vendor, secret: str, *, configured: str, body: bytes = BODY) -> bool:
    """Whether the door of that setting takes what is sent with `secret`."""
    settings = IngestSettings(**{f"{vendor}_secrets": configured})  # type: ignore[arg-type]
    keys = [one.get_secret_value().encode() for one in settings.secrets_of(vendor)]
    return SOURCES[vendor].is_authentic(proof(vendor, BODY, secret), body, keys)


@pytest.mark.parametrize("vendor", SOURCES)
def test_each_step_of_a_rotation_takes_what_the_sender_sends_then(vendor: Vendor) -> None:
    assert lets_in(vendor, OLD, configured=OLD)
    assert lets_in(vendor, OLD, configured=f"{OLD}, {NEW}")
    assert lets_in(vendor, NEW, configured=f"{OLD}, {NEW}")
    assert lets_in(vendor, NEW, configured=NEW)
    assert not lets_in(vendor, OLD, configured=NEW)


@pytest.mark.parametrize("vendor", [one for one, source in SOURCES.items() if source.strength is not Strength.CARRIED])
def test_a_sender_that_signs_has_its_body_held_to_it(vendor: Vendor) -> None:
    assert not lets_in(vendor, OLD, configured=OLD, body=BODY.replace(b'"1"', b'"2"'))
