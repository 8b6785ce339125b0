"""The compatibility rules, each with samples that pass and samples that fail."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field

from tools.compatibility import breaks


def schema(**fields: Any) -> dict[str, Any]:
    """A JSON Schema of an object with a required string and these properties."""
    return {
        "type": "object",
        "properties": {"title": {"type": "string"}, **fields},
        "required": ["title"],
        "$defs": {"Kind": {"type": "string", "enum": ["a", "b"]}},
    }


OPTIONAL_NUMBER = {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}

ALLOWED = {
    "nothing at all": (schema(), schema()),
    "an optional property": (schema(), schema(number=OPTIONAL_NUMBER)),
    "an optional property of a nested value": (
        schema(inner={"type": "object", "properties": {}}),
        schema(inner={"type": "object", "properties": {"url": {"type": "string"}}}),
    ),
    "a new enum value": (
        schema(kind={"type": "string", "enum": ["a"]}),
        schema(kind={"type": "string", "enum": ["a", "b"]}),
    ),
    "other words of description": (schema(n={"type": "integer", "title": "N"}), schema(n={"type": "integer"})),
    "a definition in the place of its text": (
        schema(kind={"type": "string", "enum": ["a", "b"]}),
        schema(kind={"$ref": "#/$defs/Kind"}),
    ),
    "a wider limit": (schema(n={"type": "integer", "minimum": 1}), schema(n={"type": "integer", "minimum": 0})),
    "a limit taken away": (schema(n={"type": "integer", "maximum": 5}), schema(n={"type": "integer"})),
}

REFUSED = {
    "a property removed": (schema(number=OPTIONAL_NUMBER), schema(), "event.number: removed"),
    "a new required property": (
        schema(),
        schema(number={"type": "integer"}) | {"required": ["title", "number"]},
        "event.number: required now",
    ),
    "a property that becomes required": (
        schema(number={"type": "integer"}),
        schema(number={"type": "integer"}) | {"required": ["title", "number"]},
        "event.number: required now",
    ),
    "a property that is required no longer": (schema(), schema() | {"required": []}, "event.title: no longer required"),
    "another type": (schema(n={"type": "integer"}), schema(n={"type": "string"}), "event.n: may no longer be integer"),
    "null taken away": (schema(n=OPTIONAL_NUMBER), schema(n={"type": "integer"}), "event.n: may no longer be null"),
    "null let in": (schema(n={"type": "integer"}), schema(n=OPTIONAL_NUMBER), "event.n: may now be null too"),
    "an enum value removed": (
        schema(kind={"$ref": "#/$defs/Kind"}),
        schema(kind={"type": "string", "enum": ["a"]}),
        "event.kind: values removed: b",
    ),
    "a text that becomes an enum": (
        schema(kind={"type": "string"}),
        schema(kind={"type": "string", "enum": ["a"]}),
        "event.kind: only certain values now",
    ),
    "an enum that becomes a text": (
        schema(kind={"type": "string", "enum": ["a"]}),
        schema(kind={"type": "string"}),
        "event.kind: any value now",
    ),
    "a tighter limit": (
        schema(n={"type": "integer", "minimum": 0}),
        schema(n={"type": "integer", "minimum": 1}),
        "event.n: minimum was 0 and is 1",
    ),
    "a new limit": (schema(), schema(title={"type": "string", "maxLength": 9}), "event.title: maxLength"),
    "another format": (
        schema(at={"type": "string", "format": "date-time"}),
        schema(at={"type": "string", "format": "date"}),
        "event.at: format was 'date-time'",
    ),
    "another constant": (
        schema(type={"type": "string", "const": "x.v1"}),
        schema(type={"type": "string", "const": "x.v2"}),
        "event.type: const was 'x.v1'",
    ),
    "narrower items": (
        schema(all={"type": "array", "items": OPTIONAL_NUMBER}),
        schema(all={"type": "array", "items": {"type": "integer"}}),
        "event.all.*: may no longer be null",
    ),
    "narrower values of a mapping": (
        schema(about={"type": "object", "additionalProperties": {"type": "string"}}),
        schema(about={"type": "object", "additionalProperties": {"type": "integer"}}),
        "event.about.*: may no longer be string",
    ),
    "unknown fields refused": (schema(), schema() | {"additionalProperties": False}, "event: takes no further"),
}


@pytest.mark.parametrize("sample", ALLOWED)
def test_an_optional_addition_is_allowed(sample: str) -> None:
    old, new = ALLOWED[sample]

    assert breaks(old, new) == []


@pytest.mark.parametrize("sample", REFUSED)
def test_anything_else_is_refused_with_its_place(sample: str) -> None:
    old, new, line = REFUSED[sample]

    assert [found for found in breaks(old, new) if found.startswith(line)], breaks(old, new)


def test_a_model_that_contains_itself_is_compared_once() -> None:
    class Node(BaseModel):
        name: str
        below: list[Node] = []

    class Tighter(BaseModel):
        name: str = Field(max_length=3)
        below: list[Tighter] = []

    Node.model_rebuild()
    Tighter.model_rebuild()

    assert breaks(Node.model_json_schema(), Node.model_json_schema()) == []
    assert breaks(Node.model_json_schema(), Tighter.model_json_schema()) != []
