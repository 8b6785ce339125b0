"""Nudges: whoever promised is reminded, then the reviewer, then the manager. One message a person and day."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from closeout_actions.adapters.port import Rejected, Unauthorized
from closeout_actions.commands.announcing import SOURCE
from closeout_actions.commands.creating import Connected
from closeout_actions.domain.nudging import Nudge, Rung, is_quiet, nudges, words, worth_until
from closeout_actions.domain.snoozing import link_to
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_actions.store.nudges import Nudges, Standing, ToWrite
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_schemas.catalogue import NOTICES
from closeout_schemas.mapping import PersonMapping
from closeout_schemas.notices import Notice, NoticeDue, NoticeKind, Recipient
from closeout_schemas.vocabulary import Vendor, derived_id

log = logging.getLogger(__name__)

COMMENTS_A_ROUND = 20
FAILURES_A_ROUND = 3
REVIEWERS = (Rung.REVIEWER, Rung.MONTH_FOUR_REVIEWER)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to be said about one promise."""

    item_id: UUID
    nudge: Nudge


class Nudger:
    """A round by the clock, in one replica at a time. Nothing is said in the quiet hours, or of what is done."""

    def __init__(
        self,
        db: Database,
        settings: ActionsSettings,
        trackers: Mapping[Vendor, Connected],
        now: Callable[[datetime], datetime] = lambda now: now,
    ) -> None:
        self._db = db
        self._settings = settings
        self._trackers = trackers
        self._now = now
        self._rules = settings.mapping.nudges

    async def run(self) -> None:
        """Say all that is due now."""
        async with self._db.reading() as conn:
            local = self._now(await Store(conn).now()).astimezone(self._settings.zone)
            if not self._rules.enabled or is_quiet(local, self._rules):
                return
            standing = await Nudges(conn).standing(local.date(), self._rules)
        for recipient, due in self._by_recipient(standing, local).items():
            await self._say(recipient, due, local)
        for connected in self._trackers.values():
            await self._write_comments(connected, local)

    def _by_recipient(self, standing: Iterable[Standing], local: datetime) -> dict[str, list[Due]]:
        found: dict[str, list[Due]] = defaultdict(list)
        for one in standing:
            fails_on = one.fails_at.astimezone(self._settings.zone).date() if one.fails_at else None
            for nudge in nudges(one.kept.ticket, fails_on, local.date(), self._rules):
                to = self._recipient(one.kept, nudge.rung)
                if to is not None and str(nudge) not in one.said:
                    found[address_of(to)].append(Due(one.kept.item_id, nudge))
        return found

    def _recipient(self, kept: Kept, rung: Rung) -> Recipient | None:
        if rung.is_owners:
            owner = kept.committed.item.owner
            return Recipient(name=owner.name, person_id=owner.person_id, email=owner.email, handles=owner.handles)
        project = self._settings.mapping.project(kept.tracker.value, kept.committed.item.project)
        person = project.reviewer if rung in REVIEWERS else project.manager
        return _written_to(person) if person else None

    async def _say(self, address: str, due: list[Due], local: datetime) -> None:
        """One message with all of them, unless this person had one today. Each is looked at again: it may be done."""
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            texts, keys, to = [], [], None
            for one in due:
                kept = await store.lock(one.item_id)
                if kept is None or not self._is_still_due(kept, one.nudge, local):
                    continue
                to = self._recipient(kept, one.nudge.rung)
                assert to is not None
                if one.nudge.rung.is_owners and self._is_comment(to):
                    await self._want_comment(kept, one.nudge, address, local, tx)
                else:
                    texts.append(self._words(kept, one.nudge, local))
                    keys.append(one)
            if to is not None and keys and await Nudges(tx.conn).take_day(address, local.date()):
                for one in keys:
                    await Nudges(tx.conn).take(one.item_id, one.nudge, address, local, None)
                tx.publish(NOTICES, self._notice(to, texts, keys, local))

    def _is_still_due(self, kept: Kept, nudge: Nudge, local: datetime) -> bool:
        fails_on = nudge.about if "month_four" in nudge.rung.value else None
        is_standing = kept.withdrawn_because is None
        return is_standing and nudge in set(nudges(kept.ticket, fails_on, local.date(), self._rules))

    def _is_comment(self, to: Recipient) -> bool:
        return self._rules.by == "comment" or (to.email is None and Vendor.SLACK not in to.handles)

    async def _want_comment(self, kept: Kept, nudge: Nudge, address: str, local: datetime, tx: Transaction) -> None:
        if kept.ticket.place is not None:
            await Nudges(tx.conn).take(kept.item_id, nudge, address, local, self._words(kept, nudge, local))

    def _words(self, kept: Kept, nudge: Nudge, local: datetime) -> str:
        links = link_to(kept.item_id, self._settings.public_url, self._settings.link_secret)
        shown = ["Not now? Say until when, and why:", links] if links and nudge.rung.is_owners else []
        return words(kept.ticket, kept.committed.item, nudge, local.date(), shown)

    def _notice(self, to: Recipient, texts: list[str], keys: list[Due], local: datetime) -> NoticeDue:
        address = address_of(to)
        count = len(texts)
        subject = texts[0].splitlines()[0] if count == 1 else f"{count} promises from postmortems want you"
        said = sorted(f"{one.item_id} {one.nudge}" for one in keys)
        notice = Notice(
            kind=NoticeKind.NUDGE,
            to=to,
            subject=subject[:200],
            text="\n\n".join(texts),
            worth_until=worth_until(local, self._rules),
        )
        return NoticeDue(
            id=derived_id("nudge", address, local.date().isoformat(), *said),
            source=SOURCE,
            subject=address,
            time=local,
            data=notice,
        )

    # On the ticket

    async def _write_comments(self, at: Connected, local: datetime) -> None:
        async with self._db.reading() as conn:
            waiting = await Nudges(conn).to_write(at.tracker.vendor, COMMENTS_A_ROUND)
        failures = 0
        for one in waiting:
            try:
                if not await self._write_comment(at, one, local):
                    return
            except (Retryable, Unauthorized, Unknown) as error:
                log.warning("a nudge waits", extra={"item": str(one.item_id), "because": str(error)})
                failures += 1
                # One that cannot be written must not keep the others waiting; a tracker that is away may.
                is_away = isinstance(error, Unauthorized) or getattr(error, "after", None) is not None
                if is_away or failures >= FAILURES_A_ROUND:
                    return

    async def _write_comment(self, at: Connected, one: ToWrite, local: datetime) -> bool:
        """Whether to go on with the next. The pen keeps writes apart; without it the next round tries again."""
        pen = uuid4()
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            kept = await store.lock(one.item_id)
            if kept is None or kept.ticket.place is None or not self._is_worth_writing(kept, one.nudge, local):
                await Nudges(tx.conn).written(one.item_id, one.nudge)
                return True
            await at.budget.wait_for_pen(store)
            if not await at.budget.take_pen(store, pen, self._settings.lease):
                return False
        try:
            mark = str(derived_id("nudge_comment", str(one.item_id), str(one.nudge)))
            await at.tracker.say(kept.ticket.place, self._words(kept, one.nudge, local), mark)
        except Rejected as error:
            log.warning("a nudge cannot be written", extra={"item": str(one.item_id), "because": str(error)})
        finally:
            async with self._db.transaction() as tx:
                await at.budget.give_pen_back(Store(tx.conn), pen)
        async with self._db.transaction() as tx:
            await Nudges(tx.conn).written(one.item_id, one.nudge)
        return True

    def _is_worth_writing(self, kept: Kept, nudge: Nudge, local: datetime) -> bool:
        """It may have waited for days: not of what was done, put off or withdrawn since, or says less than is known."""
        is_late = nudge.rung is Rung.AT and any(nudges(kept.ticket, None, local.date(), self._rules))
        return self._is_still_due(kept, nudge, local) or (is_late and kept.withdrawn_because is None)


def address_of(to: Recipient) -> str:
    """By which it is known that somebody was written to."""
    return str(to.person_id) if to.person_id else (to.email or to.handles.get(Vendor.SLACK) or to.name)


def _written_to(person: PersonMapping) -> Recipient:
    handles = {Vendor.SLACK: person.slack} if person.slack else {}
    return Recipient(name=person.name, email=person.email, handles=handles)
