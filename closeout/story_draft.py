"""What the demo's reviewer writes: first as people do write, then as the gate lets it pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from closeout.asking import Json

TITLE = "Checkout hung because every hanging payment call kept its connection"


def draft_with(postmortem: Json, items: list[Json]) -> Json:
    """The review of the night, with `items`."""
    turn = next(
        (link["entry"]["id"] for link in postmortem["timeline"] if "pool" in link["entry"]["text"]),
        postmortem["timeline"][0]["entry"]["id"],
    )
    caught = "An SLO alert on connections waiting for the payment pool would have paged at this entry."
    return {
        "title": TITLE,
        "action_items": items,
        "earlier_catches": [{"control": "slo_alert", "text": caught, "entry_id": turn}],
        "failure_modes": ["config_change", "resource_exhaustion"],
        "aware_of": ["The provider is slower at night; nobody knows why."],
    }


def good_items(project: str, people: list[str]) -> list[Json]:
    """Three that pass: owned by `people` in turn, due in two, four and six weeks."""
    week = [(datetime.now(UTC) + timedelta(weeks=n)).strftime("%G-W%V") for n in (2, 4, 6)]
    owners = people or ["@nobody-yet"]
    shared = {"project": f"github:{project}"}
    return [
        {
            "text": "Alert on the payment pool when 90 % of its connections are in use for 5 minutes",
            "criterion": "The alert PaymentPoolNearlyFull fires in staging when 180 of 200 connections are held.",
            "owner": owners[0],
            "target": week[0],
            "control": "slo_alert",
            **shared,
        },
        {
            "text": "Set the provider timeout to 2 s and refuse a release that raises it above 5 s",
            "criterion": "A release with PROVIDER_TIMEOUT=30 fails in CI with a message that names the limit.",
            "owner": owners[1 % len(owners)],
            "target": week[1],
            "control": "guard_rail",
            **shared,
        },
        {
            "text": "Repoint the dashboard 'Checkout overview' to the new payments cluster",
            "criterion": "'Checkout overview' shows the same number of connections in use as 'Payments DB'.",
            "owner": owners[2 % len(owners)],
            "target": week[2],
            "control": "other",
            **shared,
        },
    ]


def vague_items(project: str) -> list[Json]:
    """Four, of which one is vague and one belongs to a team."""
    vague = [
        {"text": "Improve monitoring", "criterion": "Monitoring is better"},
        {"text": "Alert on the payment pool at 90 % for 5 minutes", "owner": "payments team"},
        {"text": "Set the provider timeout back to 2 s"},
        {"text": "Repoint the dashboard 'Checkout overview' to the new cluster"},
    ]
    return [{**good_items(project, [])[0], **one} for one in vague]


def telling(refusals: list[Json]) -> list[Json]:
    """One refusal of each kind, the three that the story is about first."""
    by_code = {one["code"]: one for one in reversed(refusals)}
    order = ("too-many", "action-item", "owner")
    return sorted(by_code.values(), key=lambda one: min([n for n, p in enumerate(order) if p in one["code"]] or [9]))[
        :4
    ]


def promise(item: Json) -> str:
    """An action item in one line."""
    return f"{item['position']}. {item['text']} — {item['owner']['name']}, by {item['target']['value']}"
