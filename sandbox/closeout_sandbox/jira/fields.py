"""What Jira refuses in an issue's fields, field by field, in Jira's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from jsonschema import Draft7Validator

from closeout_sandbox.board.tickets import Board
from closeout_sandbox.checks import SPECS
from closeout_sandbox.jira.views import FIELDS, SPRINT_FIELD
from closeout_sandbox.problems import Missing
from closeout_sandbox.store import Doc

LONGEST_SUMMARY = 255
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."

Check = Callable[[Any, Board, bool], str | None]


@cache
def document_validator() -> Draft7Validator:
    """Of the Atlassian Document Format."""
    return Draft7Validator(json.loads((SPECS / "adf.schema.json").read_text()))


def checked_fields(fields: Doc, board: Board, *, is_cloud: bool) -> dict[str, str]:
    """What is wrong, by field; nothing where the issue can be made."""
    errors = {name: text for name, check in CHECKS.items() if (text := check(fields.get(name), board, is_cloud))}
    if "project" in errors:
        return errors
    project = board.project(fields["project"]["key"])
    missing = [one for one in project["required"] if not fields.get(one["id"])]
    errors |= not_on_screen(fields, project)
    return errors | {one["id"]: f"{one['name']} is required." for one in missing}


def wrong_in(fields: Doc, project: Doc, board: Board, *, is_cloud: bool) -> dict[str, str]:
    """What is wrong with an edit, by field: only what is named is looked at."""
    named = [(name, CHECKS[name]) for name in fields if name in CHECKS]
    errors = {name: text for name, check in named if (text := check(fields[name], board, is_cloud))}
    return errors | not_on_screen(fields, project)


def not_on_screen(fields: Doc, project: Doc) -> dict[str, str]:
    screen = {*(project["screen"] or FIELDS), *(one["id"] for one in project["required"])}
    return {name: NOT_ON_SCREEN.format(name) for name in fields if name not in screen}


def project(given: Any, board: Board, _: bool) -> str | None:
    try:
        found = board.project(given["key"])
    except (Missing, KeyError, TypeError):
        return "valid project is required"
    return None if found["readable"] and found["writable"] else "valid project is required"


def summary(given: Any, *_: Any) -> str | None:
    if not isinstance(given, str) or not given.strip():
        return "You must specify a summary of the issue."
    if "\n" in given or "\r" in given:
        return "The summary is invalid because it contains newline characters."
    return "Summary can't exceed 255 characters." if len(given) > LONGEST_SUMMARY else None


def text(given: Any, _: Board, is_cloud: bool) -> str | None:
    """A document in v3, a string in v2."""
    if given is None:
        return None
    if not is_cloud:
        return None if isinstance(given, str) else "Operation value must be a string"
    is_document = isinstance(given, dict) and document_validator().is_valid(given)
    return None if is_document else "Operation value must be an Atlassian Document (see the Atlassian Document Format)"


def comment_text(given: Any, board: Board, is_cloud: bool) -> str | None:
    return text(given, board, is_cloud) if given else "Comment body can not be empty!"


def labels(given: Any, *_: Any) -> str | None:
    for one in given or []:
        if not isinstance(one, str) or " " in one:
            return f"The label '{one}' contains spaces which is invalid."
    return None


def assignee(given: Any, board: Board, is_cloud: bool) -> str | None:
    if given is None:
        return None
    handle = given.get("accountId" if is_cloud else "name") if isinstance(given, dict) else None
    person = board.store.get(f"{board.system}.person", str(handle))
    return None if person and person["assignable"] else f"User '{handle}' cannot be assigned issues."


def due_date(given: Any, *_: Any) -> str | None:
    try:
        date.fromisoformat("2000-01-01" if given is None else given)
    except (TypeError, ValueError):
        return f"Error parsing date string: {given}"
    return None


def issue_type(given: Any, *_: Any) -> str | None:
    is_known = isinstance(given, dict) and (given.get("name") == "Task" or given.get("id") == "10001")
    return None if is_known else "Specify a valid issue type"


def sprint(given: Any, board: Board, _: bool) -> str | None:
    if given is None:
        return None
    if not isinstance(given, int):
        return "Number value expected as the Sprint id."
    found = board.store.get(f"{board.system}.milestone", str(given))
    return None if found and found["state"] != "closed" else "The sprint does not exist, or is closed."


CHECKS: dict[str, Check] = {
    "project": project,
    "issuetype": issue_type,
    "summary": summary,
    "description": text,
    "labels": labels,
    "assignee": assignee,
    "duedate": due_date,
    SPRINT_FIELD: sprint,
}
