"""Action items held against the gate, with or without a postmortem around them; and what each then promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_judgement.lints import action_item, criterion, too_many
from closeout_review.domain.choices import with_choices
from closeout_review.domain.directory import Directory, Person
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.owners import owner_of
from closeout_review.domain.projects import project_of
from closeout_review.domain.refusal import (
    DOABLE,
    THREE_ITEMS,
    TRUE_OR_FALSE,
    Refusal,
    mend_of,
    question,
    rewrite,
)
from closeout_review.domain.required_fields import answers_for, field_refusals
from closeout_review.domain.targets import Aim, target_of
from closeout_review.domain.text import seen, without_unseen
from closeout_schemas.checks import Check
from closeout_schemas.directory import Project
from closeout_schemas.drafts_mapping import TeamQuestion

# The tracker with the shortest titles takes 256 characters (GitHub).
LONGEST_ITEM = 240


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the gate looks at besides what was written."""

    directory: Directory
    entry_ids: frozenset[UUID]
    now: datetime
    zone: ZoneInfo
    default_project: str = ""
    # A project that was not read for so long may be gone.
    stale_after: timedelta = timedelta(hours=24)
    # What people wrote while it happened, in order.
    said: tuple[str, ...] = ()
    # Who took part, the likeliest owner first.
    took_part: tuple[Person, ...] = ()
    # What the team asks besides.
    questions: tuple[TeamQuestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Commitment:
    """An action item that the gate let through, with what its words mean."""

    item: DraftItem
    owner: Person
    target: Aim
    project: Project
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either refusals, or what will be promised (which may be nothing)."""

    refusals: tuple[Refusal, ...]
    commitments: tuple[Commitment, ...]


def judge_items(items: Sequence[DraftItem], around: Surroundings, where: str = "action_items") -> Verdict:
    """Hold a bare list of action items against every rule that speaks of them. `where`: what the list is called."""
    refusals = list(_too_many(items, where))
    commitments = []
    for index, item in enumerate(items):
        checked = check_item(item, f"{where}[{index}]", around)
        refusals += checked if isinstance(checked, list) else []
        commitments += [checked] if isinstance(checked, Commitment) else []
    return Verdict(tuple(refusals), () if refusals else tuple(commitments))


def _too_many(items: Sequence[DraftItem], where: str) -> Iterator[Refusal]:
    if len(items) > too_many.MOST_ITEMS:
        beyond = "; ".join(item.text for item in items[too_many.MOST_ITEMS :])
        yield Refusal(
            too_many.CODE, THREE_ITEMS, where, beyond, too_many.reason_for(len(items)), question(too_many.ASK)
        )


def check_item(item: DraftItem, where: str, around: Surroundings) -> Commitment | list[Refusal]:
    """What `item` promises, or every reason for which it cannot."""
    today = around.now.astimezone(around.zone).date()
    written = item.project or around.default_project
    project = project_of(written, f"{where}.project", around.directory, around.now, around.stale_after)
    known = project if isinstance(project, Project) else None
    owner = owner_of(item.owner, f"{where}.owner", around.directory, known)
    target = target_of(item.target, f"{where}.target", known, today)
    refused = [
        *_of_text(item.text, f"{where}.text"),
        *_of_criterion(item.criterion, f"{where}.criterion"),
        *_of_check(item.check, f"{where}.check"),
        *field_refusals(item.fields, f"{where}.fields", known),
        *(answer for answer in (owner, target, project) if isinstance(answer, Refusal)),
    ]
    if refused or isinstance(owner, Refusal) or isinstance(target, Refusal) or isinstance(project, Refusal):
        return list(with_choices(refused, item, known, around.took_part, today))
    return Commitment(item, owner, target, project, answers_for(item.fields, project))


def _of_check(line: str, where: str) -> Iterator[Refusal]:
    if line:
        try:
            Check.parse(line)
        except ValueError as error:
            ask = question("What would show that it is done: an alerting rule, a file, a merged pull request?")
            yield Refusal("item-check-unreadable", DOABLE, where, line, f"{error}.", ask)


def _of_text(text: str, where: str) -> Iterator[Refusal]:
    if not text:
        ask = question("What will be different in the system when it is done?")
        yield Refusal("item-text-missing", DOABLE, where, "", "It does not say what is to be done.", ask)
    if len(text) > LONGEST_ITEM:
        reason = f"It has {len(text)} characters; a ticket's title takes {LONGEST_ITEM}."
        yield Refusal("item-too-long", DOABLE, where, text, reason, question("What is it in one sentence?"))
    yield from _unseen(text, DOABLE, where)
    plain = without_unseen(text)
    for finding in action_item.find(plain) if plain else ():
        yield Refusal(finding.code, DOABLE, where, finding.text, finding.reason, mend_of(finding, plain))


def _of_criterion(text: str, where: str) -> Iterator[Refusal]:
    if not text:
        ask = question("What can somebody else look at, and say: yes, it is done?")
        yield Refusal("criterion-missing", TRUE_OR_FALSE, where, "", "It has no criterion.", ask)
    yield from _unseen(text, TRUE_OR_FALSE, where)
    plain = without_unseen(text)
    for finding in criterion.find(plain) if plain else ():
        yield Refusal(finding.code, TRUE_OR_FALSE, where, finding.text, finding.reason, mend_of(finding, plain))


def _unseen(text: str, rule: str, where: str) -> Iterator[Refusal]:
    """A ticket whose words are not what people see is no ticket that anybody can find."""
    plain = without_unseen(text)
    if plain != text:
        reason = f"It holds characters that nobody sees: {seen(text)}. Search and trackers do."
        yield Refusal("text-unseen", rule, where, text, reason, rewrite(plain))
