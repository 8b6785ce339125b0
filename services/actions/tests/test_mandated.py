"""What law, security or an auditor demands exists already: it is read and told of, never made, changed or closed."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import SecretStr

from closeout_actions.adapters.addresses import ticket_at
from closeout_actions.commands.mandated import seen_of
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.domain.seen import Missing
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Store
from closeout_actions.store.mandated import Followed
from closeout_actions.testing import NIGHT, Actions, committed, item
from closeout_chassis.db import SQL
from closeout_judgement.people import Named
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.postmortems import (
    MandatedTicket,
    MandatedTicketLinked,
    MandatedTicketUnlinked,
    TicketMandated,
    TicketUnlinked,
)
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import Demand, TicketState, Vendor, derived_id

SETTINGS = ActionsSettings(
    github_token=SecretStr("t"),
    jira_url="https://acme.atlassian.net",
    gitea_url="https://git.acme.example",
)
ID = derived_id("mandated", "1")


def linked(url: str, ticket_id: UUID = ID) -> MandatedTicketLinked:
    about = committed(item()).data.postmortem
    ticket = MandatedTicket(id=ticket_id, url=url, title="Report the breach", demanded_by=Demand.LAW, why="GDPR 33")
    data = TicketMandated(postmortem=about, ticket=ticket, linked_at=NIGHT)
    return MandatedTicketLinked(
        id=derived_id("test", "mandated", url), source="/test", subject=str(about.postmortem_id), time=NIGHT, data=data
    )


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/acme/payments/issues/12", (Vendor.GITHUB, "acme/payments#12")),
        ("https://github.com/acme/payments/issues/12?x=1#issuecomment-3", (Vendor.GITHUB, "acme/payments#12")),
        ("https://github.com/acme/payments/pull/12", None),
        ("https://acme.atlassian.net/browse/SEC-1", (Vendor.JIRA, "SEC-1")),
        ("https://other.atlassian.net/browse/SEC-1", None),
        ("https://gitlab.com/acme/pay/ments/-/issues/3", (Vendor.GITLAB, "acme/pay/ments#3")),
        ("https://git.acme.example/acme/payments/issues/4", (Vendor.GITEA, "acme/payments#4")),
        ("https://linear.app/acme/issue/PAY-12/report-it", (Vendor.LINEAR, "PAY-12")),
        ("https://tracker.test/SEC-1", None),
        ("javascript:alert(1)", None),
    ],
)
def test_an_address_says_which_ticket_it_is(url: str, found: tuple[Vendor, str] | None) -> None:
    assert ticket_at(url, SETTINGS) == found


def test_the_path_below_which_a_tracker_lies_is_no_part_of_a_tickets_name() -> None:
    settings = ActionsSettings(gitlab_url="https://acme.example/gitlab", jira_url="https://acme.example/jira")

    assert ticket_at("https://acme.example/gitlab/acme/pay/-/issues/3", settings) == (Vendor.GITLAB, "acme/pay#3")
    assert ticket_at("https://acme.example/jira/browse/SEC-1", settings) == (Vendor.JIRA, "SEC-1")
    assert ticket_at("https://acme.example/gitlabs/acme/pay/-/issues/3", settings) is None


def test_one_that_cannot_be_read_is_lost_after_a_few_rounds_and_told_once() -> None:
    snapshot = TicketSnapshot(item_id=ID, postmortem_id=ID, tracker=Vendor.GITHUB, project="acme/payments")
    told, misses = [], 0
    for _ in range(MISSES_UNTIL_LOST + 2):
        snapshot, misses, changes = seen_of(Followed("x", snapshot, misses), Missing("gone"), datetime.now(UTC))
        told += changes

    assert [change.snapshot.state for change in told] == [TicketState.LOST]


@pytest.mark.integration
async def test_its_state_goes_out_and_nothing_is_written_in_its_tracker(
    service: Actions, sandbox: RunningSandbox
) -> None:
    answer = await sandbox.control.post("/github/issues", json={"title": "Report the breach", "by": "sam-oncall"})
    assert answer.is_success
    host = sandbox.github_api.removesuffix("/github/api")
    sandbox.state.journal.clear()

    await service.hear(linked(f"{host}/github/web/acme/payments/issues/1"))
    for _ in range(2):
        await service.mandated.run()
        await service.creator.run()
        await service.reconciler.run()
    await sandbox.control.post("/github/issues/1/close", json={"by": "sam-oncall"})
    for _ in range(2):
        await service.mandated.run()

    told = await service.tickets()
    assert [one.data.ticket.state for one in told] == [TicketState.OPEN, TicketState.COMPLETED]
    assert [one.data.ticket.item_id for one in told] == [ID, ID]
    assert {one["method"] for one in sandbox.state.journal.entries("github")} == {"GET"}
    async with service.db.reading() as conn:
        assert await Store(conn).get(ID) is None


@pytest.mark.integration
@pytest.mark.parametrize(("of", "rounds"), [(2, 1), (5, 3)])
async def test_those_that_cannot_be_read_now_keep_no_other_from_being_read(
    service: Actions, sandbox: RunningSandbox, of: int, rounds: int
) -> None:
    host = sandbox.github_api.removesuffix("/github/api")
    for number in range(1, of + 1):
        answer = await sandbox.control.post("/github/issues", json={"title": f"Breach {number}", "by": "sam-oncall"})
        assert answer.is_success
        mandated = derived_id("mandated", str(number))
        await service.hear(linked(f"{host}/github/web/acme/payments/issues/{number}", mandated))
    all_but_last = f"/repos/*/issues/[1-{of - 1}]"
    fault = {"system": "github", "method": "GET", "path": all_but_last, "kind": "status", "times": None}
    assert (await sandbox.control.post("/faults", json={**fault, "status": 500})).is_success
    async with service.db.transaction() as tx:  # the others were not read for longer, and stay so
        await tx.conn.execute("UPDATE mandated SET read_at = now() WHERE key LIKE $1", f"%#{of}")

    for _ in range(rounds):
        await service.mandated.run()

    assert [one.data.ticket.title for one in await service.tickets()] == [f"Breach {of}"]


@pytest.mark.integration
async def test_one_that_is_unlinked_is_read_no_more(service: Actions, sandbox: RunningSandbox) -> None:
    await sandbox.control.post("/github/issues", json={"title": "Report the breach", "by": "sam-oncall"})
    host = sandbox.github_api.removesuffix("/github/api")
    link = linked(f"{host}/github/web/acme/payments/issues/1")
    await service.hear(link)
    gone = TicketUnlinked(postmortem=link.data.postmortem, ticket_id=ID, reason="Another incident's", unlinked_at=NIGHT)
    subject = str(link.data.postmortem.postmortem_id)
    await service.hear(
        MandatedTicketUnlinked(
            id=derived_id("test", "unlinked"), source="/test", subject=subject, time=NIGHT, data=gone
        )
    )
    sandbox.state.journal.clear()

    await service.mandated.run()

    assert await service.tickets() == []
    assert not sandbox.state.journal.entries("github")


@pytest.mark.integration
async def test_one_of_a_tracker_that_nobody_set_up_is_left_alone(service: Actions) -> None:
    await service.hear(linked("https://tracker.test/SEC-1"))
    await service.mandated.run()

    assert await service.tickets() == []


@pytest.mark.integration
async def test_somebody_who_was_forgotten_is_not_told_of_again(service: Actions, sandbox: RunningSandbox) -> None:
    dana = Named(("Dana Engineer",), handles=(("github", "dana-engineer"),), stand_in="forgotten-1")
    for path, given in (("", {"title": "Report the breach"}), ("/1/assign", {"assignees": ["dana-engineer"]})):
        answer = await sandbox.control.post(f"/github/issues{path}", json={**given, "by": "sam-oncall"})
        assert answer.is_success
    host = sandbox.github_api.removesuffix("/github/api")
    await service.hear(linked(f"{host}/github/web/acme/payments/issues/1"))
    async with service.db.transaction() as tx:
        await tx.conn.execute(SQL["keep_forgotten"], list(dana.digests()), dana.stand_in)

    await service.mandated.run()

    assert [one.data.ticket.assignee for one in await service.tickets()] == ["forgotten-1"]
