"""The metrics service's tables. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import starmap
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_metrics.domain.action_item import ActionItem
from closeout_metrics.domain.cohort import Fate, Only
from closeout_metrics.domain.incident import NO_SERVICE, Incident
from closeout_metrics.domain.moment import Asked, ByClock, Seen
from closeout_metrics.domain.postmortem import Postmortem
from closeout_metrics.domain.row import Row
from closeout_metrics.domain.tally import Counts
from closeout_metrics.domain.week import Week
from closeout_schemas.postmortems import Recurrence
from closeout_schemas.vocabulary import HELD_AFTER

SQL = load_queries("closeout_metrics")
# Reading the list takes well below a millisecond up to here.
MOST_CHANGES = 1000
SEEN, BY_CLOCK = TypeAdapter(Seen), TypeAdapter(ByClock)
PLURAL: Mapping[type[Row], str] = {Incident: "incidents", Postmortem: "postmortems", ActionItem: "action_items"}

R = TypeVar("R", bound=Row)


class Store:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn

    async def lock(self, kind: type[R], ids: Collection[UUID]) -> dict[UUID, R]:
        """These rows, for changing; those nobody heard of are begun."""
        if not ids:
            return {}
        await self.conn.execute(SQL[f"begin_{PLURAL[kind]}"], sorted(ids))
        rows = await self.conn.fetch(SQL[f"lock_{PLURAL[kind]}"], list(ids))
        return {row["id"]: kind.model_validate(dict(row)) for row in rows}

    async def save(self, kind: type[R], rows: Iterable[R]) -> None:
        """Write what became of locked rows."""
        changed = [row.model_dump(mode="json") for row in rows]
        if changed:
            await self.conn.execute(SQL[f"save_{PLURAL[kind]}"], changed)

    async def every(self, kind: type[R]) -> AsyncIterator[R]:
        """All rows of a kind, a few at a time in memory."""
        async for row in self.conn.cursor(SQL[f"all_{PLURAL[kind]}"], prefetch=1000):
            yield kind.model_validate(dict(row))

    async def move(self, moves: Counts) -> None:
        """Add to the tallies."""
        if not moves:
            return
        cells = sorted(moves)
        await self.conn.execute(
            SQL["move_tallies"],
            [one.tally for one in cells],
            [dict(one.labels) for one in cells],
            [moves[one] for one in cells],
        )

    async def hold_tallies(self) -> None:
        """Let nobody else move the tallies until this transaction ends."""
        await self.conn.execute(SQL["hold_tallies"])

    async def replace_tallies(self, counts: Counts) -> None:
        """Put these in the place of all tallies."""
        await self.conn.execute(SQL["drop_tallies"])
        await self.move(counts)

    async def basis(self) -> str | None:
        """What the tallies were counted by; None before the first time."""
        basis: str | None = await self.conn.fetchval(SQL["basis"])
        return basis

    async def save_basis(self, basis: str) -> None:
        """Remember what the tallies are counted by."""
        await self.conn.execute(SQL["save_basis"], basis)

    async def add_service_names(self, names: Collection[str]) -> None:
        """Remember services that are named for the first time."""
        await self.conn.execute(SQL["add_service_names"], sorted(names))

    async def now(self) -> datetime:
        """The database's clock: the same for all replicas. Within a transaction, when that began."""
        now: datetime = await self.conn.fetchval(SQL["now"])
        return now

    async def name_teams(self, told: Collection[tuple[str, str, datetime]]) -> None:
        """Remember teams: id, name, and when that was said."""
        if told:
            await self.conn.execute(SQL["name_teams"], *(list(column) for column in zip(*sorted(told), strict=True)))

    async def items_of_incidents(self, incidents: Collection[UUID]) -> set[UUID]:
        """The action items that postmortems of these incidents promise."""
        return {row["id"] for row in await self.conn.fetch(SQL["items_of_incidents"], list(incidents))}

    async def items_of_postmortems(self, postmortems: Collection[UUID]) -> set[UUID]:
        """The action items that these postmortems promise."""
        return {row["id"] for row in await self.conn.fetch(SQL["items_of_postmortems"], list(postmortems))}

    async def find_recurrences(self, postmortems: Collection[UUID], items: Collection[UUID]) -> None:
        """Find anew what came back, as far as it has to do with these."""
        await self.conn.execute(SQL["hold_recurrences"])
        await self.conn.execute(SQL["drop_recurrences"], list(postmortems), list(items))
        await self.conn.execute(SQL["add_recurrences"], list(postmortems), list(items), HELD_AFTER)

    async def drop_recurrences_that_held(self) -> None:
        """Forget what is no recurrence by the rule as it is now."""
        await self.conn.execute(SQL["drop_recurrences_that_held"], HELD_AFTER)

    async def confirm_recurrences(self, said: Collection[tuple[Recurrence, bool]]) -> None:
        """Keep what people said of incidents and earlier postmortems: of each pair the latest."""
        latest = {
            (one.postmortem.postmortem_id, one.incident_id): (one, linked) for one, linked in sorted(said, key=_age)
        }
        await self.conn.execute(SQL["confirm_recurrences"], *zip(*starmap(_confirmed, latest.values()), strict=True))

    async def by_clock(self, now: datetime, about_to_fail_until: datetime, named: int) -> ByClock:
        """What goes by the clock, and whether anything else has changed since another time."""
        return BY_CLOCK.validate_json(await self.conn.fetchval(SQL["by_clock"], now, about_to_fail_until, named))

    async def forget_changes(self) -> None:
        """Keep the list of changes short. Whoever reads next reads everything."""
        await self.conn.execute(SQL["forget_changes"], MOST_CHANGES)

    async def reading(self, asked: Asked, services: int, teams: int, items: int) -> Seen:
        """What else the numbers are made of, at one moment; so many services, teams and action items are named."""
        text = await self.conn.fetchval(SQL["reading"], *asked, services, teams, items)
        return SEEN.validate_json(text)

    async def cohorts_by(self, by: str, since: datetime, zone: ZoneInfo, today: date, only: Only) -> list[Fate]:
        """What became of the promises since then, grouped `by` team, service, control or tracker; else all together."""
        rows = await self.conn.fetch(SQL["cohorts_by"], by, since, zone.key, today, *only)
        return [Fate(**row) for row in rows]

    async def history_items(
        self, before: tuple[datetime, UUID], state: str, today: date, only: Only, limit: int | None
    ) -> list[dict[str, Any]]:
        """Action items, the latest promise first."""
        rows = await self.conn.fetch(SQL["history_items"], *before, state, today, *only, limit)
        return [dict(row) for row in rows]

    async def history_recurrences(self, since: datetime, only: Only, limit: int | None) -> list[dict[str, Any]]:
        """Incidents that came back, the latest first, a row for each promise that was about one."""
        rows = await self.conn.fetch(SQL["history_recurrences"], since, only.team, only.service, limit)
        return [dict(row) for row in rows]


