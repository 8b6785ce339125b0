"""What the quarterly reading came to is counted, once, however often it is heard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from closeout_metrics import testing as e
from closeout_metrics.domain.meta_review import FindingCount, ProposalCount
from closeout_metrics.domain.numbers import Numbers
from closeout_metrics.testing import Hear
from closeout_metrics.testing.returns import finding_confirmed, finding_dismissed, proposal_committed
from closeout_schemas.vocabulary import TicketState, derived_id

pytestmark = pytest.mark.integration
Read = Callable[[], Awaitable[Numbers]]


async def test_what_was_confirmed_and_promised_is_counted_once(hear: Hear, read: Read) -> None:
    again = finding_confirmed().model_copy(update={"id": derived_id("said", "again")})
    await hear(finding_confirmed(), proposal_committed(), again)

    readings = await read()

    assert readings.findings == (FindingCount("2026-Q3", "dependency", "test", 1),)
    assert readings.proposals == (ProposalCount("2026-Q3", "open", 1, 5400.0),)


async def test_what_was_dismissed_after_all_is_not_counted(hear: Hear, read: Read) -> None:
    await hear(finding_confirmed(), finding_dismissed())

    assert (await read()).findings == ()


async def test_the_last_decision_counts_in_whatever_order_they_are_heard(hear: Hear, read: Read) -> None:
    await hear(finding_confirmed(number=3))
    await hear(finding_dismissed(number=2))

    assert [one.count for one in (await read()).findings] == [1]


async def test_a_proposal_whose_ticket_is_completed_has_shipped(hear: Hear, read: Read) -> None:
    await hear(proposal_committed(), e.committed(), e.ticket(TicketState.COMPLETED, 2))

    assert [one.state for one in (await read()).proposals] == ["shipped"]
