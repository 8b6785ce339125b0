"""What the timeline's words suggest: sentences that somebody wrote, never a made-up one."""

from __future__ import annotations

import pytest

from closeout_review import testing as e
from closeout_review.domain.suggestions import Suggestions, suggestions_from
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import Control, FailureMode, PartyKind, Vendor


def of(*texts: str, by: Party = e.SAM) -> Suggestions:
    return suggestions_from([e.noted(text, minute, minute, by).data.entry for minute, text in enumerate(texts, 1)])


def test_a_failure_mode_comes_with_the_sentence_that_shows_it() -> None:
    said = "The disk of the database is full, nothing can be written. I am looking."

    [mode] = of("p99 is up", said).failure_modes[:1]

    assert mode.mode is FailureMode.RESOURCE_EXHAUSTION
    assert mode.evidence == "The disk of the database is full, nothing can be written."


def test_a_control_that_somebody_missed_is_an_earlier_catch_at_that_line() -> None:
    found = of("Rolled back.", "An alert on the pool would have told us half an hour ago.")

    [catch] = found.earlier_catches
    assert catch.control is Control.SLO_ALERT
    assert catch.text == "An alert on the pool would have told us half an hour ago."


@pytest.mark.parametrize("missed", ["The canary didn’t catch it", "A canary wouldn't have let that through"])
def test_what_was_missed_is_missed_however_it_is_shortened(missed: str) -> None:
    [catch] = of(f"{missed}.").earlier_catches
    assert catch.control is Control.CANARY


def test_a_control_that_is_only_mentioned_is_no_catch() -> None:
    assert of("The alert fired at 03:14 and I looked at the dashboard.").earlier_catches == ()


def test_what_machines_say_and_who_was_notified_suggests_nothing() -> None:
    robot = Party(vendor=Vendor.PAGERDUTY, vendor_id="PBOT", name="Build robot", kind=PartyKind.BOT)

    assert of("The certificate has expired.", by=robot) == Suggestions()


def test_chatter_suggests_nothing() -> None:
    assert of("Awake.", "On it.", "Thanks everybody, going back to bed.") == Suggestions()
