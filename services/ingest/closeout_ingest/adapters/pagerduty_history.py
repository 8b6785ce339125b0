"""What PagerDuty says when it is asked for an incident's history: log entries and notes, as facts.

Contract: https://developer.pagerduty.com/api-reference (log entries, notes)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters.history import BACKFILLED, FETCHED
from closeout_ingest.adapters.pagerduty_objects import incident_fields, parties, party
from closeout_ingest.adapters.reading import Json, believable, dict_of, dicts_of, text_of, time_of
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_schemas.cards import MARK
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import OnCall, Party
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Vendor

LOG_ENTRIES, NOTES, ON_CALLS = "log_entries", "notes", "oncalls"

# Every other type is something that happened all the same: an entry with PagerDuty's own words.
KIND_OF: Mapping[str, FactKind] = {
    "trigger": FactKind.OPENED,
    "acknowledge": FactKind.ACKNOWLEDGED,
    "acknowledgement": FactKind.ACKNOWLEDGED,  # so called in one place of the published description
    "unacknowledge": FactKind.UNACKNOWLEDGED,
    "assign": FactKind.REASSIGNED,
    "delegate": FactKind.REASSIGNED,
    "escalate": FactKind.ESCALATED,
    "priority_change": FactKind.PRIORITY_CHANGED,
    "resolve": FactKind.RESOLVED,
    "reopen": FactKind.REOPENED,
    "notify": FactKind.NOTIFIED,
}
STATUS_OF: Mapping[FactKind, IncidentStatus] = {
    FactKind.OPENED: IncidentStatus.TRIGGERED,
    FactKind.ACKNOWLEDGED: IncidentStatus.ACKNOWLEDGED,
    FactKind.UNACKNOWLEDGED: IncidentStatus.TRIGGERED,
    FactKind.RESOLVED: IncidentStatus.RESOLVED,
    FactKind.REOPENED: IncidentStatus.TRIGGERED,
}
# A note is asked for by itself: there it has its id and all of its words.
LEFT_OUT = frozenset({"annotate"})


def note_known_as(note_id: str) -> str:
    """What a note is known by, whether a webhook told it or it was asked for."""
    return f"note:{note_id}" if note_id else ""


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """The facts of one page of an incident's history. Raises Poison when it is none."""
    page = delivery.json_object
    incident = dict_of(page, "incident")
    if not text_of(incident, "id"):
        raise Poison(Reason.UNINTERPRETABLE, "a page of history that names no incident")
    read = READERS.get(delivery.headers[FETCHED])
    if read is None:
        raise Poison(Reason.UNINTERPRETABLE, f"a page of history of an unknown kind: {delivery.headers[FETCHED]}")
    backfilled = BACKFILLED in delivery.headers
    return [replace(fact, fetched=True, backfilled=backfilled) for fact in read(page, incident, delivery)]


def _notes(page: Json, incident: Json, delivery: Delivery) -> Iterator[Fact]:
    for note in dicts_of(page.get(NOTES)):
        if note_id := text_of(note, "id"):
            words = text_of(note, "content")
            kind = FactKind.CARD if MARK in words else FactKind.NOTE
            said = _fact(note, incident, delivery, kind, _person(note.get("user")), words)
            yield replace(said, known_as=note_known_as(note_id))


def _on_calls(page: Json, incident: Json, delivery: Delivery) -> Iterator[Fact]:
    """Who was to be called when it was opened: one fact, whoever was called in the end."""
    found = sorted({one for one in map(_on_call, dicts_of(page.get(ON_CALLS))) if one}, key=_by_level)
    opened_at = time_of(incident.get("created_at"))
    if not found or opened_at is None:
        return
    words = ", ".join(
        f"{one.party.name} ({', '.join(filter(None, (f'level {one.level}', one.schedule)))})" for one in found
    )
    said = {"id": f"{text_of(incident, 'id')}/on-call", "created_at": incident.get("created_at")}
    fact = _fact(said, incident, delivery, FactKind.ON_CALL, None, words)
    yield replace(fact, told=Told(on_call=tuple(found)))


