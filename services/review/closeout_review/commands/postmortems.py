"""Everything about one postmortem, for whoever shows it; saving its draft; publishing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn, Database, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.beside import AroundTimeline, around
from closeout_review.commands.capacity import capacity
from closeout_review.commands.read_once import reading_of
from closeout_review.domain.capacity import NOTHING_HELD, Capacity
from closeout_review.domain.catch_minutes import CatchMinutes, minutes_of
from closeout_review.domain.chain import Link
from closeout_review.domain.commitment import Surroundings, Verdict
from closeout_review.domain.directory import Directory
from closeout_review.domain.draft import Draft
from closeout_review.domain.facts import Facts, about_teams, facts_of
from closeout_review.domain.gate import judge
from closeout_review.domain.guard_questions import GuardQuestion, guard_questions
from closeout_review.domain.held_back import Held
from closeout_review.domain.lead import Lead, chosen, lead_from
from closeout_review.domain.revisions import changed_places
from closeout_review.domain.suggestions import Suggestions
from closeout_review.domain.team_questions import team_questions
from closeout_review.domain.text import comparable, presentable
from closeout_review.domain.timeline import in_order
from closeout_review.domain.versions import OtherVersion, until_settled
from closeout_review.domain.working_time import working_days_after
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import quietly
from closeout_review.store.awareness import Aware, Awareness
from closeout_review.store.covers import Covered, Covers
from closeout_review.store.editing import Editing
from closeout_review.store.finishing import Finishing
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.store.postmortems import Kept, Postmortems, Promise
from closeout_review.store.record import LinkedTicket, Record, VerdictReason
from closeout_review.store.versions import Versions
from closeout_schemas.drafts_mapping import TeamQuestion
from closeout_schemas.incidents import IncidentSnapshot, TimelineEntry
from closeout_schemas.vocabulary import Vendor, derived_id

MOST_REMINDERS = 20


@dataclass(frozen=True, slots=True)
class Postmortem:
    """A postmortem with all that belongs to it. `timeline` is as it is read; `verdict` is None once it is published."""

    kept: Kept
    incident: IncidentSnapshot
    covered: Sequence[Covered]
    facts: Facts
    timeline: Sequence[Link]
    draft: Draft
    directory: Directory
    suggestions: Suggestions
    around: AroundTimeline
    guard_questions: Sequence[GuardQuestion]
    team_questions: Sequence[TeamQuestion]
    lead: Lead | None
    publish_by: date
    verdict: Verdict | None
    promises: Sequence[Promise]
    # What was written at the same time, until somebody chooses; and who saved last, when.
    versions: Sequence[OtherVersion] = ()
    last_saved: tuple[str, datetime] | None = None
    # What was just sent by a page that was open while words were taken out; kept nowhere.
    held: Sequence[Held] = ()
    # Changes whenever the page of the draft would show something else.
    state: str = ""
    # Of a draft: what reviews of the same failure were aware of. Of what is published: what was added beside it.
    reminders: Sequence[Aware] = ()
    capacity: Capacity = NOTHING_HELD
    mandated: Sequence[LinkedTicket] = ()
    verdict_reasons: Sequence[VerdictReason] = ()

    @property
    def is_published(self) -> bool:
        """Whether the gate has let it through."""
        return self.kept.published_at is not None

    @property
    def incidents(self) -> list[IncidentSnapshot]:
        """All incidents that it covers, the one that it began with first."""
        return [self.incident, *(one.incident for one in self.covered)]

    def catch_minutes(self) -> list[CatchMinutes | None]:
        """Of each earlier catch, in their order."""
        moments = {link.entry.id: link.entry.occurred_at for link in self.timeline}
        return [minutes_of(catch, self.facts, moments) for catch in self.draft.earlier_catches]


async def postmortem(conn: Conn, settings: ReviewSettings, postmortem_id: UUID) -> Postmortem:
    """The postmortem as it stands. Raises Refused(404) where there is none."""
    kept = await Postmortems(conn).one(postmortem_id)
    return await with_all(conn, settings, existing([kept] if kept else []))


def existing(found: Sequence[Kept]) -> Kept:
    """The one that was found. Raises Refused(404) where none was."""
    if not found:
        raise Refused(404, "no-such-postmortem", "There is no such postmortem.")
    return found[0]


def unless_merged(kept: Kept) -> None:
    """Raise Refused(409) where the draft has gone into another one."""
    if kept.merged_into is not None:
        detail = "This draft has gone into another one, which covers its incident; write there."
        raise Refused(409, "merged-meanwhile", detail, merged_into=str(kept.merged_into))


async def with_all(conn: Conn, settings: ReviewSettings, kept: Kept) -> Postmortem:
    """The postmortem of that row, with all that belongs to it."""
    # First: a page that is told of a change once more than it needs to be asks in vain, and never the other way round.
    state, covered = await Versions(conn).state(kept.id), await Covers(conn).of(kept.id)
    incident = await _incident(conn, kept.incident_id)
    all_of_them = (incident, *(one.incident for one in covered))
    timeline = in_order([link for one in all_of_them for link in await Incidents(conn).chain(one.id)])
    entries = [link.entry for link in timeline]
    with_teams = await _with_teams(conn, kept.id, all_of_them)
    draft = await Postmortems(conn).draft(kept.id, kept.revision) or untouched(incident)
    directory = await Known(conn).directory()
    published, written = kept.published_facts, Versions(conn)
    read = reading_of(entries, settings.taxonomy)
    beside = await around(conn, timeline, read.suggestions.annotations)
    asked_by_team = team_questions(settings.mapping.templates, with_teams)
    versions = await written.beside(kept.id) if published is None else []
    gate_sees = replace(surroundings(kept, incident, entries, directory, settings), questions=tuple(asked_by_team))
    return Postmortem(
        kept=kept,
        incident=incident,
        covered=covered,
        facts=facts_of(with_teams, entries) if published is None else Facts.model_validate(published),
        timeline=timeline,
        draft=draft,
        directory=directory,
        suggestions=read.suggestions.model_copy(update={"annotations": tuple(beside.suggested)}),
        around=beside,
        guard_questions=guard_questions(all_of_them, entries, settings.zone, read.signs),
        team_questions=asked_by_team,
        lead=await _lead(conn, kept.id, entries, directory),
        publish_by=_publish_by(kept, settings),
        verdict=until_settled(judge(draft, gate_sees), versions) if published is None else None,
        promises=await Postmortems(conn).promises([kept.id]),
        versions=versions,
        last_saved=await written.last_saved(kept.id),
        state=state,
        reminders=await _reminders(conn, kept, all_of_them, draft, read.suggestions) if published is None else (),
        capacity=NOTHING_HELD if published else await capacity(conn, kept.id, incident, draft.action_items, gate_sees),
        **(await _beside_verdict(conn, kept.id) if published is not None else {}),
    )


async def _with_teams(
    conn: Conn, postmortem_id: UUID, incidents: Sequence[IncidentSnapshot]
) -> Sequence[IncidentSnapshot]:
    """The incidents, with the teams that people said the review is about."""
    chosen = await Covers(conn).chosen_teams(postmortem_id)
    return about_teams(incidents, chosen.teams if chosen else None)


async def _beside_verdict(conn: Conn, postmortem_id: UUID) -> dict[str, Any]:
    """What was added beside what is published."""
    record = Record(conn)
    return {"mandated": await record.mandated(postmortem_id), "verdict_reasons": await record.reasons(postmortem_id)}


async def _incident(conn: Conn, incident_id: UUID) -> IncidentSnapshot:
    incident = await Incidents(conn).one(incident_id)
    assert incident is not None
    return incident


async def _reminders(
    conn: Conn, kept: Kept, incidents: Sequence[IncidentSnapshot], draft: Draft, suggestions: Suggestions
) -> list[Aware]:
    """What earlier reviews of this failure were aware of, once each, without what this draft already has."""
    modes = draft.failure_modes or tuple(one.mode for one in suggestions.failure_modes)
    services = [one.service.name for one in incidents if one.service]
    had = {comparable(text) for text in (*draft.aware_of, *(item.text for item in draft.action_items))}
    found = await Awareness(conn).same_failure(services, modes, kept.id, MOST_REMINDERS)
    fresh = {comparable(one.text): one for one in reversed(found) if comparable(one.text) not in had}
    return list(reversed(fresh.values()))


def _publish_by(kept: Kept, settings: ReviewSettings) -> date:
    rules = settings.mapping.drafts
    return working_days_after(kept.drafted_at, rules.publish_within, settings.zone, rules)


async def _lead(conn: Conn, postmortem_id: UUID, entries: Sequence[TimelineEntry], directory: Directory) -> Lead | None:
    named = await Finishing(conn).chosen_lead(postmortem_id)
    return chosen(named.person_id, named.name, named.by, directory) if named else lead_from(entries, directory)


def untouched(incident: IncidentSnapshot) -> Draft:
    """The draft that nobody has written into: the pager's title, and the questions open."""
    return Draft(title=presentable(incident.title, 300))


