"""How a postmortem came to say what it says: who saved which revision when, and what each changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.errors import Refused
from closeout_review.commands.postmortems import existing, untouched
from closeout_review.domain.draft import Draft
from closeout_review.domain.revisions import Difference, differences
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Kept, Postmortems, Revision

# Revisions of a page.
PAGE = 100


@dataclass(frozen=True, slots=True)
class History:
    """A page of the revisions, the newest first; of two, what differs. `draft` is the later one, whole.

    `older`: before which revision the next page begins; None on the last.
    """

    kept: Kept
    revisions: Sequence[Revision]
    older: int | None
    revision: int
    against: int
    draft: Draft
    differences: Sequence[Difference]


async def history(
    conn: Conn,
    postmortem_id: UUID,
    revision: int | None = None,
    against: int | None = None,
    *,
    before: int | None = None,
    limit: int = PAGE,
) -> History:
    """What `revision` (None: the latest) says otherwise than `against` (None: the one before it).

    `before`, `limit`: which page of the revisions.

    Raises Refused(404) where there is no such postmortem or revision.
    """
    postmortems = Postmortems(conn)
    found = await postmortems.one(postmortem_id)
    kept = existing([found] if found else [])
    later = kept.revision if revision is None else revision
    earlier = max(later - 1, 0) if against is None else against
    draft = await _at(conn, kept, later)
    changed = differences(await _at(conn, kept, earlier), draft)
    found_revisions = await postmortems.revisions(kept.id, before, limit + 1)
    page = found_revisions[:limit]
    older = page[-1].revision if len(found_revisions) > limit else None
    return History(kept, page, older, later, earlier, draft, changed)


async def _at(conn: Conn, kept: Kept, revision: int) -> Draft:
    if revision == 0:
        incident = await Incidents(conn).one(kept.incident_id)
        assert incident is not None
        return untouched(incident)
    draft = await Postmortems(conn).draft(kept.id, revision)
    if draft is None:
        raise Refused(404, "no-such-revision", f"It has no revision {revision}; the latest is {kept.revision}.")
    return draft
