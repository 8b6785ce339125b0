"""Which earlier postmortems a page finds, and why."""

from __future__ import annotations

from datetime import date

import pytest

from closeout_judgement.alike import families, pairs_of
from closeout_judgement.relatedness import Index
from closeout_judgement.searchable import CONCEPT, Document, Page, of_document, of_page, terms_of
from closeout_judgement.stems import stem, terms
from closeout_judgement.why_related import Related, Why, confidence, worth_showing

DOCUMENTS = [
    Document(
        "cert", "Shop rejects cards", "The TLS certificate of the card gateway expired on Sunday. We renewed it.",
        services=("card-gateway",), origin="shop", alerts=("GatewayHandshake",),
    ),
    Document("oom", "Search restarts", "The indexer was OOMKilled: a memory leak in the parser.", origin="shop"),
    Document("disk", "Uploads fail", "There was no space left on the volume of the media store.", origin="media"),
    Document("dns", "Site not found", "The nameserver lost the zone; hostnames did not resolve.", origin="media"),
]  # fmt: skip


@pytest.fixture
def index() -> Index:
    return Index(DOCUMENTS)


@pytest.mark.parametrize(
    ("page", "first"),
    [
        ("x509: handshake with the card gateway fails", "cert"),
        ("search pods out of memory again", "oom"),
        ("file system full on media-1", "disk"),
        ("NXDOMAIN for every host", "dns"),
    ],
)
def test_a_page_finds_the_report_that_uses_other_words(index: Index, page: str, first: str) -> None:
    assert index.related(Page(page))[0].id == first


@pytest.mark.parametrize(
    ("said", "concept"),
    [
        ("nothing happens when the drop-down is touched", "form"),
        ("the calendar of the booking is greyed out", "form"),
        ("a white screen after the start page", "broken_page"),
        ("people see raw JSON instead of the article", "broken_page"),
        ("the check is flapping, up and down every few minutes", "intermittent"),
        ("editors cannot change the content model", "content_management"),
        ("the spinner keeps turning", "slow"),
        ("it kicks people out and asks for a new sign-on", "login"),
        ("half of the site is without electricity", "power"),
        ("the server room is too warm", "cooling"),
        ("customers got a look-alike of our invoice", "attack"),
        ("a former colleague can still publish", "permissions"),
        ("the counter runs backwards", "clock"),
        ("our hosted zones do not answer", "dns"),
        ("it cannot be reached from outside", "network"),
        ("the page won't open", "unavailable"),
        ("the galleries are without their photos", "images"),
    ],
)
def test_a_concept_is_known_by_what_a_person_says_at_night(said: str, concept: str) -> None:
    assert CONCEPT + concept in set(terms_of(said))


@pytest.mark.parametrize(
    ("said", "concept"),
    [
        ("the container image was pulled", "images"),
        ("the Helm chart was changed", "analytics"),
        ("this form of failure is new to the network", "broken_page"),
        ("the logs are complete", "login"),
        ("a fan stopped", "power"),
    ],
)
def test_a_word_with_two_meanings_is_not_taken_for_the_other(said: str, concept: str) -> None:
    assert CONCEPT + concept not in set(terms_of(said))


def test_an_answer_says_why(index: Index) -> None:
    page = Page("expired certificate at the gateway", service="card-gateway", alert="gatewayhandshake")

    why = index.related(page)[0].why

    assert {"expired", "certificate", "gateway"} <= set(why.words)
    assert {"certificate", "expiry"} <= set(why.concepts)
    assert why.modes == ("expiry_cert_credential",)
    assert why.same_service
    assert why.same_alert


def test_modes_that_people_confirmed_are_taken_before_those_that_the_text_tells() -> None:
    document = Document("a", "Shop offline", "The certificate expired.", modes=("dns", "security"))

    assert of_document(document).modes == {"dns": 0.5, "security": 0.5}


def test_a_page_that_nothing_speaks_to_stays_unanswered(index: Index) -> None:
    assert index.related(Page("elevator music too loud")) == []
    assert index.related(Page("")) == []


def test_what_only_shares_a_common_word_is_not_worth_showing(index: Index) -> None:
    assert worth_showing(index.related(Page("parser of the tax form rejects umlauts since Tuesday"))) == []
    assert [one.id for one in worth_showing(index.related(Page("certificate of the card gateway expired")))] == ["cert"]


def test_the_same_alert_and_service_make_surer() -> None:
    assert confidence(0.5, Why()) < confidence(0.5, Why(same_service=True)) < confidence(0.5, Why(same_alert=True))


def test_only_documents_of_one_origin_are_asked_for_where_it_is_given(index: Index) -> None:
    assert {one.id for one in index.related(Page("site fails, gateway, volume"), origin="media")} <= {"disk", "dns"}


