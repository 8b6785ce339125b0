"""Which failure modes an imported review has: suggested when it is taken in, and then as people say."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from closeout_chassis.db import Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.indexing import index_imported
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReview, ImportedReviews

MOST_MODES = 5


async def say_modes(
    tx: Transaction, settings: ReviewSettings, which: UUID, modes: Sequence[str], by: str
) -> ImportedReview:
    """Keep the failure modes that somebody says it has, none included; from then on it is found by these.

    What was suggested stays beside it. Raises Refused: 404 where there is no such review, 422 for modes that are not
    in the taxonomy, or too many.
    """
    imported = ImportedReviews(tx.conn)
    said = list(dict.fromkeys(modes))
    known = settings.taxonomy.modes
    if await imported.one(which) is None:
        raise Refused(404, "no-such-review", "There is no such imported review.")
    if unknown := [one for one in said if one not in known]:
        raise Refused(
            422, "no-such-mode", f"“{unknown[0][:80]}” is no failure mode; there are {', '.join(sorted(known))}."
        )
    if len(said) > MOST_MODES:
        raise Refused(
            422, "too-many-modes", f"{len(said)} failure modes; {MOST_MODES} are the most: keep what led to it."
        )
    await imported.confirm_modes(which, said, by)
    review = await imported.one(which)
    assert review is not None
    await index_imported(tx.conn, [review], settings.taxonomy)
    return review
