"""What people confirmed to have come back is counted, the latest word about each, in whatever order it is heard."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from closeout_metrics.domain.numbers import Numbers
from closeout_metrics.domain.recurrence import Confirmed
from closeout_metrics.testing import Hear
from closeout_metrics.testing.returns import said
from closeout_schemas.vocabulary import RecurrenceKind

pytestmark = pytest.mark.integration
Read = Callable[[], Awaitable[Numbers]]


async def test_what_was_taken_back_is_not_counted_and_each_incident_counts_once_a_kind(hear: Hear, read: Read) -> None:
    open_, did_not_hold = RecurrenceKind.WHILE_OPEN, RecurrenceKind.DID_NOT_HOLD
    events = [
        said("again", 1, open_, open_, did_not_hold),
        said("other", 1),
        said("wrong", 1, open_),
        said("wrong", 2, open_, linked=False),
    ]
    random.Random(5).shuffle(events)
    for event in events:
        await hear(event)
        await hear(event)

    confirmed = (await read()).confirmed
    assert confirmed == (
        Confirmed("2026-Q4", "did_not_hold", "checkout", 1, 1800.0, 3),
        Confirmed("2026-Q4", "none", "checkout", 1, 1800.0, 3),
        Confirmed("2026-Q4", "while_open", "checkout", 1, 1800.0, 3),
    )
