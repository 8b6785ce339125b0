"""Requests held against the committed request schemas in specs/, as a vendor's own description would have it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from closeout_sandbox import clock
from closeout_sandbox.store import Doc

SPECS = Path(__file__).parent / "specs"


@dataclass(frozen=True)
class Finding:
    """What is wrong with one field of a request. `code` is missing_field or invalid."""

    field: str
    code: str
    message: str
    value: object = None


@cache
def operations(system: str) -> Doc:
    return dict(json.loads((SPECS / f"{system}.requests.json").read_text()))


def body(system: str, operation: str, given: object) -> list[Finding]:
    schema = operations(system).get(operation, {}).get("body", {})
    return [finding(error) for error in Draft202012Validator(schema).iter_errors(given)]


def query(system: str, operation: str, given: Iterable[tuple[str, str]]) -> list[Finding]:
    """Query values are text: each is read as its schema's type says, and refused where it cannot be."""
    schema = operations(system).get(operation, {}).get("query", {})
    properties = schema.get("properties", {})
    values: dict[str, Any] = {}
    findings = []
    for name, text in given:
        expected = properties.get(name, {})
        if expected.get("type") == "array":
            values.setdefault(name, []).append(text)
        else:
            values[name] = read(text, expected)
        if expected.get("format") == "date-time" and not is_time(text):
            findings.append(Finding(name, "invalid", f"{text!r} is not a date and time", text))
    return findings + [finding(error) for error in Draft202012Validator(schema).iter_errors(values)]


def read(text: str, schema: Doc) -> object:
    if schema.get("type") == "integer":
        try:
            return int(text)
        except ValueError:
            return text
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def is_time(text: str) -> bool:
    try:
        clock.moment(text)
    except ValueError:
        return False
    return True


def finding(error: ValidationError) -> Finding:
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        needed: Any = error.validator_value
        given: Any = error.instance
        missing = next(name for name in needed if name not in given)
        return Finding(f"{path}.{missing}".lstrip("."), "missing_field", error.message)
    return Finding(path, "invalid", error.message, error.instance)
