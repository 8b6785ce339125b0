"""The draft as a form: what the browser sends, and what its buttons do."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from closeout_chassis.errors import Refused
from closeout_review.domain.draft import Draft
from closeout_review.domain.held_back import Held
from closeout_review.domain.suggestions import Suggestions

MOST_FIELDS = 2_000
# Of one thing to remain aware of; what is longer is two.
LONGEST_AWARE = 1000
# A row is named by its id, so that it stays the same row while others come and go: action_items-5f0c-owner.
ROWS = re.compile(
    r"(action_items|earlier_catches|mandated|dismissals)-([A-Za-z0-9_-]{1,64})-([a-z_]+|fields\.\S{1,100})"
)
FIELD = "fields."
WORDS = re.compile(r"(aware_of)-[A-Za-z0-9_-]{1,64}")
NUMBERED = re.compile(
    r"(?P<code>[a-z-]+:|)(?P<list>action_items|earlier_catches|mandated)\[(?P<number>[0-9]{1,3})\](?P<field>.*)"
)
ONCE = ("title", "summary", "nothing_would_have_caught_it", "began_at")
# An empty choice is none at all.
CHOSEN = ("runbook", "change_type")
MANY = ("failure_modes", "own_failure_modes", "aware_of", "contributing_conditions")
ANSWER = "answers-"
# Words that were not saved, because their page is older than a redaction: held-action_items-5f0c-text.
HELD = "held-"
# What makes a row more than a blank one that was left alone.
TELLING = {
    "action_items": ("text", "criterion", "owner", "target", "control"),
    "earlier_catches": ("text", "control", "entry_id"),
    "mandated": ("why", "title", "url", "demanded_by"),
    "dismissals": ("reason",),
}

Form = dict[str, Any]


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form as sent. Raises Refused(422) for too many."""
    try:
        return parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(422, "form-too-long", f"The form has more than {MOST_FIELDS} fields.") from None


def form_of(fields: Sequence[tuple[str, str]]) -> Form:
    """The draft as it was typed, not yet held against anything; rows that were left blank are gone."""
    form: Form = dict.fromkeys(ONCE, "") | dict.fromkeys(CHOSEN) | {name: [] for name in MANY} | {"answers": {}}
    for name, value in fields:
        words = WORDS.fullmatch(name)
        if name in ONCE:
            form[name] = value
        elif name in CHOSEN:
            form[name] = value or None
        elif name in MANY or words:
            form[words[1] if words else name] += [value] if value.strip() else []
        elif name.startswith(ANSWER) and value.strip():
            form["answers"][name.removeprefix(ANSWER)] = value
    for name, rows in _rows(fields).items():
        form[name] = [_row(row) for row in rows.values() if _is_filled(name, row)]
    return form


def held_of(fields: Sequence[tuple[str, str]]) -> list[Held]:
    """What was held back from an earlier save and still waits for its writer, in the order of the page."""
    return [Held(name.removeprefix(HELD), value) for name, value in fields if name.startswith(HELD)]


def renumbered(place: str, fields: Sequence[tuple[str, str]]) -> str:
    """A place as the form numbers it, in the numbers of the draft, from which blank rows are gone; else as it was."""
    match = NUMBERED.fullmatch(place)
    if match is None:
        return place
    rows = _rows(fields)[match["list"]]
    number = int(match["number"])
    if number >= len(rows):
        return ""
    filled = [_is_filled(match["list"], row) for row in rows.values()]
    return f"{match['code']}{match['list']}[{sum(filled[:number])}]{match['field']}" if filled[number] else ""


def _rows(fields: Sequence[tuple[str, str]]) -> dict[str, dict[str, dict[str, str]]]:
    """The rows of each list by what names them in the form, in its order, blank ones too."""
    rows: dict[str, dict[str, dict[str, str]]] = {name: {} for name in TELLING}
    for name, value in fields:
        if match := ROWS.fullmatch(name):
            rows[match[1]].setdefault(match[2], {})[match[3]] = value
    return rows


def _is_filled(name: str, row: Mapping[str, str]) -> bool:
    return any(row.get(one, "").strip() for one in TELLING[name])


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name.removeprefix(FIELD): value for name, value in row.items() if name.startswith(FIELD) and value}
    # An empty choice is none at all.
    empty = ("control", "entry_id", "demanded_by", "id")
    plain = {name: value for name, value in row.items() if not name.startswith(FIELD) and (value or name not in empty)}
    return plain | {"fields": fields} if fields else plain


def with_blank(rows: Sequence[Mapping[str, Any]], blank: int, least: int = 0) -> list[Mapping[str, Any]]:
    """The rows with blank ones below, `least` in all at least. Each has an id: by it the form names its fields."""
    more = max(blank, least - len(rows))
    return [
        {"id": uuid4().hex} | {name: value for name, value in row.items() if value} for row in (*rows, *[{}] * more)
    ]


def dismissal_id(code: str, where: str, text: str) -> str:
    """What names a dismissal in the form."""
    return hashlib.sha256("\n".join((code, where, text)).encode(errors="replace")).hexdigest()[:16]


def form_from(draft: Draft) -> Form:
    """The form that shows `draft`."""
    return draft.model_dump(mode="json")


def kept_aware(draft: Draft, index: int) -> Draft:
    """`draft` with an action item taken out of the promises and kept as a thing to remain aware of."""
    if index >= len(draft.action_items) or not draft.action_items[index].text:
        return draft
    aware = (*draft.aware_of, *wrap(draft.action_items[index].text, LONGEST_AWARE))
    items = (*draft.action_items[:index], *draft.action_items[index + 1 :])
    return draft.model_copy(update={"action_items": items, "aware_of": aware})


def with_suggested_catch(draft: Draft, suggestions: Suggestions, index: int) -> Draft:
    """`draft` with a suggested earlier catch taken over."""
    if index >= len(suggestions.earlier_catches):
        return draft
    content = draft.model_dump(mode="json")
    taken = suggestions.earlier_catches[index]
    content["earlier_catches"].append(taken.model_dump(mode="json", include={"control", "text", "entry_id"}))
    return Draft.model_validate(content)


def promised(draft: Draft, index: int) -> Draft:
    """`draft` with an action item begun from an earlier catch, its criterion started for the writer."""
    if index >= len(draft.earlier_catches):
        return draft
    catch = draft.earlier_catches[index]
    content = draft.model_dump(mode="json")
    content["action_items"].append({"text": catch.text[:240], "control": catch.control})
    return Draft.model_validate(content)
