"""What became of a ticket, from its state and the text around it."""

from __future__ import annotations

import pytest

from closeout_judgement.ticket_states import Fate, fate_of


@pytest.mark.parametrize(
    ("state", "evidence", "fate"),
    [
        ("closed", "merged pull request #12 says Fixes #9", Fate.DONE),
        ("closed", "closing comment: resolved by #31", Fate.DONE),
        ("closed", "label stale, but merged pull request #12 did it", Fate.DONE),
        ("merged", "", Fate.DONE),
        ("closed", "label Stale", Fate.CLOSED_NOT_DONE),
        ("closed", "closed as not planned", Fate.CLOSED_NOT_DONE),
        ("closed", "pull request closed without merge", Fate.CLOSED_NOT_DONE),
        ("closed", "no longer required", Fate.CLOSED_NOT_DONE),
        ("closed", "superseded by the new scheduler", Fate.CLOSED_SUPERSEDED),
        ("closed", "the index is built from the database now, check not needed", Fate.CLOSED_SUPERSEDED),
        ("closed", "", Fate.CLOSED_UNCLEAR),
        ("closed", "no closing comment seen", Fate.CLOSED_UNCLEAR),
        ("open", "", Fate.STILL_OPEN),
        ("open", "pull request #5 was never merged", Fate.STILL_OPEN),
        ("open", "label stale", Fate.STILL_OPEN),
        ("open", "pull request #5 merged in May, ticket still open", Fate.DONE_BUT_OPEN),
        ("In Progress", "the change was deployed, nobody closed the ticket", Fate.DONE_BUT_OPEN),
    ],
)
def test_a_closed_ticket_is_not_a_done_action(state: str, evidence: str, fate: Fate) -> None:
    assert fate_of(state, evidence) is fate
