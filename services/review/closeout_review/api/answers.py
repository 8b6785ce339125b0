"""What the REST API answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from closeout_review.api.capacity import CapacityAnswer
from closeout_review.api.committed import CommittedItem, committed
from closeout_review.api.lead import LeadAnswer, lead_answer
from closeout_review.api.problems import GateRefusal
from closeout_review.api.record import Linked, Said, linked, said
from closeout_review.api.timeline_answers import TimelineLink, timeline_links
from closeout_review.commands.outcomes import standing
from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.annotation import Annotation
from closeout_review.domain.catch_minutes import CatchMinutes
from closeout_review.domain.commitment import Verdict
from closeout_review.domain.directory import Directory, name_of
from closeout_review.domain.draft import Draft
from closeout_review.domain.facts import Facts
from closeout_review.domain.guard_questions import GuardQuestion
from closeout_review.domain.outcome import open_items
from closeout_review.domain.suggestions import Suggestions
from closeout_schemas.directory import Project
from closeout_schemas.drafts_mapping import TeamQuestion
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import Outcome, Vendor

State = Literal["draft", "published"]


class PostmortemStanding(BaseModel):
    """Where a postmortem stands."""

    id: UUID
    state: State
    outcome: Outcome | None
    open_items: int
    fails_at: datetime | None


class ListedIncident(BaseModel):
    """An incident in the list. `postmortem` is None while it has none."""

    incident: IncidentSnapshot
    postmortem: PostmortemStanding | None


class IncidentPage(BaseModel):
    """Incidents, newest first. `next_cursor` leads to the next page, None on the last."""

    incidents: list[ListedIncident]
    next_cursor: str | None


class IncidentAnswer(BaseModel):
    """An incident with everything that was said about it, in order of the source's clock."""

    incident: IncidentSnapshot
    timeline: list[TimelineLink]
    postmortem_id: UUID | None


class ListedPostmortem(PostmortemStanding):
    """A postmortem in the list."""

    incident_id: UUID
    title: str
    severity: str
    service: str | None
    drafted_at: datetime
    published_at: datetime | None


class PostmortemPage(BaseModel):
    """Postmortems, the newest draft first."""

    postmortems: list[ListedPostmortem]
    next_cursor: str | None


class PostmortemAnswer(PostmortemStanding):
    """Everything about a postmortem. `refusals` is None once it is published; `revision` is also the ETag."""

    incident_id: UUID
    merged_into: UUID | None
    revision: int
    drafted_at: datetime
    published_at: datetime | None
    published_by: str | None
    succeeded_at: datetime | None
    failed_at: datetime | None
    closed_late_at: datetime | None
    facts: Facts
    draft: Draft
    timeline: list[TimelineLink]
    suggestions: Suggestions
    annotations: list[Annotation]
    guard_questions: list[GuardQuestion]
    team_questions: list[TeamQuestion]
    lead: LeadAnswer | None
    publish_by: date
    catch_minutes: list[CatchMinutes | None]
    refusals: list[GateRefusal] | None
    items: list[CommittedItem]
    mandated: list[Linked]
    verdict_reasons: list[Said]
    notice: str | None


class GateAnswer(BaseModel):
    """What the gate says of the draft as it stands."""

    passes: bool
    refusals: list[GateRefusal]
    would_promise: int
    capacity: CapacityAnswer
    notice: str | None


class KnownPerson(BaseModel):
    """Somebody who can own an action item. `handles`: the logins, by vendor."""

    id: UUID
    name: str
    email: str | None
    handles: dict[Vendor, list[str]]


class NamedProject(BaseModel):
    """A tracker project; `name` is what an action item's `project` takes."""

    name: str
    project: Project


class DirectoryAnswer(BaseModel):
    """Everybody who can own an action item, and every project that can take one."""

    people: list[KnownPerson]
    projects: list[NamedProject]


