"""The quarterly reading: opened by the calendar or by hand; what is found is confirmed, dismissed, or added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.sentences import sentence, title
from closeout_review.commands.quarter_reading import Reading
from closeout_review.commands.structural import unless_it_carries
from closeout_review.commands.telling_findings import told_decision
from closeout_review.domain.meta_review import OTHER, Content, Decided, Decision, Kept, finding_id_of, waiting_quarter
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import doing
from closeout_review.store.incidents import Incidents
from closeout_review.store.meta_reviews import MetaReviews
from closeout_schemas.catalogue import META_REVIEWS, NOTICES
from closeout_schemas.notices import Notice, NoticeDue, NoticeKind, Recipient
from closeout_schemas.vocabulary import Vendor, derived_id

SOURCE = "/closeout/review"
# Whoever is told later than that reads it on the page.
WORTH_TELLING = timedelta(days=30)


async def open_due(db: Database, settings: ReviewSettings, at: datetime | None = None) -> Quarter | None:
    """Open the last quarter, from the first working morning after it, once; whoever reads it is told.

    `at`: the moment; None takes the database's. Where no incident was ever known before its end, there is nothing to
    read, and nothing is opened.
    """
    async with db.transaction() as tx:
        now = at or await Incidents(tx.conn).now()
        quarter = waiting_quarter(now, settings.zone, settings.mapping.drafts)
        if quarter is None or not await MetaReviews(tx.conn).is_anything_known_before(quarter.ends(settings.zone)):
            return None
        if not await MetaReviews(tx.conn).open(quarter, ""):
            return None
        for who in _readers(settings):
            _tell(tx, settings, quarter, who, now)
        return quarter


async def open_by_hand(db: Database, settings: ReviewSettings, quarter: Quarter, by: str) -> bool:
    """Open a quarter; whether it was not open before. Nobody is told. Raises Refused(422) before it has begun."""
    async with db.transaction() as tx:
        if quarter.begins(settings.zone) > await Incidents(tx.conn).now():
            raise Refused(422, "not-yet", f"{quarter} has not begun; there is nothing to read.")
        return await MetaReviews(tx.conn).open(quarter, by)


def _readers(settings: ReviewSettings) -> Iterator[Recipient]:
    named = settings.mapping.meta_review
    if named.reader is not None:
        handles = {Vendor.SLACK: named.reader.slack} if named.reader.slack else {}
        yield Recipient(name=named.reader.name, email=named.reader.email, handles=handles)
    if named.channel is not None:
        yield Recipient(name=named.channel, channel=named.channel)


def _tell(tx: Transaction, settings: ReviewSettings, quarter: Quarter, who: Recipient, now: datetime) -> None:
    key = who.channel or who.email or next(iter(who.handles.values()), who.name)
    text = (
        f"{quarter} is over: every incident of it on one page, with the patterns that the hours, the services and the "
        "year before do not explain. It takes about forty minutes, and ends in one or two structural changes."
    )
    notice = Notice(
        kind=NoticeKind.META_REVIEW,
        to=who,
        subject=f"The quarter {quarter} waits to be read",
        text=text,
        url=f"{settings.public_url}/meta-reviews/{quarter}",
        worth_until=now + WORTH_TELLING,
    )
    event_id = derived_id("meta_review_notice", str(quarter), key)
    tx.publish(NOTICES, NoticeDue(id=event_id, source=SOURCE, subject=key, time=now, data=notice))


@dataclass(frozen=True, slots=True)
class Seen:
    """A pattern that no test finds. `kind` other: no rule can count it again; `incidents` are the evidence."""

    value: str
    incidents: tuple[str, ...]
    kind: str = OTHER
    sentence: str = ""


async def add_finding(db: Database, reading: Reading, seen: Seen, by: str) -> UUID:
    """Keep what the reader saw; it counts as much as what a test found. The same again: the same finding.

    Raises Refused: 404 where the quarter was not opened, 409 where it was dismissed or stands with other evidence, 422
    for incidents that are not of the quarter.
    """
    hits = reading.occurrences(seen.incidents)
    known = {record.id for one in hits for record in one.records}
    strange = [one for one in seen.incidents if one not in known]
    if strange or not hits:
        which = f": {', '.join(strange[:5])}" if strange else ""
        raise Refused(422, "not-of-the-quarter", f"Name incidents of {reading.quarter} that it can be seen in{which}.")
    said = seen.sentence or f"{len(hits)} of {len(reading.review.history.now)} incidents, as the reader saw."
    minutes = sum(one.minutes for one in hits)
    ids = tuple(one.id for one in hits)
    content = Content(title=seen.value, sentence=said, incidents=ids, minutes=minutes)
    kept = _kept(reading.quarter, seen.kind, seen.value, content, by, by_reader=True)
    async with db.transaction() as tx:
        await _hold(tx, reading.quarter)
        there = next((one for one in await MetaReviews(tx.conn).findings(reading.quarter) if one.id == kept.id), None)
        if there is not None:
            return _unless_other(there, seen, ids)
        await MetaReviews(tx.conn).add_finding(kept)
        await _decide(tx, kept, Decision.CONFIRMED, "", by)
    return kept.id


def _unless_other(there: Kept, seen: Seen, incidents: tuple[str, ...]) -> UUID:
    if there.decided is not None and not there.stands:
        detail = (
            f"{there.quarter} has this pattern already, and {there.decided.by} dismissed it: {there.decided.reason} "
            "Where it stands after all, confirm it there."
        )
        raise Refused(409, "dismissed-before", detail, finding_id=str(there.id))
    if set(incidents) != set(there.content.incidents) or seen.sentence not in ("", there.content.sentence):
        detail = (
            f"{there.quarter} has this pattern already, with other incidents or in other words, and they stay. "
            "Call what you saw besides by a name of its own."
        )
        raise Refused(409, "there-already", detail, finding_id=str(there.id))
    return there.id


async def decide(db: Database, reading: Reading, finding_id: UUID, decision: Decision, reason: str, by: str) -> None:
    """Confirm or dismiss a finding, as it reads now. A later decision takes the place of an earlier one.

    Raises Refused: 404 where there is no such finding or the quarter was not opened, 409 dismissed below a proposal,
    422 dismissed without a reason.
    """
    if decision is Decision.DISMISSED and not reason:
        raise Refused(422, "reason-missing", "Say why it is dismissed: the next reader meets the same pattern.")
    found = kept_in(reading, finding_id, by)
    async with db.transaction() as tx:
        await _hold(tx, reading.quarter)
        if decision is Decision.DISMISSED:
            await unless_it_carries(tx, reading.quarter, found.id)
        await MetaReviews(tx.conn).add_finding(found)
        doing(f"{decision.value} a finding")
        await _decide(tx, found, decision, reason, by)


def kept_in(reading: Reading, finding_id: UUID, by: str) -> Kept:
    """The finding of that id: as it was kept, else as the tests find it. Raises Refused(404) where there is none."""
    for kept in reading.material.findings:
        if kept.id == finding_id:
            return kept
    for finding in (*reading.review.patterns, *reading.review.questions):
        kept = as_kept(reading.quarter, finding, by)
        if kept.id == finding_id:
            return kept
    raise Refused(404, "no-such-finding", f"{reading.quarter} has no such pattern and no such question.")


def as_kept(quarter: Quarter, finding: Finding, by: str = "") -> Kept:
    """What a test found, as it is kept."""
    candidate = finding.candidate
    content = Content(
        title=title(candidate),
        sentence=sentence(finding),
        incidents=tuple(hit.id for hit in candidate.hits),
        minutes=sum(hit.minutes for hit in candidate.hits),
        expected=candidate.expected,
    )
    return _kept(quarter, str(candidate.kind), candidate.value, content, by, by_reader=False)


def _kept(quarter: Quarter, kind: str, value: str, content: Content, by: str, *, by_reader: bool) -> Kept:
    return Kept(finding_id_of(quarter, kind, value), str(quarter), kind, value, by_reader, content, by, None)


async def _hold(tx: Transaction, quarter: Quarter) -> None:
    if not await MetaReviews(tx.conn).hold(quarter):
        raise Refused(404, "not-opened", f"The reading of {quarter} was not opened yet; open it first.")


async def _decide(tx: Transaction, kept: Kept, decision: Decision, reason: str, by: str) -> None:
    number = await MetaReviews(tx.conn).decide(kept.id, decision, reason, by)
    now = await Incidents(tx.conn).now()
    kind, data = told_decision(replace(kept, decided=Decided(decision, reason, by, now)), number)
    event_id = derived_id("event", kind.__name__, str(kept.id), str(number))
    told = {"id": event_id, "source": SOURCE, "subject": kept.quarter, "time": now, "data": data}
    tx.publish(META_REVIEWS, kind.model_validate(told))
