"""GitHub's answers: what a no means, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from closeout_actions.adapters.client import NOT_NOW, parsed
from closeout_actions.adapters.github import reading
from closeout_actions.adapters.port import Rejected
from closeout_actions.domain.seen import Gone, Missing, SeenTicket
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, Unknown
from closeout_schemas.vocabulary import TicketState


def unreadable(answer: Answer, what: str) -> Rejected | Retryable:
    """A question that was not answered."""
    if answer.status in (403, 404, 410, 451):
        return Rejected(f"{what} cannot be read ({message(answer)}): mend its name, or give our account access.")
    return retryable(answer)


def retryable(answer: Answer) -> Retryable:
    """An answer that says nothing of what was asked."""
    return Retryable(f"GET {answer.url} was answered {answer.status}: {message(answer)}")


def rejected(answer: Answer, project: str) -> Rejected | Retryable | Unknown:
    """A write that was answered, and not done: whether it ever will be, and what to do."""
    said = message(answer)
    match answer.status:
        case 403:
            return Rejected(f"Our account may not write in {project} ({said}): give it write access to issues.")
        case 404 | 451:
            return Rejected(f"{project} does not exist, or our account cannot see it: mend its name or give access.")
        case 410:
            return Rejected(f"Issues are switched off in {project} ({said}): switch them on in its settings.")
        case 413 | 422 | 400:
            return Rejected(f"GitHub does not take it as it is ({said}{_errors(answer)}): mend the item, or {project}.")
        case status if status in NOT_NOW:
            return Retryable(f"GitHub answered {answer.status}: {said}")
        case status if 200 <= status < 300:
            return Unknown(f"GitHub answered {status} to a write, which it does not document")
        case status:
            return Rejected(f"GitHub answered {status} ({said}).")


def gone(answer: Answer) -> Gone | Missing:
    """A 410: the issue was deleted, or the repository's issues are switched off, and may be switched on again."""
    said = message(answer)
    is_off = "disabled" in said.lower()
    return Missing(f"GitHub says: {said}.", TicketState.PROJECT_GONE) if is_off else Gone(f"GitHub says: {said}.")


def why_not(repository: Mapping[str, Any]) -> str | None:
    """Why no ticket can be made in a repository; None where one can."""
    name = repository.get("full_name")
    if repository.get("archived"):
        return f"{name} is archived: choose another repository, or take it out of the archive."
    if not repository.get("has_issues", True):
        return f"Issues are switched off in {name}: switch them on in its settings."
    if not (repository.get("permissions") or {}).get("push"):
        return f"Our account cannot assign people in {name}: give the token's account write access."
    return None


def understood(issue: Any) -> SeenTicket:
    """An issue. Raises Retryable where it is none."""
    try:
        return reading.ticket(issue)
    except ValueError as error:
        raise Retryable(str(error)) from None


def message(answer: Answer) -> str:
    """GitHub's own sentence; of anything else only that it is something else."""
    found = parsed(answer)
    message = found.get("message") if isinstance(found, Mapping) else None
    return str(message)[:300] if message else "no message"


def _problems(answer: Answer) -> Sequence[Mapping[str, Any]]:
    found = parsed(answer)
    errors = found.get("errors") if isinstance(found, Mapping) else None
    return [one for one in errors or () if isinstance(one, Mapping)]


def fields(answer: Answer) -> set[str]:
    """Which fields a 422 names."""
    return {str(one.get("field")) for one in _problems(answer)}


def _errors(answer: Answer) -> str:
    told = [f"{one.get('field')} {one.get('code')}" for one in _problems(answer)]
    return f": {', '.join(told)}" if told else ""
