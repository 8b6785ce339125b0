"""Incidents, their facts, and whose is what. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_ingest.domain.alert import OPEN_AT_MOST, Alert, Key
from closeout_ingest.domain.channel import Channel
from closeout_ingest.domain.episode import QUIET, Episode, Group, Span
from closeout_ingest.domain.fact import Fact, FactKind, incident_id_of
from closeout_ingest.domain.incident import Incident, begin
from closeout_ingest.domain.twins import TOLD_TWICE, Told
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import Vendor

SQL = load_queries("closeout_ingest")


class Store:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn

    async def add_facts(self, facts: Sequence[Fact]) -> list[Fact]:
        """Keep `facts`; returns those that were new, in order, each once."""
        rows = await self.conn.fetch(
            SQL["add_facts"],
            [fact.id for fact in facts],
            [fact.incident_id for fact in facts],
            [str(fact.kind) for fact in facts],
            [fact.occurred_at for fact in facts],
            [fact.received_at for fact in facts],
            [fact.author.vendor_id if fact.author else None for fact in facts],
            [fact.fetched for fact in facts],
        )
        if len(rows) == len(facts):
            return list(facts)
        new = {row["id"] for row in rows}
        first: list[Fact] = []
        for fact in facts:
            if fact.id in new:
                new.remove(fact.id)
                first.append(fact)
        return first

    async def lock_incidents(self, facts: Sequence[Fact]) -> dict[str, Incident]:
        """The incidents that `facts` are about, for changing; those nobody heard of are begun."""
        about = {fact.incident_id: fact for fact in facts}
        locked = await self._lock(about)
        missing = [begin(fact) for fact in about.values() if fact.incident_id not in locked]
        if missing:
            missing.sort(key=lambda one: one.id)  # in one order for all, so that no two wait for each other
            states = [incident.model_dump_json() for incident in missing]
            await self.conn.execute(SQL["begin_incidents"], [incident.id for incident in missing], states)
            locked = await self._lock(about)
        return locked

    async def _lock(self, ids: Iterable[str]) -> dict[str, Incident]:
        rows = await self.conn.fetch(SQL["lock_incidents"], list(ids))
        return {row["id"]: Incident.model_validate_json(row["state"]) for row in rows}

    async def save_incidents(self, incidents: Mapping[str, Incident]) -> None:
        """Write what became of locked incidents."""
        states = [incident.model_dump_json() for incident in incidents.values()]
        await self.conn.execute(SQL["save_incidents"], list(incidents), states)

    async def alerts(self, keys: Collection[Key]) -> dict[Key, Alert]:
        """Those of the alerts that are known."""
        rows = await self.conn.fetch(SQL["alerts"], [vendor for vendor, _ in keys], [one for _, one in keys])
        return {(alert := _alert(dict(row))).key: alert for row in rows}

    async def lock_aliases(self, alerts: Collection[Alert]) -> list[Alert]:
        """The known alerts that have an alias of `alerts` and may still be open; theirs alone until the commit."""
        aliases = [alert.alias for alert in alerts]
        await self.conn.execute(SQL["lock_aliases"], aliases)
        since = min(alert.created_at for alert in alerts) - OPEN_AT_MOST
        return [_alert(dict(row)) for row in await self.conn.fetch(SQL["alerts_of_aliases"], aliases, since)]

    async def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Remember where alerts belong."""
        await self.conn.execute(
            SQL["add_alerts"],
            [alert.vendor for alert in alerts],
            [alert.vendor_id for alert in alerts],
            [alert.alias for alert in alerts],
            [alert.created_at for alert in alerts],
            [alert.ended_at for alert in alerts],
            [alert.incident[0] for alert in alerts],
            [alert.incident[1] for alert in alerts],
        )

    async def end_alerts(self, ends: Mapping[Key, datetime]) -> None:
        """Remember when alerts were closed."""
        keys = [vendor for vendor, _ in ends], [one for _, one in ends]
        await self.conn.execute(SQL["end_alerts"], *keys, list(ends.values()))

    async def lock_episodes(self, spans: Mapping[Group, Collection[Span]]) -> list[Episode]:
        """What is known of these groups around these times; theirs alone until the commit."""
        vendors, groups = [vendor for vendor, _ in spans], [group for _, group in spans]
        await self.conn.execute(SQL["lock_groups"], groups)
        began = [min(one for one, _ in spans[group]) - QUIET for group in spans]
        ended = [max(one for _, one in spans[group]) + QUIET for group in spans]
        rows = await self.conn.fetch(SQL["episodes"], vendors, groups, began, ended)
        return [Episode(**{**dict(row), "vendor": Vendor(row["vendor"])}) for row in rows]

    async def save_episodes(self, episodes: Sequence[Episode]) -> None:
        """Remember when groups were one incident."""
        await self.conn.execute(
            SQL["save_episodes"],
            [one.vendor for one in episodes],
            [one.group_id for one in episodes],
            [one.vendor_id for one in episodes],
            [one.began_at for one in episodes],
            [one.last_at for one in episodes],
        )

    async def add_uninterpreted(
        self, event_id: UUID, delivery: Delivery, event_type: str, waits_for: str | None = None
    ) -> None:
        """Keep a delivery that says nothing that we can read; `waits_for`: until that channel's incident is known."""
        # The body is kept as it travelled; a NUL in it, which is no JSON anyway, has no place in a text column.
        body = delivery.body.replace("\x00", "\u2400")
        await self.conn.execute(
            SQL["add_uninterpreted"], event_id, delivery.vendor.value, event_type, delivery.received_at, body, waits_for
        )

    async def take_waiting(self, channel: Channel) -> list[tuple[UUID, Delivery]]:
        """The deliveries that have waited for the channel's incident; they are the caller's now."""
        rows = await self.conn.fetch(SQL["take_waiting"], channel.vendor, channel.channel_id)
        return [
            (
                row["event_id"],
                Delivery(vendor=channel.vendor, headers={}, body=row["body"], received_at=row["received_at"]),
            )
            for row in rows
        ]

    async def channels_waited_for(self, vendor: Vendor) -> list[str]:
        """The channels in which something was said that belongs to no incident yet."""
        return [row["waits_for"] for row in await self.conn.fetch(SQL["channels_waited_for"], vendor)]

    async def unnamed_channels(self, vendor: Vendor, limit: int) -> list[str]:
        """Those of them of which nobody has said what they are called."""
        return [row["waits_for"] for row in await self.conn.fetch(SQL["unnamed_channels"], vendor, limit)]

    async def forget_waiting(self, before: datetime) -> None:
        """Drop what has waited in vain."""
        await self.conn.execute(SQL["forget_waiting"], before)

    async def name_channel(self, channel: Channel) -> None:
        """Remember what a channel is called."""
        await self.conn.execute(SQL["name_channel"], channel.vendor, channel.channel_id, channel.name, channel.named_at)

    async def link_channel(self, channel: Channel, incident: Key) -> None:
        """Remember whose channel it is."""
        await self.conn.execute(SQL["link_channel"], channel.vendor, channel.channel_id, *incident)

    async def channels(self, vendor: Vendor, ids: Iterable[str]) -> dict[str, Channel]:
        """What is known of these channels; of one that nobody has named, that it is there."""
        found = {one: Channel(vendor, one) for one in ids}
        for row in await self.conn.fetch(SQL["channels"], vendor, list(found)):
            of = row["incident_vendor"]
            incident = (Vendor(of), row["incident_vendor_id"]) if of else None
            found[row["channel_id"]] = Channel(vendor, row["channel_id"], row["name"], row["named_at"], incident)
        return found

    async def incident_named(self, named: str, at: datetime) -> Key | None:
        """The incident of that number or id; of several, the one that was opened nearest to `at`."""
        row = await self.conn.fetchrow(SQL["incidents_named"], named, at)
        return (Vendor(row["vendor"]), row["vendor_id"]) if row else None

    async def has_incident(self, incident: Key) -> bool:
        """Whether anything was told of it."""
        return bool(await self.conn.fetchval(SQL["has_incident"], incident_id_of(*incident)))

    async def add_parties(self, parties: Iterable[Party]) -> list[Party]:
        """Remember `parties`; returns those that nobody had named before."""
        named = {(str(party.vendor), party.vendor_id): party for party in parties}
        known = dict(sorted(named.items()))  # in one order for all, so that no two wait for each other
        rows = await self.conn.fetch(
            SQL["add_parties"],
            [vendor for vendor, _ in known],
            [vendor_id for _, vendor_id in known],
            [party.name for party in known.values()],
            [party.kind.value for party in known.values()],
        )
        return [known[row["vendor"], row["vendor_id"]] for row in rows]

    async def parties_to_look_up(self, vendor: Vendor, limit: int) -> list[tuple[str, str]]:
        """(id, name) of people of whom the vendor was not asked yet."""
        rows = await self.conn.fetch(SQL["parties_to_look_up"], vendor.value, limit)
        return [(row["vendor_id"], row["name"]) for row in rows]

    async def save_look_up(self, vendor: Vendor, vendor_id: str, name: str, email: str | None) -> bool:
        """What the vendor answered about one of its people. False where that one is not known here any more."""
        status = await self.conn.execute(SQL["save_look_up"], vendor.value, vendor_id, name, email)
        return status.endswith(" 1")

    # One happening, told two ways

    async def single(self, facts: Sequence[Fact]) -> list[Told]:
        """The facts of the same incidents that came the other way than these, and have no twin yet."""
        kinds = [kind.value for kind in TOLD_TWICE]
        found: list[Told] = []
        for fetched in {fact.fetched for fact in facts if fact.kind in TOLD_TWICE and not fact.known_as}:
            ids = {fact.incident_id for fact in facts if fact.fetched is fetched}
            rows = await self.conn.fetch(SQL["single_facts"], list(ids), not fetched, kinds)
            found += [_told(dict(row)) for row in rows]
        return found

    async def save_twins(self, twins: Mapping[str, str]) -> None:
        """Each is the other's twin."""
        await self.conn.execute(SQL["save_twins"], list(twins), list(twins.values()))


def _told(row: Mapping[str, Any]) -> Told:
    kind = FactKind(row["kind"])
    return Told(row["id"], row["incident_id"], kind, row["occurred_at"], row["author"], row["fetched"])


def _alert(row: Mapping[str, Any]) -> Alert:
    return Alert(
        vendor=Vendor(row["vendor"]),
        vendor_id=row["vendor_id"],
        alias=row["alias"],
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        incident=(Vendor(row["incident_vendor"]), row["incident_vendor_id"]),
    )
