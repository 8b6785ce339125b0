"""Words that were taken out do not come back from a page that was open meanwhile, and nothing else of it is lost."""

from __future__ import annotations

from typing import Any

import pytest

from closeout_review.domain.draft import Draft
from closeout_review.domain.held_back import Held, hold_back, was_before, with_held
from closeout_review.domain.merge import merge

CLEANED: dict[str, Any] = {
    "title": "Checkout is down",
    "summary": "Sam used [redacted] and rolled back.",
    "action_items": [{"id": "a", "text": "Rotate [redacted] each week", "owner": "@samo"}],
    "aware_of": ["The token [redacted] stands in a wiki", "The retry hides the first error"],
    "answers": {"at_night": "[redacted]"},
    "dismissals": [{"code": "blame", "where": "summary", "text": "Sam used [redacted]", "reason": "He says so"}],
}


def told(content: dict[str, Any], secret: str = "Zebra-4711") -> Draft:
    """The draft as it was before the secret was taken out."""
    text = Draft.model_validate(content).model_dump_json()
    return Draft.model_validate_json(text.replace("[redacted]", secret))


BEFORE = Draft.model_validate(CLEANED)


def saved(mine: Draft, was: Draft | None, there: Draft = BEFORE) -> tuple[Draft, list[Held]]:
    """What is saved of a page that showed the old words, and what its writer gets back."""
    guarded = hold_back(was, mine, BEFORE, there)
    return merge(guarded.base, guarded.mine, there).draft, guarded.held


@pytest.mark.parametrize("says_what_it_showed", [True, False])
def test_a_page_in_which_nobody_typed_changes_nothing_and_asks_nothing(says_what_it_showed: bool) -> None:
    old = told(CLEANED)
    draft, held = saved(old, old if says_what_it_showed else None)
    assert draft == BEFORE
    # Of an answer that was nothing but the secret nobody can tell whether it was typed anew.
    assert held == ([] if says_what_it_showed else [Held("answers-at_night", "Zebra-4711")])


def test_what_was_typed_elsewhere_on_that_page_is_saved() -> None:
    old = told(CLEANED)
    mine = old.model_copy(update={"title": "Checkout was down", "aware_of": (*old.aware_of, "Two dashboards disagree")})
    draft, held = saved(mine, old)
    assert draft.title == "Checkout was down"
    assert "Zebra" not in draft.model_dump_json()
    assert held == [Held("aware_of", "Two dashboards disagree")]
    assert with_held(draft, held[0]).aware_of == (*BEFORE.aware_of, "Two dashboards disagree")


@pytest.mark.parametrize("says_what_it_showed", [True, False])
def test_what_was_typed_into_the_old_words_is_handed_back(says_what_it_showed: bool) -> None:
    old = told(CLEANED | {"answers": {}})
    mine = old.model_copy(update={"summary": old.summary + " It helped."})
    before = Draft.model_validate(CLEANED | {"answers": {}})
    guarded = hold_back(old if says_what_it_showed else None, mine, before, before)
    assert guarded.held == [Held("summary", "Sam used Zebra-4711 and rolled back. It helped.")]
    assert merge(guarded.base, guarded.mine, before).draft == before


def test_a_row_that_somebody_took_out_stays_out() -> None:
    old = told(CLEANED)
    there = BEFORE.model_copy(update={"action_items": ()})
    for was in (old, None):
        draft, _ = saved(old, was, there)
        assert draft.action_items == ()


def test_where_the_words_were_replaced_since_the_new_ones_stand() -> None:
    old = told(CLEANED)
    there = BEFORE.model_copy(update={"summary": "Sam rolled back."})
    draft, held = saved(old.model_copy(update={"title": "Mine"}), old, there)
    assert (draft.summary, draft.title, held) == ("Sam rolled back.", "Mine", [])


def test_a_new_dismissal_of_old_words_does_not_bring_them_back() -> None:
    old = told(CLEANED)
    more = {"code": "passive", "where": "summary", "text": "Zebra-4711 and rolled", "reason": "It is known who"}
    mine = Draft.model_validate(old.model_dump() | {"dismissals": [*old.model_dump()["dismissals"], more]})
    draft, _ = saved(mine, old)
    assert "Zebra" not in draft.model_dump_json()
    assert [one.reason for one in draft.dismissals] == ["He says so"]


@pytest.mark.parametrize(
    ("kept", "words", "is_it"),
    [
        ("Sam used [redacted] at night", "Sam used Zebra at night", True),
        ("Sam used [redacted] at night", "Sam used Zebra at night!", False),
        ("[redacted], then [redacted] again", "Zebra, then Quagga again", True),
        ("[redacted] again", "again", False),
        ("ab[redacted]ba", "aba", False),
        ("[redacted]", "Zebra", False),
        ("nothing", "nothing", False),
    ],
)
def test_it_is_told_by_what_stands_around_it(kept: str, words: str, is_it: bool) -> None:
    assert was_before(kept, words) is is_it
