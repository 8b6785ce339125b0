"""The REST API asked what its description allows, and what it does not: it never fails, and answers as it says."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import checks as known
from schemathesis.generation import GenerationMode

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.settings import ReviewSettings

# It waits for nothing, and needs the processor for as long as it is given to others meanwhile.
pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
HERE = "http://closeout.test"
# Of requests to each operation that fit the description, and as many that do not: the same ones in every run.
REQUESTS = 6
# Ids that are there, for every second request: not everything is to end at 404.
THERE = {"incident_id": str(e.INCIDENT), "postmortem_id": str(e.POSTMORTEM), "review_id": str(e.POSTMORTEM)}
NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


@pytest.fixture
async def fuzzed(db: Database, settings: ReviewSettings) -> AsyncIterator[tuple[Documented, httpx.AsyncClient]]:
    app = Documented(openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    open_doors(app, settings, db)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield app, client


def cases_of(operation: Any, mode: GenerationMode) -> list[Any]:
    """Requests to an operation. They are sent by an event loop of their own, so they are drawn beforehand."""
    drawn: list[Any] = []

    @hypothesis.settings(
        max_examples=REQUESTS,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def draw(case: Any) -> None:
        drawn.append(case)

    # Where nothing can be asked, nothing can be asked wrongly.
    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        draw()
    return drawn


async def test_no_request_makes_it_fail_or_answer_otherwise_than_it_says(
    fuzzed: tuple[Documented, httpx.AsyncClient], drafted: None, now: datetime
) -> None:
    app, http = fuzzed
    checks = [getattr(known, name) if hasattr(known, name) else known.CHECKS.get_one(name) for name in NAMES]
    # Who may ask is another test's, test_access.py: here nobody signs in.
    description = {name: part for name, part in app.openapi().items() if name != "security"}
    schema = schemathesis.openapi.from_dict(description)
    sent, wrong = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for number, case in enumerate(cases_of(operation, mode)):
                if number % 2 and mode is GenerationMode.POSITIVE:
                    case.path_parameters |= {name: THERE[name] for name in case.path_parameters if name in THERE}
                asked = requests.Request(**case.as_transport_kwargs(base_url=HERE)).prepare()
                answer = await http.request(
                    asked.method or "GET", asked.url or "", headers=dict(asked.headers), content=asked.body
                )
                sent += 1
                try:
                    case.validate_response(answer, checks=checks)
                except* AssertionError as failures:
                    wrong += [f"{operation.label} {mode.name}: {one}" for one in failures.exceptions]
    assert sent > 300
    assert wrong == [], f"{len(wrong)} of {sent}:\n" + "\n\n".join(wrong[:10])
