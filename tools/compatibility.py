"""Whether an event's schema may follow another inside one version: only optional additions.

Both sides must go on reading: an old event with the new schema (a replay), and a new event with the old schema (a
consumer that is not upgraded yet). So nothing may be narrowed, and nothing that readers rely on may be loosened.
The one addition that an old reader feels is a new enum value: it dead-letters the event, and reads it when it is
upgraded and the dead letters are replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

# Limits, and whether a larger value of each lets less through.
LIMITS = {
    "minimum": True,
    "exclusiveMinimum": True,
    "minLength": True,
    "minItems": True,
    "maximum": False,
    "exclusiveMaximum": False,
    "maxLength": False,
    "maxItems": False,
}
FORMS = ("const", "format", "pattern", "contentEncoding", "uniqueItems", "multipleOf")


def breaks(old: Schema, new: Schema) -> list[str]:
    """What in `new` is more than an optional addition to `old`: a line each, beginning with the place."""
    return list(_Comparison(old, new).compare("event", old, new))


class _Comparison:
    """Two schemas, with the definitions that their references mean."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str]] = set()

    def compare(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        if (reference := (old.get("$ref", ""), new.get("$ref", ""))) != ("", ""):
            if reference in self._seen:  # a definition that contains itself
                return
            self._seen.add(reference)
            yield from self._compare_kinds(place, _resolved(old, self._old), _resolved(new, self._new))
            self._seen.discard(reference)
        else:
            yield from self._compare_kinds(place, old, new)

    def _compare_kinds(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        was, now = _by_kind(old, self._old), _by_kind(new, self._new)
        for kind in was.keys() - now.keys():
            yield f"{place}: may no longer be {kind}: narrowed"
        for kind in now.keys() - was.keys():
            yield f"{place}: may now be {kind} too: readers of this version do not expect it"
        for kind in sorted(was.keys() & now.keys()):
            yield from self._compare_one_kind(place, was[kind], now[kind])

    def _compare_one_kind(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        yield from _compare_values(place, old, new)
        yield from self._compare_properties(place, old, new)
        for part in ("items", "additionalProperties"):
            if isinstance(old.get(part), Mapping) and isinstance(new.get(part), Mapping):
                yield from self.compare(f"{place}.*", old[part], new[part])
            elif new.get(part) is False and old.get(part) is not False:
                yield f"{place}: takes no further {part} any more: narrowed"

    def _compare_properties(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in was.keys() - now.keys():
            yield f"{place}.{name}: removed"
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{place}.{name}: required now, and events that were written before may lack it"
        for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
            if name in now:
                yield f"{place}.{name}: no longer required, and readers of this version rely on it"
        for name in sorted(was.keys() & now.keys()):
            yield from self.compare(f"{place}.{name}", was[name], now[name])


def _compare_values(place: str, old: Schema, new: Schema) -> Iterator[str]:
    if "enum" in old or "enum" in new:
        removed = [value for value in old.get("enum", [...]) if value not in new.get("enum", [])]
        if "enum" in new and "enum" not in old:
            yield f"{place}: only certain values now: narrowed"
        elif "enum" not in new:
            yield f"{place}: any value now: readers of this version know only {old['enum']}"
        elif removed:
            yield f"{place}: values removed: {', '.join(map(str, removed))}"
    for form in FORMS:
        if old.get(form) != new.get(form):
            yield f"{place}: {form} was {old.get(form)!r} and is {new.get(form)!r}"
    for limit, larger_is_less in LIMITS.items():
        if limit in new and (limit not in old or _is_less(old[limit], new[limit], larger_is_less)):
            yield f"{place}: {limit} was {old.get(limit)} and is {new[limit]}: narrowed"


def _is_less(old: float, new: float, larger_is_less: bool) -> bool:
    return new > old if larger_is_less else new < old


def _resolved(schema: Schema, whole: Schema) -> Schema:
    """The schema that a reference means; pydantic writes references as #/$defs/<name>."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition: Schema = whole["$defs"][reference.removeprefix("#/$defs/")]
    return {**definition, **{key: value for key, value in schema.items() if key != "$ref"}}


def _by_kind(schema: Schema, whole: Schema) -> dict[str, Schema]:
    """The alternatives of a schema by their JSON type; further ones of a type are numbered in their order."""
    by_kind: dict[str, Schema] = {}
    for alternative in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        one = _resolved(alternative, whole)
        kind, count = _kind(one), sum(_kind(known) == _kind(one) for known in by_kind.values())
        by_kind[f"{kind} ({count + 1})" if count else kind] = one
    return by_kind


def _kind(schema: Schema) -> str:
    if "type" in schema:
        return str(schema["type"])
    return "one of certain values" if {"const", "enum"} & schema.keys() else "anything"
