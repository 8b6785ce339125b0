"""Having drafts finished: who leads one is asked where they work, reminded, and then the others are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.postmortems import Postmortem, locked_draft, with_all
from closeout_review.domain.facts import Involved
from closeout_review.domain.finishing import Asked, Next, Step, next_step
from closeout_review.domain.lead import Lead, recipient_of
from closeout_review.domain.owners import owner_of
from closeout_review.domain.refusal import Refusal
from closeout_review.domain.working_time import is_at_work, next_morning, working_days_after
from closeout_review.settings import ReviewSettings
from closeout_review.store.finishing import Finishing
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.store.postmortems import Kept
from closeout_schemas.catalogue import NOTICES
from closeout_schemas.incidents import Party
from closeout_schemas.notices import Notice, NoticeDue, NoticeKind, Recipient
from closeout_schemas.vocabulary import derived_id

SOURCE = "/closeout/review"
AT_ONCE = 20


async def choose_lead(db: Database, postmortem_id: UUID, who: str, by: str) -> None:
    """Name one known person to lead a review: a handle, an e-mail or a full name. They are asked when they next work.

    Raises Refused: 404, 409 published or merged, 422 with what would name one person.
    """
    async with db.transaction() as tx:
        await locked_draft(tx, postmortem_id)
        found = owner_of(who, "lead", await Known(tx.conn).directory(), None)
        if isinstance(found, Refusal):
            raise Refused(422, found.code.replace("owner", "lead"), f"{found.reason} {found.mend.text}")
        await Finishing(tx.conn).choose(postmortem_id, found.id, found.name, by)
        await Finishing(tx.conn).again_at(postmortem_id, await Incidents(tx.conn).now())


async def ask_to_finish(db: Database, settings: ReviewSettings, at: datetime | None = None) -> None:
    """Say to whoever is due that a draft waits for them. `at`: the moment; None takes the database's."""
    while True:
        async with db.transaction() as tx:
            now = at or await Incidents(tx.conn).now()
            drafts = await Finishing(tx.conn).lock_to_ask(now, AT_ONCE)
            for kept in drafts:
                await _ask_about(tx, settings, kept, now)
        if len(drafts) < AT_ONCE:
            return


async def _ask_about(tx: Transaction, settings: ReviewSettings, kept: Kept, now: datetime) -> None:
    finishing, rules, zone = Finishing(tx.conn), settings.mapping.drafts, settings.zone
    one = await with_all(tx.conn, settings, kept)
    if one.lead is None:
        # Nobody is known yet; the directory or a person may say so later.
        await finishing.again_at(kept.id, next_morning(now, zone, rules))
        return
    asked = await finishing.asked(kept.id)
    step = next_step(kept.drafted_at, one.lead.key, asked, zone, rules)
    if step is not None and step.at <= now:
        if not is_at_work(now, zone, rules):
            await finishing.again_at(kept.id, next_morning(now, zone, rules))
            return
        for who, key in _recipients(one, one.lead, step, asked):
            _say(tx, settings, one, step.step, who, key, now)
            await finishing.note(kept.id, Asked(step.step, key, now))
        asked = await finishing.asked(kept.id)
        step = next_step(kept.drafted_at, one.lead.key, asked, zone, rules)
        if step is not None and step.step is Step.OFFER and not any(_others(one, one.lead)):
            step = None
    await finishing.again_at(kept.id, step.at if step else None)


def _recipients(one: Postmortem, lead: Lead, step: Next, asked: Sequence[Asked]) -> Iterator[tuple[Recipient, str]]:
    """Whom this step is said to, each with the key by which it is said once."""
    if step.step is not Step.OFFER:
        yield lead.recipient(), lead.key
        return
    done = {one_asked.to for one_asked in asked}
    yield from ((who, key) for who, key in _others(one, lead) if key not in done)


def _others(one: Postmortem, lead: Lead) -> Iterator[tuple[Recipient, str]]:
    """Everybody else who was there, each once, however many systems know them.

    Nobody where it is restricted: who was there need not be among those who may see it.
    """
    if one.incident.restricted:
        return
    seen = {lead.key}
    for involved in one.facts.people:
        party = _party(involved)
        person = one.directory.person_behind(party)
        other = Lead(person.name if person else party.name, "", person, party)
        if other.key not in seen:
            seen.add(other.key)
            yield recipient_of(other.name, person, party), other.key


def _party(involved: Involved) -> Party:
    return Party(vendor=involved.vendor, vendor_id=involved.vendor_id, name=involved.name)


def _say(
    tx: Transaction, settings: ReviewSettings, one: Postmortem, step: Step, who: Recipient, key: str, now: datetime
) -> None:
    rules, zone = settings.mapping.drafts, settings.zone
    # Whoever reads it days later reads the reminder instead.
    late = working_days_after(now, rules.remind_after, zone, rules)
    event = NoticeDue(
        id=derived_id("finish_review", str(one.kept.id), step.value, key),
        source=SOURCE,
        subject=str(who.person_id or key),
        time=now,
        data=Notice(
            kind=NoticeKind.FINISH_REVIEW,
            to=who,
            subject=_subject(one, step),
            text=words(one, step),
            url=f"{settings.public_url}/postmortems/{one.kept.id}",
            worth_until=datetime.combine(late, rules.evening, zone) + timedelta(minutes=1),
        ),
    )
    tx.publish(NOTICES, event)


def _subject(one: Postmortem, step: Step) -> str:
    # It goes through a chat, or lies in a mailbox.
    title = "a restricted incident" if one.incident.restricted else one.draft.title or one.facts.title or "an incident"
    match step:
        case Step.ASK:
            return f"Please finish the review of “{title}”"
        case Step.REMIND:
            return f"The review of “{title}” still waits for you"
        case Step.OFFER:
            return f"Would you finish the review of “{title}”?"


def words(one: Postmortem, step: Step) -> str:
    """What somebody is told: facts, and how long it takes."""
    holds = [
        f"{len(one.timeline)} timeline entries",
        f"{len(one.suggestions.failure_modes) + len(one.suggestions.earlier_catches)} suggestions",
        f"{len(one.guard_questions)} questions that this incident raises",
    ]
    lines = {
        Step.ASK: f"You are asked because you lead it: {one.lead.name if one.lead else ''} {_why(one)}.",
        Step.REMIND: "You were asked before. If somebody else should finish it, name them on the page.",
        Step.OFFER: f"{one.lead.name if one.lead else 'Nobody'} was asked twice. You were there too.",
    }
    due = f"It is to be published by {one.publish_by:%A, %d %B}."
    return f"{lines[step]}\nThe draft holds {', '.join(holds)}; finishing it takes about half an hour.\n{due}"


def _why(one: Postmortem) -> str:
    return one.lead.why if one.lead else ""
