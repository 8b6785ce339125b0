"""Each lint on its own examples, and what holds for all of them."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

import closeout_judgement.language
import closeout_judgement.lints
from closeout_judgement.finding import Finding, Lint
from closeout_judgement.lints import sanitised_timeline, target, too_many
from closeout_judgement.lints.action_item import find as find_item
from closeout_judgement.lints.table import LINTS, language_findings

PASSING = [(lint, text) for lint in LINTS for text in lint.passing]
FAILING = [(lint, text, code) for lint in LINTS for text, code in lint.failing.items()]


def named(case: object) -> str:
    return case.name if isinstance(case, Lint) else str(case)


@pytest.mark.parametrize(("lint", "text"), PASSING, ids=named)
def test_an_example_that_passes_passes(lint: Lint, text: str) -> None:
    assert list(lint.find(text)) == []


@pytest.mark.parametrize(("lint", "text", "code"), FAILING, ids=named)
def test_an_example_that_fails_fails_by_its_code(lint: Lint, text: str, code: str) -> None:
    findings = list(lint.find(text))

    assert [finding.code for finding in findings] == [code]
    assert {finding.lint for finding in findings} == {lint.name}


@pytest.mark.parametrize("lint", LINTS, ids=named)
def test_every_code_of_a_lint_has_an_example(lint: Lint) -> None:
    assert set(lint.failing.values()) == set(lint.codes)


@pytest.mark.parametrize(("lint", "text", "code"), FAILING, ids=named)
def test_every_finding_says_why_and_what_to_answer(lint: Lint, text: str, code: str) -> None:
    for finding in lint.find(text):
        assert finding.text == text[finding.start : finding.end]
        assert finding.reason.endswith(".")
        assert "?" in finding.ask


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("Consider adding a limit to the pool", "Add a limit to the pool"),
        ("We should look into moving the state file to a bucket.", "Move the state file to a bucket."),
        ("Should we drop the unused index on created_at?", "Drop the unused index on created_at"),
        ("It might be worth setting a timeout on the import job", "Set a timeout on the import job"),
        ("Maybe we could cache the token for an hour", "Cache the token for an hour"),
    ],
)
def test_study_of_a_change_is_offered_as_that_change(text: str, better: str) -> None:
    [finding] = find_item(text)

    assert finding.rewritten(text) == better


@pytest.mark.parametrize("text", ["Consider improving the docs", "Should we be more careful?", "Investigate the leak"])
def test_nothing_is_offered_that_would_not_pass(text: str) -> None:
    [finding] = find_item(text)

    assert finding.better is None


VERB = st.sampled_from(
    ["adding", "removing", "using", "improving", "setting up", "documenting", "monitoring", "avoiding"]
)
START = st.sampled_from(
    ["Consider", "Look into", "Maybe we could think about", "Explore", "Should we", "We should discuss"]
)
THING = st.sampled_from(["alerting", "a limit of 5 on retries", "better alerts", "the old index", "runbooks", "a flag"])


@given(START, VERB, THING)
def test_every_rewrite_passes_the_lint_that_offers_it(start: str, verb: str, thing: str) -> None:
    text = f"{start} {verb} {thing}"
    for lint in LINTS:
        for finding in lint.find(text):
            rewritten = finding.rewritten(text)
            assert rewritten is None or list(lint.find(rewritten)) == []


@pytest.mark.parametrize("lint", LINTS, ids=named)
@given(text=st.text(max_size=200))
def test_no_text_breaks_a_lint_and_every_rewrite_passes(lint: Lint, text: str) -> None:
    for finding in lint.find(text):
        assert finding.text == text[finding.start : finding.end]
        rewritten = finding.rewritten(text)
        assert rewritten is None or list(lint.find(rewritten)) == []


def test_a_day_is_offered_as_its_week() -> None:
    [lint] = [lint for lint in LINTS if lint.name == "target"]
    [finding] = lint.find("2026-12-31")

    assert finding.rewritten("2026-12-31") == "2026-W53"


def test_words_are_told_of_once_and_in_order() -> None:
    text = "The flag was flipped. The operator should have read the page. The disk was full."
    findings = list(language_findings(text))

    assert [finding.code for finding in findings] == ["language-agentless", "language-blames-person"]
    assert [finding.start for finding in findings] == sorted(finding.start for finding in findings)


def test_a_fourth_item_is_pointed_out() -> None:
    [finding] = too_many.find(["one", "two", "three", "four", "five"])

    assert (finding.text, finding.code) == ("four", "too-many-action-items")
    assert "5 action items" in finding.reason


CHAT = [
    "I think it's the cache",
    "flushed it",
    "didn't help, still failing",
    "wrong graph, that was staging",
    "it's the pool: 200 of 200 in use",
]


def test_a_narrative_without_the_chats_wrong_turns_is_pointed_out() -> None:
    [finding] = sanitised_timeline.find("The pool was full. We raised its limit.", CHAT)

    assert finding.code == "language-sanitised-timeline"
    assert finding.text == "The pool was full."
    assert "didn't help" in finding.reason


@pytest.mark.parametrize(
    "narrative",
    [
        "At first we suspected the cache and flushed it, which did not help. Then we saw that the pool was full.",
        "Flushing the cache had no effect. The pool was full.",
        "",
    ],
)
def test_a_narrative_with_a_wrong_turn_passes(narrative: str) -> None:
    assert list(sanitised_timeline.find(narrative, CHAT)) == []


def test_a_chat_that_went_straight_asks_for_no_wrong_turn() -> None:
    straight = ["pool is full", "raised the limit to 400", "errors are gone"]

    assert sanitised_timeline.wrong_turns_in(straight) == []
    assert list(sanitised_timeline.find("The pool was full.", straight)) == []


def test_a_finding_without_a_rewrite_rewrites_nothing() -> None:
    assert Finding("c", "l", 0, 1, "x", "r", "a?").rewritten("x") is None


def test_the_examples_in_docstrings_are_true() -> None:
    packages = (closeout_judgement.lints, closeout_judgement.language)
    names = [one.name for each in packages for one in pkgutil.iter_modules(each.__path__, each.__name__ + ".")]
    names.append("closeout_judgement.evaluate")
    results = [doctest.testmod(importlib.import_module(name)) for name in names]

    assert sum(result.attempted for result in results) > 3
    assert sum(result.failed for result in results) == 0


@pytest.mark.parametrize("nothing", ["\r\n", "\n\u00a0", "!", "?.", "\n \t"])
def test_a_text_of_nothing_but_line_ends_or_marks_is_judged_too(nothing: str) -> None:
    # With the square of its length it would take an hour.
    assert list(language_findings(nothing * 50_000 + "x")) == []


def test_a_target_of_nothing_but_marks_is_judged_too() -> None:
    # With the cube of its length it would take an hour.
    assert [one.code for one in target.find("-" * 10_000 + "x")] == ["target-fictitious"]
