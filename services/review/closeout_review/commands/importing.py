"""Taking in reviews that were written before Closeout was there, as a reader understood them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from closeout_chassis.db import Transaction
from closeout_judgement.documents.document import ActionItem, Document
from closeout_judgement.failure_modes import stated
from closeout_judgement.searchable import Read, read_of
from closeout_judgement.taxonomy import Taxonomy, published
from closeout_review.commands.indexing import index_imported
from closeout_review.domain.named import named_in
from closeout_review.store.imported import ImportedReview, ImportedReviews
from closeout_review.store.known import Known
from closeout_schemas.vocabulary import Severity, derived_id


class Result(StrEnum):
    """What became of a document."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


async def take_in(documents: Sequence[Document], tx: Transaction, taxonomy: Taxonomy | None = None) -> list[Result]:
    """Keep each of these; one whose original has not changed is left alone. In the order of `documents`.

    `taxonomy`: of the failure modes that are suggested; the published one where none is given.
    """
    taxonomy = taxonomy or published()
    known_services = await Known(tx.conn).service_names()
    reviews = [_with_services(review_of(document), document, known_services) for document in documents]
    imported = ImportedReviews(tx.conn)
    known = await imported.digests(review.id for review in reviews)
    results = []
    taken: dict[UUID, ImportedReview] = {}
    readings: dict[UUID, Read] = {}
    for review in reviews:
        before = known.get(review.id)
        if before == review.digest:
            results.append(Result.UNCHANGED)
            continue
        readings[review.id] = read_of(review.text, review.title, taxonomy)
        taken[review.id] = with_modes(review, taxonomy, readings[review.id])
        known[review.id] = review.digest
        results.append(Result.NEW if before is None else Result.CHANGED)
    await imported.save(list(taken.values()))
    # As they are kept: failure modes that somebody said before stand.
    await index_imported(tx.conn, await imported.some(list(taken)), taxonomy, readings)
    return results


def with_modes(review: ImportedReview, taxonomy: Taxonomy, reading: Read) -> ImportedReview:
    """With the failure modes that its words suggest, as they were read, each with the sentence that does so most.

    The words of another language are not judged.
    """
    if review.language not in ("", "en"):
        return replace(review, taxonomy_version=taxonomy.version)
    found = stated(reading.ranked)
    return replace(
        review,
        suggested=tuple({"mode": one.mode, "evidence": one.evidence} for one in found),
        failure_modes=tuple(one.mode for one in found),
        taxonomy_version=taxonomy.version,
    )


def _with_services(review: ImportedReview, document: Document, known: Sequence[str]) -> ImportedReview:
    """With the pager's services that its title and summary name, where the document itself says none."""
    if review.services:
        return review
    return replace(review, services=named_in(f"{document.title}\n{document.summary}", known))


def review_of(document: Document) -> ImportedReview:
    """A document as the catalogue keeps it. It is known by its name, so that its next version replaces it."""
    original = document.original.encode("utf-8", errors="surrogatepass")
    return ImportedReview(
        id=derived_id("imported", document.name),
        name=document.name,
        digest=hashlib.sha256(original).digest(),
        title=document.title or document.name,
        happened_on=document.date,
        services=document.services,
        summary=document.summary,
        ended_by=document.timeline[-1].text if document.timeline else "",
        action_items=tuple(_item(item) for item in document.action_items),
        original=original,
        not_understood=tuple(
            {"line": one.line, "what": one.what, "reason": one.reason} for one in document.not_understood
        ),
        form=document.form.value,
        severity="" if document.severity is Severity.UNKNOWN else document.severity.value,
        language=document.language,
        words="" if document.said == document.original else document.words,
        timeline=tuple(
            {"written": one.written, "at": one.at and one.at.isoformat(), "text": one.text, "line": one.line}
            for one in document.timeline
        ),
        causes=tuple({"text": one.text, "section": one.section, "line": one.line} for one in document.causes),
    )


def _item(item: ActionItem) -> dict[str, Any]:
    ticket = item.tickets[0] if item.tickets else None
    due = item.due_on.isoformat() if item.due_on else item.due
    tickets = list(item.tickets)
    return {"text": item.text, "owner": item.owner, "done": item.done, "ticket": ticket, "tickets": tickets, "due": due}
