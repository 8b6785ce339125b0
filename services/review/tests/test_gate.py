"""The gate: what it refuses, by which code, and what it offers instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_review import testing as e
from closeout_review.domain.commitment import Surroundings, Verdict, judge_items
from closeout_review.domain.directory import Directory, directory_of
from closeout_review.domain.draft import Draft, DraftItem
from closeout_review.domain.gate import judge
from closeout_review.domain.month_four import month_four_begins
from closeout_schemas.directory import KnownParty, PartySeen, Project, ProjectDescribed
from closeout_schemas.vocabulary import PartyKind, TargetKind

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 2026-W48
NOTE = e.entry("note", "I think it is the cache", 4)


def directory(*more: KnownParty, **project: Any) -> Directory:
    world = [*e.everybody(NOW)[:-1], e.described(NOW, **project)]
    parties = [one.data for one in world if isinstance(one, PartySeen)]
    projects: list[Project] = [one.data for one in world if isinstance(one, ProjectDescribed)]
    return directory_of([*parties, *projects[0].assignable, *more], projects)


def verdict(draft: dict[str, Any], known: Directory | None = None, **around: Any) -> Verdict:
    values: dict[str, Any] = {"now": NOW, "zone": ZoneInfo("UTC"), "default_project": ""}
    surroundings = Surroundings(known or directory(), frozenset({NOTE.id}), **(values | around))
    return judge(Draft.model_validate(draft), surroundings)


def codes(draft: dict[str, Any], known: Directory | None = None, **around: Any) -> set[str]:
    return {refusal.code for refusal in verdict(draft, known, **around).refusals}


def of_item(known: Directory | None = None, **item: Any) -> Any:
    """The one refusal that this item meets."""
    (refusal,) = verdict(e.draft(NOW, e.item(NOW, **item)), known).refusals
    return refusal


def test_a_good_draft_passes_and_says_what_it_promises() -> None:
    passed = verdict(e.draft(NOW))
    (made,) = passed.commitments
    assert passed.refusals == ()
    assert (made.owner.name, made.target.value, made.project.key) == ("Alex Responder", "2026-W51", "acme/payments")
    assert made.target.due_on == date(2026, 12, 20)


def test_without_items_it_passes_and_promises_nothing() -> None:
    assert verdict(e.draft(NOW) | {"action_items": []}) == Verdict((), ())


def test_more_than_three_items_are_refused_and_nothing_is_promised() -> None:
    answer = verdict(e.draft(NOW, *[e.item(NOW)] * 4))
    assert [refusal.code for refusal in answer.refusals] == ["too-many-action-items"]
    assert answer.commitments == ()


@pytest.mark.parametrize(
    "owner", ["@alexr", "@AlexR", "alex@example.com", "ALEX@Example.COM", "Alex Responder", "alex  r"]
)
def test_an_owner_is_found_by_handle_mail_or_name(owner: str) -> None:
    (made,) = verdict(e.draft(NOW, e.item(NOW, owner=owner))).commitments
    assert made.owner.email == "alex@example.com"


def test_people_are_joined_by_mail_whatever_its_case() -> None:
    (made,) = verdict(e.draft(NOW, e.item(NOW, owner="sam@example.com"))).commitments
    assert {str(vendor): handles for vendor, handles in made.owner.handles.items()} == {
        "pagerduty": ("PSAM",),
        "github": ("samo",),
    }


@pytest.mark.parametrize(
    ("owner", "code"),
    [
        ("", "owner-missing"),
        ("Payments", "owner-is-team"),
        ("the payments team", "owner-is-team"),
        ("deploy-bot", "owner-is-bot"),
        ("@deploy-bot", "owner-is-bot"),
        ("Alex Responder and Sam Oncall", "owner-is-several"),
        ("@alexr, @samo", "owner-is-several"),
        ("dana@example.com", "owner-unknown-to-tracker"),
        ("Nobody Known", "owner-unknown"),
        ("@ghost", "owner-unknown"),
    ],
)
def test_whoever_is_not_one_known_person_is_refused_saying_what_it_is(owner: str, code: str) -> None:
    refusal = of_item(owner=owner)
    assert (refusal.code, refusal.where, refusal.text) == (code, "action_items[0].owner", owner)
    assert refusal.mend.text


@pytest.mark.parametrize("owner", ["TBD", "platform-team@example.com", "SRE team", "renovate[bot]", "someone"])
def test_words_that_name_nobody_are_refused(owner: str) -> None:
    assert of_item(owner=owner).code.startswith("owner-")


def test_two_people_of_one_name_are_named_and_the_one_whom_the_tracker_knows_is_offered() -> None:
    namesake = KnownParty(vendor=e.PAGERDUTY, vendor_id="PSAM2", name="Sam Oncall", email="other@example.com")
    refusal = of_item(directory(namesake), owner="Sam Oncall")
    assert refusal.code == "owner-ambiguous"
    assert "other@example.com" in refusal.reason
    assert (refusal.mend.kind, refusal.mend.value) == ("rewrite", "@samo")


def test_a_near_miss_is_offered_as_a_rewrite() -> None:
    refusal = of_item(owner="Alex Respnder")
    assert (refusal.code, refusal.mend.value) == ("owner-unknown", "@alexr")


def test_invisible_characters_make_nobody_else() -> None:
    assert codes(e.draft(NOW, e.item(NOW, owner="@al\u200bexr\u202e"))) == set()


def test_somebody_of_whom_nobody_says_that_it_is_a_person_is_refused() -> None:
    thing = KnownParty(vendor=e.GITHUB, vendor_id="thing", name="Thing", kind=PartyKind.UNKNOWN)
    assert of_item(directory(thing), owner="@thing").code == "owner-unknown"


@pytest.mark.parametrize(
    ("target", "code", "value"),
    [
        ("", "target-missing", None),
        ("soon", "target-unknown", None),
        ("2026-W60", "target-not-a-week", None),
        ("2026-W40", "target-in-past", None),
        ("2027-W30", "target-too-far", "2027-W07"),
        ("2026-12-10", "target-unknown", "2026-W50"),
        ("W50", "target-unknown", "2026-W50"),
        ("week 50", "target-unknown", "2026-W50"),
        ("2026-W5", "target-unknown", None),
        ("Sprint 1", "target-in-past", None),
        ("Someday", "target-without-due-date", None),
        ("Sprnt 12", "target-unknown", "Sprint 12"),
        ("9999-W53", "target-not-a-week", None),
        ("0000-W01", "target-not-a-week", None),
    ],
)
def test_a_target_that_is_no_real_week_or_milestone_is_refused(target: str, code: str, value: str | None) -> None:
    refusal = of_item(target=target)
    assert (refusal.code, refusal.mend.value) == (code, value)


@pytest.mark.parametrize("target", ["2026-W48", "2026-w50", "٢٠٢٦-W50", "2027-W07", "Sprint 12", "sprint 12"])
def test_a_week_or_milestone_within_13_weeks_passes(target: str) -> None:
    assert codes(e.draft(NOW, e.item(NOW, target=target))) == set()


def test_today_is_the_organisations() -> None:
    sunday_evening = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
    draft = e.draft(NOW, e.item(NOW, target="2026-W49"))
    aukland = ZoneInfo("Pacific/Auckland")
    assert codes(e.draft(NOW, e.item(NOW, target="2026-W48")), now=sunday_evening, stale_after=timedelta(weeks=9)) == {
        "target-in-past"
    }
    assert codes(draft, now=sunday_evening, zone=aukland, stale_after=timedelta(weeks=9)) == set()


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-60, 200))
def test_a_target_passes_exactly_when_it_ends_within_the_next_13_weeks_and_before_month_four(
    today: date, days: int
) -> None:
    aimed = e.week_of(today + timedelta(days=days))
    sunday = date.fromisocalendar(int(aimed[:4]), int(aimed[6:]), 7)
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    refused = codes(e.draft(NOW, e.item(NOW, target=aimed)), now=now, stale_after=timedelta(days=9999))
    month_four = month_four_begins(now, ZoneInfo("UTC")).date()
    assert (refused == set()) == (today < sunday <= today + timedelta(weeks=13) and sunday < month_four)


@given(st.text(max_size=40))
def test_no_target_breaks_the_gate_and_each_rewrite_passes(target: str) -> None:
    try:
        answer = verdict(e.draft(NOW, e.item(NOW, target=target)))
    except ValueError:
        return  # what the draft itself refuses: control characters
    for refusal in answer.refusals:
        if refusal.mend.value is not None:
            assert codes(e.draft(NOW, e.item(NOW, target=refusal.mend.value))) == set()


@given(st.text(max_size=40))
def test_no_owner_breaks_the_gate_and_each_rewrite_passes(owner: str) -> None:
    try:
        answer = verdict(e.draft(NOW, e.item(NOW, owner=owner)))
    except ValueError:
        return
    for refusal in answer.refusals:
        if refusal.mend.value is not None:
            assert codes(e.draft(NOW, e.item(NOW, owner=refusal.mend.value))) == set()


def test_a_milestone_is_promised_by_its_own_name_and_day() -> None:
    (made,) = verdict(e.draft(NOW, e.item(NOW, target="SPRINT 12"))).commitments
    assert (made.target.kind, made.target.value) == (TargetKind.MILESTONE, "Sprint 12")
    assert made.target.due_on == date(2026, 12, 14)


def test_a_project_must_be_known_fresh_and_take_tickets() -> None:
    assert of_item(project="github:acme/nothing").code == "project-unknown"
    assert of_item(directory(can_create=False, why_not="it is archived")).code == "project-refuses-tickets"
    assert "it is archived" in of_item(directory(can_create=False, why_not="it is archived")).reason
    old = codes(e.draft(NOW), now=NOW + timedelta(hours=25))
    assert old == {"project-stale"}


def test_an_item_without_project_takes_the_default_or_is_asked() -> None:
    draft = e.draft(NOW, e.item(NOW, project=""))
    assert codes(draft) == {"project-missing"}
    assert codes(draft, default_project=e.PROJECT) == set()


def test_nobody_can_be_assigned_outside_the_projects_own_list() -> None:
    only_sam = (KnownParty(vendor=e.GITHUB, vendor_id="samo", name="Sam Oncall", email="sam@example.com"),)
    alex = KnownParty(vendor=e.GITHUB, vendor_id="alexr", name="Alex R", email="alex@example.com")
    refusal = of_item(directory(alex, assignable=only_sam), owner="@alexr")
    assert refusal.code == "owner-unknown-to-tracker"
    assert "cannot be assigned" in refusal.reason


@pytest.mark.parametrize(
    ("text", "criterion", "where"),
    [
        ("Improve monitoring", None, "action_items[0].text"),
        ("Investigate the retry storm", None, "action_items[0].text"),
        ("", None, "action_items[0].text"),
        ("Add an alert " + "x" * 240, None, "action_items[0].text"),
        (None, "", "action_items[0].criterion"),
        (None, "Explore caching options", "action_items[0].criterion"),
    ],
)
def test_what_cannot_be_completed_or_held_true_is_refused(text: str | None, criterion: str | None, where: str) -> None:
    given = {name: value for name, value in (("text", text), ("criterion", criterion)) if value is not None}
    answer = verdict(e.draft(NOW, e.item(NOW, **given))).refusals
    assert {refusal.where for refusal in answer} == {where}
    assert all(refusal.reason and refusal.mend.text for refusal in answer)


CATCH = e.draft(NOW)["earlier_catches"][0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"earlier_catches": []}, "earlier-catch-missing"),
        ({"earlier_catches": [CATCH | {"entry_id": None}]}, "earlier-catch-entry-missing"),
        ({"earlier_catches": [CATCH | {"entry_id": str(e.INCIDENT)}]}, "earlier-catch-entry-unknown"),
        ({"earlier_catches": [CATCH | {"control": None}]}, "earlier-catch-control-missing"),
        ({"earlier_catches": [CATCH | {"text": ""}]}, "earlier-catch-text-missing"),
        ({"nothing_would_have_caught_it": "A meteor"}, "earlier-catch-contradicted"),
        ({"failure_modes": []}, "failure-mode-missing"),
        ({"title": " "}, "title-missing"),
    ],
)
def test_the_questions_of_the_whole_must_be_answered(change: dict[str, Any], code: str) -> None:
    assert codes(e.draft(NOW) | change) == {code}


@pytest.mark.parametrize("nothing", ["\u200b", "\u2060 \u00ad\n\ufeff", "\u200d"])
def test_what_nobody_sees_answers_nothing(nothing: str) -> None:
    (catch,) = e.draft(NOW)["earlier_catches"]
    assert codes(e.draft(NOW, title=nothing, earlier_catches=[catch | {"text": nothing}])) == {
        "title-missing",
        "earlier-catch-text-missing",
    }
    answered = {"earlier_catches": [], "nothing_would_have_caught_it": nothing}
    assert codes(e.draft(NOW) | answered) == {"earlier-catch-missing"}


def test_that_nothing_would_have_caught_it_is_an_answer_with_a_why() -> None:
    nothing = {"earlier_catches": [], "nothing_would_have_caught_it": "The vendor's region burnt down"}
    assert codes(e.draft(NOW) | nothing) == set()


def test_a_language_finding_is_settled_by_a_reason_or_by_other_words() -> None:
    draft = e.draft(NOW, summary="The deploy went out at 02:10.")
    (refusal,) = verdict(draft).refusals
    assert (refusal.where, refusal.dismissible) == ("summary", True)
    dismissal = {"code": refusal.code, "text": refusal.text, "where": "summary", "reason": "It is a quotation."}
    assert codes(draft | {"dismissals": [dismissal]}) == set()
    assert codes(draft | {"dismissals": [dismissal | {"reason": ""}]}) == {refusal.code}
    assert codes(draft | {"dismissals": [dismissal | {"text": "something else"}]}) == {refusal.code}


CHAT = ("I think it is the cache", "flushed it, didn't help", "wrong graph, sorry", "the pool is full")


def test_a_summary_without_the_wrong_turns_of_the_chat_is_pointed_out() -> None:
    draft = e.draft(NOW, summary="The pool was full. We raised its limit.")
    told = e.draft(NOW, summary="At first we suspected the cache. The pool was full.")

    assert codes(draft, said=CHAT) == {"language-sanitised-timeline"}
    assert codes(told, said=CHAT) == set()
    assert codes(draft) == set()


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        ("The flag was flipped at 02:10.", "language-agentless"),
        ("Alex forgot to flip the flag back.", "language-blames-person"),
        ("We should have seen it coming.", "language-should-have"),
    ],
)
def test_each_kind_of_language_has_its_code(summary: str, code: str) -> None:
    assert codes(e.draft(NOW, summary=summary)) == {code}


def test_a_headline_may_be_clipped() -> None:
    assert codes(e.draft(NOW) | {"title": "Cluster upgraded, connections refused"}) == set()


def test_study_of_a_change_is_mended_with_one_key() -> None:
    refusal = of_item(text="Consider adding a limit of 5 to the retries")

    assert refusal.code == "action-item-investigates"
    assert (refusal.mend.kind, refusal.mend.value) == ("rewrite", "Add a limit of 5 to the retries")


def test_a_dismissal_settles_language_only() -> None:
    dismissal = {"code": "owner-is-team", "text": "Payments", "reason": "We like it"}
    assert codes(e.draft(NOW, e.item(NOW, owner="Payments"), dismissals=[dismissal])) == {"owner-is-team"}


@given(st.lists(st.sampled_from(["text", "criterion", "owner", "target", "project"]), unique=True))
def test_each_broken_part_is_refused_where_it_stands_and_no_other(broken: list[str]) -> None:
    draft = e.draft(NOW, e.item(NOW), e.item(NOW, **dict.fromkeys(broken, "")))
    # Without its project nothing of the item's milestone or owner can be looked up; both still stand by themselves.
    assert {refusal.where for refusal in verdict(draft).refusals} == {f"action_items[1].{part}" for part in broken}


def test_every_refusal_names_its_rule_the_words_and_a_way_out() -> None:
    answer = verdict({"action_items": [{}, {"owner": "TBD"}, {}, {}]})
    assert len(answer.refusals) > 15
    for refusal in answer.refusals:
        assert refusal.rule
        assert refusal.reason.endswith((".", "?"))
        assert refusal.mend.kind in ("rewrite", "question")
        assert refusal.code == refusal.code.lower()


@given(
    text=st.sampled_from(
        ["Add an alert on p99 above 500 ms", "Remove the unused flag from checkout", "Write a test of the failover"]
    ),
    control=st.sampled_from(["", "slo_alert", "canary", "feature_flag", "circuit_breaker", "guard_rail", "other"]),
    owner=st.sampled_from(["", "TBD", "Payments", "deploy-bot", "nobody known"]),
    target=st.sampled_from(["", "soon", "ASAP", "Sprint 99", "2020-W01"]),
)
def test_whatever_the_gate_offers_passes_it(text: str, control: str, owner: str, target: str) -> None:
    known = directory()
    alex = known.people_called("@alexr", None)
    item = {"text": text, "control": control or None, "owner": owner, "target": target, "project": e.PROJECT}
    for refusal in verdict(e.draft(NOW, item), known, took_part=tuple(alex)).refusals:
        field = refusal.where.rpartition(".")[2]
        assert refusal.mend.choices, refusal.code
        for choice in refusal.mend.choices:
            mended = verdict(e.draft(NOW, item | {field: choice}), known).refusals
            assert refusal.where not in {other.where for other in mended}, choice


def test_a_bare_list_of_items_passes_the_same_gate_without_a_postmortem() -> None:
    around = Surroundings(directory(), frozenset(), now=NOW, zone=ZoneInfo("UTC"))
    items = [DraftItem.model_validate(e.item(NOW)), DraftItem(text="Improve monitoring", project=e.PROJECT)]
    passed, refused = judge_items(items[:1], around), judge_items(items, around, "proposal")
    assert [made.owner.name for made in passed.commitments] == ["Alex Responder"]
    assert {one.where.partition(".")[0] for one in refused.refusals} == {"proposal[1]"}
    assert refused.commitments == ()


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\u2060", "\ufeff", "\u00ad"])
def test_words_that_nobody_sees_are_named_and_taken_out_with_one_click(unseen: str) -> None:
    refusal = of_item(text=f"Add an al{unseen}ert on checkout p99 latency above 500 ms")
    assert (refusal.code, refusal.mend.value) == ("text-unseen", "Add an alert on checkout p99 latency above 500 ms")
    assert f"U+{ord(unseen):04X}" in refusal.reason


def test_unseen_characters_do_not_help_vague_words_through() -> None:
    assert "action-item-vague" in codes(e.draft(NOW, e.item(NOW, text="Im\u200bprove moni\u200dtoring")))


def test_joiners_that_a_script_needs_may_stay() -> None:
    assert (
        codes(e.draft(NOW, e.item(NOW, text="Add an alert “می\u200cشود” on checkout p99 above 500 ms 👩\u200d💻")))
        == set()
    )
