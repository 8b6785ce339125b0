"""Which control a sentence names."""

from __future__ import annotations

import pytest

from closeout_judgement.earlier_catch import Catch, earlier_catch
from closeout_schemas.vocabulary import Control

NAMED = {
    "An alert on the depth of the billing queue.": Catch.SLO_ALERT,
    "A probe from outside would have paged us within two minutes.": Catch.SLO_ALERT,
    "Send five percent of users to the new version for an hour.": Catch.CANARY,
    "Deploy to one region first.": Catch.CANARY,
    "Had the importer been behind a flag, it could have been switched off at once.": Catch.FEATURE_FLAG,
    "A way to disable the sync without a release.": Catch.FEATURE_FLAG,
    "Limit retries to three, with jitter.": Catch.CIRCUIT_BREAKER,
    "Rate limits for each tenant.": Catch.CIRCUIT_BREAKER,
    "A test that loads the configuration before it is merged.": Catch.OTHER_CONTROL,
    "Backups that are restored once a week.": Catch.OTHER_CONTROL,
    "Everybody should be more careful.": Catch.NOT_ACTIONABLE,
    "Better communication between the teams.": Catch.NOT_ACTIONABLE,
}


@pytest.mark.parametrize(("text", "catch"), NAMED.items())
def test_the_control_that_a_sentence_names(text: str, catch: Catch) -> None:
    assert earlier_catch(text) is catch


def test_words_without_a_sign_name_some_other_control() -> None:
    assert earlier_catch("A second pair of eyes on the cabling plan") is Catch.OTHER_CONTROL


def test_no_words_name_nothing() -> None:
    assert earlier_catch(" … ") is Catch.NOT_ACTIONABLE


def test_each_class_is_a_control_of_the_vocabulary_or_none() -> None:
    assert Catch.CANARY.control is Control.CANARY
    assert Catch.OTHER_CONTROL.control is Control.GUARD_RAIL
    assert Catch.NOT_ACTIONABLE.control is None
