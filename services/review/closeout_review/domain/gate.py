"""The gate (rule 1 of the architecture page): what keeps a draft from being published, and what it will promise."""

from __future__ import annotations

from collections.abc import Iterator

from closeout_review.domain.commitment import Surroundings, Verdict, judge_items
from closeout_review.domain.draft import Draft, EarlierCatch
from closeout_review.domain.language import language_refusals
from closeout_review.domain.mandated import mandated_refusals
from closeout_review.domain.refusal import (
    EARLIER_CATCH,
    FAILURE_MODE,
    TITLED,
    Mend,
    Refusal,
    question,
    rewrite,
)
from closeout_review.domain.team_questions import unanswered


def judge(draft: Draft, around: Surroundings) -> Verdict:
    """Hold `draft` against every rule."""
    items = judge_items(draft.action_items, around)
    refusals = (
        *_of_the_whole(draft),
        *_of_catches(draft, around),
        *items.refusals,
        *mandated_refusals(draft),
        *unanswered(draft, around.questions),
        *language_refusals(draft, around.said),
    )
    return Verdict(refusals, () if refusals else items.commitments)


def _of_the_whole(draft: Draft) -> Iterator[Refusal]:
    if not draft.title:
        ask = question("What would somebody look for who meets this again?")
        yield Refusal("title-missing", TITLED, "title", "", "It has no title.", ask)
    if not draft.failure_modes and not draft.own_failure_modes:
        ask = question("What shape did the failure have? Choose from the list; the suggestions name their evidence.")
        yield Refusal("failure-mode-missing", FAILURE_MODE, "failure_modes", "", "It names no failure mode.", ask)


def _of_catches(draft: Draft, around: Surroundings) -> Iterator[Refusal]:
    why_nothing = draft.nothing_would_have_caught_it
    if not draft.earlier_catches and not why_nothing:
        yield _catch_refused(
            "earlier-catch-missing",
            "earlier_catches",
            "",
            "The question “what would have caught this earlier?” has no answer.",
            question(
                "At which line of the timeline would an alert, a canary, a flag, a breaker or a guard have acted?"
            ),
        )
    if draft.earlier_catches and why_nothing:
        yield _catch_refused(
            "earlier-catch-contradicted",
            "nothing_would_have_caught_it",
            why_nothing,
            "It says what would have caught this earlier, and also that nothing would have.",
            rewrite(""),
        )
    for index, catch in enumerate(draft.earlier_catches):
        yield from _of_one_catch(catch, f"earlier_catches[{index}]", around)


def _of_one_catch(catch: EarlierCatch, where: str, around: Surroundings) -> Iterator[Refusal]:
    if not catch.text:
        ask = question("What exactly would it have watched or stopped, and at which value?")
        yield _catch_refused("earlier-catch-text-missing", f"{where}.text", "", "It does not say what it is.", ask)
    if catch.control is None:
        ask = question("Is it an SLO alert, a canary, a feature flag, a circuit breaker, a guard rail, or another?")
        reason = "It does not say which control it is."
        yield _catch_refused("earlier-catch-control-missing", f"{where}.control", catch.text, reason, ask)
    if catch.entry_id not in around.entry_ids:
        ask = question("At which line of the timeline would it have acted?")
        code, reason = (
            ("earlier-catch-entry-missing", "It is tied to no line of the timeline.")
            if catch.entry_id is None
            else ("earlier-catch-entry-unknown", "The timeline has no such entry.")
        )
        yield _catch_refused(code, f"{where}.entry_id", catch.text, reason, ask)


def _catch_refused(code: str, where: str, text: str, reason: str, mend: Mend) -> Refusal:
    return Refusal(code, EARLIER_CATCH, where, text, reason, mend)
