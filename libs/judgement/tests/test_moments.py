"""What messages mark, and by what it is told."""

from __future__ import annotations

import pytest

from closeout_judgement.guard_rails import Rail, signs_in
from closeout_judgement.moments import Moment, moments_in

NIGHT = [
    "Awake. p99 is 4 s on checkout, about 40 failed payments a minute.",
    "I think it might be the cache, let me check. The hit rate has dropped to 60 %.",
    "Not the cache: the hit rate is at 60 % every night at this time.",
    "Which dashboard is right? 'Checkout overview' shows 40 connections in use, 'Payments DB' 200 of 200.",
    "Release 412 raised the provider timeout from 2 s to 30 s.",
    "Restarted two of the pods. Better for a minute, then the pool was full again.",
    "Rolling back to release 411 now.",
    "p99 is at 310 ms and no payment has failed for three minutes.",
]


def test_a_night_has_its_wrong_guess_its_confusion_its_deeds_and_what_turned_it() -> None:
    found = {one.place: one for one in moments_in(NIGHT)}

    assert {place: one.moment for place, one in found.items()} == {
        1: Moment.WRONG_HYPOTHESIS,
        3: Moment.CONFUSION,
        4: Moment.TURNING_POINT,
        5: Moment.DECISION,
        6: Moment.DECISION,
    }
    assert found[1].because_of == 2
    assert "Not the cache" in found[1].reason
    assert "after which it got better" in found[4].reason


def test_a_guess_that_nobody_took_back_is_no_wrong_one() -> None:
    assert moments_in(["I think it is the cache", "Yes. The cache was emptied at 02:10", "Warm again"]) == []


@pytest.mark.parametrize(
    "message",
    [
        "The deploy is out everywhere.",
        "Can you restart the pods?",
        "Should we roll back?",
        "Let me look at the graphs.",
        "The restart policy is Always.",
        "Next update at 04:00.",
    ],
)
def test_what_is_asked_for_or_merely_named_is_no_decision(message: str) -> None:
    assert moments_in([message]) == []


@pytest.mark.parametrize(
    ("message", "rail"),
    [
        ("I ran the script by hand", Rail.BY_HAND),
        ("kubectl delete pod checkout-1", Rail.BY_HAND),
        ("that went to the production database", Rail.PRODUCTION),
        ("used --force because it would not go", Rail.NO_CONFIRMATION),
        ("it didn't ask for anything", Rail.NO_CONFIRMATION),
        ("merged it without review", Rail.ONE_PAIR_OF_EYES),
        ("this is not my service, what does it do?", Rail.OTHER_TEAM),
    ],
)
def test_words_that_tell_of_a_guard_rail_that_was_not_there(message: str, rail: Rail) -> None:
    assert rail in [sign.rail for sign in signs_in(message)]


@pytest.mark.parametrize("message", ["p99 is 4 s", "The product page is slow", "I forced myself to sleep", "Review it"])
def test_other_words_raise_no_such_question(message: str) -> None:
    assert list(signs_in(message)) == []


def test_what_was_found_is_said_to_the_end_of_its_sentence() -> None:
    (found,) = moments_in(["Errors are gone. So it was the pool after all. Good night", "Thanks"])

    assert found.reason == "It names what was found: “it was the pool after all”"
