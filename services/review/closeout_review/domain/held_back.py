"""Words that were taken out do not come back from a page that was open meanwhile.

Such a page still has the old words in its fields, and whoever sends it need not have looked at them. Where something
was taken out, what is saved stands, and what the page had is handed back to its writer. Nothing here keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from closeout_judgement.people import FORGOTTEN, STAND_IN
from closeout_judgement.redaction import TAKEN_OUT
from closeout_review.domain.draft import Draft
from closeout_review.domain.places import with_value

LISTS = ("aware_of", "contributing_conditions")
DISMISSALS = "dismissals"
# What stands where words, or a person, were taken out.
MARK = re.compile("|".join((re.escape(TAKEN_OUT), re.escape(FORGOTTEN), rf"{re.escape(STAND_IN)}[0-9a-f]+")))


@dataclass(frozen=True, slots=True)
class Held:
    """What a page had at `place`, as the form names it; of a list (or of the reasons of dismissals) one of them."""

    place: str
    words: str


@dataclass(slots=True)
class Guarded:
    """What somebody typed and what they typed it into, without old words; `held` is what they have to look at."""

    base: Draft
    mine: Draft
    held: list[Held] = field(default_factory=list)


def hold_back(base: Draft | None, mine: Draft, before: Draft, there: Draft) -> Guarded:
    """Take out of `mine` what may be old words. `base`: what it was typed into, by the page; None where it says none.

    `before`: what is kept of the revision that the page shows; `there`: what is saved now. Both are without the words.
    """
    was = None if base is None else base.model_dump(mode="json")
    content = mine.model_dump(mode="json")
    marked = _Marked(before.model_dump(mode="json"), there.model_dump(mode="json"), was)
    into = (base or before).model_dump(mode="json")
    old: list[str] = []
    for place, owner, key in _texts(content):
        saved = marked.instead(place, owner[key])
        if saved is None:
            continue
        old.append(owner[key])
        if not marked.is_untouched(place, owner[key]):
            marked.held.append(Held(DISMISSALS if place.startswith(DISMISSALS) else place, owner[key]))
        owner[key] = saved
        for other, row, name in _texts(into):
            if other == place:
                row[name] = saved
    for name in LISTS:
        content[name] = marked.list_without_old(name, content[name])
    content[DISMISSALS] = marked.dismissals_without(content[DISMISSALS], old)
    return Guarded(Draft.model_validate(into), Draft.model_validate(content), marked.held)


def with_held(draft: Draft, held: Held) -> Draft:
    """`draft` with words that were held back, in their place. Raises ValidationError where they cannot stand there."""
    if held.place not in LISTS:
        return with_value(draft, held.place, held.words)
    content = draft.model_dump(mode="json")
    content[held.place].append(held.words)
    return Draft.model_validate(content)


class _Marked:
    """Where something was taken out, by both revisions that are kept."""

    def __init__(self, before: Mapping[str, Any], there: Mapping[str, Any], was: Mapping[str, Any] | None) -> None:
        self.held: list[Held] = []
        self._lists = [one for one in (there, before, was) if one is not None]
        self._kept: list[dict[str, str]] = [
            {place: row[key] for place, row, key in _texts(one)} for one in (there, before)
        ]
        self._was = None if was is None else {place: row[key] for place, row, key in _texts(was)}

    def instead(self, place: str, words: str) -> str | None:
        """What stands for `words`; None where they may stand themselves."""
        kept = [one[place] for one in self._kept if place in one]
        if words in kept or not any(is_cut(one) for one in kept):
            return None
        return kept[0]

    def is_untouched(self, place: str, words: str) -> bool:
        """Whether nobody has typed there, so that nothing is lost."""
        if self._was is not None and self._was.get(place) == words:
            return True
        return any(was_before(one[place], words) for one in self._kept if place in one)

    def list_without_old(self, name: str, entries: Sequence[str]) -> list[str]:
        """A list of texts, each old one as it is kept, and what may be one handed back."""
        known = [entry for one in self._lists for entry in one[name]]
        cut = [entry for one in self._lists[:2] for entry in one[name] if is_cut(entry)]
        if not cut:
            return list(entries)
        left = []
        for entry in entries:
            became = [kept for kept in cut if was_before(kept, entry)]
            if entry in known:
                left.append(entry)
            elif became:
                left.append(became[0])
            else:
                self.held.append(Held(name, entry))
        return list(dict.fromkeys([*left, *cut]))

    def dismissals_without(self, given: Sequence[Mapping[str, Any]], old: Sequence[str]) -> list[Mapping[str, Any]]:
        """Dismissed findings, without those that speak of `old` words; with those that are kept without theirs."""
        left = [one for one in given if not any(one["text"] in words for words in old)]
        return left + [one for one in self._lists[0][DISMISSALS] if is_cut(one["text"]) and one not in left]


def is_cut(text: str) -> bool:
    """Whether something was taken out of it."""
    return MARK.search(text) is not None


def was_before(kept: str, words: str) -> bool:
    """Whether `words` became `kept` by taking something out. False where nothing around it is left to tell by."""
    first, *between = MARK.split(kept)
    if not between or not any(part.strip() for part in (first, *between)):
        return False
    *between, last = between
    end = len(words) - len(last)
    at = len(first)
    if at > end or not words.startswith(first) or not words.endswith(last):
        return False
    for part in between:
        found = words.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _by_place(content: Mapping[str, Any]) -> dict[str, str]:
    return {place: row[key] for place, row, key in _texts(content)}


def _texts(content: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Every text of a draft: its place, and what holds it by which key. Lists of texts are left out."""
    for name, value in content.items():
        if isinstance(value, str):
            yield name, content, name
        elif isinstance(value, dict):
            yield from ((f"{name}-{key}", value, key) for key in value)
        elif isinstance(value, list):
            rows = [row for row in value if isinstance(row, dict)]
            yield from (one for row in rows for one in _texts_of_row(name, row))


def _texts_of_row(name: str, row: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    if name == DISMISSALS:
        yield f"{name}-{row['code']}:{row['where']}:{row['text']}-reason", row, "reason"
        return
    for key, value in row.items():
        if isinstance(value, dict):
            yield from ((f"{name}-{row['id']}-{key}.{inner}", value, inner) for inner in value)
        elif isinstance(value, str) and key != "id":
            yield f"{name}-{row['id']}-{key}", row, key
