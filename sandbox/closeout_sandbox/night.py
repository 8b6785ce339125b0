"""A whole scripted night: payments hang because a pool of connections is used up, and what people do about it.

The story and every word of it are made up. It has what a review has to cope with: a wrong guess, two dashboards that
disagree, a measure that only seemed to help, and a small unrelated incident in the middle of it.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from closeout_sandbox import clock, scenario
from closeout_sandbox.faults import Fault, WebhookKind
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc

SAM, DANA, ALEX = "Sam Oncall", "Dana Engineer", "Alex Responder"
BEGINS = timedelta(hours=3, minutes=14)


@dataclass(frozen=True)
class Step:
    """One thing that happens, `minute` minutes into the night. `fault` strikes the webhook that it sends."""

    minute: float
    deed: str
    incident: str = "checkout"
    by: str | None = None
    given: dict[str, Any] = field(default_factory=dict)
    fault: WebhookKind | None = None

    @property
    def offset(self) -> timedelta:
        return timedelta(minutes=self.minute)


def note(minute: float, by: str, content: str, fault: WebhookKind | None = None) -> Step:
    return Step(minute, "annotate", by=by, given={"content": content}, fault=fault)


def checkout_latency_night() -> list[Step]:
    return [*first_guesses(), *second_pair_of_eyes(), *way_out()]


def first_guesses() -> list[Step]:
    page: dict[str, Any] = {
        "title": "Checkout p99 latency above 4 s",
        "service": "Checkout API",
        "priority": "P2",
        "teams": ["Payments"],
        "details": {"p99_ms": 4310, "threshold_ms": 800, "failed_payments_per_minute": 37},
    }
    other: dict[str, Any] = {"title": "Search index is 30 minutes old", "service": "Product Search", "priority": "P4"}
    return [
        Step(0, "page", given=page),
        Step(2, "acknowledge", by=SAM, fault="webhook_twice"),
        note(5, SAM, "Awake. p99 is 4 s on checkout, about 40 failed payments a minute. CPU and memory look boring."),
        Step(7, "page", incident="search", given={**other, "urgency": "low"}, fault="webhook_late"),
        note(9, SAM, "I think it might be the cache, let me check. The hit rate has dropped to 60 %."),
        note(13, SAM, "Not the cache: the hit rate is at 60 % every night at this time. That cost us ten minutes."),
        note(
            15,
            SAM,
            "Which dashboard is right? 'Checkout overview' shows 40 connections in use, 'Payments DB' 200 of 200.",
        ),
        Step(17, "acknowledge", incident="search", by=ALEX),
    ]


def second_pair_of_eyes() -> list[Step]:
    ask = "Can you look at what changed in the payment provider's client yesterday?"
    update = "Some customers cannot complete a payment. We are working on it. Next update at 04:00 UTC."
    return [
        Step(18, "escalate", by=SAM, given={"to": [DANA]}),
        Step(21, "acknowledge", by=DANA),
        note(
            22,
            DANA,
            "'Checkout overview' still reads the old cluster, nobody repointed it after the move. "
            "Believe 'Payments DB': the pool is full, 200 of 200, and 900 requests wait for a connection.",
            fault="webhook_twice",
        ),
        Step(24, "priority", by=DANA, given={"priority": "P1"}),
        Step(25, "status_update", by=DANA, given={"message": update}),
        Step(26, "add_responder", by=DANA, given={"user": ALEX, "message": ask}),
        Step(28, "answer_responder", by=ALEX, given={"state": "accepted", "message": "On it."}),
        Step(30, "resolve", incident="search"),
        note(
            33,
            ALEX,
            "Release 412 from yesterday evening raised the provider timeout from 2 s to 30 s. The provider is "
            "a bit slow tonight, so each hanging call now keeps its connection fifteen times as long.",
        ),
    ]


def way_out() -> list[Step]:
    return [
        note(36, DANA, "Restarted two of the pods. Better for a minute, then the pool was full again."),
        note(39, DANA, "Rolling back to release 411 now."),
        note(44, SAM, "The rollback is out everywhere. Waiting requests: 900, 400, 60."),
        note(
            47,
            DANA,
            "p99 is at 310 ms and no payment has failed for three minutes. I was sure a restart would do; it was the "
            "timeout. Nothing alerts on the pool itself, we only saw it because Sam asked about the dashboards.",
        ),
        Step(51, "resolve", by=DANA),
    ]


def last_night(now: datetime) -> datetime:
    """The latest 03:14 UTC from which the whole night is already over."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0) + BEGINS
    return today if today + timedelta(hours=1) < now else today - timedelta(days=1)


async def play(
    state: State,
    steps: list[Step] | None = None,
    *,
    start: datetime | None = None,
    pause_seconds: float = 0.0,
    late_seconds: float = 1.0,
) -> dict[str, str]:
    """Let it happen; answers the incidents' ids by their names in the script. Webhooks may still be on their way.

    `pause_seconds` lies between the steps; `late_seconds` is how long a late webhook takes.
    """
    begin, ids = start or last_night(clock.now()), dict[str, str]()
    for step in checkout_latency_night() if steps is None else steps:
        perform(state, step, begin + step.offset, ids, late_seconds)
        await asyncio.sleep(pause_seconds)
    return ids


def perform(state: State, step: Step, at: datetime, ids: dict[str, str], late_seconds: float) -> Doc:
    if step.fault and state.pagerduty.sender.subscriptions():
        state.faults.add(Fault(system="pagerduty", kind=step.fault, seconds=late_seconds))
    if step.deed == "page":
        incident = scenario.page(state, by=step.by, at=at, **step.given)
        ids[step.incident] = incident["id"]
        return incident
    return scenario.on_incident(state, step.deed, ids[step.incident], by=step.by, at=at, **step.given)
