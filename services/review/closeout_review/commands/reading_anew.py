"""Reviews of the catalogue whose failure modes were read by another taxonomy than the one that stands."""

from __future__ import annotations

from uuid import UUID

from closeout_chassis.db import Database
from closeout_judgement.searchable import Document, modes_of, read_of
from closeout_judgement.taxonomy import Taxonomy
from closeout_review.commands.importing import with_modes
from closeout_review.commands.indexing import document_of, imported_document
from closeout_review.store.catalogue import CatalogueIndex
from closeout_review.store.imported import ImportedReviews

AT_ONCE = 50


async def read_anew(db: Database, taxonomy: Taxonomy) -> None:
    """Read their failure modes by this one: how they rank, and what is suggested for imported ones."""
    while await _round(db, taxonomy):
        pass


async def _round(db: Database, taxonomy: Taxonomy) -> bool:
    async with db.transaction() as tx:
        index = CatalogueIndex(tx.conn)
        if not await index.hold():
            return False
        found = await index.read_otherwise(taxonomy.fingerprint, AT_ONCE)
        if not found:
            return False
        imported = ImportedReviews(tx.conn)
        documents: dict[UUID, Document] = {}
        # One that is imported, or of which somebody says something, at this moment is read the next time.
        for review in await imported.lock([which for which, is_imported in found if is_imported]):
            await imported.suggest_modes(with_modes(review, taxonomy, read_of(review.text, review.title, taxonomy)))
            documents[review.id] = imported_document(review)
        published = [which for which, is_imported in found if not is_imported]
        for row in await index.published(published, AT_ONCE):
            documents[row["id"]] = document_of(row)
        modes = {which: modes_of(document, taxonomy) for which, document in documents.items()}
        # A published one that is gone meanwhile is told by no mode, so that it is not found again.
        said = {which: modes.get(which, {}) for which, is_imported in found if which in modes or not is_imported}
        await index.say_modes(said, taxonomy.fingerprint)
        return bool(said)
