"""Taking in events: fold them into their rows, and move the tallies by the difference, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_metrics.domain import action_item, incident, postmortem
from closeout_metrics.domain.action_item import ActionItem
from closeout_metrics.domain.incident import Incident
from closeout_metrics.domain.postmortem import Postmortem
from closeout_metrics.domain.row import Row
from closeout_metrics.domain.tally import Cell, Counts, difference
from closeout_metrics.store import Store
from closeout_schemas.incidents import IncidentFact
from closeout_schemas.postmortems import Recurrence
from closeout_schemas.tickets import TicketEvent

R = TypeVar("R", bound=Row)
Change = tuple[UUID, Callable[[R], R]]


class Projection:
    """The rows and the tallies, on one connection. `zone` decides in which quarter a commitment lies."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store = store
        self._zone = zone

    async def take_in_incidents(self, facts: Sequence[IncidentFact]) -> None:
        """What was told of incidents. Their action items belong to the team that was paged."""
        before = await self._store.lock(Incident, {fact.incident.id for fact in facts})
        after = dict(before)
        for fact in facts:
            after[fact.incident.id] = incident.take_in(after[fact.incident.id], fact)
        await self._store.add_service_names({name for one in after.values() for name in one.services})
        await self._store.name_teams({team for fact in facts for team in _teams(fact)})
        await self._write(Incident, before, after, partial(incident.cells, zone=self._zone))
        moved = {one.id: one.team for one in after.values() if one.team != before[one.id].team}
        if moved:
            await self._hand_over(moved)

    async def _hand_over(self, teams: Mapping[UUID, str | None]) -> None:
        """The items of these incidents are now these teams'."""
        items = await self._store.lock(ActionItem, await self._store.items_of_incidents(teams))
        after = {
            one.id: action_item.paged(one, teams[one.incident_id])
            for one in items.values()
            if one.incident_id is not None
        }
        await self._write(ActionItem, items, after, partial(action_item.cells, zone=self._zone))

    async def follow_tickets(self, events: Sequence[TicketEvent]) -> None:
        """What became of action items in their trackers."""
        changes: list[Change[ActionItem]] = []
        for event in events:
            ticket = event.data.ticket
            changes.append((ticket.item_id, partial(action_item.follow, ticket=ticket, said_at=event.time)))
        await self.change((), changes, {event.data.ticket.postmortem_id for event in events})

    async def change(
        self,
        postmortems: Sequence[Change[Postmortem]],
        items: Sequence[Change[ActionItem]],
        parents: Iterable[UUID],
        incidents: Iterable[UUID] = (),
    ) -> None:
        """Change postmortems and action items. `parents`: the postmortems of these items; `incidents`: theirs.

        Incidents are always locked before postmortems, and those before items, so that no two transactions wait for
        each other.
        """
        teams = {one.id: one.team for one in (await self._store.lock(Incident, set(incidents))).values()}
        papers = await self._store.lock(Postmortem, {one for one, _ in postmortems} | set(parents))
        new_papers = _folded(papers, postmortems)
        hidden = {row.id for row in new_papers.values() if row.hidden}
        known = await self._store.items_of_postmortems(hidden) if hidden else set()
        promises = await self._store.lock(ActionItem, {one for one, _ in items} | known)
        new_promises = _folded(promises, items)
        for one in new_promises.values():
            if one.postmortem_id in hidden:
                new_promises[one.id] = action_item.hidden(one)
            elif one.incident_id in teams:
                new_promises[one.id] = action_item.paged(one, teams[one.incident_id])
        for parent, by in _opened(promises, new_promises).items():
            paper = new_papers[parent]
            new_papers[parent] = paper.model_copy(update={"open_items": paper.open_items + by})
        await self._store.add_service_names({one.service for one in new_promises.values() if one.committed_at})
        await self._write(Postmortem, papers, new_papers, postmortem.cells)
        await self._write(ActionItem, promises, new_promises, partial(action_item.cells, zone=self._zone))
        told = [row.id for row in new_papers.values() if postmortem.shape(row) != postmortem.shape(papers[row.id])]
        ended = [row.id for row in new_promises.values() if action_item.span(row) != action_item.span(promises[row.id])]
        if told or ended:
            await self._store.find_recurrences(told, ended)

    async def confirm(self, said: Sequence[tuple[Recurrence, bool]]) -> None:
        """What people said came back (True), or did not after all."""
        if said:
            await self._store.add_service_names({one.service for one, _ in said if one.service})
            await self._store.confirm_recurrences(said)

    async def _write(
        self, kind: type[R], before: Mapping[UUID, R], after: Mapping[UUID, R], cells: Callable[[R], Counts]
    ) -> None:
        changed = [row for row in after.values() if row != before[row.id]]
        await self._store.save(kind, changed)
        moves: Counter[Cell] = Counter()
        for row in changed:
            moves.update(difference(cells(before[row.id]), cells(row)))
        await self._store.move({moved: by for moved, by in moves.items() if by})


def _teams(fact: IncidentFact) -> Iterable[tuple[str, str, datetime]]:
    told = fact.incident
    if told.restricted:
        return []
    return [(incident.team_id(team), team.name, fact.entry.received_at) for team in told.teams[:1]]


def _folded(rows: Mapping[UUID, R], changes: Iterable[Change[R]]) -> dict[UUID, R]:
    after = dict(rows)
    for one, change in changes:
        after[one] = change(after[one])
    return after


def _opened(before: Mapping[UUID, ActionItem], after: Mapping[UUID, ActionItem]) -> Counter[UUID]:
    """By how many the open items of each postmortem change."""
    opened: Counter[UUID] = Counter()
    for item in after.values():
        if item.postmortem_id is not None:
            opened[item.postmortem_id] += item.is_open - before[item.id].is_open
    return opened
