"""Two people write into one draft at once: nobody's words are lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_review.domain.draft import Draft
from closeout_review.domain.merge import Clash, merge
from closeout_review.web.forms import kept_aware

FIRST, SECOND = "a1", "b2"


def draft(**fields: Any) -> Draft:
    return Draft.model_validate(fields)


def items(**texts: str) -> list[dict[str, str]]:
    return [{"id": key, "text": text} for key, text in texts.items()]


def test_what_two_change_in_different_fields_is_in_the_draft() -> None:
    merged = merge(draft(title="old"), draft(title="mine"), draft(title="old", summary="theirs"))
    assert (merged.draft.title, merged.draft.summary, merged.clashes) == ("mine", "theirs", [])


def test_two_items_and_two_fields_of_one_item_come_together() -> None:
    base = draft(action_items=items(a1="Alert", b2="Canary"))
    mine = draft(action_items=[{"id": FIRST, "text": "Alert", "owner": "@dana"}, {"id": SECOND, "text": "Canary"}])
    theirs = draft(action_items=[{"id": FIRST, "text": "Alert above 500 ms"}, {"id": SECOND, "text": "Canary of 1 %"}])
    first, second = merge(base, mine, theirs).draft.action_items
    assert (first.text, first.owner, second.text) == ("Alert above 500 ms", "@dana", "Canary of 1 %")


def test_new_items_of_both_are_kept() -> None:
    merged = merge(draft(), draft(action_items=items(a1="mine")), draft(action_items=items(b2="theirs")))
    assert [one.text for one in merged.draft.action_items] == ["theirs", "mine"]


def test_the_same_field_changed_by_both_keeps_what_was_there_and_hands_back_the_other_words() -> None:
    base = draft(action_items=items(a1="Alert"))
    merged = merge(base, draft(action_items=items(a1="Alert mine")), draft(action_items=items(a1="Alert theirs")))
    assert merged.draft.action_items[0].text == "Alert theirs"
    assert merged.clashes == [Clash("action_items-a1-text", "Alert mine")]


def test_paragraphs_of_one_text_come_together() -> None:
    base = draft(summary="one\n\ntwo\n\nthree")
    merged = merge(base, draft(summary="ONE\n\ntwo\n\nthree"), draft(summary="one\n\ntwo\n\nTHREE\nfour"))
    assert (merged.draft.summary, merged.clashes) == ("ONE\n\ntwo\n\nTHREE\nfour", [])


def test_an_item_that_one_took_out_goes_unless_the_other_wrote_into_it() -> None:
    base = draft(action_items=items(a1="Alert", b2="Canary"))
    assert merge(base, draft(action_items=items(a1="Alert")), base).draft.action_items[-1].id == FIRST
    theirs = draft(action_items=items(a1="Alert", b2="Canary of 1 %"))
    assert merge(base, draft(action_items=items(a1="Alert")), theirs).draft.action_items[-1].text == "Canary of 1 %"


def test_lists_of_words_have_what_either_put_in_and_not_what_either_took_out() -> None:
    base = draft(failure_modes=["dns", "security"], aware_of=["x", "y"])
    mine = draft(failure_modes=["dns"], aware_of=["x", "y", "mine"])
    theirs = draft(failure_modes=["dns", "security"], aware_of=["y", "theirs"])
    merged = merge(base, mine, theirs).draft
    assert merged.failure_modes == ("dns",)
    assert merged.aware_of == ("y", "theirs", "mine")


def test_two_reasons_for_one_dismissal_are_one_reason() -> None:
    found = {"code": "agentless-passive", "where": "summary", "text": "was done"}
    mine, theirs = (draft(dismissals=[found | {"reason": one}]) for one in ("a quotation", "the log's words"))
    assert merge(draft(), mine, theirs).draft.dismissals[0].reason == "the log's words / a quotation"


texts = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=5).map("\n".join).map(str.strip)
rows = st.dictionaries(st.sampled_from(["k1", "k2", "k3"]), texts.map(lambda text: text.replace("\n", " ")), max_size=3)
drafts = st.builds(
    lambda title, summary, given: draft(title=title.replace("\n", " "), summary=summary, action_items=items(**given)),
    texts,
    texts,
    rows,
)


@given(drafts, drafts, drafts)
def test_no_line_of_either_is_lost(base: Draft, mine: Draft, theirs: Draft) -> None:
    """Whatever one of them wrote, and was not there before, is in the draft or beside it."""
    merged = merge(base, mine, theirs)
    kept = lines(merged.draft) | {line for clash in merged.clashes for line in clash.words.split("\n")}
    assert (lines(mine) | lines(theirs)) - lines(base) <= kept


def lines(one: Draft) -> set[str]:
    return {
        line for text in (one.title, one.summary, *(i.text for i in one.action_items)) for line in text.split("\n")
    } - {""}


@given(drafts, drafts)
def test_whoever_is_alone_gets_what_they_wrote(base: Draft, mine: Draft) -> None:
    merged = merge(base, mine, base)
    assert (merged.draft, merged.clashes) == (mine, [])
    assert merge(base, base, mine).draft == mine


@pytest.mark.parametrize("twice", ["title", "summary"])
def test_the_same_words_of_both_are_no_clash(twice: str) -> None:
    assert merge(draft(), draft(**{twice: "same"}), draft(**{twice: "same"})).clashes == []


def test_of_a_long_item_that_is_kept_as_a_thing_to_remain_aware_of_every_word_stays() -> None:
    words = " ".join(f"word{number}" for number in range(200))
    kept = kept_aware(Draft.model_validate({"action_items": [{"text": words}]}), 0)
    assert " ".join(kept.aware_of) == words
    assert Draft.model_validate(kept.model_dump(mode="json")) == kept
