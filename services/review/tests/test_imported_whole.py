"""An imported review, whole: what was read of it, and its failure modes, suggested, confirmed, and found by."""

from __future__ import annotations

import html
from uuid import UUID

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_review import testing as e
from closeout_review.commands.exporting import confirmed_modes
from closeout_review.commands.importing import review_of, take_in
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReviews

pytestmark = pytest.mark.integration

TEXT = """# Checkout rejects cards

Date: 2025-03-04
Services: checkout
Severity: SEV2

## Summary

Every payment failed because the TLS certificate of the checkout proxy had expired.

## Timeline

- 03:14 UTC Payments fail with x509 errors
- 03:55 UTC New certificate rolled out

## Root cause

The certificate expired: nothing renewed it.

## Action items

- [ ] Alert 21 days before a certificate expires (OPS-12, https://github.com/acme/proxy/issues/7)
"""
GERMAN = """# Ausfall der Kasse

Datum: 04.03.2025

## Zusammenfassung

Der Dienst war nicht erreichbar, weil das Zertifikat abgelaufen ist und niemand es rechtzeitig erneuert hat.

## Maßnahmen

- Wir müssen die Zertifikate automatisch erneuern und die Überwachung verbessern
"""
HTML = """<html><body><h1>Mailer outage</h1><div class="spreadsheet"><h2>Summary</h2><p>The nameserver
lost the zone.</p>
<h2>Timeline</h2><ul><li>10:00 down</li></ul><h2>Action items</h2><ul><li>Alert on DNS</li></ul></div></body></html>"""


def document(text: str = TEXT, name: str = "checkout.md") -> Document:
    (found,) = read(name, text.encode())
    assert isinstance(found, Document)
    return found


async def take(db: Database, text: str = TEXT, name: str = "checkout.md") -> UUID:
    async with db.transaction() as tx:
        await take_in([document(text, name)], tx)
    return review_of(document(text, name)).id


async def test_all_that_was_read_is_kept_and_shown(db: Database, http: httpx.AsyncClient) -> None:
    which = await take(db)

    told = (await http.get(f"/api/v1/imported/{which}")).json()
    page = (await http.get(f"/imported/{which}")).text

    first = told["timeline"][0]
    assert (first["written"], first["at"]) == ("03:14 UTC", "2025-03-04T03:14:00+00:00")
    assert [one["text"] for one in told["causes"]] == ["The certificate expired: nothing renewed it."]
    assert told["severity"] == "sev2"
    assert {"OPS-12", "https://github.com/acme/proxy/issues/7"} <= set(told["action_items"][0]["tickets"])
    assert told["suggested"][0]["mode"] == "expiry_cert_credential"
    assert "certificate" in told["suggested"][0]["evidence"]
    for shown in ("nothing renewed it", "Payments fail with x509", "OPS-12", "issues/7", "nobody has confirmed them"):
        assert shown in page


@pytest.mark.parametrize("settings", [ReviewSettings(public_url="http://closeout.test", time_zone="America/New_York")])
async def test_its_day_is_told_as_it_was_written_whatever_the_clock(db: Database, http: httpx.AsyncClient) -> None:
    which = await take(db)

    page = (await http.get("/search?q=checkout+payments+fail+with+x509")).text

    assert str(which) in page
    assert "2025-03-04 ·" in page
    assert "2025-03-03" not in page


async def test_it_is_found_by_failure_mode_and_by_service(db: Database, http: httpx.AsyncClient) -> None:
    which = await take(db)

    for asked in ("mode=expiry_cert_credential", "service=CHECKOUT", "mode=expiry_cert_credential&q=payments"):
        assert str(which) in (await http.get(f"/search?{asked}")).text, asked
    for asked in ("mode=dns", "service=mailer"):
        assert str(which) not in (await http.get(f"/search?{asked}")).text, asked
    assert "/search?mode=expiry_cert_credential" in (await http.get("/search")).text
    of_mode = (await http.get("/api/v1/imported?failure_mode=expiry_cert_credential")).json()
    assert [(one["id"], one["is_confirmed"], one["not_done"]) for one in of_mode["reviews"]] == [(str(which), False, 1)]
    assert (await http.get("/api/v1/imported?failure_mode=dns")).json()["reviews"] == []


async def test_pages_of_imported_reviews_follow_each_other_without_gap_or_double(
    db: Database, http: httpx.AsyncClient
) -> None:
    ids = [await take(db, TEXT.replace("2025-03-04", day), f"{day}.md") for day in ("2025-03-01", "2025-03-03", "")]

    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await http.get(f"/api/v1/imported?limit=1{cursor and '&cursor=' + cursor}")).json()
        seen += [one["id"] for one in page["reviews"]]
        cursor = page["next_cursor"]

    assert seen == [str(ids[1]), str(ids[0]), str(ids[2])]


