"""A postmortem, and what it counts for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from closeout_metrics.domain.incident import NO_SERVICE, RESTRICTED, service_of
from closeout_metrics.domain.row import Row
from closeout_metrics.domain.tally import Cell, cell
from closeout_schemas.postmortems import Concluded, Drafted, ItemCleaned, Merged, Published, SplitOff
from closeout_schemas.vocabulary import Outcome

DRAFT = "draft"
# Of two verdicts of the same moment the later in this list stands.
RANK = list(Outcome)
# What a restricted one is known by. Without these no other is like it.
HIDDEN: Mapping[str, object] = {
    "service": RESTRICTED,
    "title": "",
    "failure_modes": (),
    "opened_at": None,
    "resolved_at": None,
}


class Postmortem(Row):
    """`verdict` is the last that review has said. `open_items` moves with the action items."""

    drafted_at: datetime | None = None  # since when the draft waits; None where it went into another
    begun_at: datetime | None = None
    merged_at: datetime | None = None
    split_at: datetime | None = None
    published_at: datetime | None = None
    fails_at: datetime | None = None
    promised: int = 0
    verdict: Outcome | None = None
    decided_at: datetime | None = None
    open_items: int = 0
    incident_id: UUID | None = None
    service: str = NO_SERVICE
    failure_modes: tuple[str, ...] = ()
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    url: str | None = None
    title: str = ""  # of a restricted one nobody is told it
    hidden: bool = False  # restricted, perhaps only after it was published; said with a verdict, and then for good


def take_in(postmortem: Postmortem, fact: object) -> Postmortem:
    """The postmortem with `fact` taken in. The order in which facts come makes no difference."""
    told = _told(postmortem, fact)
    return told.model_copy(update=HIDDEN) if told.hidden else told


def _told(postmortem: Postmortem, fact: object) -> Postmortem:
    match fact:
        case Drafted():
            return _waiting(postmortem, begun=fact.drafted_at)
        case Merged():
            return _waiting(postmortem, merged=fact.merged_at)
        case SplitOff():
            return _waiting(postmortem, begun=fact.drafted_at, split=fact.split_at)
        case Published():
            return postmortem.model_copy(
                update={
                    "published_at": fact.published_at,
                    "fails_at": fact.fails_at,
                    "promised": len(fact.item_ids),
                    "incident_id": fact.postmortem.incident_id,
                    "service": service_of(fact.postmortem),
                    "failure_modes": tuple(mode.value for mode in fact.failure_modes),
                    "opened_at": fact.postmortem.opened_at,
                    "resolved_at": fact.postmortem.resolved_at,
                    "url": fact.postmortem.url,
                    "title": fact.postmortem.title,
                }
            )
        case ItemCleaned():
            return postmortem.model_copy(update={"title": fact.postmortem.title})
        case Concluded():
            verdict = {"verdict": fact.outcome, "decided_at": fact.decided_at} if _is_later(fact, postmortem) else {}
            is_hidden = postmortem.hidden or fact.postmortem.restricted
            return postmortem.model_copy(update={**verdict, "hidden": is_hidden})
        case _:
            return postmortem


def _waiting(
    postmortem: Postmortem,
    begun: datetime | None = None,
    merged: datetime | None = None,
    split: datetime | None = None,
) -> Postmortem:
    """The postmortem with its draft begun, gone into another, or split off again. While it is gone, nobody waits."""
    begun = begun or postmortem.begun_at or postmortem.drafted_at
    merged = max((at for at in (merged, postmortem.merged_at) if at), default=None)
    split = max((at for at in (split, postmortem.split_at) if at), default=None)
    is_gone = merged is not None and (split is None or merged > split)
    told = {"begun_at": begun, "merged_at": merged, "split_at": split, "drafted_at": None if is_gone else begun}
    return postmortem.model_copy(update=told)


def _is_later(fact: Concluded, postmortem: Postmortem) -> bool:
    if postmortem.decided_at is None or postmortem.verdict is None:
        return True
    known = (postmortem.decided_at, RANK.index(postmortem.verdict))
    return (fact.decided_at, RANK.index(fact.outcome)) > known


def shape(postmortem: Postmortem) -> tuple[object, ...]:
    """What decides whether its incident is one that came back, and whether others are like it."""
    return (
        postmortem.published_at is not None,
        postmortem.service,
        postmortem.failure_modes,
        postmortem.opened_at,
        postmortem.resolved_at,
    )


def outcome_of(postmortem: Postmortem) -> str | None:
    """draft, or what it came to; None while only its items have been heard of.

    Review says a verdict once. An item that is opened again takes back that it was closed late. That it also takes
    back a success holds only until month four begins, and is seen to when the numbers are read.
    """
    if postmortem.verdict is Outcome.CLOSED_LATE and postmortem.open_items:
        return Outcome.FAILED.value
    if postmortem.verdict is not None:
        return postmortem.verdict.value
    if postmortem.published_at is not None:
        return (Outcome.PENDING if postmortem.promised else Outcome.JOURNAL_ENTRY).value
    return DRAFT if postmortem.drafted_at is not None else None


def cells(postmortem: Postmortem) -> dict[Cell, int]:
    """Each postmortem counts once, as what it is now."""
    outcome = outcome_of(postmortem)
    return {cell("postmortems", outcome=outcome): 1} if outcome else {}