def surroundings(
    kept: Kept,
    incident: IncidentSnapshot,
    entries: Sequence[TimelineEntry],
    directory: Directory,
    settings: ReviewSettings,
) -> Surroundings:
    """What the gate looks at besides the draft."""
    return Surroundings(
        directory=directory,
        entry_ids=frozenset(entry.id for entry in entries),
        now=kept.now,
        zone=settings.zone,
        default_project=settings.project_for(incident),
        stale_after=timedelta(hours=settings.project_stale_after_hours),
        said=tuple(entry.text for entry in entries if entry.author is not None and entry.text),
        took_part=tuple(directory.behind(_parties(incident, entries))),
    )


def _parties(incident: IncidentSnapshot, entries: Sequence[TimelineEntry]) -> list[tuple[Vendor, str]]:
    """Who took part, those who wrote most first."""
    wrote = Counter((one.author.vendor, one.author.vendor_id) for one in entries if one.author)
    return [*(party for party, _ in wrote.most_common()), *((one.vendor, one.vendor_id) for one in incident.responders)]


async def save_draft(
    db: Database, settings: ReviewSettings, postmortem_id: UUID, draft: Draft, over: int | None, by: str = ""
) -> Postmortem:
    """Make `draft` the next revision. `over`: the revision that the writer had before them; None: whichever is there.

    `by`: who saves, for the history.

    Raises Refused: 404 where there is no such postmortem, 409 when it is published, 412 when somebody else has saved.
    """
    async with db.transaction() as tx:
        kept = await locked_draft(tx, postmortem_id)
        unless_saved_meanwhile(kept, over)
        return await with_all(tx.conn, settings, await save(tx, kept, draft, by))


