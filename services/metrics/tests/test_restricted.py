"""What is restricted is counted, and nothing that is told says of what service, of what team, or what was promised."""

from __future__ import annotations

from typing import Any

import pytest

from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.handlers import subscriptions
from closeout_metrics.testing import BERLIN, TOPIC_OF
from closeout_schemas.envelope import Event
from closeout_schemas.mapping import Mapping
from closeout_schemas.vocabulary import FailureMode, Outcome, TicketState

RULES = Mapping.model_validate({"restricted": [{"service": ["hr-vault"]}]})


def hidden(event: Any) -> Any:
    """As review says it of a restricted postmortem."""
    about = event.data.postmortem.model_copy(update={"restricted": True, "title": "", "service": None})
    return event.model_copy(update={"data": event.data.model_copy(update={"postmortem": about})})


@pytest.mark.integration
async def test_a_restricted_incident_counts_under_restricted_and_for_no_team(db: Database) -> None:
    events: list[Event] = [
        e.incident("Q1", service="hr-vault", team="Human Resources"),
        e.incident("Q2", service="checkout"),
    ]
    rest: list[Event] = [hidden(e.published("Q1")), hidden(e.committed(name="Q1"))]
    for batch in (events, rest):
        await testing.deliver(db, subscriptions(BERLIN, RULES), TOPIC_OF[type(batch[0])], batch)

    async with db.reading() as conn:
        cells = await e.tallies(conn)
        tables = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'metrics'")
        kept = [
            str(dict(row))
            for (table,) in tables
            if table not in ("migration", "inbox")
            for row in await conn.fetch(f'SELECT * FROM "{table}"')
        ]
    assert sorted(str(one) for one in cells if "restricted" in str(one)) != []
    assert [text for text in kept if "hr-vault" in text or "Human Resources" in text] == []
    assert [text for text in kept if "Canary the checkout deploy" in text] == []


@pytest.mark.integration
@pytest.mark.parametrize("order", [1, -1])
async def test_what_review_restricts_is_no_teams_whatever_the_pager_tells(db: Database, order: int) -> None:
    batches: list[list[Event]] = [
        [e.incident("Q1", team="Payments")],
        [hidden(e.published("Q1")), hidden(e.committed(name="Q1"))],
        [e.incident("Q1", 2, team="Search", team_id="PT2")],
    ]
    for batch in batches[::order]:
        await testing.deliver(db, subscriptions(BERLIN), TOPIC_OF[type(batch[0])], batch)

    async with db.reading() as conn:
        teams = {dict(one.labels)["team"] for one in await e.tallies(conn) if one.tally == "of_team"}
    assert teams == {"unknown"}


@pytest.mark.integration
@pytest.mark.parametrize("order", [1, -1])
async def test_what_was_restricted_after_its_publication_is_not_named_once_it_is_concluded(
    db: Database, order: int
) -> None:
    failed, late = e.concluded(Outcome.FAILED), e.concluded(Outcome.CLOSED_LATE, at=e.days(1, e.FAILS))
    batches: list[list[Event]] = [
        [e.incident("Q1", team="Payments")],
        [e.published(items=2, modes=(FailureMode.DNS,)), e.committed(1), e.committed(2)],
        [e.ticket(TicketState.OPEN, 1, 1)],
        [hidden(failed)],
        [late],
    ]
    for batch in batches[::order]:
        await testing.deliver(db, subscriptions(BERLIN), TOPIC_OF[type(batch[0])], batch[::order])

    async with db.reading() as conn:
        postmortem = await conn.fetchrow("SELECT * FROM postmortem")
        items = await conn.fetch("SELECT text, owner, service, team FROM action_item")
        tallies = await e.tallies(conn)
    assert postmortem is not None
    assert (postmortem["verdict"], postmortem["title"], postmortem["service"]) == ("closed_late", "", "restricted")
    # As where it was restricted from the beginning: by these others were found to be like it.
    assert (postmortem["failure_modes"], postmortem["opened_at"], postmortem["resolved_at"]) == ([], None, None)
    assert [tuple(item) for item in items] == [("restricted", "restricted", "restricted", None)] * 2
    assert {dict(one.labels)["service"] for one in tallies if one.tally == "of_service"} == {"restricted"}
