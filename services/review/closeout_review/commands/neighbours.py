"""What a draft is shown beside: earlier reviews that look related, and incidents that were opened about then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from closeout_chassis.db import Conn
from closeout_judgement.why_related import Related
from closeout_review.commands.catalogue import Catalogue, earlier
from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.card import Earlier
from closeout_review.settings import ReviewSettings
from closeout_review.store.covers import Covers
from closeout_review.store.incidents import Incidents
from closeout_review.store.lists import Lists
from closeout_schemas.incidents import IncidentSnapshot

ABOUT_THEN = timedelta(hours=2)
MOST_NEAR = 12
MOST_TEAMS = 100


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`related`: each as it was found and as it is told, the likeliest first. `near`: the nearest in time first."""

    related: Sequence[tuple[Related, Earlier]]
    near: Sequence[IncidentSnapshot]
    teams: Sequence[str] = ()  # that could be involved


NONE_NEAR = Neighbours((), ())


async def neighbours(conn: Conn, settings: ReviewSettings, catalogue: Catalogue, one: Postmortem) -> Neighbours:
    """What stands near `one`."""
    found: dict[str, Related] = {}
    for incident in one.incidents:
        for review in await catalogue.related(incident, conn):
            if review.id not in found or review.confidence > found[review.id].confidence:
                found[review.id] = review
    likeliest = sorted(found.values(), key=lambda review: -review.confidence)
    told = [(review, await earlier(review, one.kept.now, settings, conn)) for review in likeliest]
    opened_at = one.facts.opened_at
    near: Sequence[IncidentSnapshot] = ()
    if opened_at is not None and not one.is_published:
        covered = [incident.id for incident in one.incidents]
        near = await Covers(conn).near(opened_at, ABOUT_THEN, covered, MOST_NEAR)
    return Neighbours(
        [(review, as_told) for review, as_told in told if as_told], near, await Lists(conn).teams(MOST_TEAMS)
    )


async def related_to(
    conn: Conn, settings: ReviewSettings, catalogue: Catalogue, incident: IncidentSnapshot
) -> list[Earlier]:
    """The earlier reviews that look related to one incident."""
    now = await Incidents(conn).now()
    found = [await earlier(one, now, settings, conn) for one in await catalogue.related(incident, conn)]
    return [one for one in found if one is not None]