def test_a_document_added_again_replaces_its_former_self(index: Index) -> None:
    index.add(Document("dns", "Site not found", "The certificate of the card gateway expired, twice."))

    assert len(index) == 4
    assert "dns" not in [one.id for one in index.related(Page("nameserver lost the zone"))]
    assert "dns" in [one.id for one in index.related(Page("certificate expired"))]


def test_a_forgotten_document_is_not_found(index: Index) -> None:
    index.discard("cert")

    assert "cert" not in [one.id for one in index.related(Page("certificate of the card gateway expired"))]


def twins(**of_one: object) -> Index:
    """Two documents that differ in what is given of the second."""
    words = ("Gateway slow", "The gateway was slow because the pool was full.")
    return Index([Document("plain", *words), Document("other", *words, **of_one)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("of_one", "page"),
    [
        ({"services": ("Ledger",)}, Page("gateway is slow", "gateway", beside=frozenset({"ledger"}))),
        ({"services": ("Gateway",)}, Page("gateway is slow", "gateway")),
        ({"day": date(2026, 11, 1)}, Page("gateway is slow", day=date(2026, 11, 29))),
    ],
    ids=["a service beside it", "the same service", "lately"],
)
def test_of_two_that_say_the_same_that_is_first_which_is_nearer(of_one: dict[str, object], page: Page) -> None:
    assert [one.id for one in twins(**of_one).related(page)] == ["other", "plain"]


def test_what_a_document_is_about_goes_before_words_said_in_passing() -> None:
    told = "Thumbnails were missing. " + "Missing thumbnails, again thumbnails. " * 5
    about = Document("about", "Thumbnails missing", told)
    said = "Thumbnails came up once. One spoon was missing. A giraffe left. Lunch was long."
    passing = [Document(f"passing{n}", "Weekly notes", said) for n in range(5)]
    others = [Document(f"other{n}", f"Number{n}", f"Elephant{n} in room{n}.") for n in range(300)]

    found = Index([about, *passing, *others]).related(Page("thumbnails missing for every giraffe at lunch"), 2)

    assert found[0].id == "about"


def test_what_a_failure_mode_is_worth_does_not_shrink_as_the_catalogue_grows() -> None:
    certificate = Document("certificate", "Shop offline", "The shop was offline.", modes=("expiry_cert_credential",))
    nearer = Document("nearer", "Shop offline", "The shop was offline, and the shop was offline again.", modes=("dns",))
    page = Page("shop offline: certificate expired")
    few = [Document(f"other{n}", f"Number{n} was slow", f"Elephant{n}.") for n in range(20)]
    many = [Document(f"more{n}", f"Number{n} was slow", f"Giraffe{n}.") for n in range(2000)]

    assert [one.id for one in Index([certificate, nearer, *few]).related(page, 2)] == ["certificate", "nearer"]
    assert [one.id for one in Index([certificate, nearer, *few, *many]).related(page, 2)] == ["certificate", "nearer"]


def test_those_that_say_the_same_take_the_place_of_the_likeliest() -> None:
    why = Why()
    found = [Related(name, 9.0 - place, 0.9, why) for place, name in enumerate(["a", "other", "copy", "revised"])]
    said = frozenset(f"word{n}" for n in range(10))
    words = {"a": said, "copy": said, "revised": said - {"word1"} | {"more"}, "other": frozenset({"word1", "else"})}

    heads = families(found, pairs_of(words))

    assert [(one.id, one.alike) for one in heads] == [("a", ("copy", "revised")), ("other", ())]


def test_of_what_nothing_is_known_nothing_is_alike() -> None:
    found = [Related(name, 1.0, 0.9, Why()) for name in ("a", "b")]

    assert families(found, pairs_of({one.id: frozenset() for one in found})) == found


def test_a_service_beside_it_is_a_reason() -> None:
    page = Page("gateway is slow", "gateway", beside=frozenset({"ledger"}))

    assert twins(services=("Ledger",)).related(page)[0].why.beside == ("ledger",)


@pytest.mark.parametrize(
    ("one", "other"),
    [("restarting", "restarted"), ("queries", "query"), ("stopped", "stops"), ("caches", "cache"), ("queued", "queue")],
)
def test_endings_do_not_count(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_names_made_of_parts_are_terms_whole_and_in_parts() -> None:
    assert {"ci.example.org", "ci"} <= set(terms("ci.example.org is down"))
    assert {"imagepullbackoff", "pull"} <= set(terms("ImagePullBackOff"))


def test_a_page_asks_for_its_words_then_for_what_they_mean_then_for_what_they_hint_at() -> None:
    asked = of_page(Page("x509 error")).terms

    assert 1 == asked["x509"] > asked["@certificate"] > asked["@expiry"] > 0
