"""Who somebody is, asked from PagerDuty: once each, and told to the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import respx
from pydantic import SecretStr

from closeout_chassis.db import SQL, Database
from closeout_chassis.errors import Retryable
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest.adapters.pagerduty_api import PagerDuty
from closeout_ingest.commands import look_up_people
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.redacting import forget
from closeout_ingest.store.incidents import Store
from closeout_ingest.testing import NIGHT, delivery, event, incident
from closeout_judgement.people import Named
from closeout_schemas.catalogue import DIRECTORY, PAGER_DELIVERIES
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.directory import KnownParty
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import PartyKind, Vendor, derived_id

pytestmark = pytest.mark.integration

API = "https://pager.example"
TOKEN = SecretStr("u+very-secret")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        body = delivery(event("incident.triggered", incident()))
        page = DeliveryReceived(id=derived_id("t", "1"), source="/t", subject="pagerduty:Q1", time=NIGHT, data=body)
        await deliver(opened, SUBSCRIPTIONS, PAGER_DELIVERIES.name, [page])
        yield opened


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDuty]:
    api = PagerDuty(API, TOKEN)
    yield api
    await api.close()


@respx.mock
async def test_a_person_is_looked_up_once_and_told_with_their_e_mail(db: Database, pagerduty: PagerDuty) -> None:
    user = {"user": {"id": "PSAM", "name": "Sam Oncall", "email": "sam@example.com"}}
    route = respx.get(f"{API}/users/PSAM").mock(return_value=httpx.Response(200, json=user))

    await look_up_people(db, Vendor.PAGERDUTY, pagerduty)
    await look_up_people(db, Vendor.PAGERDUTY, pagerduty)

    assert route.call_count == 1
    assert route.calls[0].request.headers["authorization"] == f"Token token={TOKEN.get_secret_value()}"
    seen = await said(db, DIRECTORY.name)
    assert [one.data.email for one in seen] == [None, "sam@example.com"]


@respx.mock
async def test_somebody_of_whom_the_pager_cannot_tell_keeps_nobody_from_being_told_of(
    db: Database, pagerduty: PagerDuty
) -> None:
    async with db.transaction() as tx:
        await Store(tx.conn).add_parties(
            [Party(kind=PartyKind.PERSON, vendor=Vendor.PAGERDUTY, vendor_id="PANA", name="Ana")]
        )
    respx.get(f"{API}/users/PANA").mock(return_value=httpx.Response(500))
    user = {"user": {"id": "PSAM", "name": "Sam Oncall", "email": "sam@example.com"}}
    respx.get(f"{API}/users/PSAM").mock(return_value=httpx.Response(200, json=user))

    with pytest.raises(Retryable):
        await look_up_people(db, Vendor.PAGERDUTY, pagerduty)

    assert [one.data.email for one in await said(db, DIRECTORY.name)] == [None, "sam@example.com"]


@respx.mock
async def test_somebody_who_has_left_is_not_asked_about_again(db: Database, pagerduty: PagerDuty) -> None:
    route = respx.get(f"{API}/users/PSAM").mock(return_value=httpx.Response(404, json={"error": {"code": 2100}}))

    await look_up_people(db, Vendor.PAGERDUTY, pagerduty)
    await look_up_people(db, Vendor.PAGERDUTY, pagerduty)

    assert route.call_count == 1
    assert len(await said(db, DIRECTORY.name)) == 1


async def test_somebody_who_is_forgotten_while_the_pager_is_asked_is_told_of_to_nobody(db: Database) -> None:
    sam = Named(("Sam Oncall",), handles=(("pagerduty", "PSAM"),), stand_in="forgotten-1")

    class Slow:
        async def person(self, user_id: str) -> KnownParty | None:
            async with db.transaction() as tx:
                await tx.conn.execute(SQL["keep_forgotten"], list(sam.digests()), sam.stand_in)
                await forget(tx, sam)
            return KnownParty(vendor=Vendor.PAGERDUTY, vendor_id=user_id, name="Sam Oncall", email="sam@example.com")

    await look_up_people(db, Vendor.PAGERDUTY, Slow())

    assert "sam@example.com" not in str(await said(db, DIRECTORY.name))


@respx.mock
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(429, headers={"ratelimit-reset": "7"}),
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(401),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"user": None}),
        httpx.Response(200, json={"user": {"name": 7}}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_an_api_that_answers_anything_else_is_asked_again_later(
    db: Database, pagerduty: PagerDuty, answer: httpx.Response | Exception
) -> None:
    mocked = {"side_effect": answer} if isinstance(answer, Exception) else {"return_value": answer}
    route = respx.get(f"{API}/users/PSAM").mock(**mocked)

    for _ in range(2):
        with pytest.raises(Retryable) as error:
            await look_up_people(db, Vendor.PAGERDUTY, pagerduty)
        assert TOKEN.get_secret_value() not in str(error.value)

    assert route.call_count == 2


@respx.mock
@pytest.mark.parametrize(("headers", "seconds"), [({"ratelimit-reset": "7"}, 7.0), ({}, 60.0)])
async def test_a_rate_limit_says_how_long_to_wait(
    pagerduty: PagerDuty, headers: dict[str, str], seconds: float
) -> None:
    respx.get(f"{API}/users/PSAM").mock(return_value=httpx.Response(429, headers=headers))

    with pytest.raises(Retryable) as error:
        await pagerduty.person("PSAM")

    assert error.value.after == seconds


@respx.mock
@pytest.mark.parametrize("name", ["Ana\x00", "Ana\ud800"], ids=["NUL", "half of a surrogate pair"])
async def test_a_name_that_no_database_takes_keeps_nobody_from_being_told_of(
    db: Database, pagerduty: PagerDuty, name: str
) -> None:
    async with db.transaction() as tx:
        await Store(tx.conn).add_parties(
            [Party(kind=PartyKind.PERSON, vendor=Vendor.PAGERDUTY, vendor_id="PANA", name="Ana")]
        )
    for user_id, called in (("PANA", name), ("PSAM", "Sam Oncall")):
        user = {"user": {"id": user_id, "name": called, "email": f"{user_id}@example.com"}}
        respx.get(f"{API}/users/{user_id}").respond(content=json.dumps(user).encode())

    await look_up_people(db, Vendor.PAGERDUTY, pagerduty)

    told = [one.data.email for one in await said(db, DIRECTORY.name) if one.data.email]
    assert told == ["PANA@example.com", "PSAM@example.com"]
