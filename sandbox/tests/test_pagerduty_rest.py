"""What the reconciler and the card writer see of PagerDuty."""

from typing import Any

import pytest

from .conftest import Bench


async def test_an_incident_is_found_by_its_id_and_by_its_number(bench: Bench) -> None:
    paged = await bench.page(priority="P1", at="2026-03-03T03:14:00Z")

    by_id = (await bench.pagerduty.get(f"/incidents/{paged['id']}")).json()["incident"]
    by_number = (await bench.pagerduty.get(f"/incidents/{paged['incident_number']}")).json()["incident"]

    assert by_id == by_number
    assert (by_id["status"], by_id["urgency"], by_id["priority"]["name"]) == ("triggered", "high", "P1")
    assert by_id["created_at"] == "2026-03-03T03:14:00Z"
    assert by_id["assignments"][0]["assignee"]["summary"] == "Sam Oncall"
    missing = await bench.pagerduty.get("/incidents/QNOTHING")
    assert (missing.status_code, missing.json()) == (404, {"error": {"message": "Not Found", "code": 2100}})


async def test_an_incident_goes_through_its_life(bench: Bench) -> None:
    url = f"/pagerduty/incidents/{(await bench.page())['id']}"
    await bench.do(f"{url}/acknowledge", by="Sam Oncall")
    await bench.do(f"{url}/escalate", by="Sam Oncall")
    await bench.do(f"{url}/reassign", by="Sam Oncall", to=["alex.responder@example.com"])
    await bench.do(f"{url}/priority", by="Alex Responder", priority="P2")
    await bench.do(f"{url}/title", by="Alex Responder", title="Checkout hangs")
    await bench.do(f"{url}/service", service="Product Search")
    await bench.do(f"{url}/delegate", policy="Platform on-call")
    await bench.do(f"{url}/add_responder", by="Sam Oncall", user="Dana Engineer")
    await bench.do(f"{url}/answer_responder", by="Dana Engineer", state="accepted")
    await bench.do(f"{url}/resolve", by="Alex Responder")

    incident = (await bench.pagerduty.get("/incidents/1")).json()["incident"]

    assert (incident["status"], incident["title"], incident["assignments"]) == ("resolved", "Checkout hangs", [])
    assert incident["service"]["summary"] == "Product Search"
    assert incident["last_status_change_by"]["summary"] == "Alex Responder"
    assert incident["incidents_responders"][0]["state"] == "joined"
    entries = (await bench.pagerduty.get("/incidents/1/log_entries", params={"limit": 100})).json()["log_entries"]
    kinds = [one["type"].removesuffix("_log_entry") for one in reversed(entries)]
    assert kinds == [
        "trigger",
        "notify",
        "acknowledge",
        "escalate",
        "assign",
        "field_value_change",
        "field_value_change",
        "field_value_change",
        "delegate",
        "resolve",
    ]
    await bench.do(f"{url}/reopen", by="Sam Oncall")
    assert (await bench.pagerduty.get("/incidents/1")).json()["incident"]["status"] == "triggered"


async def test_a_resolved_incident_takes_no_second_end_but_still_takes_notes(bench: Bench) -> None:
    incident = (await bench.page())["id"]
    await bench.do(f"/pagerduty/incidents/{incident}/resolve")

    again = await bench.control.post(f"/pagerduty/incidents/{incident}/resolve", json={})
    note = await bench.pagerduty.post(f"/incidents/{incident}/notes", json={"note": {"content": "afterthought"}})

    assert again.status_code == 422
    assert note.status_code == 200


async def test_a_merged_incident_says_into_which(bench: Bench) -> None:
    target, source = (await bench.page())["id"], (await bench.page())["id"]
    await bench.do(f"/pagerduty/incidents/{target}/merge", by="Sam Oncall", sources=[source])

    merged = (await bench.pagerduty.get(f"/incidents/{source}")).json()["incident"]

    assert merged["status"] == "resolved"
    assert merged["resolve_reason"]["type"] == "merge_resolve_reason"
    assert merged["resolve_reason"]["incident"]["id"] == target
    assert len((await bench.pagerduty.get(f"/incidents/{target}/alerts")).json()["alerts"]) == 2
    assert (await bench.pagerduty.get(f"/incidents/{source}/alerts")).json()["alerts"] == []


async def test_the_channel_of_a_log_entry_says_more_only_when_asked_to(bench: Bench) -> None:
    incident = (await bench.page(details={"p99_ms": 4310}))["id"]
    await bench.do(f"/pagerduty/incidents/{incident}/annotate", by="Sam Oncall", content="Looking.")

    async def channels(**params: Any) -> list[Any]:
        answer = await bench.pagerduty.get(f"/incidents/{incident}/log_entries", params=params)
        return [one["channel"] for one in answer.json()["log_entries"]]

    assert (await channels())[0] == {"type": "note"}
    included = await channels(**{"include[]": "channels"})
    assert included[0]["content"] == "Looking."
    assert included[-1]["details"] == {"p99_ms": 4310}
    overview = await channels(is_overview="true")
    assert [one["type"] for one in overview] == ["note", "api"]