class DigestStore:
    """What a team's week is read from, and which were said."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn

    async def teams_called(self, name: str) -> dict[str, str]:
        """The teams of this id or name, by id, with their names."""
        return {row["id"]: row["name"] for row in await self.conn.fetch(SQL["teams_called"], name)}

    async def teams_known(self) -> list[str]:
        """The names of all teams."""
        return [row["name"] for row in await self.conn.fetch(SQL["teams_known"])]

    async def items(self, teams: Collection[str], week: Week, zone: ZoneInfo) -> list[dict[str, Any]]:
        """What happened to the teams' promises in the week, and what is due in the next."""
        begin, end = week.begin(zone), week.following.begin(zone)
        rows = await self.conn.fetch(SQL["digest_items"], list(teams), begin, end, week.monday, week.following.sunday)
        return [dict(row) for row in rows]

    async def overdue(self, teams: Collection[str], week: Week, zone: ZoneInfo) -> int:
        """How many of the teams' promises were open at the end of the week and due before it began."""
        end = week.following.begin(zone)
        count: int = await self.conn.fetchval(SQL["digest_overdue"], list(teams), end, week.monday)
        return count

    async def recurrences(self, teams: Collection[str], week: Week, zone: ZoneInfo) -> list[dict[str, Any]]:
        """The week's incidents that a promise of the teams was about."""
        begin, end = week.begin(zone), week.following.begin(zone)
        return [dict(row) for row in await self.conn.fetch(SQL["digest_recurrences"], list(teams), begin, end)]

    async def take(self, team: str, week: Week, *, quiet: bool) -> bool:
        """Whether this digest was not said before; from now on it was."""
        return bool(await self.conn.fetchval(SQL["take_digest"], team, week.monday, quiet))


def _age(said: tuple[Recurrence, bool]) -> int:
    return said[0].revision


def _confirmed(one: Recurrence, linked: bool) -> tuple[object, ...]:
    kinds = " ".join(sorted({item.kind.value for item in one.items}))
    seconds = max(0.0, (one.resolved_at - one.opened_at).total_seconds())
    ids = (one.postmortem.postmortem_id, one.incident_id)
    return *ids, one.revision, linked, one.service or NO_SERVICE, one.opened_at, seconds, one.people_paged, kinds


# A swap writes everything again, and reading a million rows takes its time.
LONG_SECONDS = 1800.0


class Shadow(Store):
    """The same tables once more, seen by this session only, under the same names: what is written goes there."""

    async def make(self, *, keep: bool) -> None:
        """Begin, empty or with what is known."""
        await self.conn.execute(SQL["make_shadow"])
        if keep:
            await self.conn.execute(SQL["begin_shadow_as_known"], timeout=LONG_SECONDS)

    async def hold_all(self) -> None:
        """Let no event in until this transaction ends. Reading goes on."""
        await self.conn.execute(SQL["hold_all"], timeout=LONG_SECONDS)

    async def untold(self) -> int:
        """How many things are known that the shadow knows nothing of."""
        count: int = await self.conn.fetchval(SQL["untold"], timeout=LONG_SECONDS)
        return count

    async def sizes(self) -> dict[str, int]:
        """How many rows there are of each kind."""
        row = await self.conn.fetchrow(SQL["shadow_sizes"])
        assert row is not None
        return dict(row)

    async def differing_tallies(self) -> int:
        """How many numbers are not what they were."""
        count: int = await self.conn.fetchval(SQL["differing_tallies"])
        return count

    async def swap(self) -> None:
        """Put the shadow in the place of what is read."""
        await self.conn.execute(SQL["swap_shadow"], timeout=LONG_SECONDS)

    async def forget(self) -> None:
        """Drop the shadow."""
        await self.conn.execute(SQL["forget_shadow"])
