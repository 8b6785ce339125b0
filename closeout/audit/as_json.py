"""The audit as JSON. The names are a contract: docs/howto/audit.md."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from closeout.audit.examined import Examined, Promise
from closeout.audit.recurring import Told
from closeout.audit.report import Report
from closeout.audit.revive import HOW, Candidate


def as_json(report: Report, top: int) -> dict[str, Any]:
    """Everything that was found; `top` limits the lists that are ranked."""
    span = report.span
    return {
        "path": report.root,
        "documents": len(report.documents),
        "first_day": span[0].isoformat() if span else None,
        "last_day": span[1].isoformat() if span else None,
        "action_items": asdict(report.marks),
        "recurring": [
            {"words": one.words, "documents": len(one.promises), "days": [day.isoformat() for day in one.days],
             "promises": [_promise(promise) for promise in one.promises]}
            for one in report.recurring[:top]
        ],
        "failure_modes": [_told(one, report) for one in report.modes],
        "dependencies": [_told(one, report) for one in report.dependencies],
        "most_worth_reviving": [_candidate(one) for one in report.revivable],
        "score": HOW,
        "recurring_total": len(report.recurring),
        "unusable": [{"document": one.name, "lacks": one.lacks} for one in report.unusable],
        "unreadable": [{"document": one.name, "reason": one.reason} for one in report.unreadable],
        "not_read": report.unread,
        "copies": [{"document": name, "of": other} for name, other in report.copies],
        "not_counted": [{"document": one.name, "reason": one.reason} for one in report.asides if not one.is_unreadable],
        "each": [_document(document) for document in report.documents],
    }  # fmt: skip


def _told(told: Told, report: Report) -> dict[str, Any]:
    return {
        "name": told.name,
        "title": told.title,
        "documents": [document.name for document in told.documents],
        "by_year": {year: told.in_year(year) for year in report.years},
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        **_promise(candidate.promise),
        "score": round(candidate.score, 2),
        "promised": candidate.promised,
        "severity": candidate.severity.value,
        "later": [document.name for document in candidate.later],
        "lacks": candidate.lacks,
    }


def _document(document: Examined) -> dict[str, Any]:
    return {
        "document": document.name,
        "form": document.form.value,
        "title": document.title,
        "day": document.day.isoformat() if document.day else None,
        "day_from": document.day_from,
        "services": document.services,
        "severity": document.severity.value,
        "language": document.language,
        "failure_modes": [asdict(mode) for mode in document.modes],
        "dependencies": document.dependencies,
        "timeline_entries": document.entries,
        "lacks": document.lacks,
        "not_understood": [asdict(one) for one in document.not_understood],
        "action_items": [_promise(promise) for promise in document.promises],
    }


def _promise(promise: Promise) -> dict[str, Any]:
    return {
        "text": promise.text,
        "document": promise.document,
        "line": promise.line,
        "day": promise.day.isoformat() if promise.day else None,
        "owner": promise.owner,
        "has_person": promise.has_person,
        "due": promise.due,
        "due_on": promise.due_on.isoformat() if promise.due_on else None,
        "tickets": promise.tickets,
        "kind": promise.kind.value if promise.kind else None,
        "done": promise.done,
    }
