"""What stands beside a published postmortem: mandated tickets, reasons beside a verdict, and what was not promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands.outcomes import conclude_due
from closeout_review.settings import ReviewSettings
from closeout_review.testing import Page
from closeout_schemas.directory import RequiredField
from closeout_schemas.vocabulary import FieldKind, TicketState, derived_id

pytestmark = pytest.mark.integration
URL, PAGE = f"/api/v1/postmortems/{e.POSTMORTEM}", f"/postmortems/{e.POSTMORTEM}"
BROWSER = {"Origin": "http://closeout.test", "Accept": "text/html"}
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]
DEMANDED = {
    "demanded_by": "law",
    "why": "GDPR, article 33",
    "title": "Report the breach",
    "url": "https://tracker.test/SEC-1",
}


async def publish(http: httpx.AsyncClient, draft: dict[str, Any], url: str = URL) -> Any:
    saved = await http.put(f"{url}/draft", json=draft, headers={"If-Match": "*"})
    assert saved.status_code == 200, saved.text
    published = await http.post(f"{url}/publish")
    assert published.status_code == 200, published.text
    return published.json()


async def test_what_is_demanded_is_linked_said_and_not_counted(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime, said: Said
) -> None:
    items = [e.item(now, text=f"Add an alert on queue {n} above 500 jobs") for n in range(3)]
    answer = await publish(http, e.draft(now, *items, mandated=[DEMANDED]))
    assert (len(answer["items"]), answer["open_items"]) == (3, 3)
    (linked,) = answer["mandated"]
    assert linked["ticket"]["why"] == "GDPR, article 33"
    told = [one for one in await said() if one.type.endswith("mandated_ticket_linked.v1")]
    assert [str(one.data.ticket.id) for one in told] == [linked["ticket"]["id"]]

    for _ in range(2):
        more = {"ticket": DEMANDED | {"url": "https://tracker.test/SEC-2", "demanded_by": "auditor"}, "by": "Sam"}
        again = await http.post(f"{URL}/mandated", json=more)
        assert again.status_code == 200, again.text
    assert [one["by"] for one in again.json()["mandated"]] == ["local operator", "Sam"]
    # Whoever follows it tells its state as of any ticket; the outcome waits for the promises alone.
    await hear(e.ticket(UUID(linked["ticket"]["id"]), TicketState.OPEN, 1))
    await hear(*(e.ticket(UUID(one["item"]["id"]), TicketState.COMPLETED, 1) for one in answer["items"]))
    after = (await http.get(URL)).json()
    assert (after["outcome"], after["mandated"][0]["seen"]["state"]) == ("succeeded", "open")
    text = Page((await http.get(PAGE)).text).text
    assert "Demanded by law: GDPR, article 33" in " ".join(text.split())


async def test_a_mandated_ticket_is_unlinked_with_a_reason_and_can_be_linked_again(
    http: httpx.AsyncClient, drafted: None, now: datetime, said: Said
) -> None:
    (linked,) = (await publish(http, e.draft(now, mandated=[DEMANDED])))["mandated"]
    url = f"{URL}/mandated/{linked['ticket']['id']}/unlink"
    assert (await http.post(url, json={"reason": " "})).status_code == 422
    nowhere = f"{URL}/mandated/{derived_id('nobody')}/unlink"
    assert (await http.post(nowhere, json={"reason": "x"})).status_code == 404

    for reason in ("It belongs to another incident", "said twice"):
        answer = await http.post(url, json={"reason": reason, "by": "Sam"})
        assert answer.status_code == 200, answer.text

    (kept,) = (await http.get(URL)).json()["mandated"]
    assert (kept["unlinked"]["reason"], kept["unlinked"]["by"]) == ("It belongs to another incident", "Sam")
    told = [one.data for one in await said() if one.type.endswith("mandated_ticket_unlinked.v1")]
    assert [(str(one.ticket_id), one.reason) for one in told] == [(linked["ticket"]["id"], kept["unlinked"]["reason"])]
    page = Page((await http.get(PAGE)).text)
    assert "by Sam: It belongs to another incident" in " ".join(page.text.split())
    assert "unlinked by Sam: It belongs to another incident" in (await http.get(f"{PAGE}/export/markdown")).text

    again = await http.post(f"{URL}/mandated", json={"ticket": DEMANDED})
    first, second = again.json()["mandated"]
    assert (first["unlinked"] is None, second["unlinked"]) == (False, None)
    form = {"reason": "By mistake again", "by": "Alex"}
    gone = await http.post(f"{PAGE}/mandated/{second['ticket']['id']}/unlink", data=form, headers=BROWSER)
    assert (gone.status_code, gone.headers["location"]) == (303, f"{PAGE}#mandated")
    assert [one["unlinked"]["by"] for one in (await http.get(URL)).json()["mandated"]] == ["Sam", "Alex"]


async def test_what_is_called_mandated_says_by_whom_by_what_and_which_ticket(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await http.put(f"{URL}/draft", json=e.draft(now, mandated=[{"title": "Do it"}]), headers={"If-Match": "*"})
    codes = [one["code"] for one in (await http.get(f"{URL}/gate")).json()["refusals"]]
    assert codes == ["mandated-by-missing", "mandated-why-missing", "mandated-ticket-missing"]
    early = await http.post(f"{URL}/mandated", json={"ticket": DEMANDED})
    assert (early.status_code, early.json()["type"]) == (409, "urn:closeout:problem:not-published")
    await publish(http, e.draft(now))
    script = DEMANDED | {"url": "javascript:alert(1)"}
    assert (await http.post(f"{URL}/mandated", json={"ticket": script})).status_code == 422
    refused = await http.post(f"{PAGE}/mandated", data=script, headers=BROWSER)
    assert (refused.status_code, ("url", script["url"]) in Page(refused.text).fields) == (422, True)
    done = await http.post(f"{PAGE}/mandated", data=DEMANDED, headers=BROWSER)
    assert done.status_code == 303


async def test_a_teams_reason_stands_beside_the_verdict_and_the_verdict_stays(
    db: Database, settings: ReviewSettings, http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await publish(http, e.draft(now))
    early = await http.post(f"{URL}/verdict/reasons", json={"reason": "We were moved to another team"})
    assert (early.status_code, early.json()["type"]) == (409, "urn:closeout:problem:not-failed")
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE postmortem SET fails_at = now() - interval '1 hour'")
    await conclude_due(db, settings)
    for _ in range(2):
        said = await http.post(f"{URL}/verdict/reasons", json={"reason": "We were moved to another team", "by": "Sam"})
    assert [(one["reason"], one["by"]) for one in said.json()["verdict_reasons"]] == [
        ("We were moved to another team", "Sam")
    ]
    form = {"reason": "The vendor <b>closed</b>", "by": "Alex"}
    assert (await http.post(f"{PAGE}/verdict/reasons", data=form, headers=BROWSER)).status_code == 303
    answer = (await http.get(URL)).json()
    assert (answer["outcome"], len(answer["verdict_reasons"])) == ("failed", 2)
    assert "The vendor <b>closed</b>" in Page((await http.get(PAGE)).text).text


async def second_draft(hear: Hear) -> UUID:
    """The same service fails in the same way, in another incident."""
    other = derived_id("incident", "pagerduty", "Q2")
    values = {"id": other, "vendor_id": "Q2", "title": "Checkout answers 502 again"}
    await hear(e.opened(**values), e.noted("We deployed the release an hour ago", 4, **values), e.resolved(**values))
    return derived_id("postmortem", str(other))


async def test_what_was_not_promised_is_offered_again_when_the_same_failure_returns(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime
) -> None:
    await publish(http, e.draft(now, aware_of=["The retry library hides the first error", "Nobody owns the proxy"]))
    other = await second_draft(hear)
    url, page = f"/api/v1/postmortems/{other}", f"/postmortems/{other}"
    draft = {"title": "Again", "failure_modes": ["dns"]}
    await http.put(f"{url}/draft", json=draft, headers={"If-Match": "*"})
    assert "Nobody owns the proxy" not in (await http.get(page)).text

    draft["failure_modes"] = ["bad_deploy_or_upgrade"]
    await http.put(f"{url}/draft", json=draft, headers={"If-Match": "*"})
    shown = Page((await http.get(page)).text)
    assert "Nobody owns the proxy" in shown.text
    promise, *_ = [value for value in shown.buttons if value.startswith("promise-aware:")]
    *_, aware = [value for value in shown.buttons if value.startswith("aware-again:")]
    for button in (promise, aware):
        fields = [*shown.fields, ("do", button)]
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        assert (await http.post(page, data=data, headers=BROWSER)).status_code == 303
        shown = Page((await http.get(page)).text)
    after = (await http.get(url)).json()["draft"]
    assert [one["text"] for one in after["action_items"]] == ["The retry library hides the first error"]
    assert after["aware_of"] == ["Nobody owns the proxy"]
    assert not [value for value in shown.buttons if value.startswith("promise-aware:")]


async def test_what_was_not_promised_is_found_by_words_service_and_failure_mode(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await publish(http, e.draft(now, aware_of=["The retry library hides the first error", "Nobody owns the proxy"]))

    async def found(**asked: str) -> list[list[str]]:
        answer = await http.get("/api/v1/aware-of", params=asked)
        assert answer.status_code == 200, answer.text
        return [one["things"] for one in answer.json()["reviews"]]

    assert await found(q="proxy") == [["Nobody owns the proxy"]]
    assert await found(service="checkout", failure_mode="bad_deploy_or_upgrade") != []
    assert await found(service="mailer") == await found(failure_mode="dns") == await found(q="a\x00b & | !(") == []
    shown = Page((await http.get("/aware-of", params={"q": "retry", "failure_mode": "nonsense"})).text)
    assert "The retry library hides the first error" in shown.text


async def test_the_trackers_required_fields_are_asked_for_before_anything_is_published(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime, said: Said
) -> None:
    fields = (
        RequiredField(id="customfield_10042", name="Team", kind=FieldKind.CHOICE, allowed=("Payments", "Platform")),
        RequiredField(id="10043", name="Cost", kind=FieldKind.NUMBER),
    )
    await hear(e.described(datetime.now(now.tzinfo), required_fields=fields))
    item = e.item(now, fields={"customfield_10042": "paymens", "10043": "many"})
    await http.put(f"{URL}/draft", json=e.draft(now, item), headers={"If-Match": "*"})
    refusals = (await http.get(f"{URL}/gate")).json()["refusals"]
    assert [(one["code"], one["where"], one["mend"]["value"]) for one in refusals] == [
        ("field-not-allowed", "action_items[0].fields.customfield_10042", "Payments"),
        ("field-not-allowed", "action_items[0].fields.10043", None),
    ]
    shown = Page((await http.get(PAGE)).text)
    (button,) = [value for value in shown.buttons if value.startswith("mend:field")]
    cost = next(name for name, _ in shown.fields if name.endswith("fields.10043"))
    data: dict[str, list[str]] = {}
    for name, value in [*shown.fields, ("do", button)]:
        data.setdefault(name, []).append("8" if name == cost else value)
    assert (await http.post(PAGE, data=data, headers=BROWSER)).status_code == 303
    after = (await http.get(URL)).json()
    assert (after["draft"]["action_items"][0]["fields"], after["refusals"]) == (
        {"customfield_10042": "Payments", "10043": "8"},
        [],
    )
    await http.post(f"{URL}/publish")
    committed = next(one for one in await said() if one.type.endswith("action_item_committed.v1"))
    assert committed.data.item.fields == {"customfield_10042": "Payments", "10043": "8"}
