"""Half a year of an organisation that does not exist, and what its services would have been scraped for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from closeout_actions.telemetry import ActionsMetrics
from closeout_chassis.telemetry import Metrics
from closeout_metrics import testing as e
from closeout_metrics.testing.returns import finding_confirmed, proposal_committed, said
from closeout_schemas.vocabulary import Control, FailureMode, Outcome, RecurrenceKind, Severity, TicketState

END = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAYS = 180
HEALTH_MINUTES = 370  # six hours, and what a rate looks back
SERVICES = {"checkout": "Payments", "ledger": "Payments", "search": "Discovery", "login": "Platform"}
PROMISES = (
    "Canary stage of 1 % for the deploy",
    "SLO alert on p99, 500 ms over 5 min",
    "Circuit breaker in front of the cache",
    "Flag around the new pricing path",
    "Limit on connections per tenant",
    "Drill of the fail-over, quarterly",
)
MODES = (FailureMode.DNS, FailureMode.BAD_DEPLOY_OR_UPGRADE, FailureMode.RESOURCE_EXHAUSTION)


def told(seed: int = 8) -> list[Any]:
    """Everything that happened, in the order of its happening: the same for a seed."""
    dice = random.Random(seed)
    happened: list[Any] = []
    for n in range(60):
        happened += _incident(f"I{n}", END - timedelta(days=DAYS * (1 - n / 60) - dice.random() * 2), dice)
    happened += _returns(dice)
    return sorted((one for one in happened if one.time <= END), key=lambda one: one.time)


def _returns(dice: random.Random) -> Iterator[Any]:
    """What people said came back, and what the readings of two quarters came to."""
    for n in range(8, 60, 7):
        kinds = dice.choice(
            ((RecurrenceKind.WHILE_OPEN,), (RecurrenceKind.WHILE_OPEN,), (RecurrenceKind.DID_NOT_HOLD,), ())
        )
        service, opened = dice.choice(list(SERVICES)), END - timedelta(days=DAYS * (1 - n / 60))
        yield said(f"I{n}", 1, *kinds, service=service, earlier=f"I{n - 5}", opened_at=opened)
    for quarter, read_at in (
        ("2026Q2", datetime(2026, 7, 6, 9, tzinfo=UTC)),
        ("2026Q3", datetime(2026, 10, 5, 9, tzinfo=UTC)),
    ):
        for fact in (finding_confirmed(quarter), proposal_committed(quarter, e.item_id(1, f"I{quarter[-1]}"))):
            yield fact.model_copy(update={"time": read_at})


def _incident(name: str, opened: datetime, dice: random.Random) -> Iterator[Any]:
    service = dice.choice(list(SERVICES))
    severity = dice.choice((Severity.SEV1, Severity.SEV2, Severity.SEV2, Severity.SEV3))
    team = SERVICES[service]
    told_at = {"told_at": opened, "opened_at": opened}
    known = e.incident(name, service=service, severity=severity, team=team, team_id=team, **told_at)
    yield known.model_copy(update={"time": opened})
    drafted = opened + timedelta(hours=3)
    yield e.drafted(name, drafted)
    if dice.random() < 0.12:
        return  # nobody ever finishes it
    published, fails = drafted + timedelta(days=dice.randint(2, 6)), drafted + timedelta(days=95)
    count = dice.choice((1, 2, 2, 3))
    modes = (dice.choice(MODES),)
    yield e.published(name, count, published, fails, modes=modes, opened_at=opened, service=service)
    shipped: list[datetime | None] = []
    for position in range(1, count + 1):
        shipped.append((yield from _promise(position, name, service, published, dice)))
    if all(at is not None and at < fails for at in shipped):
        yield e.concluded(Outcome.SUCCEEDED, name, max(at for at in shipped if at is not None))
    else:
        yield e.concluded(Outcome.FAILED, name, fails)


def _promise(position: int, name: str, service: str, at: datetime, dice: random.Random) -> Any:
    due = (at + timedelta(days=dice.choice((14, 28, 42)))).date()
    control = dice.choice((Control.CANARY, Control.SLO_ALERT, Control.FEATURE_FLAG, None))
    text = dice.choice(PROMISES)
    yield e.committed(position, name, at=at, due_on=due, control=control, service=service, text=text)
    yield e.ticket(TicketState.OPEN, 1, position, name, at=at + timedelta(minutes=1), due_on=due)
    if dice.random() < 0.25:
        put_off = at + timedelta(days=10)
        yield e.ticket(TicketState.OPEN, 2, position, name, at=put_off, due_on=due + timedelta(days=21))
    if dice.random() < 0.08:
        yield e.ticket(TicketState.WONT_DO, 3, position, name, at=at + timedelta(days=12))
        return None
    if dice.random() < 0.25:
        return None
    shipped = at + timedelta(days=dice.gammavariate(2, 14))
    yield e.ticket(TicketState.COMPLETED, 4, position, name, at=shipped, closed_at=shipped)
    return shipped


class Traffic:
    """The health of the four services, minute by minute."""

    def __init__(self, seed: int = 8) -> None:
        self._dice = random.Random(seed)
        self.services = {name: Metrics(name) for name in ("ingest", "review", "actions", "metrics")}
        self._actions = ActionsMetrics(self.services["actions"])
        self._actions.paused.labels("github").set(0)
        for stage, count in (("created", 84), ("wanted", 1), ("refused", 1)):
            self._actions.tickets.labels(stage).set(count)

    def minute(self, n: int) -> None:
        """Another minute passes."""
        dice = self._dice
        burst = 6 if 140 < n < 165 else 1
        door = self.services["ingest"]
        for _ in range(dice.randint(2, 8) * burst):
            door.requests.labels("POST", "/webhooks/pagerduty", "202").inc()
            door.request_seconds.labels("/webhooks/pagerduty").observe(dice.gammavariate(2, 0.006))
        for name, metrics in self.services.items():
            metrics.consumed.labels("closeout.incident.v1", "handled").inc(dice.randint(2, 8) * burst)
            metrics.lag.labels("closeout.incident.v1").set(dice.randint(0, 3) * burst**2)
            metrics.outbox_records.set(dice.randint(0, 2) * burst if name != "metrics" else 0)
            metrics.outbox_age.set(dice.random() * burst if name != "metrics" else 0)
            metrics.outbox_latency.observe(dice.gammavariate(2, 0.01) * burst)
        read_at = END - timedelta(minutes=HEALTH_MINUTES - n, seconds=n % 15 * 60)
        self._actions.synced.labels("github").set(read_at.timestamp())
        self._actions.creations.labels("created").inc(dice.random() < 0.05)
        self._actions.webhooks.labels("applied").inc(dice.randint(0, 2))
