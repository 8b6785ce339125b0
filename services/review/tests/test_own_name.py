"""Where nobody signs in: whose name leads to it."""

from __future__ import annotations

import pytest

from closeout_chassis.db import Database
from closeout_review.settings import SignIn

from .test_access import browser

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("closeout.test", 200),
        ("localhost:7401", 200),
        ("127.0.0.1:7401", 200),
        ("[::1]:7401", 200),
        ("evil.example", 403),
    ],
)
async def test_open_to_everybody_it_answers_under_no_name_that_may_be_somebody_elses(
    db: Database, host: str, status: int
) -> None:
    async with browser(db, sign_in=SignIn.OPEN) as http:
        answers = [await http.get(path, headers={"Host": host}) for path in ("/api/v1/incidents", "/")]
    assert [answer.status_code for answer in answers] == [status, status]
