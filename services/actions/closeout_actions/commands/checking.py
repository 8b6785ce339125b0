"""Evidence for done: the checks of tickets that were closed as completed are run, and what they say is told."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import timedelta

from closeout_actions.adapters.evidence.looking import Flags, Pages, Prometheus, Seen
from closeout_actions.adapters.port import ReadsRepositories, Rejected, Tracker, Unauthorized
from closeout_actions.commands.announcing import announce
from closeout_actions.commands.mirroring import with_problem
from closeout_actions.domain.evidence import checked
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_schemas.checks import Check, CheckKind, Evidence
from closeout_schemas.vocabulary import TicketState, Vendor

log = logging.getLogger(__name__)

# github:acme/payments:deploy/canary.yaml, or without the tracker; acme/payments#42 or acme/payments!42.
FILE = re.compile(r"(?:(?P<tracker>[a-z]+):)?(?P<project>[^:\s]+/[^:\s]+):(?P<path>\S.*)")
MERGED = re.compile(r"(?:(?P<tracker>[a-z]+):)?(?P<project>[^:#!\s]+/[^:#!\s]+)[#!](?P<number>[0-9]{1,9})")


class Checker:
    """Runs what is due. A check takes no longer than its time; one that hangs holds up no ticket's mirror."""

    def __init__(self, db: Database, settings: ActionsSettings, trackers: Mapping[Vendor, Tracker]) -> None:
        self._db = db
        self._settings = settings
        self._trackers = trackers
        self._timeout = settings.check_timeout_seconds
        given = {"timeout": self._timeout}
        url, flags = settings.check_prometheus_url, settings.check_flags_url
        self._prometheus = Prometheus(url, settings.check_prometheus_token, **given) if url else None
        self._flags = Flags(flags, settings.check_flags_token, **given) if flags else None
        self._pages = Pages(settings.check_hosts, **given)

    async def run(self) -> None:
        """One after the other, until none is due."""
        while await self._one():
            pass

    async def close(self) -> None:
        """Give the connections back."""
        for one in (self._prometheus, self._flags):
            if one is not None:
                await one.close()

    async def _one(self) -> bool:
        async with self._db.transaction() as tx:
            kept = await Store(tx.conn).claim_check(timedelta(seconds=self._timeout * 3))
        if kept is None:
            return False
        check = kept.committed.item.check
        assert check is not None, "only those with one are claimed"
        seen = await self.look(check, kept.tracker)
        await self._record(kept, check, seen)
        return True

    async def look(self, check: Check, tracker: Vendor) -> Seen:
        """Run one check. Whatever goes wrong is that it could not be run."""
        try:
            async with asyncio.timeout(self._timeout * 2):
                return await self._look(check, tracker)
        except (Retryable, Rejected, Unauthorized) as error:
            return Seen(None, f"It could not be looked at: {error}")
        except TimeoutError:
            return Seen(None, "It took too long.")

    async def _look(self, check: Check, tracker: Vendor) -> Seen:
        match check.kind:
            case CheckKind.PROMQL | CheckKind.ALERT:
                if self._prometheus is None:
                    return Seen(None, "No Prometheus is connected: set CLOSEOUT_ACTIONS_CHECK_PROMETHEUS_URL.")
                is_alert = check.kind is CheckKind.ALERT
                ask = self._prometheus.alerting_rule if is_alert else self._prometheus.expression
                return await ask(check.what)
            case CheckKind.FLAG:
                if self._flags is None:
                    return Seen(None, "No feature flags are connected: set CLOSEOUT_ACTIONS_CHECK_FLAGS_URL.")
                return await self._flags.is_known(check.what)
            case CheckKind.HTTP:
                return await self._pages.answers(check.what)
            case CheckKind.FILE:
                return await self._file(check.what, tracker)
            case CheckKind.MERGED:
                return await self._merged(check.what, tracker)

    async def _file(self, what: str, tracker: Vendor) -> Seen:
        found = FILE.fullmatch(what)
        if found is None:
            return Seen(None, "Write it as acme/payments:deploy/canary.yaml.")
        repositories = self._repositories(found["tracker"], tracker)
        if repositories is None:
            return Seen(None, NO_REPOSITORIES)
        is_there = await repositories.has_file(found["project"], found["path"].strip())
        return Seen(is_there, f"{found['path']} is {'there' if is_there else 'not there'}.")

    async def _merged(self, what: str, tracker: Vendor) -> Seen:
        found = MERGED.fullmatch(what)
        if found is None:
            return Seen(None, "Write it as acme/payments#42.")
        repositories = self._repositories(found["tracker"], tracker)
        if repositories is None:
            return Seen(None, NO_REPOSITORIES)
        is_merged = await repositories.is_merged(found["project"], int(found["number"]))
        return Seen(is_merged, f"{what} is {'merged' if is_merged else 'not merged'}.")

    def _repositories(self, named: str | None, of_item: Vendor) -> ReadsRepositories | None:
        """By the name before the repository, else the item's own tracker, else the only one that has repositories."""
        able = {vendor: one for vendor, one in self._trackers.items() if isinstance(one, ReadsRepositories)}
        if named is not None:
            return next((one for vendor, one in able.items() if vendor.value == named), None)
        return able.get(of_item) or (next(iter(able.values())) if len(able) == 1 else None)

    async def _record(self, before: Kept, check: Check, seen: Seen) -> None:
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            kept = await store.lock(before.item_id)
            if kept is None or kept.committed.item.check != check:
                return
            now = await store.now()
            evidence = Evidence(check=check, passes=seen.passes, says=seen.says[:500], checked_at=now)
            following = await with_problem(kept, checked(kept.ticket, evidence), tx, now)
            await store.save_ticket(following.ticket)
            announce(tx, following.changes, now)
            is_calm = following.ticket.snapshot.state is TicketState.COMPLETED and seen.passes
            pause = self._settings.check_again_seconds if is_calm else self._settings.check_seconds
            await store.set_check(kept.item_id, timedelta(seconds=pause))


NO_REPOSITORIES = "No tracker with repositories is connected: write github:, gitlab: or gitea: before it."