async def test_log_entries_come_newest_first_within_the_times_asked_for(bench: Bench) -> None:
    incident = (await bench.page(at="2026-03-03T03:14:00Z"))["id"]
    for minute in (20, 30):
        said, at = f"at {minute}", f"2026-03-03T03:{minute}:00Z"
        await bench.do(f"/pagerduty/incidents/{incident}/annotate", by="Sam Oncall", content=said, at=at)

    async def times(**params: Any) -> list[str]:
        answer = await bench.pagerduty.get(f"/incidents/{incident}/log_entries", params=params)
        return [one["created_at"] for one in answer.json()["log_entries"]]

    assert (await times())[0] == "2026-03-03T03:30:00Z"
    assert await times(since="2026-03-03T03:15:00Z", until="2026-03-03T03:25:00Z") == ["2026-03-03T03:20:00Z"]
    assert (await times(time_zone="Europe/Berlin"))[0] == "2026-03-03T04:30:00+01:00"
    wrong = await bench.pagerduty.get(f"/incidents/{incident}/log_entries", params={"time_zone": "Moon/Base"})
    assert wrong.status_code == 400


async def test_a_note_needs_an_author_that_pagerduty_knows(bench: Bench) -> None:
    url, note = f"/incidents/{(await bench.page())['id']}/notes", {"note": {"content": "Seen before: PM-7"}}

    anonymous = await bench.pagerduty.post(url, json=note, headers={"From": ""})
    unknown = await bench.pagerduty.post(url, json=note, headers={"From": "nobody@example.com"})
    known = await bench.pagerduty.post(url, json=note)

    assert anonymous.status_code == 400
    assert unknown.json()["error"] == {
        "message": "Invalid Input Provided",
        "code": 2001,
        "errors": ["Requester User Not Found"],
    }
    assert known.json()["note"]["user"]["summary"] == "Sam Oncall"
    notes = (await bench.pagerduty.get(url)).json()["notes"]
    assert [one["content"] for one in notes] == ["Seen before: PM-7"]


@pytest.mark.parametrize(
    "body", [{}, {"note": {}}, {"note": {"content": 5}}, {"note": "text"}, [], {"note": {"content": " "}}]
)
async def test_a_note_of_the_wrong_shape_is_refused(bench: Bench, body: Any) -> None:
    url = f"/incidents/{(await bench.page())['id']}/notes"

    answer = await bench.pagerduty.post(url, json=body)

    assert answer.status_code == 400
    assert (await bench.pagerduty.get(url)).json()["notes"] == []


async def test_alerts_and_status_updates_belong_to_their_incident(bench: Bench) -> None:
    incident = (await bench.page(severity="error"))["id"]

    alerts = (await bench.pagerduty.get(f"/incidents/{incident}/alerts")).json()["alerts"]
    said = await bench.pagerduty.post(f"/incidents/{incident}/status_updates", json={"message": "We are on it."})
    half = {"message": "x", "subject": "without its html_message"}

    assert (alerts[0]["severity"], alerts[0]["status"]) == ("error", "triggered")
    assert said.json()["status_update"]["sender"]["summary"] == "Sam Oncall"
    assert (await bench.pagerduty.post(f"/incidents/{incident}/status_updates", json=half)).status_code == 400
    assert (await bench.pagerduty.post("/incidents/Q0/status_updates", json={"message": "x"})).status_code == 404


