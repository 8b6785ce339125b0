"""The API of actions in a browser: no page of another site asks in the name of whoever reaches it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from closeout_actions import api
from closeout_actions.testing import Actions
from closeout_chassis.errors import Refused
from closeout_chassis.http_in import on_refused

pytestmark = pytest.mark.integration
HERE = "127.0.0.1:7402"


@pytest.mark.parametrize(
    ("method", "headers", "refused"),
    [
        ("GET", {"host": HERE}, ""),
        ("GET", {"host": "localhost:7402"}, ""),
        ("GET", {"host": "[::1]:7402"}, ""),
        ("GET", {"host": HERE, "origin": f"http://{HERE}", "sec-fetch-site": "same-origin"}, ""),
        ("GET", {"host": "evil.example"}, "foreign-host"),
        ("GET", {"host": ""}, "foreign-host"),
        ("GET", {"host": "[::1"}, "foreign-host"),
        ("POST", {"host": HERE, "origin": "http://[::1"}, "foreign-origin"),
        ("POST", {"host": HERE, "origin": "https://evil.example"}, "foreign-origin"),
        ("POST", {"host": HERE, "origin": "null"}, "foreign-origin"),
        ("POST", {"host": HERE, "sec-fetch-site": "cross-site"}, "foreign-origin"),
        ("POST", {"host": HERE, "sec-fetch-site": "same-site"}, "foreign-origin"),
    ],
)
async def test_only_programs_and_this_machine_are_answered(
    service: Actions, method: str, headers: dict[str, str], refused: str
) -> None:
    answer = await asked(service, method, headers)

    assert answer.status_code == (403 if refused else 200)
    assert answer.json().get("type", "").endswith(refused)


async def test_in_a_network_it_has_the_name_that_the_network_gives_it(service: Actions) -> None:
    answer = await asked(service, "GET", {"host": "closeout-actions:7402"}, host="0.0.0.0")

    assert answer.status_code == 200


async def asked(service: Actions, method: str, headers: dict[str, str], **settings: Any) -> httpx.Response:
    routes = api.routes(service.db, service.settings.model_copy(update=settings), [], [])
    app = Starlette(routes=routes, exception_handlers={Refused: on_refused})
    path = "/api/v1/tickets" if method == "GET" else "/api/v1/tickets/00000000-0000-4000-8000-000000000000/sync"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HERE}") as http:
        return await http.request(method, path, headers=headers)
