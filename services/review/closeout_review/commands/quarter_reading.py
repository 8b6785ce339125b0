"""Reading a quarter from the database: patterns, and what people made of them. Restricted incidents are left out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn, Database
from closeout_judgement.patterns.calendar import WEEKDAYS, Calendar, Window
from closeout_judgement.patterns.candidate import Kind
from closeout_judgement.patterns.follow_up import BeforeAfter, days_of
from closeout_judgement.patterns.history import BASE_QUARTERS
from closeout_judgement.patterns.membership import RULES, Membership
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import IncidentRecord
from closeout_judgement.patterns.review import MetaReview, meta_review
from closeout_review.commands.exporting import homes_in, record_in
from closeout_review.domain.earns import earns_postmortem
from closeout_review.domain.meta_review import Kept, Proposal
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.meta_reviews import MetaReviews, Opened
from closeout_review.store.postmortems import Postmortems, Promise
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import IncidentStatus

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class About:
    """What stands beside an incident's record. `catches`: the entries at which a control would have acted."""

    title: str
    postmortem_id: UUID | None
    is_reviewed: bool
    should_be: bool
    catches: tuple[UUID, ...]

    @property
    def lacks_review(self) -> bool:
        """Whether it has none and earned one."""
        return self.should_be and not self.is_reviewed


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of a structural proposal of the year before. `counts` is None where nobody can count."""

    proposal: Proposal
    promise: Promise | None
    counts: BeforeAfter | None

    @property
    def standing(self) -> str:
        """shipped, withdrawn, or open."""
        if self.promise is None or self.promise.withdrawn_at is not None:
            return "withdrawn"
        ticket = self.promise.ticket
        return "shipped" if ticket is not None and ticket.state == "completed" else "open"


@dataclass(frozen=True, slots=True)
class Material:
    """What a reading is made from."""

    quarter: Quarter
    now: datetime
    records: tuple[IncidentRecord, ...]
    about: Mapping[str, About]
    opened: Opened | None
    findings: Sequence[Kept]
    proposals: Sequence[Proposal]  # of this quarter and of those before it
    promises: Mapping[UUID, Promise]  # by their postmortem


@dataclass(frozen=True, slots=True)
class Reading:
    """A quarter as one person reads it."""

    review: MetaReview
    material: Material
    followed: Sequence[Followed] = ()

    @property
    def quarter(self) -> Quarter:
        """Which one."""
        return self.material.quarter

    @property
    def proposals(self) -> list[Proposal]:
        """Those of this quarter."""
        return [one for one in self.material.proposals if one.quarter == str(self.quarter)]

    @property
    def without_review(self) -> list[str]:
        """Incidents of the quarter without a published review; a storm is one, by the id of its first page."""
        return [one.id for one in self.review.history.now if not self.about(one).is_reviewed]

    @property
    def should_have_had_one(self) -> list[str]:
        """Of those, the incidents that earned one by the organisation's own rules."""
        return [one.id for one in self.review.history.now if self.about(one).lacks_review]

    def about(self, one: Occurrence) -> About:
        """What stands beside an occurrence. A storm is written up once: in the review of whichever of its pages."""
        pages = [self.material.about[record.id] for record in one.records]
        written = min(pages, key=lambda page: (not page.is_reviewed, page.postmortem_id is None))
        return replace(
            pages[0],
            postmortem_id=written.postmortem_id,
            is_reviewed=written.is_reviewed,
            should_be=any(page.should_be for page in pages),
        )

    def occurrences(self, ids: Sequence[str]) -> list[Occurrence]:
        """The occurrences of the quarter that these incidents are part of."""
        wanted = set(ids)
        return [one for one in self.review.history.now if any(record.id in wanted for record in one.records)]

    def returned(self, kind: str, value: str) -> list[Proposal]:
        """What was proposed against this pattern in earlier quarters, and refused."""
        earlier = [one for one in self.material.proposals if one.quarter != str(self.quarter)]
        return [one for one in earlier if one.is_refused and (one.kind, one.value) == (kind, value)]


@dataclass
class QuarterReadings:
    """Reads quarters. The last few are kept: the statistics of ten thousand incidents take seconds."""

    settings: ReviewSettings
    db: Database
    _kept: dict[tuple[Quarter, datetime | None, int], asyncio.Task[MetaReview]] = field(default_factory=dict)

    async def read(self, quarter: Quarter, at: datetime | None = None) -> Reading:
        """The quarter as it stands. `at`: the moment; None takes the database's."""
        async with self.db.reading() as conn:
            material = await material_of(conn, self.settings, quarter, at)
        until = _until(material, self.settings.zone)
        key = quarter, until, hash(material.records)
        found = self._kept.get(key)
        if found is None or (found.done() and (found.cancelled() or found.exception())):
            if len(self._kept) >= BASE_QUARTERS:
                self._kept.clear()
            # Who comes while it is under way waits for it; who leaves does not end it for the others.
            found = self._kept[key] = asyncio.create_task(self._statistics(material, until))
        return reading_of(await asyncio.shield(found), material)

    async def _statistics(self, material: Material, until: datetime | None) -> MetaReview:
        told = material.records, material.quarter, self.settings.zone, until
        return await asyncio.to_thread(meta_review, *told, calendar=calendar_in(self.settings))


