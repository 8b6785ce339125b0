"""The remarks of `closeout lint` as text, JSON, SARIF and GitHub annotations."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from closeout_judgement.document_lints import Level, Remark

# What was found, by the name of the file.
Found = Mapping[str, Sequence[Remark]]

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_text(found: Found) -> str:
    """A line for each remark, `file:line:column: level code: reason`, and one for the way out."""
    lines = []
    for name, remarks in found.items():
        for one in remarks:
            words = f"“{_short(one.text)}” " if one.text else ""
            lines.append(f"{name}:{one.line}:{one.column}: {one.level} {one.code}: {words}{one.reason}")
            lines.append(f"    → {one.better}" if one.better is not None else f"    {one.ask}")
    return "\n".join(lines)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def as_json(found: Found) -> str:
    """A list of remarks, each with its file."""
    return json.dumps([{"file": name, **asdict(one)} for name, remarks in found.items() for one in remarks])


def as_github(found: Found) -> str:
    """Workflow commands, which GitHub Actions shows beside the lines.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    return "\n".join(_command(name, one) for name, remarks in found.items() for one in remarks)


def _command(name: str, one: Remark) -> str:
    # An end column is shown only where it is on the same line; there it is inclusive.
    end = f",endColumn={max(one.end_column - 1, one.column)}" if one.end_line == one.line else ""
    place = f"file={_property(name)},line={one.line},endLine={one.end_line},col={one.column}{end}"
    way_out = one.ask if one.better is None else f"Better: {one.better}"
    return f"::{one.level} {place},title={_property(one.code)}::{_data(f'{one.reason} {way_out}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(found: Found) -> str:
    """A SARIF 2.1.0 log with one run; a better wording is a fix that tools can apply."""
    codes = sorted({one.code for remarks in found.values() for one in remarks})
    driver = {
        "name": "closeout lint",
        "version": version("closeout"),
        "rules": [{"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(name, one, codes) for name, remarks in found.items() for one in remarks],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(name: str, one: Remark, codes: Sequence[str]) -> dict[str, Any]:
    artifact = {"uri": quote(os.fsencode(name))}
    region = {
        "startLine": one.line,
        "startColumn": one.column,
        "endLine": one.end_line,
        "endColumn": one.end_column,
    }
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": codes.index(one.code),
        "level": str(one.level),
        "message": {"text": f"{one.reason} {one.ask}"},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
    }
    if one.better is not None:
        replacement = {"deletedRegion": region, "insertedContent": {"text": one.better}}
        change = {"artifactLocation": artifact, "replacements": [replacement]}
        result["fixes"] = [{"description": {"text": one.better}, "artifactChanges": [change]}]
    return result


def counted(found: Found) -> str:
    """How much was found, in one line."""
    remarks = [one for each in found.values() for one in each]
    errors = sum(one.level is Level.ERROR for one in remarks)
    files = f"{len(found)} file{'s' * (len(found) != 1)}"
    return f"{files}: {_several(errors, 'error')}, {_several(len(remarks) - errors, 'warning')}"


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


FORMATS: Mapping[str, Callable[[Found], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
