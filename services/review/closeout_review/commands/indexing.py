"""Putting reviews into the back catalogue's index, so that the next page finds them."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn, Database
from closeout_judgement.postings import impacts_of
from closeout_judgement.promises import words_of
from closeout_judgement.relatedness import kept_of
from closeout_judgement.searchable import Document, Read, of_document
from closeout_judgement.taxonomy import Taxonomy
from closeout_review.domain.draft import Draft
from closeout_review.store.catalogue import CatalogueIndex, Entry
from closeout_review.store.imported import ImportedReview
from closeout_review.store.promised import Indexed, PromiseIndex
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import derived_id

# Documents of one round, and segments that are merged into one: ten rounds of ten, and so on.
AT_ONCE = 50
MERGED = 10
# Former selves of reviews take places of others, and make words seem less rare: so many of the current are borne.
FORMER = 0.1


async def index_published(conn: Conn, postmortem_ids: Sequence[UUID], taxonomy: Taxonomy) -> None:
    """Index these published reviews, anew where they were indexed before."""
    rows = await CatalogueIndex(conn).published(postmortem_ids, len(postmortem_ids))
    await _index(conn, [(row["id"], False, document_of(row)) for row in rows], taxonomy)


async def index_imported(
    conn: Conn, reviews: Sequence[ImportedReview], taxonomy: Taxonomy, readings: Mapping[UUID, Read] = {}
) -> None:
    """Index these imported reviews, anew where they were indexed before. `readings`: of those that have been read."""
    await _index(conn, [(one.id, True, imported_document(one)) for one in reviews], taxonomy, readings)
    promises = PromiseIndex(conn)
    await promises.forget([one.id for one in reviews])
    await promises.add(
        [
            Indexed(derived_id("imported_item", str(one.id), str(place)), one.id, True, place, words_of(item["text"]))
            for one in reviews
            for place, item in enumerate(one.action_items)
        ]
    )


async def catch_up(db: Database, taxonomy: Taxonomy) -> None:
    """Index what the index does not have, and merge small segments. What was there before the index was is taken in.

    Where many reviews were indexed again, what is left of their former selves is taken out.
    """
    while await _round(db, taxonomy):
        pass
    while True:
        async with db.transaction() as tx:
            index = CatalogueIndex(tx.conn)
            if not (await index.hold() and (await index.forget_former(FORMER) or await index.merge(MERGED))):
                return


async def _round(db: Database, taxonomy: Taxonomy) -> bool:
    async with db.transaction() as tx:
        index = CatalogueIndex(tx.conn)
        if not await index.hold():
            return False
        rows = await index.published(None, AT_ONCE)
        await _index(tx.conn, [(row["id"], False, document_of(row)) for row in rows], taxonomy)
        imported = await index.imported(AT_ONCE)
        await index_imported(tx.conn, imported, taxonomy)
        promised = await PromiseIndex(tx.conn).missing(AT_ONCE)
        await PromiseIndex(tx.conn).add(
            [Indexed(one.id, one.review_id, False, one.place, words_of(one.text)) for one in promised]
        )
        return bool(rows or imported or promised)


async def _index(
    conn: Conn,
    documents: Sequence[tuple[UUID, bool, Document]],
    taxonomy: Taxonomy,
    readings: Mapping[UUID, Read] = {},
) -> None:
    if not documents:
        return
    entries, impacts = [], {}
    for review_id, imported, document in documents:
        found = of_document(document, taxonomy, readings.get(review_id))
        impacts[review_id] = impacts_of(found.terms)
        entries.append(Entry(review_id, imported, kept_of(document, found, impacts[review_id])))
    index = CatalogueIndex(conn)
    numbers = await index.number(entries, taxonomy.fingerprint)
    await index.add_segment(0, postings_of({numbers[one]: terms for one, terms in impacts.items()}))


def postings_of(documents: Mapping[int, Mapping[str, float]]) -> dict[str, tuple[bytes, bytes]]:
    """The documents by term, as the index keeps them: numbers, and how much the term says of each."""
    numbers: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
    impacts: defaultdict[str, array[float]] = defaultdict(lambda: array("f"))
    for number in sorted(documents):
        for term, impact in documents[number].items():
            numbers[term].append(number)
            impacts[term].append(impact)
    return {term: (numbers[term].tobytes(), impacts[term].tobytes()) for term in numbers}


def imported_document(one: ImportedReview) -> Document:
    """An imported review, to be found."""
    return Document(
        str(one.id),
        one.title,
        one.text,
        services=one.services,
        origin=one.services[0] if one.services else "",
        modes=one.failure_modes if one.modes_by else (),
        day=one.happened_on,
    )


def document_of(row: Mapping[str, Any]) -> Document:
    """A published review, to be found."""
    incident = IncidentSnapshot.model_validate(row["snapshot"])
    draft = Draft.model_validate(row["draft"] or {})
    service = incident.service.name if incident.service else ""
    said = [bytes(text).decode(errors="replace") for text in row["said"] or ()]
    parts = {
        "Summary": [draft.summary],
        "Timeline": said,
        "Action items": [item.text for item in draft.action_items],
        "Lessons": [catch.text for catch in draft.earlier_catches],
    }
    return Document(
        str(row["id"]),
        draft.title or incident.title,
        "\n\n".join(line for name, texts in parts.items() for line in (f"## {name}", *filter(None, texts))),
        services=(service,) if service else (),
        origin=service,
        modes=(*(mode.value for mode in draft.failure_modes), *draft.own_failure_modes),
        alerts=(incident.title, *(row["more_titles"] or ())),
        day=incident.opened_at.date() if incident.opened_at else None,
    )
