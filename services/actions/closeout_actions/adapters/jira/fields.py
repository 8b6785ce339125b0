"""The fields of a project's own that its create screen requires: what fits them, and how people's words are sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from closeout_actions.adapters.jira.dialect import Dialect
from closeout_actions.adapters.letter import plain
from closeout_schemas.directory import RequiredField
from closeout_schemas.vocabulary import FieldKind

Doc = Mapping[str, Any]

# What every issue of ours has, and what an owner and a target fill where the screen has it.
FILLED = frozenset({"project", "issuetype", "summary", "description", "labels", "reporter", "assignee", "duedate"})
TEXTAREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
KINDS = {"string": FieldKind.TEXT, "number": FieldKind.NUMBER, "date": FieldKind.DATE}


def unfilled(fields: Iterable[Doc], given: Iterable[str]) -> list[Doc]:
    """The required fields that nobody fills and that have no default. `given`: those that the settings fill."""
    filled = FILLED | set(given)
    needed = [one for one in fields if one.get("required") and not one.get("hasDefaultValue")]
    return [one for one in needed if id_of(one) not in filled]


def id_of(field: Doc) -> str:
    """What the API takes."""
    return str(field.get("fieldId") or field.get("key"))


def asked_for(field: Doc) -> RequiredField | None:
    """The field as the gate asks for it; None where people's words cannot fill it."""
    schema = field.get("schema") or {}
    allowed = tuple(_names(field))
    kind = schema.get("type")
    if allowed:
        fits = FieldKind.CHOICES if kind == "array" else FieldKind.CHOICE
    elif kind in KINDS:
        fits = KINDS[kind]
    else:
        return None
    return RequiredField(id=id_of(field), name=str(field.get("name") or id_of(field)), kind=fits, allowed=allowed)


def value(field: Doc, text: str, dialect: Dialect) -> Any:
    """`text` in the form in which the API takes it."""
    schema = field.get("schema") or {}
    by_name = {_name(one): one for one in field.get("allowedValues") or ()}
    if by_name:
        chosen = [_reference(by_name[line]) for line in text.splitlines() if line in by_name]
        return chosen if schema.get("type") == "array" else next(iter(chosen), None)
    if schema.get("type") == "number":
        return float(text)
    # A paragraph is a document in v3, and text in v2.
    return dialect.text(plain(text)) if schema.get("custom") == TEXTAREA else text


def _names(field: Doc) -> Iterable[str]:
    return (_name(one) for one in field.get("allowedValues") or ())


def _name(option: Doc) -> str:
    return str(option.get("value") or option.get("name"))


def _reference(option: Doc) -> dict[str, str]:
    return {"id": str(option["id"])} if "id" in option else {"name": _name(option)}
