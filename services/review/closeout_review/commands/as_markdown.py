"""A postmortem as Markdown, for people and other tools; the timeline whole and word for word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from closeout_judgement.documents.escaping import escaped, linked, quoted, section
from closeout_review.commands.outcomes import standing
from closeout_review.commands.postmortems import Postmortem
from closeout_review.commands.record_as_markdown import changes_of, record_of
from closeout_review.domain.chain import Link
from closeout_review.domain.draft import Draft


def markdown(one: Postmortem, zone: ZoneInfo) -> str:
    """The whole of it, published or not."""
    draft, facts = one.draft, one.facts
    about = {
        "Covers also": ", ".join(covered.title or str(covered.id) for covered in facts.incidents[1:]),
        "Services": ", ".join(facts.services),
        "Severity": facts.severity.value,
        "Opened": _at(facts.opened_at, zone),
        "Acknowledged": _at(facts.acknowledged_at, zone),
        "Resolved": _at(facts.resolved_at, zone),
        "Teams": ", ".join(facts.teams),
        "People": ", ".join(person.name for person in facts.people),
        "Leads the review": one.lead.name if one.lead else "",
        "Published": _at(one.kept.published_at, zone) if one.kept.published_at else "not yet",
        "Outcome": one.kept.outcome.value.replace("_", " ") if one.kept.outcome else "",
        "Failure modes": ", ".join(mode.replace("_", " ") for mode in (*draft.failure_modes, *draft.own_failure_modes)),
        **_facts(draft),
    }
    lines = [
        f"# {escaped(draft.title or facts.title)}",
        "",
        f"- Incident: {linked(one.incident.url or str(one.incident.id), one.incident.url)}",
        *(f"- {name}: {escaped(said)}" for name, said in about.items() if said),
    ]
    lines += ["", "## Summary", "", *section(draft.summary)] if draft.summary else []
    lines += [
        "",
        "## What would have caught this earlier",
        "",
        *_catches(one),
    ]
    conditions = [f"- {escaped(text)}" for text in draft.contributing_conditions]
    lines += ["", "## Contributing conditions", "", *conditions] if conditions else []
    lines += [line for block in _answers(one) for line in block]
    lines += ["", "## Action items", "", *(list(_items(one)) or ["None."]), *record_of(one)]
    if draft.aware_of:
        lines += ["", "## Things to remain aware of", "", *(f"- {escaped(text)}" for text in draft.aware_of)]
    lines += ["", "## Timeline", "", "The whole timeline, word for word, by the sources' clocks.", ""]
    lines += [line for link in one.timeline for line in _entry(one, link, zone)]
    return "\n".join(lines).rstrip() + "\n"


def _facts(draft: Draft) -> Mapping[str, str]:
    told = {"Runbook": draft.runbook, "Set off by": draft.change_type}
    said = {name: value.value.replace("_", " ") if value else "" for name, value in told.items()}
    return said | {"Began to do harm": draft.began_at.replace("T", " ")}


def _catches(one: Postmortem) -> Iterator[str]:
    for catch, minutes in zip(one.draft.earlier_catches, one.catch_minutes(), strict=True):
        control = catch.control.value.replace("_", " ") if catch.control else "undecided"
        yield f"- {control}: {escaped(catch.text)}{f' ({minutes.said()})' if minutes else ''}"
    if not one.draft.earlier_catches:
        yield from section(one.draft.nothing_would_have_caught_it or "(not said)")


def _items(one: Postmortem) -> Iterator[str]:
    for promise in one.promises:
        item, state = promise.item, standing(promise).state
        due = f"{item.target.due_on} ({item.target.value})"
        yield from _item(item.position, item.text, item.owner.name, due, "[x] " if state.is_shipped else "[ ] ")
        gone, reason = "replaced" if promise.replaced_by else "withdrawn", promise.withdrawn_reason
        said = f"{gone}: {escaped(reason)}" if reason else state.value.replace("_", " ")
        ticket = promise.ticket
        where = f" ({linked(ticket.key or 'ticket', ticket.url)})" if ticket and ticket.url else ""
        yield f"   - State: {said}{where}"
        yield f"   - Done when: {escaped(item.criterion)}"
        yield from changes_of(promise)
    if not one.promises:
        for number, written in enumerate(one.draft.action_items, 1):
            yield from _item(number, written.text, written.owner, written.target)
            yield f"   - Done when: {escaped(written.criterion) or '(not said)'}"


def _item(number: int, text: str, owner: str, due: str, box: str = "") -> Iterator[str]:
    """As `closeout import` reads it back."""
    yield f"{number}. {box}{escaped(text)}"
    yield f"   - Owner: {escaped(owner)}" if owner else "   - No owner yet"
    yield f"   - Due: {escaped(due)}" if due else "   - No target yet"


def _answers(one: Postmortem) -> Iterator[list[str]]:
    asked = [(question.id, question.ask) for question in one.guard_questions]
    asked += [(question.id, question.ask) for question in one.team_questions]
    for question_id, ask in asked:
        answer = one.draft.answers.get(question_id)
        if answer:
            yield ["", f"## {escaped(ask)}", "", *quoted(answer)]


def _entry(one: Postmortem, link: Link, zone: ZoneInfo) -> Iterator[str]:
    entry = link.entry
    who = entry.author.name if entry.author else "automation"
    yield f"- {_at(entry.occurred_at, zone)} · {escaped(who)} · {escaped(entry.kind.replace('_', ' '))}"
    if link.tombstone is not None:
        gone = link.tombstone
        what = gone.what.value.replace("_", " ")
        yield f"  - {what} taken out {_at(gone.redacted_at, zone)} by {escaped(gone.by)}: {escaped(gone.why)}"
    yield from (f"  {line}" for line in quoted(entry.text))
    for said in one.around.of(entry.id):
        note = f": {escaped(said.note)}" if said.note else ""
        yield f"  - *{said.kind.value.replace('_', ' ')}*{note} ({escaped(said.by)})"
    for attached in one.around.attached_to(entry.id):
        file = (
            f" ({attached.media_type}, {attached.size} bytes)" if not attached.url and not attached.removed_at else ""
        )
        yield f"  - {attached.kind.value}: {linked(attached.title, attached.url)}{file}"


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}" if moment else ""
