"""One incident as a line of JSON: what `closeout export --incidents` writes and `meta-review --from` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

DATE_ONLY = len("2026-07-03")
NO_CHANGE = "none"


class BadLine(Exception):
    """A line is no incident; the text says which field, what it holds, and what is wanted."""


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who answered. `on_call`: was on duty, rather than called in; `since`: when that duty began."""

    person: str | None = None
    team: str | None = None
    on_call: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """An action item. `state` is a ticket state, or whatever the source calls it; None where nobody knows."""

    text: str
    control: str | None = None
    state: str | None = None

    @property
    def is_unshipped(self) -> bool:
        """Known not to have been completed."""
        return self.state is not None and self.state.lower() not in ("completed", "shipped", "done")


@dataclass(frozen=True, slots=True)
class Runbook:
    """Whether there was one for this, and whether somebody used it. None: nobody said."""

    existed: bool | None = None
    used: bool | None = None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """One incident. What nobody told is empty or None."""

    id: str
    opened_at: datetime  # aware: with the offset as it was written, or in the zone that was asked for
    service: str
    has_hour: bool = True  # False: the source told the day only
    resolved_at: datetime | None = None
    severity: str | None = None
    service_team: str | None = None
    dependencies: tuple[str, ...] | None = None  # empty: the source says that there are none
    failure_modes: tuple[str, ...] = ()
    responders: tuple[Responder, ...] = ()
    earlier_catches: tuple[str, ...] = ()  # controls
    action_items: tuple[Promise, ...] = ()
    runbook: Runbook | None = None
    alert: str | None = None  # the alert's name, without what differs from one firing to the next
    change_type: str | None = None  # the change that set it off; NO_CHANGE: none did
    vendors: tuple[str, ...] | None = None  # other companies that it came through; empty: none
    began_at: datetime | None = None  # when it began to do harm, seen or not

    @property
    def minutes_to_detect(self) -> float | None:
        """From the beginning of the harm until it was opened; None where that is not known."""
        if self.began_at is None or self.began_at > self.opened_at:
            return None
        return (self.opened_at - self.began_at).total_seconds() / 60

    @property
    def ends_before_it_begins(self) -> bool:
        """A clock is wrong somewhere: how long it took is then not known."""
        return self.resolved_at is not None and self.resolved_at < self.opened_at


def record_of(line: str | bytes, zone: tzinfo | None = None) -> IncidentRecord:
    """Read one line. With a zone, times are put into it; without, the wall clock is the one that was written.

    Raises BadLine.
    """
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BadLine("not a JSON object; one incident a line is wanted")
    opened_at, has_hour = _time(fields, "opened_at", zone)
    if opened_at is None:
        raise BadLine("“opened_at” is missing; an ISO 8601 time is wanted")
    resolved_at, _ = _time(fields, "resolved_at", zone)
    began_at, has_beginning = _time(fields, "began_at", zone)
    return IncidentRecord(
        id=_name(fields, "id"),
        opened_at=opened_at,
        service=_name(fields, "service"),
        has_hour=has_hour,
        resolved_at=resolved_at if has_hour else None,
        severity=_text(fields, "severity"),
        service_team=_text(fields, "service_team"),
        dependencies=None if fields.get("dependencies") is None else _texts(fields, "dependencies"),
        failure_modes=_texts(fields, "failure_modes"),
        responders=tuple(_responder(one, zone) for one in _objects(fields, "responders")),
        earlier_catches=_controls(fields),
        action_items=tuple(_promise(one) for one in _objects(fields, "action_items")),
        runbook=_runbook(fields),
        alert=_text(fields, "alert"),
        change_type=_text(fields, "change_type"),
        vendors=None if fields.get("vendors") is None else _texts(fields, "vendors"),
        began_at=began_at if has_hour and has_beginning else None,
    )


