"""What earlier reviews of the same failure were aware of, offered to a draft with one click each."""

from __future__ import annotations

import hashlib

from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.draft import Draft, DraftItem
from closeout_review.store.awareness import Aware

LONGEST_ITEM = 240


def offered(one: Postmortem) -> list[tuple[str, Aware]]:
    """Each with the key that its buttons carry: by its words, because others may come and go meanwhile."""
    return [(_key(thing), thing) for thing in one.reminders]


def taken(one: Postmortem, button: str, key: str) -> Draft:
    """The draft with that thing promised (`promise-aware`), or kept in mind again; as it was where it is gone."""
    thing = next((thing for own, thing in offered(one) if own == key), None)
    if thing is None:
        return one.draft
    if button == "promise-aware":
        item = DraftItem(text=thing.text[:LONGEST_ITEM])
        return one.draft.model_copy(update={"action_items": (*one.draft.action_items, item)})
    return one.draft.model_copy(update={"aware_of": (*one.draft.aware_of, thing.text)})


def _key(thing: Aware) -> str:
    return hashlib.sha256(thing.text.encode()).hexdigest()[:16]
