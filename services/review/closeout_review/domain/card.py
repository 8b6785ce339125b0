"""The 3 a.m. card: what earlier reviews say to somebody who was just woken up. Nothing is better than noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from closeout_review.domain.text import presentable
from closeout_schemas.cards import MARK, OPENING

MOST = 3
# A lock screen shows about so much.
FIRST_LINE = 120
LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A promise of an earlier review that has not shipped."""

    text: str
    owner: str
    days: int | None
    is_known: bool = True  # False: nobody says whether it is done


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier review, as the card tells it. `promised`: how much. `alike`: how many more say the same.

    `still_open`: of all that was promised, where `open_items` has only some of it.
    """

    title: str
    opened_at: datetime | None
    why: str
    looked_like: str
    ended_by: str
    open_items: tuple[OpenItem, ...]
    promised: int
    url: str
    was_it: str = ""  # the link of “was this it?”, which `answer` goes behind
    id: UUID | None = None
    alike: int = 0
    still_open: int | None = None
    happened_on: date | None = None  # of an imported one, which tells no time of day

    @property
    def known_open(self) -> int:
        """How many promises are known to be open: of some, nobody says."""
        return sum(one.is_known for one in self.open_items) if self.still_open is None else self.still_open

    @property
    def likewise(self) -> str:
        """How many more say the same, in words; empty where none does."""
        return f" and {self.alike} like it" if self.alike else ""


def card(found: Sequence[Earlier], now: datetime) -> str:
    """The words. The first line can be read on a lock screen; plain text, no markup."""
    shown = found[:MOST]
    return "\n".join([_first_line(shown[0], now), *(line for one in shown for line in _about(one, now)), "", MARK])


def _first_line(first: Earlier, now: datetime) -> str:
    still_open = f", {first.known_open} of {first.promised} fixes still open" if first.known_open else ""
    told = f"{OPENING}{_ago(first, now)}{still_open}: "
    return told + _short(first.title, max(30, FIRST_LINE - len(told)))


def _about(one: Earlier, now: datetime) -> Iterator[str]:
    yield ""
    yield f"{_short(one.title, LONGEST_WORDS)}{_ago(one, now)}{one.likewise} ({one.why})"
    if one.looked_like:
        yield f"  looked like: {_short(one.looked_like, LONGEST_WORDS)}"
    if one.ended_by:
        yield f"  ended by: {_short(one.ended_by, LONGEST_WORDS)}"
    for item in one.open_items:
        yield f"  {standing(item)}: {_short(item.text, LONGEST_WORDS)} ({item.owner})"
    yield f"  {one.url}"
    if one.was_it:
        yield "  was this it?"
        yield f"    yes: {one.was_it}?answer=yes"
        yield f"    no: {one.was_it}?answer=no"


def standing(item: OpenItem) -> str:
    """How it stands, in words."""
    since = "" if item.days is None else f" for {item.days} day{'s' * (item.days != 1)}"
    return f"still open{since}" if item.is_known else f"not known to be done{since}"


def _short(text: str, longest: int) -> str:
    shown = presentable(text, longest + 1)
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def _ago(one: Earlier, now: datetime) -> str:
    if one.opened_at is None:
        return ""
    days = (now - one.opened_at).days
    if days < 1:
        return " today"
    if days < 60:
        return f" {days} day{'s' if days > 1 else ''} ago"
    return f" {days // 30} months ago"
