"""What the gate has to know before anything is promised: projects as the tracker shows them, and who is who there."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from closeout_actions.adapters.port import Rejected, Tracker, Unauthorized
from closeout_actions.commands.announcing import SOURCE
from closeout_actions.commands.mirroring import look_again
from closeout_actions.commands.people import People
from closeout_actions.commands.promises import try_refused_again
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Store
from closeout_actions.store.projects import Projects
from closeout_chassis.cells import forgotten
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_judgement.people import Known
from closeout_schemas.catalogue import DIRECTORY
from closeout_schemas.directory import Project, ProjectDescribed
from closeout_schemas.vocabulary import derived_id

log = logging.getLogger(__name__)

# What is told again though nothing changed, so that a reader can tell a quiet project from a dead service.
TOLD_AGAIN_AFTER = timedelta(days=1)


class Describer:
    """Describes the configured projects, each time one of them changed."""

    def __init__(self, db: Database, trackers: Sequence[Tracker], settings: ActionsSettings) -> None:
        self._db = db
        self._trackers = trackers
        self._settings = settings
        self._people = People(db)

    async def run(self) -> None:
        """One round over all projects.

        Raises Retryable when all were asked and some did not answer: until a project is known nothing can be promised
        in it, so there is another round soon.
        """
        silent: list[str] = []
        for tracker in self._trackers:
            for key in self._settings.projects(tracker.vendor):
                try:
                    await self._describe(tracker, key)
                except (Retryable, Unauthorized) as error:
                    log.warning("a project is not described", extra={"project": key, "because": str(error)})
                    silent.append(key)
        if silent:
            raise Retryable(f"not described: {', '.join(silent)}")

    async def _describe(self, tracker: Tracker, key: str) -> None:
        async with self._db.reading() as conn:
            now, known = await Store(conn).now(), Known(await forgotten(conn))
        try:
            found = await tracker.describe(key, now)
        except Rejected as error:
            # A part of it is closed to our account. Nothing can be promised there, and the gate says why.
            given = {"tracker": tracker.vendor, "key": key, "described_at": now}
            found = Project(can_create=False, is_readable=False, why_not=str(error), **given)
        able = [one for one in found.assignable if known.by_handle(tracker.vendor, one.vendor_id) is None]
        people = await self._people.who_is_who(tracker, [one.vendor_id for one in able], now)
        assignable = tuple(people.get(one.vendor_id, one) for one in able)
        await self._tell(tracker, found.model_copy(update={"assignable": assignable}), now)

    async def _tell(self, tracker: Tracker, project: Project, now: datetime) -> None:
        async with self._db.transaction() as tx:
            store, projects = Store(tx.conn), Projects(tx.conn)
            # Once more: looking so many people up takes long, and somebody may have been forgotten meanwhile.
            known = Known(await forgotten(tx.conn))
            able = [one for one in project.assignable if known.by_handle(tracker.vendor, one.vendor_id) is None]
            project = project.model_copy(update={"assignable": tuple(able)})
            digest = _digest(project)
            told = await projects.told(tracker.vendor, project.key)
            if told and told.digest == digest and now - told.told_at < TOLD_AGAIN_AFTER:
                return
            await projects.save(project, digest, now)
            _publish_project(tx, project, digest)
            # Who left the project may have tickets in it.
            for kept in await store.lock_open(tracker.vendor, project.key):
                await look_again(kept, tx)
            if project.can_create and told and told.digest != digest:
                for kept in await store.lock_refused(tracker.vendor, project.key):
                    await try_refused_again(kept, now, store)


def _publish_project(tx: Transaction, project: Project, digest: str) -> None:
    subject = f"{project.tracker.value}:{project.key}"
    described = ProjectDescribed(
        id=derived_id("project_described", subject, digest, project.described_at.isoformat()),
        source=SOURCE,
        subject=subject,
        time=project.described_at,
        data=project,
    )
    tx.publish(DIRECTORY, described)


def _digest(project: Project) -> str:
    """The same for the same description, whenever it was read."""
    return hashlib.sha256(project.model_dump_json(exclude={"described_at"}).encode()).hexdigest()
