"""The page of API tokens, where there are more than one page holds."""

from __future__ import annotations

import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands import access

from .test_access import ORIGIN, browser

pytestmark = pytest.mark.integration


async def test_every_token_can_be_found_and_taken_back_however_many_there_are(db: Database) -> None:
    link = (await access.make_link(db, "http://closeout.test")).removeprefix("http://closeout.test")
    async with browser(db) as http:
        await http.get(link)
        await http.post("/api/v1/tokens", json={"name": "the oldest", "scopes": ["read"], "days": 7}, headers=ORIGIN)
        async with db.transaction() as tx:
            await tx.conn.execute(
                "INSERT INTO api_token (id, digest, principal_id, name, scopes, made_at, expires_at)"
                " SELECT gen_random_uuid(), sha256(n::text::bytea), principal_id, 'ci ' || n, scopes,"
                " made_at + n * interval '1 minute', expires_at FROM api_token, generate_series(1, 200) AS n"
            )
        found, next_page = 0, "/tokens"
        for _ in range(3):
            page = e.Page((await http.get(next_page)).text)
            found += page.text.count("Revoke")
            next_page = next((one for one in page.links if one.startswith("/tokens?")), "")
        assert (found, next_page) == (201, "")
        assert "the oldest" in page.text
        assert (await http.get("/tokens?older_than=0001-01-01T00:00:00%2B14:00+x")).status_code == 200
