"""Reviews that were written before Closeout was there: taken in once, found again, and told at night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_review import testing as e
from closeout_review.commands.importing import Result, review_of, take_in
from closeout_review.store.imported import ImportedReviews
from closeout_schemas.cards import RelatedFound
from closeout_schemas.directory import KnownService, ServiceDescribed
from closeout_schemas.vocabulary import Vendor, derived_id

pytestmark = pytest.mark.integration

TEXT = """# Checkout certificate expired

Date: 2025-03-04

## Summary

The certificate of the checkout proxy expired and every payment failed.

## Timeline

- 03:14 Payments fail with x509 errors
- 03:55 New certificate rolled out, payments work again

## Action items

- [ ] Alert 21 days before a certificate of the proxy expires (owner: Dana Engineer)
- [x] Renew the certificate by cert-manager
"""


def document(text: str = TEXT, name: str = "2025/checkout.md") -> Document:
    (found,) = read(name, text.encode())
    assert isinstance(found, Document)
    return found


async def take(db: Database, *documents: Document) -> list[Result]:
    async with db.transaction() as tx:
        return await take_in(documents, tx)


async def test_a_document_is_taken_in_once_and_again_when_it_has_changed(db: Database) -> None:
    assert await take(db, document()) == [Result.NEW]
    assert await take(db, document()) == [Result.UNCHANGED]
    assert await take(db, document(TEXT + "\nMore was learned.\n"), document(name="other.md")) == [
        Result.CHANGED,
        Result.NEW,
    ]


async def test_an_imported_review_is_found_by_words_with_what_is_not_known_to_be_done(
    db: Database, http: httpx.AsyncClient
) -> None:
    await take(db, document())

    found = (await http.get("/api/v1/related", params={"text": "x509 certificate expired on checkout"})).json()

    [one] = found["related"]
    assert one["title"] == "Checkout certificate expired"
    assert "same failure mode: Expiry, certificate or credential" in one["why"]
    assert "same dependency: certificate" in one["why"]
    assert one["ended_by"] == "New certificate rolled out, payments work again"
    assert [item["owner"] for item in one["open_items"]] == ["Dana Engineer"]
    page = await http.get(f"/imported/{review_of(document()).id}")
    assert page.status_code == 200
    assert "The original, whole" in page.text
    assert (await http.get(f"/imported/{e.INCIDENT}")).status_code == 404


async def test_the_same_failure_at_night_gets_a_card_from_an_imported_review(
    db: Database, hear: Callable[..., Awaitable[None]], said: Callable[[], Awaitable[Sequence[Any]]]
) -> None:
    more = "".join(f"- [ ] Renew the certificate of gate {number}\n" for number in range(4))
    await take(db, document(f"{TEXT}{more}- Tell whoever is on call which certificates there are\n"))

    await hear(e.opened(title="x509: certificate has expired, checkout payments fail", opened_at=datetime.now(UTC)))

    [card] = [one for one in await said() if isinstance(one, RelatedFound)]
    assert ", 5 of 7 fixes still open: Checkout certificate expired" in card.data.text.splitlines()[0]
    assert "Alert 21 days before" in card.data.text


async def test_a_thousand_imported_at_once_are_all_in_the_index(db: Database, http: httpx.AsyncClient) -> None:
    many = [document(f"# Outage of system{n}x\n\nsystem{n}x was down.\n", f"{n}.md") for n in range(1100)]
    await take(db, *many)

    found = (await http.get("/api/v1/related", params={"text": "system1099x was down", "limit": 1})).json()["related"]

    assert [one["title"] for one in found] == ["Outage of system1099x"]


async def test_hostile_documents_are_shown_as_they_are(db: Database, http: httpx.AsyncClient) -> None:
    hostile = document("# <script>alert(1)</script>\x00\n\n## Action items\n\n- <img src=x onerror=alert(1)>\n")
    await take(db, hostile)

    page = (await http.get(f"/imported/{review_of(hostile).id}")).text
    assert "<script>" not in page
    assert "<img" not in page


async def test_services_that_the_pager_knows_are_recognised_where_the_document_names_none(
    hear: Callable[..., Awaitable[None]], db: Database, now: datetime
) -> None:
    for name in ("Checkout Proxy", "api", "mailer"):
        service = KnownService(vendor=Vendor.PAGERDUTY, vendor_id=name, name=name, described_at=now)
        await hear(
            ServiceDescribed(
                id=derived_id("service", name), source="/test", subject=f"pagerduty:{name}", time=now, data=service
            )
        )
    [document] = read("a.md", TEXT.encode())
    assert isinstance(document, Document)

    async with db.transaction() as tx:
        await take_in([document], tx)
    async with db.reading() as conn:
        kept = await ImportedReviews(conn).one(review_of(document).id)

    assert kept is not None
    assert kept.services == ("Checkout Proxy",)
