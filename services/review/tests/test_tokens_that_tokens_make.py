"""What a token has made goes with it."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import pytest

from closeout_chassis.db import Database
from closeout_review.commands import access
from closeout_review.domain.principal import Principal, Role, Scope
from closeout_review.store.principals import Principals

from .test_access import bearing, browser, token_of
from .waiting import until_it_waits

pytestmark = pytest.mark.integration


async def test_what_a_token_made_is_revoked_with_it_and_nothing_else(db: Database) -> None:
    first = await token_of(db, Role.ADMIN)
    async with browser(db) as http:

        async def make(secret: str) -> Any:
            return (
                await http.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"]}, headers=bearing(secret))
            ).json()

        second, beside = await make(first), await make(first)
        third = await make(second["secret"])
        path = f"/api/v1/tokens/{second['token']['id']}"
        assert (await http.delete(path, headers=bearing(first))).status_code == 204
        statuses = [
            (await http.get("/api/v1/me", headers=bearing(secret))).status_code
            for secret in (first, second["secret"], third["secret"], beside["secret"])
        ]
        log = (await http.get("/api/v1/audit", headers=bearing(first))).json()
    assert statuses == [200, 401, 401, 200]
    assert "revoked a token and 1 that it made" in [one["deed"] for one in log["deeds"]]


async def test_what_made_a_token_before_that_was_kept_is_taken_from_the_log(db: Database) -> None:
    migration = files("closeout_review").joinpath("sql/migrations/0126_pre_token_made_with.sql").read_text()
    token = await token_of(db, Role.RESPONDER)
    async with browser(db) as http:
        await http.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"]}, headers=bearing(token))
    kept = "SELECT name, made_with FROM api_token ORDER BY made_at"
    async with db.transaction() as tx:
        as_kept = await tx.conn.fetch(kept)
        await tx.conn.execute("UPDATE api_token SET made_with = NULL")
        await tx.conn.execute(migration[migration.index("UPDATE") :])
        assert await tx.conn.fetch(kept) == as_kept
    assert [one["made_with"] is None for one in as_kept] == [True, False]


async def test_a_token_that_is_revoked_meanwhile_makes_none(db: Database) -> None:
    token = await token_of(db, Role.RESPONDER)
    async with browser(db) as http:
        (kept,) = (await http.get("/api/v1/tokens", headers=bearing(token))).json()["tokens"]
        async with db.transaction() as tx:
            await Principals(tx.conn).revoke_token(UUID(kept["id"]), None)
            wanted = {"name": "another", "scopes": ["read"]}
            making = asyncio.create_task(http.post("/api/v1/tokens", json=wanted, headers=bearing(token)))
            await until_it_waits(making, tx.conn)
        assert (await making).status_code == 401
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM api_token WHERE revoked_at IS NULL") == 0


async def test_a_token_takes_back_itself_what_it_made_and_none_that_may_more(db: Database) -> None:
    owner = Principal(uuid4(), "Sam", None, frozenset({Role.REVIEWER}), frozenset(Scope) - {Scope.ADMIN})
    async with db.transaction() as tx:
        await Principals(tx.conn).save(owner, "https://id.example.com", "sam")

    async def of_owner(*scopes: Scope) -> access.MadeToken:
        return await access.make_token(db, owner, "a test", scopes, 1)

    publishing, reading, also_reading = [await of_owner(one) for one in (Scope.PUBLISH, Scope.READ, Scope.READ)]
    both = await of_owner(Scope.READ, Scope.PUBLISH)
    async with browser(db) as http:

        async def take_back(token: UUID, by: access.MadeToken, page: bool = False) -> int:
            if page:
                return (await http.post(f"/tokens/{token}/revoke", headers=bearing(by.secret))).status_code
            return (await http.delete(f"/api/v1/tokens/{token}", headers=bearing(by.secret))).status_code

        made = (
            await http.post("/api/v1/tokens", json={"name": "x", "scopes": ["publish"]}, headers=bearing(both.secret))
        ).json()["token"]["id"]
        # Since then its owner has lost a role: what it made has more than it has itself now.
        async with db.transaction() as tx:
            await tx.conn.execute("UPDATE principal SET roles = '{reader}' WHERE id = $1", owner.id)

        assert await take_back(publishing.token.id, reading) == 403
        assert await take_back(both.token.id, reading, page=True) == 403
        assert await take_back(also_reading.token.id, reading) == 204
        assert await take_back(UUID(made), both) == 204
        assert await take_back(reading.token.id, reading) == 204
        assert await take_back(uuid4(), both) == 404
    async with db.reading() as conn:
        gone = {row["id"] for row in await conn.fetch("SELECT id FROM api_token WHERE revoked_at IS NOT NULL")}
        refused = await conn.fetchval("SELECT count(*) FROM audit_entry WHERE deed = 'was refused: revoked a token'")
    assert gone == {also_reading.token.id, UUID(made), reading.token.id}
    assert refused == 2