async def test_incidents_are_listed_by_filter_and_page(bench: Bench) -> None:
    for number in range(5):
        await bench.page(urgency="low" if number % 2 else "high")
    await bench.do("/pagerduty/incidents/1/resolve")
    await bench.page(service="Product Search")

    async def listed(**params: Any) -> Any:
        answer = await bench.pagerduty.get("/incidents", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def numbers(page: Any) -> list[int]:
        return [one["incident_number"] for one in page["incidents"]]

    service = (await listed())["incidents"][-1]["service"]["id"]
    assert numbers(await listed(**{"statuses[]": "resolved"})) == [1]
    assert numbers(await listed(**{"statuses[]": ["resolved", "triggered"], "urgencies[]": "low"})) == [2, 4]
    assert numbers(await listed(**{"service_ids[]": service})) == [6]
    assert numbers(await listed(sort_by="incident_number:desc", limit=2)) == [6, 5]
    first = await listed(limit=4)
    assert (len(first["incidents"]), first["more"], first["total"]) == (4, True, None)
    second = await listed(limit=4, offset=4, total="true")
    assert (len(second["incidents"]), second["more"], second["total"]) == (2, False, 6)


async def test_without_times_only_the_last_month_is_listed(bench: Bench) -> None:
    await bench.page(at="2020-01-05T00:00:00Z")

    async def count(**params: Any) -> int:
        return len((await bench.pagerduty.get("/incidents", params=params)).json()["incidents"])

    assert await count() == 0
    assert await count(date_range="all") == 1
    assert await count(since="2020-01-01T00:00:00Z", until="2020-02-01T00:00:00Z") == 1
    too_long = {"since": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}
    assert (await bench.pagerduty.get("/incidents", params=too_long)).status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 101},
        {"limit": "many"},
        {"limit": 100, "offset": 9_901},
        {"statuses[]": "open"},
        {"include[]": "everything"},
        {"total": "maybe"},
        {"date_range": "some"},
        {"since": "yesterday"},
        {"sort_by": "beauty"},
    ],
)
async def test_a_query_that_pagerduty_does_not_know_is_refused(bench: Bench, params: dict[str, Any]) -> None:
    answer = await bench.pagerduty.get("/incidents", params=params)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 2001


async def test_include_gives_the_whole_thing_instead_of_a_reference(bench: Bench) -> None:
    incident = (await bench.page(teams=["Payments"]))["id"]
    wanted = {
        "include[]": ["assignees", "services", "teams", "escalation_policies", "agents", "first_trigger_log_entries"]
    }

    plain = (await bench.pagerduty.get(f"/incidents/{incident}")).json()["incident"]
    whole = (await bench.pagerduty.get(f"/incidents/{incident}", params=wanted)).json()["incident"]

    assert "email" not in plain["assignments"][0]["assignee"]
    assert whole["assignments"][0]["assignee"]["email"] == "sam.oncall@example.com"
    assert (whole["service"]["type"], whole["teams"][0]["type"]) == ("service", "team")
    assert whole["escalation_policy"]["escalation_rules"]
    assert whole["first_trigger_log_entry"]["type"] == "trigger_log_entry"


async def test_users_are_found_by_name_or_mail_address(bench: Bench) -> None:
    by_name = (await bench.pagerduty.get("/users", params={"query": "dana"})).json()["users"]
    by_mail = (await bench.pagerduty.get("/users", params={"query": "dana.engineer@example.com"})).json()["users"]

    assert [one["name"] for one in by_name] == ["Dana Engineer"]
    assert by_mail == by_name
    one = (await bench.pagerduty.get(f"/users/{by_name[0]['id']}")).json()["user"]
    assert one["email"] == "dana.engineer@example.com"
    assert (await bench.pagerduty.get("/users/PNOBODY")).status_code == 404


@pytest.mark.parametrize("authorization", ["", "Token token=wrong", "Bearer wrong", "sandbox-pagerduty-token"])
async def test_nobody_gets_in_without_the_key(bench: Bench, authorization: str) -> None:
    answer = await bench.pagerduty.get("/users", headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 2006


async def test_too_many_requests_are_told_when_to_come_back_in_seconds(bench: Bench) -> None:
    await bench.behave(pagerduty_per_minute=2)

    answers = [await bench.pagerduty.get("/users") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-remaining"] == "1"
    assert answers[2].json() == {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
    assert 0 < int(answers[2].headers["ratelimit-reset"]) <= 60
    assert "retry-after" not in answers[2].headers


async def test_a_subscription_tells_its_secret_once(bench: Bench) -> None:
    wanted = {
        "type": "webhook_subscription",
        "delivery_method": {
            "type": "http_delivery_method",
            "url": "http://closeout.test/other",
            "custom_headers": [{"name": "x-door", "value": "17"}],
        },
        "events": ["incident.triggered"],
        "filter": {"type": "account_reference"},
    }
    made = (await bench.pagerduty.post("/webhook_subscriptions", json={"webhook_subscription": wanted})).json()
    subscription = made["webhook_subscription"]
    later = (await bench.pagerduty.get(f"/webhook_subscriptions/{subscription['id']}")).json()["webhook_subscription"]
    await bench.page()
    await bench.do("/settle")

    assert len(subscription["delivery_method"]["secret"]) == 64
    assert later["delivery_method"]["secret"] is None
    assert later["delivery_method"]["custom_headers"] == [{"name": "x-door", "value": "<redacted>"}]
    other = [one for one in bench.receiver.got if one.path == "/other"]
    assert [one.headers["x-door"] for one in other] == ["17"]
    wanted["filter"] = {"type": "service_reference"}
    refused = await bench.pagerduty.post("/webhook_subscriptions", json={"webhook_subscription": wanted})
    assert refused.status_code == 400
