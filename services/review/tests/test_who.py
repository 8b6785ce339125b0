"""Who a request acts for, and what they may."""

from __future__ import annotations

from itertools import pairwise

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from closeout_chassis.db import Database
from closeout_review.access.identity import Identity
from closeout_review.access.who import Who, who
from closeout_review.domain.principal import LOCAL_OPERATOR, Role, Scope, scopes_of
from closeout_review.settings import ReviewSettings

pytestmark = pytest.mark.integration


async def test_where_nobody_signs_in_pages_and_rest_act_for_the_local_operator(db: Database) -> None:
    app = FastAPI()
    app.add_middleware(Identity, settings=ReviewSettings(public_url="http://closeout.test"), db=db)

    @app.get("/rest")
    async def rest(principal: Who) -> str:
        return principal.name

    @app.get("/page")
    async def page(request: Request) -> str:
        return who(request).name

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://closeout.test") as http:
        names = [(await http.get(path)).json() for path in ("/rest", "/page")]
    assert names == [LOCAL_OPERATOR.name] * 2
    assert "/rest" in app.openapi()["paths"]
    assert "parameters" not in app.openapi()["paths"]["/rest"]["get"]


def test_each_role_may_what_the_one_below_it_may_and_more() -> None:
    ladder = [scopes_of([role]) for role in Role]
    assert all(lower < higher for lower, higher in pairwise(ladder))
    assert scopes_of([Role.ADMIN]) == set(Scope)
