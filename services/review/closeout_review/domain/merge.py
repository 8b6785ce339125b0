"""Two people write into one draft at once. Both sides' words are kept: joined where they can be, else side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from closeout_review.domain.draft import Draft
from closeout_review.domain.edits import edits

# By what a row of a list is the same row in all versions, where it has no id.
KEYS = {"dismissals": ("code", "where", "text")}


@dataclass(frozen=True, slots=True)
class Clash:
    """Both have changed the same place. `place` is the field as the form names it; `words` did not get in."""

    place: str
    words: str


@dataclass(slots=True)
class Merged:
    """`draft` has what both have changed; of a clash, it has what was there."""

    draft: Draft
    clashes: list[Clash] = field(default_factory=list)


def merge(base: Draft, mine: Draft, theirs: Draft) -> Merged:
    """What `mine` changes in `base`, done to `theirs`: field by field, row by row.

    Raises ValidationError where both together are too long.
    """
    clashes: list[Clash] = []
    was, own, there = (one.model_dump(mode="json") for one in (base, mine, theirs))
    content = {name: _value(name, was[name], own[name], there[name], clashes) for name in there}
    return Merged(Draft.model_validate(content), clashes)


def _value(place: str, base: Any, mine: Any, theirs: Any, clashes: list[Clash]) -> Any:
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    if isinstance(theirs, list):
        rows = any(isinstance(one, dict) for one in (*base, *mine, *theirs))
        return _rows(place, base, mine, theirs, clashes) if rows else _plain(base, mine, theirs)
    if isinstance(theirs, dict):
        keys = dict.fromkeys((*theirs, *mine))
        # Inside a row, whose own parts are parted by dashes.
        within = "." if "-" in place else "-"
        return {
            key: _value(f"{place}{within}{key}", base.get(key, ""), mine.get(key, ""), theirs.get(key, ""), clashes)
            for key in keys
        }
    if all(isinstance(one, str) for one in (base, mine, theirs)):
        joined = joined_text(base, mine, theirs)
        if joined is not None:
            return joined
    clashes.append(Clash(place, "" if mine is None else str(mine)))
    return theirs


def _plain(base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    """A list of words: without what either has taken out, with what either has put in."""
    kept = [one for one in theirs if one in mine or one not in base]
    return kept + [one for one in mine if one not in theirs and one not in base]


def _rows(
    name: str,
    base: Sequence[Mapping[str, Any]],
    mine: Sequence[Mapping[str, Any]],
    theirs: Sequence[Mapping[str, Any]],
    clashes: list[Clash],
) -> list[Any]:
    was, own, there = ({_key(name, row): row for row in rows} for rows in (base, mine, theirs))
    merged = []
    for key in dict.fromkeys((*there, *own)):
        before, ours, others = was.get(key), own.get(key), there.get(key)
        if ours is None or others is None:
            # One has taken it out. It goes, unless the other has meanwhile written into it.
            left = ours or others
            if before is None or left != before:
                merged.append(left)
        else:
            merged.append(_row(name, key, before or {}, ours, others, clashes))
    return merged


def _key(name: str, row: Mapping[str, Any]) -> str:
    by = KEYS.get(name)
    if by is not None:
        return json.dumps([row[one] for one in by])
    # What was never saved by a form has no id, and is the same only where it says the same.
    return row.get("id") or json.dumps(row, sort_keys=True)


def _row(
    name: str,
    key: str,
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    clashes: list[Clash],
) -> dict[str, Any]:
    if name in KEYS:
        # A reason that two people gave has both.
        return dict(theirs) | {"reason": joined_reasons(base.get("reason", ""), mine["reason"], theirs["reason"])}
    return {
        one: _value(f"{name}-{key}-{one}", base.get(one, _nothing(theirs[one])), mine[one], theirs[one], clashes)
        for one in theirs
    }


def _nothing(like: Any) -> Any:
    return type(like)() if isinstance(like, str | list | dict) else None


def joined_reasons(base: str, mine: str, theirs: str) -> str:
    """Two reasons as one."""
    if mine in (base, theirs) or mine in theirs:
        return theirs
    return mine if theirs == base or theirs in mine else f"{theirs} / {mine}"


def joined_text(base: str, mine: str, theirs: str) -> str | None:
    """`theirs` with the lines that `mine` has changed; None where both have changed the same lines or neighbours."""
    before = base.split("\n")
    own, others = _changes(before, mine.split("\n")), _changes(before, theirs.split("\n"))
    if any(a <= d and c <= b for a, b, _ in own for c, d, _ in others):
        return None
    lines = list(before)
    for begin, end, instead in sorted([*own, *others], reverse=True):
        lines[begin:end] = instead
    return "\n".join(lines)


def _changes(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int, list[str]]]:
    return [(i, j, list(after[k:n])) for i, j, k, n in edits(before, after)]