async def locked_draft(tx: Transaction, postmortem_id: UUID) -> Kept:
    """The postmortem, locked. Raises Refused: 404 where there is none, 409 when it is published."""
    kept = existing(await Postmortems(tx.conn).lock([postmortem_id]))
    if kept.published_at is not None:
        raise Refused(409, "already-published", "It is published, and stays as it was published.")
    unless_merged(kept)
    return kept


async def save(tx: Transaction, kept: Kept, draft: Draft, by: str) -> Kept:
    """Make `draft` the next revision of a locked postmortem; nothing where it says what is there."""
    postmortems = Postmortems(tx.conn)
    there = await postmortems.draft(kept.id, kept.revision)
    revision = kept.revision + 1
    named = _with_ids(draft, kept.id, revision)
    if named == there:
        quietly()
        return kept
    await postmortems.save_draft(kept.id, revision, named, by)
    await Editing(tx.conn).saved(kept.id, revision, changed_places(there or Draft(), named))
    return replace(kept, revision=revision)


def unless_saved_meanwhile(kept: Kept, over: int | None) -> None:
    """Raise Refused(412) when the draft is no longer at revision `over`."""
    if over is not None and over != kept.revision:
        detail = f"Somebody saved revision {kept.revision} meanwhile; yours began from {over}. Look at both, then save."
        raise Refused(412, "edited-meanwhile", detail, revision=kept.revision)


def _with_ids(draft: Draft, postmortem_id: UUID, revision: int) -> Draft:
    """`draft` with an id for each row that has none: by it an item is known from its first save to its ticket."""

    def own(kind: str, index: int) -> dict[str, str]:
        return {"id": derived_id(kind, str(postmortem_id), str(revision), str(index)).hex}

    items = [one if one.id else one.model_copy(update=own("draft_item", n)) for n, one in enumerate(draft.action_items)]
    catches = [
        one if one.id else one.model_copy(update=own("draft_catch", n)) for n, one in enumerate(draft.earlier_catches)
    ]
    mandated = [
        one if one.id else one.model_copy(update=own("draft_mandated", n)) for n, one in enumerate(draft.mandated)
    ]
    rows = {"action_items": tuple(items), "earlier_catches": tuple(catches), "mandated": tuple(mandated)}
    return draft.model_copy(update=rows)
