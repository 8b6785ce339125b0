"""What was promised before in these or other words, and what became of it: told to whoever writes it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_judgement.promises import ALIKE, likeness, words_of
from closeout_judgement.wall_clock import wall_clock
from closeout_review.commands.outcomes import standing
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReviews
from closeout_review.store.postmortems import Postmortems, Promise
from closeout_review.store.promised import Indexed, PromiseIndex
from closeout_review.store.recurrences import Recurrences
from closeout_review.store.restrictions import Restrictions

# Those that share most words; of these the likeliest are told.
LOOKED_AT, MOST_TOLD = 10, 3
FEWEST_WORDS = 2


@dataclass(frozen=True, slots=True)
class PromisedBefore:
    """An earlier promise of the same. `state`: as the ticket's, withdrawn, or not known. `came_back`: its incident."""

    text: str
    owner: str
    promised_on: date | None
    state: str
    shipped_on: date | None
    withdrawn_because: str
    ticket: str
    ticket_url: str
    review: str
    review_url: str
    came_back: int
    likeness: float


async def promised_before(
    conn: Conn, settings: ReviewSettings, text: str, without: UUID | None = None
) -> list[PromisedBefore]:
    """The likeliest first; none where the text says too little. `without`: the review in which it is being written."""
    words = words_of(text)
    if len(words) < FEWEST_WORDS:
        return []
    index = PromiseIndex(conn)
    # What has to be left out must not make the answer shorter: that would tell of it.
    hidden = await Restrictions(conn).hidden()
    near = await index.like(words, hidden | ({without} if without else set()), LOOKED_AT)
    known, count = await index.counts(frozenset(words).union(*(one.words for one in near)))
    alike = [(likeness(words, one.words, known, count), one) for one in near]
    found = sorted((pair for pair in alike if pair[0] >= ALIKE), key=lambda pair: (-pair[0], pair[1].id))[:MOST_TOLD]
    told = [await _told(conn, settings, one, how) for how, one in found]
    return [one for one in told if one is not None]


async def _told(conn: Conn, settings: ReviewSettings, one: Indexed, how: float) -> PromisedBefore | None:
    came_back = len(await Recurrences(conn).of(one.review_id))
    if one.imported:
        return await _imported(conn, settings, one, how, came_back)
    postmortems = Postmortems(conn)
    promises: Sequence[Promise] = await postmortems.promises([one.review_id])
    promise = next((each for each in promises if each.item.id == one.id), None)
    kept = await postmortems.one(one.review_id)
    if promise is None or kept is None:
        return None
    draft = await postmortems.draft(kept.id, kept.revision)
    now, ticket = standing(promise), promise.ticket
    return PromisedBefore(
        text=promise.item.text,
        owner=promise.item.owner.name,
        promised_on=wall_clock(promise.committed_at, settings.zone).date(),
        state="withdrawn" if promise.withdrawn_at and not now.state.is_shipped else now.state.value,
        shipped_on=wall_clock(now.closed_at, settings.zone).date() if now.closed_at and now.state.is_shipped else None,
        withdrawn_because=promise.withdrawn_reason or "",
        ticket=(ticket.key if ticket else None) or "",
        ticket_url=(ticket.url if ticket else None) or "",
        review=draft.title if draft else "",
        review_url=f"{settings.public_url}/postmortems/{kept.id}",
        came_back=came_back,
        likeness=round(how, 2),
    )


async def _imported(
    conn: Conn, settings: ReviewSettings, one: Indexed, how: float, came_back: int
) -> PromisedBefore | None:
    review = await ImportedReviews(conn).one(one.review_id)
    if review is None or one.place >= len(review.action_items):
        return None
    item: dict[str, Any] = review.action_items[one.place]
    done = item["done"]
    return PromisedBefore(
        text=item["text"],
        owner=item["owner"] or "",
        promised_on=review.happened_on,
        state="unknown" if done is None else "completed" if done else "open",
        shipped_on=None,
        withdrawn_because="",
        ticket=item["ticket"] or "",
        ticket_url=item["ticket"] if str(item["ticket"] or "").startswith(("http://", "https://")) else "",
        review=review.title,
        review_url=f"{settings.public_url}/imported/{review.id}",
        came_back=came_back,
        likeness=round(how, 2),
    )