NO_PROMISE = (
    "It promises nothing. Published like this it is a journal entry: kept, found again, and never counted as a success."
)


def notice(draft: Draft, verdict: Verdict | None, outcome: Outcome | None) -> str | None:
    """What has to be said out loud, though the gate allows it."""
    nothing = outcome is Outcome.JOURNAL_ENTRY or (verdict is not None and not draft.action_items)
    return NO_PROMISE if nothing else None


def refusals(verdict: Verdict) -> list[GateRefusal]:
    """The gate's refusals as the API has them."""
    return [GateRefusal.model_validate(one.as_json()) for one in verdict.refusals]


def gate_answer(one: Postmortem) -> GateAnswer:
    """The verdict on a draft; what is published has passed."""
    verdict = one.verdict or Verdict((), ())
    return GateAnswer(
        passes=not verdict.refusals,
        refusals=refusals(verdict),
        would_promise=len(one.draft.action_items),
        capacity=CapacityAnswer.model_validate(one.capacity, from_attributes=True),
        notice=notice(one.draft, one.verdict, one.kept.outcome),
    )


def postmortem_answer(one: Postmortem) -> PostmortemAnswer:
    """Everything about it."""
    kept = one.kept
    return PostmortemAnswer(
        id=kept.id,
        state="published" if one.is_published else "draft",
        outcome=kept.outcome,
        open_items=open_items([standing(promise) for promise in one.promises]),
        fails_at=kept.fails_at,
        incident_id=kept.incident_id,
        merged_into=kept.merged_into,
        revision=kept.revision,
        drafted_at=kept.drafted_at,
        published_at=kept.published_at,
        published_by=kept.published_by,
        succeeded_at=kept.succeeded_at,
        failed_at=kept.failed_at,
        closed_late_at=kept.closed_late_at,
        facts=one.facts,
        draft=one.draft,
        timeline=timeline_links(one.timeline),
        suggestions=one.suggestions,
        annotations=list(one.around.annotations),
        guard_questions=list(one.guard_questions),
        team_questions=list(one.team_questions),
        lead=lead_answer(one.lead),
        publish_by=one.publish_by,
        catch_minutes=one.catch_minutes(),
        refusals=None if one.verdict is None else refusals(one.verdict),
        items=[committed(promise) for promise in one.promises],
        mandated=[linked(ticket) for ticket in one.mandated],
        verdict_reasons=[said(reason) for reason in one.verdict_reasons],
        notice=notice(one.draft, one.verdict, kept.outcome),
    )


def listed_incident(row: dict[str, Any]) -> ListedIncident:
    """A row of the list."""
    of = None
    if row["postmortem_id"] is not None:
        of = PostmortemStanding(id=row["postmortem_id"], **_standing(row))
    return ListedIncident(incident=IncidentSnapshot.model_validate(row["snapshot"]), postmortem=of)


def listed_postmortem(row: dict[str, Any]) -> ListedPostmortem:
    """A row of the list."""
    incident = IncidentSnapshot.model_validate(row["snapshot"])
    return ListedPostmortem(
        id=row["id"],
        incident_id=row["incident_id"],
        title=row["title"],
        severity=incident.severity,
        service=incident.service.name if incident.service else None,
        drafted_at=row["drafted_at"],
        published_at=row["published_at"],
        **_standing(row),
    )


def _standing(row: dict[str, Any]) -> dict[str, Any]:
    state = "published" if row["published_at"] else "draft"
    return {"state": state, **{name: row[name] for name in ("outcome", "open_items", "fails_at")}}


def directory_answer(directory: Directory) -> DirectoryAnswer:
    """The directory as the API has it."""
    return DirectoryAnswer(
        people=[
            KnownPerson(
                id=one.id,
                name=one.name,
                email=one.email,
                handles={vendor: list(own) for vendor, own in one.handles.items()},
            )
            for one in directory.people
        ],
        projects=[NamedProject(name=name_of(project), project=project) for project in directory.projects],
    )
