"""What has to change in one text so that it becomes another: all of it, and no more than can be told in time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from closeout_review.domain.draft import Draft
from closeout_review.domain.edits import edits
from closeout_review.domain.merge import joined_text
from closeout_review.domain.revisions import differences

TEXTS = st.text("ab\n ", max_size=30)


@given(TEXTS, TEXTS)
def test_whatever_differs_is_told(before: str, after: str) -> None:
    text = before
    for a, b, c, d in reversed(edits(before, after)):
        text = text[:a] + after[c:d] + text[b:]
    assert text == after


@given(TEXTS, TEXTS)
def test_what_stayed_and_went_is_the_one_text_and_what_stayed_and_came_the_other(before: str, after: str) -> None:
    told = differences(Draft(title="x", summary=before), Draft(title="x", summary=after))
    parts = [part for one in told for part in one.parts]
    for kind, text in (("out", before.strip()), ("in", after.strip())):
        assert "".join(words for which, words in parts if which in ("same", kind)) == (text if parts else "")


def test_where_all_lines_are_alike_what_lies_between_the_equal_ends_is_one_change() -> None:
    base = ["begin", *["same"] * 400, "end"]
    assert edits(base, ["begin", *["same", "new"] * 400, "end"]) == [(2, 401, 2, 801)]
    # Both sides' words are kept, beside each other.
    assert joined_text("\n" * 400, "mine" + "\n" * 400 + "too", "a\n\nb" + "\n" * 398) is None


def test_a_long_text_with_many_blanks_is_compared_word_by_word() -> None:
    words = [f"word{number}" for number in range(1000)]
    changed = ["new" if number % 100 == 50 else word for number, word in enumerate(words)]
    (told,) = differences(Draft(summary=" ".join(words)), Draft(summary=" ".join(changed)))
    assert [words for kind, words in told.parts if kind == "in"] == ["new "] * 10


def test_of_two_findings_in_the_same_words_each_keeps_its_own_reason() -> None:
    def with_reasons(first: str, second: str) -> Draft:
        found = [("language-blames-person", first), ("language-should-have", second)]
        return Draft.model_validate(
            {"dismissals": [{"code": code, "text": "He should have", "reason": why} for code, why in found]}
        )

    (told,) = differences(with_reasons("one", "two"), with_reasons("three", "two"))
    assert told.place == "dismissal of “He should have” (language-blames-person)"
    assert told.parts == (("out", "one"), ("in", "three"))
