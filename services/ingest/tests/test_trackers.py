"""Trackers at the door: who vouches for a webhook, by each vendor's own rule."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from closeout_chassis.db import Outgoing
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import migrated
from closeout_ingest.adapters import gitea, gitlab, homemade, jira, linear
from closeout_ingest.adapters.authentication import PATH_TOKEN
from closeout_ingest.adapters.source import Source
from closeout_ingest.adapters.sources import SOURCES
from closeout_ingest.api import Door
from closeout_ingest.commands import Intake
from closeout_ingest.settings import IngestSettings
from closeout_schemas.catalogue import TRACKER_DELIVERIES
from closeout_schemas.vocabulary import Vendor

SECRET = b"a-secret-of-the-webhook"
OTHER = b"a-secret-that-is-not-ours"
BODY = json.dumps({"webhookTimestamp": int(time.time() * 1000), "issue": {"id": "10001"}}).encode()


def hexed(secret: bytes, body: bytes = BODY) -> str:
    return hmac.digest(secret, body, "sha256").hex()


def standard(secret: bytes, body: bytes = BODY, at: float | None = None) -> dict[str, str]:
    """Headers by standardwebhooks.com."""
    moment = str(int(time.time() if at is None else at))
    digest = hmac.digest(secret, b"d1." + moment.encode() + b"." + body, "sha256")
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": "d1", "webhook-timestamp": moment, "webhook-signature": signature}


SIGNED = [
    pytest.param(jira.SOURCE, lambda secret: {"x-hub-signature": f"sha256={hexed(secret)}"}, id="jira"),
    pytest.param(linear.SOURCE, lambda secret: {"linear-signature": hexed(secret)}, id="linear"),
    pytest.param(gitea.SOURCE, lambda secret: {"x-gitea-signature": hexed(secret)}, id="gitea"),
    pytest.param(gitlab.SOURCE, standard, id="gitlab"),
    pytest.param(homemade.SOURCE, standard, id="homemade"),
    pytest.param(gitlab.SOURCE, lambda secret: {"x-gitlab-token": secret.decode()}, id="gitlab-token"),
]


@pytest.mark.parametrize(("source", "sign"), SIGNED)
def test_only_one_of_our_secrets_vouches_and_while_it_is_changed_both_do(source: Source, sign) -> None:
    assert source.is_authentic(sign(SECRET), BODY, [SECRET])
    assert source.is_authentic(sign(SECRET), BODY, [OTHER, SECRET])
    assert not source.is_authentic(sign(OTHER), BODY, [SECRET])
    assert not source.is_authentic({}, BODY, [SECRET])
    assert not source.is_authentic(dict.fromkeys(sign(SECRET), "nonsense ü"), BODY, [SECRET])


@pytest.mark.parametrize(("source", "sign"), SIGNED[:5])
def test_a_body_that_was_changed_on_its_way_is_refused(source: Source, sign) -> None:
    changed = BODY.replace(b"10001", b"10002")

    assert not source.is_authentic(sign(SECRET), changed, [SECRET])


@pytest.mark.parametrize(("source", "sign"), SIGNED)
def test_what_was_signed_with_nothing_is_not_signed(source: Source, sign) -> None:
    assert not source.is_authentic(sign(b""), BODY, [SECRET])


def test_the_example_in_jiras_documentation_is_taken() -> None:
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"

    assert jira.is_authentic({"x-hub-signature": signature}, b"Hello World!", [b"It's a Secret to Everybody"])


def test_a_jira_that_does_not_sign_carries_its_secret_and_a_wrong_signature_is_not_made_good_by_one() -> None:
    assert jira.is_authentic({PATH_TOKEN: SECRET.decode()}, BODY, [SECRET])
    assert not jira.is_authentic({PATH_TOKEN: "guess"}, BODY, [SECRET])
    wrong = {PATH_TOKEN: SECRET.decode(), "x-hub-signature": f"sha256={hexed(OTHER)}"}
    assert not jira.is_authentic(wrong, BODY, [SECRET])


def test_an_old_webhook_of_linear_is_refused_and_its_last_retry_is_not() -> None:
    for hours, is_taken in ((6, True), (8, False)):
        body = json.dumps({"webhookTimestamp": (time.time() - hours * 3600) * 1000}).encode()
        assert linear.is_authentic({"linear-signature": hexed(SECRET, body)}, body, [SECRET]) is is_taken


def test_an_old_signature_of_gitlab_is_refused() -> None:
    assert not gitlab.is_authentic(standard(SECRET, at=time.time() - 3600), BODY, [SECRET])


def test_gitlabs_signing_tokens_may_be_written_in_base64() -> None:
    written = b"whsec_" + base64.b64encode(SECRET)

    assert gitlab.is_authentic(standard(SECRET), BODY, [written])


@pytest.mark.parametrize(
    ("source", "body", "subject"),
    [
        (jira.SOURCE, {"issue": {"id": "10001"}}, "10001"),
        (linear.SOURCE, {"data": {"id": "u-1"}}, "u-1"),
        (gitlab.SOURCE, {"object_attributes": {"id": 7}}, "7"),
        (homemade.SOURCE, {"ticket": {"id": "T-7"}}, "T-7"),
        (gitea.SOURCE, {"repository": {"id": 3}, "issue": {"number": 4}}, "3/4"),
    ],
)
def test_deliveries_of_one_ticket_keep_their_order(source: Source, body: object, subject: str) -> None:
    assert source.subject_of(json.dumps(body).encode()) == subject
    for nonsense in (b"", b"[]", b"{}", b"\xff"):
        assert source.subject_of(nonsense) == "other"


def test_every_tracker_goes_to_the_trackers_topic() -> None:
    for source in (jira.SOURCE, linear.SOURCE, gitlab.SOURCE, gitea.SOURCE):
        assert SOURCES[source.vendor] is source
        assert source.topic == TRACKER_DELIVERIES.name


@pytest.mark.parametrize(
    ("vendor", "header"),
    [
        (Vendor.GITHUB, "x-github-delivery"),
        (Vendor.GITEA, "x-gitea-delivery"),
        (Vendor.GITLAB, "idempotency-key"),
        (Vendor.JIRA, "x-atlassian-webhook-identifier"),
        (Vendor.LINEAR, "linear-delivery"),
        (Vendor.HOMEMADE, "webhook-id"),
    ],
)
async def test_the_same_words_in_two_deliveries_are_two_and_a_delivery_that_is_sent_again_is_one(
    vendor: Vendor, header: str
) -> None:
    class Kept:
        def __init__(self) -> None:
            self.ids: list[str] = []

        async def keep(self, delivery: Outgoing) -> None:
            self.ids.append(json.loads(delivery.value)["id"])

    source, kept = replace(SOURCES[vendor], is_authentic=lambda *_: True), Kept()
    settings = IngestSettings.model_validate({f"{vendor.value}_secrets": (SecretStr("long-enough-and-unused"),)})
    door = Door(source, settings, kept, Metrics("ingest"))  # type: ignore[arg-type]

    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door") as http:
        for delivery in ("d1", "d1", "d2"):
            await http.post("/", content=b"{}", headers={header: delivery})

    first, again, other = kept.ids
    assert first == again
    assert first != other


NULS = json.dumps(dict.fromkeys(("id", "number", "key", "full_name"), "a\x00"))


@pytest.mark.integration
@pytest.mark.parametrize(
    "vendor", [Vendor.GITHUB, Vendor.JIRA, Vendor.LINEAR, Vendor.GITLAB, Vendor.GITEA, Vendor.HOMEMADE]
)
async def test_what_no_database_can_hold_keeps_no_delivery_out(database_url: str, vendor: Vendor) -> None:
    source = replace(SOURCES[vendor], is_authentic=lambda *_: True)
    settings = IngestSettings.model_validate({f"{vendor.value}_secrets": (SecretStr("long-enough-and-unused"),)})
    parts = ("issue", "ticket", "data", "repository", "project", "object_attributes")
    body = "{" + ", ".join(f'"{part}": {NULS}' for part in parts) + "}"
    async with migrated(database_url, "ingest") as db:
        intake = Intake(db, 100)
        committing = asyncio.create_task(intake.run())
        door = Door(source, settings, intake, Metrics("ingest"))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door") as http:
            answer = await http.post("/", content=body)
        committing.cancel()
        async with db.reading() as conn:
            kept = await conn.fetchrow("SELECT key, value FROM outbox")

    assert answer.status_code == 202
    assert kept["key"].startswith(f"{vendor.value}:a")
    assert b"u0000" in kept["value"], "as it came"
