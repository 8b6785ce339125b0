"""The back catalogue in the database: what is indexed is found by any replica, before and after segments are merged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from closeout_chassis.db import Database
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_judgement.relatedness import Index
from closeout_judgement.searchable import Page
from closeout_judgement.taxonomy import Taxonomy, published
from closeout_review.commands.catalogue import Catalogue
from closeout_review.commands.imported_modes import say_modes
from closeout_review.commands.importing import review_of, take_in
from closeout_review.commands.indexing import MERGED, catch_up, imported_document
from closeout_review.commands.reading_anew import read_anew
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReviews

from .waiting import until_it_waits

pytestmark = pytest.mark.integration
TEXTS = {
    "cert.md": "# Shop rejects cards\n\nDate: 2026-01-04\nServices: gateway\n\nThe card gateway's certificate expired.",
    "oom.md": "# Search restarts\n\nDate: 2026-02-04\n\nThe indexer was OOMKilled: a memory leak in the parser.",
    "disk.md": "# Uploads fail\n\nDate: 2026-03-04\n\nThere was no space left on the volume of the media store.",
    "dns.md": "# Site not found\n\nDate: 2026-04-04\n\nThe nameserver lost the zone; hostnames did not resolve.",
}
PAGES = ["x509: handshake with the card gateway", "pods out of memory", "volume is full", "NXDOMAIN for all hosts"]
Import = Callable[[dict[str, str]], Awaitable[None]]


def documents(texts: dict[str, str]) -> list[Document]:
    return [one for name, text in texts.items() for one in read(name, text.encode()) if isinstance(one, Document)]


@pytest.fixture
def take(db: Database) -> Import:
    async def each(texts: dict[str, str]) -> None:
        for document in documents(texts):
            async with db.transaction() as tx:
                await take_in([document], tx)

    return each


async def found(db: Database, settings: ReviewSettings, words: str) -> list[tuple[str, float]]:
    async with db.reading() as conn:
        answers = await Catalogue(settings).search(words, "", 10, conn)
    return [(one.id.removeprefix("imported:"), round(one.score, 2)) for one in answers]


async def test_the_database_finds_what_an_index_in_memory_finds_also_after_merging(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take(TEXTS)
    await agrees_with_memory(db, settings, TEXTS)

    more = {f"more{n}.md": f"# Number {n}\n\nNothing of that sort, elephant number{n}." for n in range(MERGED)}
    await take(more)
    await catch_up(db, published())

    async with db.reading() as conn:
        segments = await conn.fetchval("SELECT count(*) FROM catalogue_segment")
    assert segments < MERGED
    await agrees_with_memory(db, settings, TEXTS | more)


async def agrees_with_memory(db: Database, settings: ReviewSettings, texts: dict[str, str]) -> None:
    index = Index(imported_document(review_of(one)) for one in documents(texts))
    for page in PAGES:
        asked = Page(page, day=datetime.now(UTC).date())
        expected = [(one.id, round(one.score, 2)) for one in index.related(asked)]
        assert await found(db, settings, page) == expected, page


async def test_a_revised_document_is_found_as_it_is_now_and_once(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take(TEXTS)
    await take({"dns.md": "# Site not found\n\nDate: 2026-04-04\n\nThe certificate of the gateway expired, twice."})

    dns = str(review_of(documents({"dns.md": TEXTS["dns.md"]})[0]).id)
    assert dns not in [id for id, _ in await found(db, settings, "nameserver lost the zone")]
    assert [id for id, _ in await found(db, settings, "certificate expired twice")].count(dns) == 1


async def test_whoever_asks_while_another_review_is_taken_in_is_answered(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take({"cert.md": TEXTS["cert.md"]})
    async with db.transaction() as tx:
        # The question waits here, after it has asked how many documents there are.
        await tx.conn.execute("LOCK TABLE catalogue_posting")
        asked = asyncio.create_task(found(db, settings, "certificate of the card gateway"))
        await until_it_waits(asked, tx.conn)
        await take_in(documents({"more.md": "# Shop again\n\nThe card gateway's certificate, once more."}), tx)

    assert len(await asked) == 1


async def test_a_review_that_was_begun_before_another_and_is_there_after_it_is_found_by_who_asked_between(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    catalogue = Catalogue(settings)
    [cert] = documents({"cert.md": TEXTS["cert.md"]})

    async def ask() -> list[str]:
        async with db.reading() as conn:
            return [one.id for one in await catalogue.search("certificate of the card gateway", "", 10, conn)]

    async with db.transaction() as tx:
        # It gets the lower number, and is not to be seen yet.
        await take_in([cert], tx)
        await take({"oom.md": TEXTS["oom.md"]})
        assert await ask() == []

    assert (await ask())[0] == f"imported:{review_of(cert).id}"


async def test_what_is_left_of_former_selves_is_taken_out_and_the_answers_stay(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take(TEXTS)
    await take({name: f"{text}\n\nLooked at again, zebra." for name, text in TEXTS.items()})
    again = {name: f"{text}\n\nAnd once more." for name, text in TEXTS.items()}
    await take(again)

    await catch_up(db, published())

    await agrees_with_memory(db, settings, again)
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM catalogue_document") == len(TEXTS)
        assert not await conn.fetchval("SELECT count(*) FROM catalogue_posting WHERE term LIKE '%zebra%'")
        named = await conn.fetch("SELECT numbers, impacts FROM catalogue_posting")
    assert all(len(row["numbers"]) == len(row["impacts"]) <= 4 * len(TEXTS) for row in named)


async def test_few_former_selves_are_left_where_they_are(db: Database, settings: ReviewSettings, take: Import) -> None:
    await take(TEXTS | {f"more{n}.md": f"# Number {n}\n\nAn elephant." for n in range(10)})
    await take({"dns.md": TEXTS["dns.md"] + " Again."})

    await catch_up(db, published())

    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM catalogue_document WHERE NOT is_current") == 1


async def test_what_was_there_before_the_index_is_taken_in_by_itself(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take(TEXTS)
    async with db.transaction() as tx:
        await tx.conn.execute("DELETE FROM catalogue_document; DELETE FROM catalogue_posting")
    assert await found(db, settings, "certificate of the card gateway") == []

    await catch_up(db, published())

    assert await found(db, settings, "certificate of the card gateway") != []


# Three that a page about the tide says nothing of in their words; one of them is a case of the team's own failure mode.
TIDES = {
    "tide.md": "# Boats late\n\nThe root cause was the spring tide at the lock: the harbour gauge read nothing.",
    "fog.md": "# Boats late again\n\nThe root cause was the fog over the quay: the lamp of the pier was out.",
    "crew.md": "# Boats late once more\n\nThe root cause was the rota of the crew: nobody was at the helm.",
}
OWN = {"modes": {"high_water": {"title": "High water", "strong": ["spring tide*", "flood* .. dock*"]}}}


async def test_a_teams_own_failure_mode_ranks_and_is_a_reason(db: Database, settings: ReviewSettings) -> None:
    own = with_taxonomy(settings, published().extended(OWN))
    for document in documents(TIDES):
        async with db.transaction() as tx:
            await take_in([document], tx, own.taxonomy)

    async with db.reading() as conn:
        # In no word do they meet but the first, which all three have.
        first, *others = await Catalogue(own).search("Boats late: the dock is flooded, flood in dock 3", "", 3, conn)

    assert first.why.modes == ("high_water",)
    assert first.id == f"imported:{review_of(documents(TIDES)[0]).id}"
    assert [one.why.modes for one in others] == [(), ()]


async def test_when_a_team_adds_a_failure_mode_what_was_read_before_is_read_anew(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take(TIDES)
    tide = review_of(documents(TIDES)[0]).id
    own = with_taxonomy(settings, published().extended(OWN))
    catalogue = Catalogue(own)
    async with db.reading() as conn:
        before = await catalogue.search("flood in the dock, boats", "", 3, conn)

    await read_anew(db, own.taxonomy)

    async with db.reading() as conn:
        after = await catalogue.search("flood in the dock, boats", "", 3, conn)
        suggested = await ImportedReviews(conn).one(tide)
        numbers = await conn.fetchval("SELECT count(*) FROM catalogue_document")
    assert all(one.why.modes == () for one in before)
    assert (after[0].id, after[0].why.modes) == (f"imported:{tide}", ("high_water",))
    assert suggested is not None
    assert suggested.failure_modes == ("high_water",)
    assert numbers == len(TIDES), "nothing was indexed a second time"


async def test_a_failure_mode_that_somebody_said_stands_also_when_a_team_adds_another(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take(TIDES)
    tide = review_of(documents(TIDES)[0]).id
    own = with_taxonomy(settings, published().extended(OWN))
    async with db.transaction() as tx:
        await say_modes(tx, settings, tide, ["human_procedure_tooling"], "ada")

    await read_anew(db, own.taxonomy)

    async with db.reading() as conn:
        found_now = await Catalogue(own).search("flood in the dock, boats", "", 3, conn)
        kept = await ImportedReviews(conn).one(tide)
    assert all(one.why.modes == () for one in found_now)
    assert kept is not None
    assert kept.failure_modes == ("human_procedure_tooling",)
    assert [one["mode"] for one in kept.suggested] == ["high_water"]


async def test_a_failure_mode_that_is_said_while_reviews_are_read_anew_stands_too(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    await take(TIDES)
    tide = review_of(documents(TIDES)[0]).id
    own = with_taxonomy(settings, published().extended(OWN))
    async with db.transaction() as tx:
        await say_modes(tx, settings, tide, ["human_procedure_tooling"], "ada")
        reading = asyncio.create_task(read_anew(db, own.taxonomy))
        await until_it_waits(reading, tx.conn)

    await reading
    await read_anew(db, own.taxonomy)
    async with db.reading() as conn:
        found_now = await Catalogue(own).search("flood in the dock, boats", "", 3, conn)
    assert all(one.why.modes == () for one in found_now)


async def test_copies_and_revisions_take_one_place_and_are_named(
    db: Database, settings: ReviewSettings, take: Import
) -> None:
    text = TEXTS["cert.md"] + "\n\nCustomers saw an error in the basket; support got sixty calls within the hour."
    await take({**TEXTS, "cert.md": text, "old/cert.md": text, "cert-v2.md": f"{text} A colleague renewed it."})

    async with db.reading() as conn:
        first, *others = await Catalogue(settings).search("the certificate of the card gateway expired", "", 3, conn)

    named = dict.fromkeys(("cert.md", "old/cert.md", "cert-v2.md"), text)
    copies = {f"imported:{review_of(one).id}" for one in documents(named)}
    assert {first.id, *first.alike} == copies
    assert not copies & {one.id for one in others}


def with_taxonomy(settings: ReviewSettings, taxonomy: Taxonomy) -> ReviewSettings:
    own = settings.model_copy()
    own.__dict__["taxonomy"] = taxonomy
    return own
