"""Restricting an incident: by the mapping file when it is heard of, by a reviewer at any time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from closeout_chassis.db import Conn, Database
from closeout_chassis.errors import Refused
from closeout_review.commands.redacting import lock_timelines
from closeout_review.domain.principal import Principal, Role
from closeout_review.domain.restriction import Restriction, audience
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import doing
from closeout_review.store.restrictions import Restrictions, seeing_all
from closeout_schemas.incidents import IncidentSnapshot

BY_MAPPING = "the mapping file says so"


def marked(incident: IncidentSnapshot, settings: ReviewSettings) -> IncidentSnapshot:
    """`incident`, restricted where the mapping file says so: before anything of it is kept."""
    if incident.restricted or settings.mapping.restricts(incident) is None:
        return incident
    return incident.model_copy(update={"restricted": True})


async def restrict_by_mapping(incidents: Sequence[IncidentSnapshot], settings: ReviewSettings, conn: Conn) -> None:
    """Give each of these the audience that the mapping file names, unless a person has decided otherwise."""
    rules = {one.id: rule for one in incidents if (rule := settings.mapping.restricts(one)) is not None}
    if rules:
        audiences = {which: audience(rule.roles, rule.people) for which, rule in rules.items()}
        await Restrictions(conn).by_mapping(audiences, BY_MAPPING)


async def restriction(conn: Conn, incident_id: UUID) -> Restriction:
    """Who sees the incident. Raises Refused(404) where it is not there, for whoever asks."""
    found = await Restrictions(conn).of(incident_id)
    if found is None:
        raise Refused(404, "no-such-incident", "Nobody has told Closeout of such an incident.")
    return found


async def restrict(
    db: Database,
    by: Principal,
    incident_id: UUID,
    restricted: bool,
    roles: Iterable[Role],
    people: Iterable[str],
    why: str,
) -> Restriction:
    """Decide who sees an incident. It stands, whatever the mapping file says later.

    Raises Refused: 404 where it is not there for `by`, 422 where nobody, or not `by`, would see it afterwards.
    """
    named = audience(roles, people)
    if restricted and not by.is_operator and not set(named) & set(by.named_as):
        raise Refused(422, "shuts-you-out", "You would not see it any more yourself. Name your role or address too.")
    if restricted and not named:
        raise Refused(422, "audience-missing", "Name at least one role or person who sees it.")
    async with db.transaction() as tx:
        await restriction(tx.conn, incident_id)
        async with seeing_all(tx.conn):
            # What is written about together is so until this is done, and nothing is added to it.
            await lock_timelines(tx.conn, [incident_id])
            await Restrictions(tx.conn).by_hand(incident_id, restricted, named, by.name, why)
        doing("restricted an incident" if restricted else "lifted a restriction")
        return await restriction(tx.conn, incident_id)
