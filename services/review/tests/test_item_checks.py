"""An action item may carry a check that shows whether it is done. What is none is refused with what would be one."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_chassis.testing import said
from closeout_review import testing as e
from closeout_schemas.catalogue import POSTMORTEMS
from closeout_schemas.checks import Check, CheckKind
from closeout_schemas.postmortems import ActionItemCommitted

pytestmark = pytest.mark.integration
API = f"/api/v1/postmortems/{e.POSTMORTEM}"


async def test_a_check_goes_along_with_the_promise_and_nonsense_is_refused(
    http: httpx.AsyncClient, drafted: None, now: datetime, db: Database
) -> None:
    async def write(check: str, revision: int) -> None:
        draft = e.draft(now, e.item(now, check=check))
        answer = await http.put(f"{API}/draft", json=draft, headers={"If-Match": f'"{revision}"'})
        assert answer.status_code == 200, answer.text

    await write("the dashboard looks fine", 0)
    refusals = (await http.get(f"{API}/gate")).json()["refusals"]
    await write("alert: CheckoutBudgetBurns", 1)
    published = await http.post(f"{API}/publish")

    assert [(one["code"], one["where"]) for one in refusals] == [("item-check-unreadable", "action_items[0].check")]
    assert "alert: CheckoutBudgetBurns" in refusals[0]["reason"]
    assert published.status_code == 200, published.text
    (promise,) = [one for one in await said(db, POSTMORTEMS.name) if isinstance(one, ActionItemCommitted)]
    assert promise.data.item.check == Check(kind=CheckKind.ALERT, what="CheckoutBudgetBurns")
