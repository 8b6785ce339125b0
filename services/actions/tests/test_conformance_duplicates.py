"""What every tracker behind the port has to do, part four: a duplicate is followed to its original."""

from __future__ import annotations

import pytest

from closeout_actions.adapters.markdown import original_in
from closeout_actions.domain import mirror
from closeout_actions.domain.mirror import Kind
from closeout_actions.testing import Actions
from closeout_schemas.vocabulary import TicketState

from . import test_mirror as m
from .stands import Stand
from .test_conformance_mirror import made


@pytest.mark.integration
async def test_a_duplicate_is_followed_to_its_original_and_does_not_ship_by_itself(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await stand.close("duplicate")
    for _ in range(2):
        await team.reconciler.run()
    before = (await team.kept(kept.item_id)).ticket.snapshot
    await stand.complete_original()
    for _ in range(2):
        await team.reconciler.run()

    after = (await team.kept(kept.item_id)).ticket.snapshot
    assert before.original is not None
    assert before.original.state is TicketState.OPEN
    assert after.state is TicketState.DUPLICATE
    assert after.original is not None
    assert after.original.state is TicketState.COMPLETED
    assert after.problem is not None
    assert f"duplicate of {after.original.key}, which is completed" in after.problem.text
    assert len([one for one in await team.told() if one == "changed"]) == 2, "open, then completed; each once"


def test_what_it_is_a_duplicate_of_may_be_said_after_it_was_closed_and_is_told_once() -> None:
    closed = mirror.next(m.made(), m.seen(1, state=m.DUPLICATE), m.NOW, is_reading=True).ticket
    said = m.seen(2, state=m.DUPLICATE, duplicate_of="acme/payments#7")

    following = mirror.next(closed, said, m.NOW, is_reading=True)

    [change] = following.changes
    assert change.kind is Kind.CHANGED
    assert change.snapshot.original is not None
    assert change.snapshot.original.key == "acme/payments#7"
    assert mirror.next(following.ticket, said, m.NOW, is_reading=True).changes == ()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Duplicate of #12, see there.", "acme/payments#12"),
        ("closing: duplicate of acme/ledger#3", "acme/ledger#3"),
        ("Duplicate of https://git.example/acme/ledger/issues/3", "acme/ledger#3"),
        ("See also #12", None),
        ("duplicate of what we had last week", None),
        (None, None),
    ],
)
def test_a_comment_says_of_what_it_is_a_duplicate(text: str | None, key: str | None) -> None:
    assert original_in(text, "acme/payments") == key
