"""What the head of engineering reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from closeout_judgement.patterns.pages.html import html
from closeout_judgement.patterns.pages.markdown import markdown
from closeout_judgement.patterns.pages.told import called
from closeout_judgement.patterns.proposals import refusal
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import IncidentRecord, Promise
from closeout_judgement.patterns.review import MetaReview, meta_review
from closeout_judgement.patterns.sentences import chance, sentence

Q3 = Quarter(2026, 3)


def incidents(quarter: Quarter, count: int = 12) -> list[IncidentRecord]:
    begin, step = quarter.begins(UTC), (quarter.ends(UTC) - quarter.begins(UTC)) / count
    return [
        IncidentRecord(
            f"{quarter}-{n}",
            begin + step * n,
            f"service-{n % 9}",
            resolved_at=begin + step * n + timedelta(minutes=90),
            dependencies=(f"dependency-{n % 5}",),
        )
        for n in range(count)
    ]


def review(now: Sequence[IncidentRecord]) -> MetaReview:
    year = [one for back in range(4, 0, -1) for one in incidents(Q3.before(back))]
    return meta_review([*year, *now], Q3, UTC)


def through(name: str) -> MetaReview:
    return review([replace(one, dependencies=(name,)) if n % 2 else one for n, one in enumerate(incidents(Q3))])


class Links(HTMLParser):
    """Collects where links lead, which ids there are, and what the page would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.to: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.to += [given["href"] or ""] if "href" in given else []
        self.ids |= {given["id"] or ""} if "id" in given else set()


def test_the_page_needs_nothing_else_and_its_links_lead_somewhere() -> None:
    page = html(through("ledger"))
    links = Links(page)

    assert {link.removeprefix("#") for link in links.to} <= links.ids
    assert "incident-2026Q3-1" in links.ids
    assert not links.tags & {"script", "link", "img", "iframe"}
    assert "http" not in page


def test_an_incident_leads_to_its_own_page_where_there_is_one() -> None:
    links = Links(html(through("ledger"), lambda name: f"/incidents/{name}"))

    assert "/incidents/2026Q3-1" in links.to


def test_names_that_look_like_markup_are_shown_as_they_are() -> None:
    made = through("<script>alert(1)</script>*x*")

    assert "<script>" not in html(made)
    assert r"\<script\>alert(1)\</script\>\*x\*" in markdown(made)


def test_a_finding_is_told_with_what_was_expected_and_how_often_chance_does_that() -> None:
    made = through("ledger")

    told = sentence(made.patterns[0])

    assert told.startswith("6 of 12 incidents involve the dependency ledger, in 6 services; 0.")
    assert "would arise by chance " in told
    assert told in markdown(made)


@pytest.mark.parametrize(
    ("by_chance", "said"),
    [
        (1 / 60, "would arise by chance once in 60 quarters"),
        (1e-9, "would arise by chance less than once in 10,000 quarters"),
        (3.0, "as striking a thing arises by chance in most quarters"),
    ],
)
def test_chance_is_told_in_quarters(by_chance: float, said: str) -> None:
    assert chance(by_chance) == said


def test_an_empty_quarter_has_a_page() -> None:
    made = review([])

    assert "No pattern stands out" in html(made)
    assert "no incident in 2026Q3" in markdown(made)


def test_a_proposal_says_what_it_would_have_prevented() -> None:
    proposal = through("ledger").proposals[0]

    assert proposal.prevents == [f"2026Q3-{n}" for n in range(1, 12, 2)]
    assert proposal.minutes == 6 * 90


def test_a_third_proposal_is_refused() -> None:
    assert refusal(["one"]) is None
    assert "withdraw one" in (refusal(["one", "two"]) or "")


def test_at_most_two_proposals_are_drafted() -> None:
    def everything(n: int, one: IncidentRecord) -> IncidentRecord:
        if n % 3 == 0:
            return replace(one, dependencies=("ledger",))
        if n % 3 == 1:
            return replace(one, failure_modes=("dns",), service="checkout")
        return replace(one, action_items=(Promise("Limit retries of the mail gateway", None, "open"),))

    made = review([everything(n, one) for n, one in enumerate(incidents(Q3, 24))])

    assert len(made.patterns) > 2
    assert len(made.proposals) == 2


def test_a_renamed_service_is_counted_as_one_and_asked_about() -> None:
    half = datetime(2026, 8, 15, tzinfo=UTC)

    def checkout(one: IncidentRecord) -> IncidentRecord:
        name = "checkout" if one.opened_at < half else "checkout-v2"
        return replace(one, service=name, service_team="payments", dependencies=("ledger",))

    now = [checkout(one) if n % 2 else replace(one, service_team="web") for n, one in enumerate(incidents(Q3))]

    made = review(now)

    assert [(one.candidate.kind.value, one.candidate.value) for one in made.patterns] == [("service", "checkout-v2")]
    assert made.questions[0].candidate.value == "checkout → checkout-v2"
    assert "they are counted as one" in sentence(made.questions[0])


def test_two_services_that_fail_in_turns_are_not_taken_for_one() -> None:
    def shared(n: int, one: IncidentRecord) -> IncidentRecord:
        return replace(one, service=f"checkout-{n % 2}", service_team="payments", dependencies=("ledger",))

    made = review([shared(n, one) for n, one in enumerate(incidents(Q3))])

    assert not [one for one in made.questions if one.candidate.kind == "renamed_service"]


def test_an_hour_long_incident_is_told_in_hours() -> None:
    assert "1 h 30 min" in html(through("ledger"))


def test_what_could_not_be_tested_for_one_reason_is_said_once() -> None:
    made = review(incidents(Q3, 2))
    page, text = html(made), markdown(made)
    assert page.count("2 incidents in 2026Q3; a pattern needs") == 1
    assert text.count("2 incidents in 2026Q3; a pattern needs") == 1
    assert "Service, dependency, failure mode" in page
    assert "`" not in page


def test_an_id_that_nobody_has_ever_read_gives_way_to_the_day() -> None:
    own = "78cafd1b-26a7-5f5e-9d0c-1f6a6f0f8f11"
    [made] = review([IncidentRecord(own, datetime(2026, 8, 4, 3, 0, tzinfo=UTC), "checkout")]).history.now
    assert called(made) == "04 Aug"
    page = html(review([IncidentRecord(own, datetime(2026, 8, 4, 3, 0, tzinfo=UTC), "checkout")]))
    assert "<span class=name>04 Aug checkout</span>" in page