def _on_call(one: Json) -> OnCall | None:
    who, level = _person(one.get("user")), one.get("escalation_level")
    if who is None or not isinstance(level, int):
        return None
    return OnCall(party=who, level=level, schedule=text_of(dict_of(one, "schedule"), "summary") or None)


def _by_level(one: OnCall) -> tuple[int, str, str]:
    return one.level, one.party.name, one.schedule or ""


def _log_entries(page: Json, incident: Json, delivery: Delivery) -> Iterator[Fact]:
    entries = [entry for entry in dicts_of(page.get(LOG_ENTRIES)) if text_of(entry, "id")]
    newest = max(entries, key=lambda entry: text_of(entry, "created_at"), default=None)
    for entry in entries:
        kind_text = text_of(entry, "type").removesuffix("_log_entry").removesuffix("_log_entry_reference")
        if kind_text in LEFT_OUT:
            continue
        kind = KIND_OF.get(kind_text) or _changed(entry)
        about = () if kind is not FactKind.CHANGED else (("change", kind_text),)
        words = text_of(incident, "title") if kind is FactKind.OPENED else text_of(entry, "summary")
        fact = _fact(entry, incident, delivery, kind, _person(entry.get("agent")), words)
        told = _told(entry, incident, kind, is_newest=entry is newest and page.get("is_newest") is True)
        involved = [fact.author, *(told.assignees or ()), _person(entry.get("user"))]
        people = tuple(dict.fromkeys(one for one in involved if one is not None and one.kind is PartyKind.PERSON))
        yield replace(fact, told=told, about=about, people=people)


def _changed(entry: Json) -> FactKind:
    # Its field is named in words only.
    summary = text_of(entry, "summary").lower()
    if text_of(entry, "type") == "field_value_change_log_entry":
        for word, kind in (("priority", FactKind.PRIORITY_CHANGED), ("service", FactKind.SERVICE_CHANGED)):
            if summary.startswith(word):
                return kind
    return FactKind.CHANGED


def _told(entry: Json, incident: Json, kind: FactKind, *, is_newest: bool) -> Told:
    """The fields as they were then, as far as an entry tells; the newest one tells what they are now."""
    now = incident_fields(incident)
    if is_newest:
        assigned = parties([dict_of(one, "assignee") for one in dicts_of(incident.get("assignments"))])
        return replace(now, assignees=assigned)
    status = STATUS_OF.get(kind)
    if kind is FactKind.OPENED:
        return replace(now, status=status, severity=None, assignees=None)
    changed = dict_of(dict_of(entry, "channel"), "new_urgency")
    return Told(status=status, assignees=parties(entry.get("assignees")), urgency=text_of(changed, "urgency") or None)


def _fact(said: Json, incident: Json, delivery: Delivery, kind: FactKind, author: Party | None, words: str) -> Fact:
    claimed = time_of(said.get("created_at"))
    return Fact(
        vendor=Vendor.PAGERDUTY,
        incident_vendor_id=text_of(incident, "id"),
        source_id=text_of(said, "id"),
        kind=kind,
        occurred_at=believable(claimed, delivery.received_at),
        received_at=delivery.received_at,
        text=words,
        author=author,
        url=text_of(said, "html_url") or text_of(incident, "html_url") or None,
        people=(author,) if author is not None and author.kind is PartyKind.PERSON else (),
    )


def _person(value: object) -> Party | None:
    """Who did it. An integration that acts is nobody: the entry's words name it."""
    found = party(value)
    return None if found is None or found.kind is PartyKind.UNKNOWN else found


READERS: Mapping[str, Callable[[Json, Json, Delivery], Iterator[Fact]]] = {
    LOG_ENTRIES: _log_entries,
    NOTES: _notes,
    ON_CALLS: _on_calls,
}
