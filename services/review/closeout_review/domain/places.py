"""Where something stands in a draft: title, answers-at_night, action_items-5f0c-owner. So the form names its fields."""

from __future__ import annotations

import re
from typing import Any

from closeout_review.domain.draft import Draft

ROW = re.compile(r"(?P<list>[a-z_]+)-(?P<id>[A-Za-z0-9_-]{1,64})-(?P<field>[a-z_]+)(?:\.(?P<key>.+))?")


def value_at(draft: Draft, place: str) -> str | None:
    """The words at `place`, empty where nothing was chosen; None where there is no such place any more."""
    row, field = _find(draft.model_dump(mode="json"), place)
    if row is None or not isinstance(row.get(field, None), str | None):
        return None
    return row[field] or "" if field in row else None


def with_value(draft: Draft, place: str, words: str) -> Draft:
    """`draft` with other words at `place`; as it was where there is no such place.

    Raises ValidationError where the words cannot stand there.
    """
    content = draft.model_dump(mode="json")
    row, field = _find(content, place)
    if row is None or field not in row:
        return draft
    row[field] = words or ("" if isinstance(row[field], str) else None)
    return Draft.model_validate(content)


def _find(content: dict[str, Any], place: str) -> tuple[dict[str, Any] | None, str]:
    name, _, key = place.partition("-")
    if isinstance(content.get(name), dict):
        content[name].setdefault(key, "")
        return content[name], key
    match = ROW.fullmatch(place)
    if match is None:
        return content, place
    rows = content.get(match["list"], [])
    row = next((row for row in rows if isinstance(row, dict) and row.get("id") == match["id"]), None)
    if row is not None and match["key"] and isinstance(row.get(match["field"]), dict):
        row[match["field"]].setdefault(match["key"], "")
        return row[match["field"]], match["key"]
    return row, match["field"]