def calendar_in(settings: ReviewSettings) -> Calendar:
    """Deploy windows, releases and holidays, as the mapping names them."""
    told = settings.mapping.meta_review
    windows = [
        Window(frozenset(WEEKDAYS.index(day) for day in one.days), one.begin, one.end) for one in told.deploy_windows
    ]
    return Calendar(tuple(windows), frozenset(told.releases), frozenset(settings.mapping.drafts.holidays))


def reading_of(review: MetaReview, material: Material) -> Reading:
    """The statistics, with what became of earlier proposals."""
    accepted = [one for one in material.proposals if one.postmortem_id is not None]
    accepted = [one for one in accepted if 0 < material.quarter.since(Quarter.parse(one.quarter)) <= BASE_QUARTERS]
    return Reading(review, material, [_followed(review, material, one) for one in accepted])


async def material_of(conn: Conn, settings: ReviewSettings, quarter: Quarter, at: datetime | None = None) -> Material:
    """Everything that a reading is made from, in one look."""
    zone, store = settings.zone, MetaReviews(conn)
    begin, end = quarter.before(BASE_QUARTERS).begins(zone), quarter.ends(zone)
    rows = await Incidents(conn).exported_between(begin, end)
    seen = [(row, IncidentSnapshot.model_validate(row["snapshot"])) for row in rows]
    open_to_all = [(row, incident) for row, incident in seen if not incident.restricted]
    homes = await homes_in(conn, settings)
    proposals = await store.proposals(quarter)
    postmortems = [one.postmortem_id for one in proposals if one.postmortem_id]
    return Material(
        quarter=quarter,
        now=at or await Incidents(conn).now(),
        records=tuple(record_in(row, incident, settings, homes) for row, incident in open_to_all),
        about={str(incident.id): _about(row, incident, settings) for row, incident in open_to_all},
        opened=await store.one(quarter),
        findings=await store.findings(quarter),
        proposals=proposals,
        # The promise that stands now: one that was replaced comes before what replaces it.
        promises={one.postmortem_id: one for one in await Postmortems(conn).promises(postmortems)},
    )


def _about(row: Mapping[str, Any], incident: IncidentSnapshot, settings: ReviewSettings) -> About:
    catches = (row["draft"] or {}).get("earlier_catches", ())
    return About(
        title=(row["draft"] or {}).get("title") or incident.title,
        postmortem_id=row["postmortem_id"],
        is_reviewed=row["published_at"] is not None,
        # One that is not over has no draft yet.
        should_be=incident.status is IncidentStatus.RESOLVED
        and earns_postmortem(incident, settings.mapping, settings.mildest_severity),
        catches=tuple(UUID(one["entry_id"]) for one in catches if one.get("entry_id")),
    )


def _until(material: Material, zone: Any) -> datetime | None:
    """The end of a quarter that is still running: hours that have not come yet are no exposure."""
    now = material.now.astimezone(zone)
    if now not in material.quarter:
        return None
    whole = now.replace(minute=0, second=0, microsecond=0) + HOUR
    return max([whole, *(one.opened_at for one in material.records if one.opened_at in material.quarter)])


def _followed(review: MetaReview, material: Material, proposal: Proposal) -> Followed:
    promise = material.promises.get(proposal.postmortem_id) if proposal.postmortem_id else None
    return Followed(proposal, promise, _counts(review, material, proposal))


def _counts(review: MetaReview, material: Material, proposal: Proposal) -> BeforeAfter | None:
    history, then = review.history, Quarter.parse(proposal.quarter)
    days = days_of(then, history, material.now), days_of(material.quarter, history, material.now)
    before = [one for one in history.base if one.opened_at in then]
    kind, value = proposal.kind, proposal.value
    membership = Membership(history)
    told = [[membership.has(one, kind, value) for one in every] for every in (before, history.now)]
    if then in history.base_quarters and any(one is not None for one in told[0]):
        return BeforeAfter(sum(map(bool, told[0])), sum(map(bool, told[1])), *days)
    again = next((one for one in material.findings if (one.kind, one.value) == (kind, value) and one.stands), None)
    if kind in {*RULES, Kind.PAIR} or again is None:
        return None
    return BeforeAfter(len(proposal.idea.prevents), len(again.content.incidents), *days)