def line_of(record: IncidentRecord) -> str:
    """The record as a line of JSON, without the line's end. `record_of` reads it back."""
    fields: dict[str, Any] = {
        "id": record.id,
        "opened_at": record.opened_at.isoformat() if record.has_hour else record.opened_at.date().isoformat(),
        "resolved_at": record.resolved_at.isoformat() if record.resolved_at else None,
        "severity": record.severity,
        "service": record.service,
        "service_team": record.service_team,
        "dependencies": None if record.dependencies is None else list(record.dependencies),
        "failure_modes": list(record.failure_modes),
        "responders": [_line_of_responder(one) for one in record.responders],
        "earlier_catches": [{"control": control} for control in record.earlier_catches],
        "action_items": [{"text": one.text, "control": one.control, "state": one.state} for one in record.action_items],
        "runbook": {"existed": record.runbook.existed, "used": record.runbook.used} if record.runbook else None,
        "alert": record.alert,
        "change_type": record.change_type,
        "vendors": None if record.vendors is None else list(record.vendors),
        "began_at": record.began_at.isoformat() if record.began_at else None,
    }
    return json.dumps(fields, ensure_ascii=False)


def _line_of_responder(one: Responder) -> dict[str, Any]:
    since = {"since": one.since.isoformat()} if one.since else {}
    return {"person": one.person, "team": one.team, "on_call": one.on_call, **since}


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _name(fields: Mapping[str, Any], field: str) -> str:
    value = fields.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        why = "is missing" if value is None else f"is {_shown(value)}"
        raise BadLine(f"“{field}” {why}; a text that is not empty is wanted")
    return value.strip()


def _text(fields: Mapping[str, Any], field: str) -> str | None:
    value = fields.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a severity of 1
    if value is not None and not isinstance(value, str):
        raise BadLine(f"“{field}” is {_shown(value)}; a text is wanted, or null")
    return (value or "").strip() or None


def _flag(fields: Mapping[str, Any], field: str) -> bool | None:
    value = fields.get(field)
    if value is not None and not isinstance(value, bool):
        raise BadLine(f"“{field}” is {_shown(value)}; true, false or null is wanted")
    return value


def _list(fields: Mapping[str, Any], field: str) -> Sequence[Any]:
    value = fields.get(field)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadLine(f"“{field}” is {_shown(value)}; a list is wanted")
    return value


def _texts(fields: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = _list(fields, field)
    for value in values:
        if not isinstance(value, str):
            raise BadLine(f"“{field}” holds {_shown(value)}; a list of texts is wanted")
    # Said twice is said once.
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))


def _objects(fields: Mapping[str, Any], field: str) -> Sequence[Mapping[str, Any]]:
    values = _list(fields, field)
    for value in values:
        if not isinstance(value, dict):
            raise BadLine(f"“{field}” holds {_shown(value)}; a list of objects is wanted")
    return values


def _time(fields: Mapping[str, Any], field: str, zone: tzinfo | None) -> tuple[datetime | None, bool]:
    value = _text(fields, field)
    if value is None:
        return None, True
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadLine(f"“{field}” is {_shown(value)}; an ISO 8601 time is wanted, 2026-07-03T14:05:00Z say") from error
    if len(value) <= DATE_ONLY or read.tzinfo is None:
        return read.replace(tzinfo=zone or UTC), len(value) > DATE_ONLY
    try:
        return (read if zone is None else read.astimezone(zone)), True
    except OverflowError as error:
        raise BadLine(f"“{field}” is {_shown(value)}; no time that a calendar has") from error


def _responder(fields: Mapping[str, Any], zone: tzinfo | None) -> Responder:
    since, _ = _time(fields, "since", zone)
    return Responder(_text(fields, "person"), _text(fields, "team"), bool(_flag(fields, "on_call")), since)


def _promise(fields: Mapping[str, Any]) -> Promise:
    return Promise(_text(fields, "text") or "", _text(fields, "control"), _text(fields, "state"))


def _controls(fields: Mapping[str, Any]) -> tuple[str, ...]:
    named = [_text(one, "control") for one in _objects(fields, "earlier_catches")]
    return tuple(dict.fromkeys(one for one in named if one))


def _runbook(fields: Mapping[str, Any]) -> Runbook | None:
    value = fields.get("runbook")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadLine(f"“runbook” is {_shown(value)}; an object with “existed” and “used” is wanted, or null")
    return Runbook(_flag(value, "existed"), _flag(value, "used"))
