"""Digests: a team's week, read from the rows, and said once on its day, whichever replica comes first."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from closeout_chassis.db import Conn, Database, Transaction
from closeout_chassis.errors import CloseoutError
from closeout_metrics.domain.calendar import day_of
from closeout_metrics.domain.digest import CameBack, Digest, Due, Shipped, Slipped
from closeout_metrics.domain.week import Week
from closeout_metrics.store import DigestStore, Store
from closeout_schemas.catalogue import NOTICES
from closeout_schemas.mapping import TeamMapping
from closeout_schemas.notices import Notice, NoticeDue, NoticeKind, Recipient
from closeout_schemas.vocabulary import derived_id

log = logging.getLogger(__name__)

# A digest that could not be said on its day is worth reading for so long; after that the week is not told any more.
WORTH = timedelta(days=2)


class UnknownTeam(CloseoutError):
    """Nobody was ever paged under that name."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When digests are said: `weekday` 0 is Monday, `zone` the organisation's."""

    weekday: int
    hour: int
    zone: ZoneInfo

    def due_at(self, now: datetime) -> datetime | None:
        """The moment whose digests are to be said now; None outside of that time."""
        week = Week.of(now, self.zone)
        for begun in (week, week.preceding):
            moment = begun.at(self.weekday, self.hour, self.zone)
            if moment <= now < moment + WORTH:
                return moment
        return None


class Digests:
    """Says each team's digest once a week. A team is written to where the mapping says how."""

    def __init__(
        self,
        db: Database,
        schedule: Schedule,
        teams: Mapping[str, TeamMapping],
        now: Callable[[Store], Awaitable[datetime]] = Store.now,
    ) -> None:
        self._db = db
        self._schedule = schedule
        self._teams = teams
        self._now = now

    async def say_those_due(self) -> None:
        """Hand to the outbox what was not said yet, one team at a time: one that fails holds up no other's."""
        async with self._db.reading() as conn:
            moment = self._schedule.due_at(await self._now(Store(conn)))
        if moment is None:
            return
        week = Week.of(moment, self._schedule.zone).preceding
        for name, where in self._teams.items():
            if where.channel or where.email:
                async with self._db.transaction() as tx:
                    await self._say(tx, name, where, week, moment)

    async def _say(self, tx: Transaction, name: str, where: TeamMapping, week: Week, moment: datetime) -> None:
        store = DigestStore(tx.conn)
        teams = await store.teams_called(name)
        if not teams:
            log.debug("no incident has named this team yet", extra={"team": name})
            return
        digest = await digest_of(tx.conn, teams, week, self._schedule.zone)
        # By the pager's id: a team that is renamed, or written otherwise in the mapping, is told no second time.
        if not await store.take(min(teams), week, quiet=digest.says_nothing) or digest.says_nothing:
            return
        for recipient in _recipients(digest.team, where):
            tx.publish(NOTICES, _notice(digest, recipient, min(teams), moment))
        log.info("a digest is said", extra={"team": digest.team, "week": str(week)})


def _recipients(team: str, where: TeamMapping) -> Iterator[Recipient]:
    if where.channel:
        yield Recipient(name=team, channel=where.channel)
    if where.email:
        yield Recipient(name=team, email=where.email)


def _notice(digest: Digest, to: Recipient, team: str, moment: datetime) -> NoticeDue:
    address = to.channel or to.email or ""
    return NoticeDue(
        id=derived_id("digest", team, str(digest.week), address),
        source="/closeout/metrics",
        subject=address,
        time=moment,
        data=Notice(
            kind=NoticeKind.DIGEST,
            to=to,
            subject=digest.subject,
            text=digest.body,
            worth_until=moment + WORTH,
        ),
    )


async def digest_called(conn: Conn, team: str, week: Week, zone: ZoneInfo) -> Digest:
    """The digest of the team of this name or id. Raises UnknownTeam with the names that there are."""
    store = DigestStore(conn)
    teams = await store.teams_called(team)
    if not teams:
        known = ", ".join(await store.teams_known()) or "none yet"
        raise UnknownTeam(f"no incident ever named a team “{team}”. Teams: {known}.")
    return await digest_of(conn, teams, week, zone)


async def digest_of(conn: Conn, teams: Mapping[str, str], week: Week, zone: ZoneInfo) -> Digest:
    """The week of these teams, which go by one name, as it was at its end."""
    store = DigestStore(conn)
    items = await store.items(teams, week, zone)
    again = await store.recurrences(teams, week, zone)
    lost = {row["postmortem_id"]: row["seconds"] for row in again}
    return Digest(
        team=next(iter(teams.values())),
        week=week,
        shipped=[*_shipped(items, week, zone)],
        due=[Due(one["text"], one["url"], one["due_on"]) for one in items if _is_due(one, week)],
        slipped=[*_slipped(items, week, zone)],
        came_back=[_came_back(row, zone) for row in again],
        lost_seconds=sum(lost.values()),
        overdue_before=await store.overdue(teams, week, zone),
    )


def _shipped(items: Collection[dict[str, Any]], week: Week, zone: ZoneInfo) -> Iterator[Shipped]:
    for one in items:
        if one["is_shipped"] and week.begin(zone) <= one["first_shipped_at"] < week.following.begin(zone):
            yield Shipped(one["text"], one["owner"], one["url"], day_of(one["first_shipped_at"], zone))


def _is_due(one: dict[str, Any], week: Week) -> bool:
    return bool(one["was_open"]) and week.following.monday <= one["due_on"] <= week.following.sunday


def _slipped(items: Collection[dict[str, Any]], week: Week, zone: ZoneInfo) -> Iterator[Slipped]:
    end = week.following.begin(zone)
    for one in (item for item in items if item["was_open"]):
        said = {date.fromisoformat(day): datetime.fromisoformat(at) for day, at in one["due_days"].items()}
        before = max([one["promised_on"], *(day for day, at in said.items() if at < week.begin(zone))])
        later = max((day for day, at in said.items() if at < end), default=before)
        if later > before:
            yield Slipped(one["text"], one["url"], before, later)
        elif week.monday <= one["due_on"] <= week.sunday:
            yield Slipped(one["text"], one["url"], one["due_on"], None)


def _came_back(row: dict[str, Any], zone: ZoneInfo) -> CameBack:
    return CameBack(
        row["service"], day_of(row["opened_at"], zone), row["seconds"], row["while_open"], row["text"], row["url"]
    )
