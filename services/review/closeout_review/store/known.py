"""Tables of people and projects. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.directory import Directory, directory_of
from closeout_review.domain.text import without_nul
from closeout_review.store.incidents import storable
from closeout_schemas import directory as facts
from closeout_schemas.incidents import IncidentSnapshot

SQL = load_queries("closeout_review")
# The directories that were read last, by their version; what is in one never changes.
MOST_READ = 2
READ_LAST: dict[tuple[object, ...], Directory] = {}


class Known:
    """Whom and what the outside systems know."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def take_in_parties(self, seen: Iterable[tuple[facts.KnownParty, datetime]]) -> None:
        """Keep what was seen last of each."""
        rows = sorted(seen, key=lambda one: (one[0].vendor, one[0].vendor_id))
        await self._conn.execute(
            SQL["take_in_parties"],
            [party.vendor.value for party, _ in rows],
            [without_nul(party.vendor_id) for party, _ in rows],
            [without_nul(party.name) for party, _ in rows],
            [party.email and without_nul(party.email) for party, _ in rows],
            [party.kind.value for party, _ in rows],
            [at for _, at in rows],
        )

    async def take_in_projects(self, projects: Iterable[facts.Project]) -> None:
        """Keep the latest description of each."""
        rows = sorted(projects, key=lambda project: (project.tracker, project.key))
        await self._conn.execute(
            SQL["take_in_projects"],
            [project.tracker.value for project in rows],
            [without_nul(project.key) for project in rows],
            [storable(project.model_dump(mode="json")) for project in rows],
            [project.described_at for project in rows],
        )

    async def take_in_services(self, services: Iterable[facts.KnownService]) -> None:
        """Keep the latest description of each."""
        rows = sorted(services, key=lambda service: (service.vendor, service.vendor_id))
        await self._conn.execute(
            SQL["take_in_services"],
            [service.vendor.value for service in rows],
            [without_nul(service.vendor_id) for service in rows],
            [storable(service.model_dump(mode="json")) for service in rows],
            [service.described_at for service in rows],
        )

    async def service(self, incident: IncidentSnapshot) -> facts.KnownService | None:
        """What the pager says of the incident's service."""
        if incident.service is None:
            return None
        found = await self._conn.fetchval(SQL["service"], incident.vendor.value, incident.service.vendor_id)
        return facts.KnownService.model_validate(found) if found is not None else None

    async def services(self) -> list[facts.KnownService]:
        """All services that the pagers know."""
        return [facts.KnownService.model_validate(row["snapshot"]) for row in await self._conn.fetch(SQL["services"])]

    async def service_names(self) -> list[str]:
        """The services that the pagers know."""
        return [row["name"] for row in await self._conn.fetch(SQL["service_names"]) if row["name"]]

    async def edges(self) -> list[tuple[str, str]]:
        """Which service depends on which, by name, as the pagers say."""
        return [(row["name"], row["needed"]) for row in await self._conn.fetch(SQL["services_beside"])]

    async def directory(self) -> Directory:
        """Everybody and everything known now. It is put together again only when something of it was written."""
        version = tuple((await self._conn.fetch(SQL["directory_version"]))[0])
        if version not in READ_LAST:
            # Of the version or later: whatever was written meanwhile is read again the next time.
            read = await self._read_directory()
            while len(READ_LAST) >= MOST_READ:
                del READ_LAST[next(iter(READ_LAST))]
            READ_LAST[version] = read
        return READ_LAST[version]

    async def _read_directory(self) -> Directory:
        projects = [facts.Project.model_validate(row["snapshot"]) for row in await self._conn.fetch(SQL["projects"])]
        parties = {
            (row["vendor"], row["vendor_id"]): facts.KnownParty.model_validate(dict(row))
            for row in await self._conn.fetch(SQL["parties"])
        }
        for project in projects:
            for one in project.assignable:
                # What the vendor said of somebody alone says more than a project's list.
                parties.setdefault((one.vendor.value, one.vendor_id), one)
        return directory_of(parties.values(), projects)
