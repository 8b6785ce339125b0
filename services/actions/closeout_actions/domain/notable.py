"""Which comments on a ticket are of note: the owner's, those that say what is in the way, those about the incident."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from closeout_actions.domain.differences import has
from closeout_actions.domain.mirror import Change, Kind
from closeout_actions.domain.ticket import Ticket
from closeout_schemas.tickets import Comment

# A comment that begins with one of these says that something is in the way.
WORDS = ("blocked", "blocker", "waiting", "stuck", "postponed", "descoped", "at risk", "help", "handing over")
MOST = 3
MOST_LINKS = 10
LONGEST = 280


def of_note(comments: Iterable[Comment], ticket: Ticket, about: Collection[str]) -> tuple[Comment, ...]:
    """The latest few, oldest first. `about`: by any of which a text is about the incident: ids, addresses."""
    chosen = [one for one in comments if _is_of_note(one, ticket, about)]
    latest = sorted(chosen, key=lambda one: (one.at, one.id))[-MOST:]
    return tuple(one.model_copy(update={"text": _short(one.text)}) for one in latest)


def with_comments(
    ticket: Ticket, comments: tuple[Comment, ...], links: Iterable[str] = ()
) -> tuple[Ticket, tuple[Change, ...]]:
    """The ticket with these, each new one told once. `links`: addresses of pull requests that belong to it."""
    known, linked = ticket.snapshot.comments, ticket.snapshot.pull_requests
    room = max(0, MOST_LINKS - len(linked))
    fresh = [one for one in dict.fromkeys(links) if one not in linked][:room]
    if comments == known and not fresh:
        return ticket, ()
    update = {"comments": comments, "pull_requests": (*linked, *fresh), "revision": ticket.snapshot.revision + 1}
    snapshot = ticket.snapshot.model_copy(update=update)
    new = [one for one in comments if one.id not in {before.id for before in known}]
    told = [f"{one.name or one.by} wrote: “{one.text}”" for one in new]
    told += [f"It links {', '.join(fresh)}."] if fresh else []
    reason = " ".join(told) or "A comment on it was changed or taken away."
    return ticket.model_copy(update={"snapshot": snapshot}), (Change(Kind.CHANGED, snapshot, reason),)


def _is_of_note(comment: Comment, ticket: Ticket, about: Collection[str]) -> bool:
    words = re.sub(r"^[^a-z]+", "", comment.text.casefold())
    return (
        has((comment.by,), ticket.owner_handle)
        or any(re.match(rf"{word}\b", words) is not None for word in WORDS)
        or any(one in comment.text for one in about)
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