async def test_what_people_say_stands_over_what_was_suggested_and_over_a_later_import(
    db: Database, http: httpx.AsyncClient
) -> None:
    which = await take(db)

    said = await http.put(f"/api/v1/imported/{which}/failure-modes", json={"failure_modes": ["dns"]})
    await take(db, TEXT + "\nMore was learned.\n")

    assert said.status_code == 200
    told = (await http.get(f"/api/v1/imported/{which}")).json()
    assert told["failure_modes"] == ["dns"]
    assert told["failure_modes_by"]
    assert told["suggested"][0]["mode"] == "expiry_cert_credential"
    assert "More was learned" in told["original"]
    async with db.transaction() as tx:
        [labelled] = [one async for one in confirmed_modes(tx.conn)]
    assert labelled["labels"]["failure_modes"] == ["dns"]
    assert labelled["suggested"][0]["mode"] == "expiry_cert_credential"
    async with db.reading() as conn:
        kept = await conn.fetchval("SELECT kept -> 'modes' FROM catalogue_document WHERE is_current")
    assert kept == {"dns": 1.0}


async def test_the_page_has_a_form_that_says_them(db: Database, http: httpx.AsyncClient) -> None:
    which = await take(db)

    answer = await http.post(
        f"/imported/{which}/failure-modes", data={"failure_modes": ["dns", "monitoring_gap"]}, follow_redirects=True
    )

    assert answer.status_code == 200
    async with db.reading() as conn:
        one = await ImportedReviews(conn).one(which)
    assert one is not None
    assert one.failure_modes == ("dns", "monitoring_gap")


@pytest.mark.parametrize(
    ("modes", "code"), [(["no_such"], "no-such-mode"), (["dns"] * 6, "invalid-request")], ids=["unknown", "too many"]
)
async def test_modes_that_cannot_be_are_refused(
    db: Database, http: httpx.AsyncClient, modes: list[str], code: str
) -> None:
    which = await take(db)

    refused = await http.put(f"/api/v1/imported/{which}/failure-modes", json={"failure_modes": modes})

    assert refused.status_code == 422
    assert (await http.get(f"/api/v1/imported/{which}")).json()["failure_modes_by"] is None
    assert code in refused.text
    missing = await http.put(f"/api/v1/imported/{e.INCIDENT}/failure-modes", json={"failure_modes": []})
    assert missing.status_code == 404


async def test_another_language_is_named_and_not_judged(db: Database, http: httpx.AsyncClient) -> None:
    which = await take(db, GERMAN, "kasse.md")

    told = (await http.get(f"/api/v1/imported/{which}")).json()

    assert (told["language"], told["suggested"], told["failure_modes"]) == ("de", [], [])
    assert "its wording is not judged" in (await http.get(f"/imported/{which}")).text


async def test_a_long_original_is_on_an_address_of_its_own(db: Database, http: httpx.AsyncClient) -> None:
    long = TEXT + "\n".join(f"<script>line {n}</script>" for n in range(30_000))
    which = await take(db, long)

    page = await http.get(f"/imported/{which}")
    original = await http.get(f"/imported/{which}/original")

    assert len(page.content) < 100_000
    assert f'href="/imported/{which}/original"' in page.text
    assert original.text == long
    assert original.headers["content-type"].startswith("text/plain")
    assert original.headers["x-content-type-options"] == "nosniff"
    assert original.headers["cache-control"] == "private, no-store"
    assert (await http.get(f"/api/v1/imported/{which}")).headers["cache-control"] == "private, no-store"
    assert (await http.get(f"/imported/{e.INCIDENT}/original")).status_code == 404


async def test_markup_is_not_what_a_review_says(db: Database, http: httpx.AsyncClient) -> None:
    await take(db, HTML, "mailer.html")

    found = (await http.get("/api/v1/related", params={"text": "nameserver lost the zone"})).json()["related"]
    assert [one["title"] for one in found] == ["Mailer outage"]
    async with db.reading() as conn:
        terms = {row["term"] for row in await conn.fetch("SELECT term FROM catalogue_posting")}
    assert not terms & {"div", "spreadsheet", "class", "html", "body", "ul", "li", "h2"}


async def test_the_page_shows_each_ticket_of_a_promise_with_what_became_of_it(
    http: httpx.AsyncClient, db: Database
) -> None:
    one = document()
    which = review_of(one).id
    async with db.transaction() as tx:
        await take_in([one], tx)
        kept = await ImportedReviews(tx.conn).one(which)
        assert kept is not None
        [item] = kept.action_items
        states = {"OPS-12": {"state": "wont_do", "url": "https://linear.app/acme/issue/OPS-12"}}
        await ImportedReviews(tx.conn).save_items(which, [item], [{**item, "ticket_states": states}])

    page = (await http.get(f"/imported/{which}")).text

    assert '<a href="https://linear.app/acme/issue/OPS-12" rel="noreferrer"><bdi>OPS-12</bdi></a>' in page
    assert '<span class="faint">won\'t do</span>' in html.unescape(page)
    assert '<a href="https://github.com/acme/proxy/issues/7" rel="noreferrer">' in page
