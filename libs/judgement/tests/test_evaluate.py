"""Scores mean what their names say."""

from __future__ import annotations

import pytest

from closeout_judgement.evaluate import (
    BadRecord,
    Record,
    accuracy,
    f1,
    found,
    macro_f1,
    mean,
    ndcg_at,
    precision,
    recall,
    recall_at,
    reciprocal_rank,
    scores_of,
)

# Two of three bad ones were found, and one good one was called bad.
PAIRS = [("bad", "bad"), ("bad", "bad"), ("bad", "good"), ("good", "bad"), ("good", "good"), ("good", "good")]


def test_precision_recall_and_f1_of_a_label() -> None:
    assert precision(PAIRS, "bad") == pytest.approx(2 / 3)
    assert recall(PAIRS, "bad") == pytest.approx(2 / 3)
    assert f1(PAIRS, "bad") == pytest.approx(2 / 3)
    assert accuracy(PAIRS) == pytest.approx(4 / 6)


def test_a_label_that_is_never_said_scores_nothing() -> None:
    never = [("bad", "good"), ("good", "good")]

    assert (precision(never, "bad"), recall(never, "bad"), f1(never, "bad")) == (0.0, 0.0, 0.0)


def test_macro_f1_counts_a_rare_label_as_much_as_a_frequent_one() -> None:
    pairs = [("often", "often")] * 98 + [("rare", "often")] * 2

    assert accuracy(pairs) == pytest.approx(0.98)
    assert macro_f1(pairs) == pytest.approx(f1(pairs, "often") / 2)


def test_measures_of_an_order() -> None:
    ranked, relevant = ["a", "b", "c", "d"], ["b", "d", "z"]

    assert recall_at(2, ranked, relevant) == pytest.approx(1 / 2)
    assert recall_at(5, ranked, relevant) == pytest.approx(2 / 3)
    assert reciprocal_rank(ranked, relevant) == pytest.approx(1 / 2)
    assert reciprocal_rank(ranked, ["z"]) == 0.0
    assert ndcg_at(10, ["b", "d", "z"], relevant) == pytest.approx(1.0)
    assert 0 < ndcg_at(10, ranked, relevant) < 1


def test_an_interval_holds_the_value_and_is_the_same_each_time() -> None:
    first = scores_of("thing", PAIRS, found("bad"))
    again = scores_of("thing", PAIRS, found("bad"))

    assert first == again
    assert [(score.metric, score.n) for score in first] == [("precision", 6), ("recall", 6), ("f1", 6)]
    assert all(score.low <= score.value <= score.high for score in first)


def test_an_interval_is_as_wide_as_the_binomial_one() -> None:
    [score] = scores_of("thing", [1.0] * 50 + [0.0] * 50, {"mean": mean})

    # The normal approximation: 1.96 standard errors of a proportion of one half, on either side.
    assert score.high - score.low == pytest.approx(2 * 0.098, abs=0.03)


def test_nothing_is_scored_without_records() -> None:
    assert scores_of("thing", [], {"accuracy": accuracy}) == []


def test_a_record_names_its_line_when_it_lacks_a_field() -> None:
    record = Record("sentences.jsonl", 7, {"text": "x", "label": "fine"})

    assert record.text("text") == "x"
    with pytest.raises(BadRecord, match=r"sentences\.jsonl:7: needs “source”"):
        record.text("source")
    with pytest.raises(BadRecord, match=r"sentences\.jsonl:7: “label” is “fine”, not one of ok, bad"):
        record.one_of("label", ["ok", "bad"])
