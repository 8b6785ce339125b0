"""What one revision of a draft says otherwise than another, place by place and word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from closeout_review.domain.draft import Draft
from closeout_review.domain.edits import edits

WORDS = re.compile(r"\s+|[^\s\w]|\w+")
# More is compared line by line: word by word would take too long, and nobody reads it.
MOST_WORDS = 4000
# The lists of a draft, and what one row of each is called.
ROWS = {"action_items": "action item", "earlier_catches": "earlier catch", "mandated": "mandated ticket"}

# What is chosen from a list, and reads as words.
CHOSEN = ("control", "failure_modes", "own_failure_modes", "runbook", "change_type", "demanded_by")
# The entry at which an earlier catch would have acted, by its id.
MOMENT = "entry of the timeline"

Part = tuple[Literal["same", "out", "in"], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A place that says something else. `parts` in their order: what stayed, what went out, what came in."""

    place: str
    parts: tuple[Part, ...]


def differences(before: Draft, after: Draft) -> list[Difference]:
    """Every place that differs, in the order of the draft."""
    old, new = places_of(before), places_of(after)
    named = _named(before) | _named(after)
    # What a row has lost stands where the row is.
    order = [*new, *(place for place in old if place not in new)]
    return [
        Difference(_called(place, named), tuple(_parts(place, old.get(place, ""), new.get(place, ""))))
        for place in order
        if old.get(place, "") != new.get(place, "")
    ]


def _named(draft: Draft) -> dict[str, str]:
    """What a row is called by its id, and by its number."""
    content = draft.model_dump(mode="json")
    return {
        f"{ROWS[name]} {row.get('id') or number}": f"{ROWS[name]} {number}"
        for name in ROWS
        for number, row in enumerate(content[name], 1)
    }


def _called(place: str, named: Mapping[str, str]) -> str:
    row, comma, part = place.partition(", ")
    return f"{named[row]}{comma}{part}" if comma and row in named else place


def called(place: str, draft: Draft) -> str:
    """What people call the place that the form names so: action_items-5f0c-text is the text of action item 2."""
    name, _, rest = place.partition("-")
    if name not in ROWS:
        return " ".join(place.replace("answers-", "answer: ").replace("_", " ").split())
    own, _, part = rest.partition("-")
    numbers = {row.id: number for number, row in enumerate(getattr(draft, name), 1)}
    number = f" {numbers[own]}" if own in numbers else ""
    return f"{ROWS[name]}{number}, {part.replace('_', ' ')}"


def changed_places(before: Draft, after: Draft) -> list[str]:
    """Which parts differ, in a word or two each and without what they say: `summary`, `action item 2`."""
    old, new = (one.model_dump(mode="json") for one in (before, after))
    found: list[str] = []
    for name, value in new.items():
        if name not in ROWS:
            found += [name.replace("_", " ")] if value != old[name] else []
            continue
        title, was = ROWS[name], {row.get("id"): row for row in old[name]}
        found += [f"{title} {n}" for n, row in enumerate(value, 1) if was.get(row.get("id")) != row]
        left = {row.get("id") for row in value}
        found += [f"{title} taken out" for row in old[name] if row.get("id") not in left]
    return list(dict.fromkeys(found))


def places_of(draft: Draft) -> dict[str, str]:
    """The words of a draft by where they stand. A row is known by its id: it stays itself when others go."""
    content = draft.model_dump(mode="json")
    places: dict[str, str] = {}
    for name, value in content.items():
        if name in ROWS:
            for number, row in enumerate(value, 1):
                places |= _row(f"{ROWS[name]} {row.get('id') or number}", row)
        elif name == "dismissals":
            places |= {f"dismissal of “{row['text']}” ({row['code']})": row["reason"] for row in value}
        elif isinstance(value, dict):
            places |= {f"{name.replace('_', ' ')}: {key}": told for key, told in value.items()}
        elif isinstance(value, list):
            places[name.replace("_", " ")] = "\n".join(_text(one, name) for one in value)
        else:
            places[name.replace("_", " ")] = _text(value, name)
    return {place: text for place, text in places.items() if text}


def _row(title: str, row: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= {f"{title}, {key}": _text(one) for key, one in value.items()}
        elif name != "id":
            found[f"{title}, {MOMENT if name == 'entry_id' else name.replace('_', ' ')}"] = _text(value, name)
    return found


def _text(value: object, name: str = "") -> str:
    text = "" if value is None else str(value)
    return text.replace("_", " ") if name in CHOSEN else text


def _parts(place: str, before: str, after: str) -> Iterator[Part]:
    if place.endswith(MOMENT):
        # An id is read whole.
        if before:
            yield "out", before
        if after:
            yield "in", after
        return
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    at = 0
    for a, b, c, d in edits(_with_what_they_follow(old), _with_what_they_follow(new)):
        if at < a:
            yield "same", "".join(old[at:a])
        if a < b:
            yield "out", "".join(old[a:b])
        if c < d:
            yield "in", "".join(new[c:d])
        at = b
    if at < len(old):
        yield "same", "".join(old[at:])


def _with_what_they_follow(words: Sequence[str]) -> list[tuple[str, str]]:
    """Each with the word before where it is a blank: every second one is, and is like all others."""
    return [(word, before if word.isspace() else "") for before, word in zip(("", *words), words, strict=False)]
