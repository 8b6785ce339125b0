"""Causes that would fit a hundred incidents."""

from __future__ import annotations

import pytest

from closeout_judgement.lints.placeholder_cause import Placeholder, check

PLACEHOLDERS = {
    "Human error.": Placeholder.PERSON,
    "The root cause is unknown.": Placeholder.UNKNOWN,
    "Lack of training.": Placeholder.ABSENCE,
    "We had no process.": Placeholder.ABSENCE,
    "Insufficient monitoring": Placeholder.ABSENCE,
    "We should be more careful with releases.": Placeholder.ATTITUDE,
    "Communication has room for improvement.": Placeholder.ATTITUDE,
    "Instability of the platform": Placeholder.SYMPTOM,
    "Bad timing": Placeholder.SYMPTOM,
    "Old server": Placeholder.GENERAL,
}
SUBSTANTIVE = [
    "The job that renews certificates runs as the user `deploy`, whose account was removed in May.",
    "The pool holds 20 connections, and each worker keeps two open during a retry.",
    "No alert watches the depth of the billing queue, so that 4,000 invoices waited until a customer called.",
    "maxSurge was 0, so the last healthy pod was stopped before the new one had started.",
]


@pytest.mark.parametrize(("text", "kind"), PLACEHOLDERS.items())
def test_a_placeholder_is_pointed_out_with_the_question_that_goes_further(text: str, kind: Placeholder) -> None:
    verdict = check(text)

    assert verdict is not None
    assert verdict.kind is kind
    assert verdict.question.endswith("?")


@pytest.mark.parametrize("text", SUBSTANTIVE)
def test_a_mechanism_is_left_alone(text: str) -> None:
    assert check(text) is None


def test_an_empty_text_is_no_cause_to_judge() -> None:
    assert check(" \n") is None
