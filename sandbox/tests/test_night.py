"""The scripted night, as the services will meet it."""

from datetime import UTC, datetime, timedelta

from closeout_sandbox import night

from .conftest import Bench

START = datetime(2026, 3, 3, 3, 14, tzinfo=UTC)


async def test_the_night_is_played_in_order_with_duplicates_and_one_late_webhook(bench: Bench) -> None:
    ids = (await bench.do("/night", start=START.isoformat(), late_seconds=0.2))["incidents"]
    await bench.do("/settle")

    events = [one.body["event"] for one in bench.receiver.pagerduty()]
    incident_of = [(event["data"].get("incident") or event["data"])["id"] for event in events]
    checkout = [event for event, one in zip(events, incident_of, strict=True) if one == ids["checkout"]]
    search = [event for event, one in zip(events, incident_of, strict=True) if one == ids["search"]]

    assert len({event["id"] for event in checkout}) == len(checkout) - 2
    assert [event["occurred_at"] for event in checkout] == sorted(event["occurred_at"] for event in checkout)
    assert (checkout[0]["occurred_at"], checkout[-1]["occurred_at"]) == (
        "2026-03-03T03:14:00.000Z",
        "2026-03-03T04:05:00.000Z",
    )
    kinds = {event["event_type"].removeprefix("incident.") for event in checkout}
    assert kinds >= {"triggered", "acknowledged", "annotated", "escalated", "responder.added", "resolved"}
    # The unrelated incident is told late: when the other one is long over, but in its own order.
    assert [event["event_type"] for event in search] == [
        "incident.triggered",
        "incident.acknowledged",
        "incident.resolved",
    ]
    assert incident_of.index(ids["search"]) > incident_of.index(ids["checkout"]) + 10


async def test_the_night_has_a_wrong_guess_a_confusion_and_a_way_out(bench: Bench) -> None:
    ids = await night.play(bench.state, start=START, late_seconds=0)

    notes = (await bench.pagerduty.get(f"/incidents/{ids['checkout']}/notes")).json()["notes"]
    said = " ".join(one["content"] for one in reversed(notes))

    assert len(notes) >= 9
    for hint in ("I think it might be", "Not the cache", "Which dashboard", "Rolling back", "pool"):
        assert hint in said
    authors = {one["user"]["summary"] for one in notes}
    assert authors == {"Sam Oncall", "Dana Engineer", "Alex Responder"}
    incident = (await bench.pagerduty.get(f"/incidents/{ids['checkout']}")).json()["incident"]
    assert (incident["status"], incident["resolved_at"]) == ("resolved", "2026-03-03T04:05:00Z")


async def test_two_nights_do_not_mix(bench: Bench) -> None:
    first = await night.play(bench.state, start=START, late_seconds=0)
    second = await night.play(bench.state, start=START + timedelta(days=1), late_seconds=0)

    assert set(first.values()).isdisjoint(second.values())


def test_last_night_is_over_before_it_is_played() -> None:
    noon, just_now = datetime(2026, 3, 3, 12, tzinfo=UTC), datetime(2026, 3, 3, 3, 30, tzinfo=UTC)

    assert night.last_night(noon) == START
    assert night.last_night(just_now) == START - timedelta(days=1)
