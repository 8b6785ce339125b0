"""The language of the lexicons."""

from __future__ import annotations

import pytest

from closeout_judgement.phrases import Phrases, words_of


def found(phrase: str, text: str) -> bool:
    return bool(list(Phrases([(phrase, None)]).find(words_of(text))))


def test_a_word_is_found_whole_and_in_any_case() -> None:
    assert found("token", "the TOKEN was revoked")
    assert not found("token", "tokenise the text")


def test_a_star_stands_for_any_ending() -> None:
    assert found("expir*", "it had expired")
    assert found("expir*", "the expiry date")


def test_a_bar_parts_alternatives() -> None:
    assert found("disk|volume full", "volume full")
    assert not found("disk|volume full", "pool full")


def test_a_gap_is_bridged_up_to_five_words() -> None:
    assert found("certificate .. expired", "the certificate of our own old site expired")
    assert not found("certificate .. expired", "the certificate that we made in spring last year expired")


def test_a_word_with_a_question_mark_may_be_missing() -> None:
    assert found("result of? load", "as a result load rose")
    assert found("result of? load", "as a result of load")


def test_hyphens_and_possessives_do_not_count() -> None:
    assert found("third party", "a third-party outage")
    assert found("vendor side", "on the vendor’s side")


def test_a_phrase_is_found_at_each_place() -> None:
    assert [hit.start for hit in Phrases([("dns", None)]).find(words_of("DNS is down, so DNS fails"))] == [0, 4]


@pytest.mark.parametrize("phrase", ["", "..", "a ..", ".. a", "a? b"])
def test_a_phrase_without_firm_ends_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="has to begin"):
        Phrases([(phrase, None)])
