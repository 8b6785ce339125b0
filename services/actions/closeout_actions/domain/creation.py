"""How one ticket comes to exist exactly once: a state machine without a clock, a network or a database.

wanted ─▶ creating ─▶ created
  ▲          │  └───▶ refused            the tracker will not have it
  │          ▼
  └───── doubtful ──▶ created            nobody knows what became of the call: look, several times, before calling again
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from closeout_schemas.envelope import Fact


class Stage(StrEnum):
    """Where the creation of a ticket stands."""

    WANTED = "wanted"
    CREATING = "creating"  # committed before the call; whoever finds it after its lease knows that somebody died
    DOUBTFUL = "doubtful"
    CREATED = "created"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # taken back before there was a ticket


class Step(StrEnum):
    """What is to be done now."""

    NOTHING = "nothing"
    CALL = "call"
    LOOK = "look"


class Creation(Fact):
    """The creation of one ticket. `due_at`: when to act next; while creating, when the lease of the caller ends."""

    stage: Stage = Stage.WANTED
    attempt: int = 0
    failures: int = 0  # tries in a row that came to nothing
    doubted_at: datetime | None = None
    due_at: datetime | None = None
    why: str | None = None  # why it is not created yet
    is_withdrawn: bool = False  # nobody wants it any more


def step(creation: Creation, now: datetime) -> Step:
    """What is to be done about `creation` now. A lease that ran out leaves a doubt, whoever held it."""
    if creation.due_at is None or creation.due_at > now:
        return Step.NOTHING
    match creation.stage:
        case Stage.WANTED:
            return Step.CALL
        case Stage.CREATING | Stage.DOUBTFUL:
            return Step.LOOK
        case Stage.CREATED | Stage.REFUSED | Stage.WITHDRAWN:
            return Step.NOTHING
        case _:
            assert_never(creation.stage)


def begin_call(creation: Creation, now: datetime, lease: timedelta) -> Creation:
    """To be committed before the call goes out."""
    return creation.model_copy(
        update={
            "stage": Stage.CREATING,
            "attempt": creation.attempt + 1,
            "due_at": now + lease,
            "doubted_at": None,
            "why": None,
        }
    )


def begin_look(creation: Creation, now: datetime, lease: timedelta) -> Creation:
    """To be committed before looking; a caller whose lease ran out is held for dead from here on."""
    in_doubt = creation if creation.stage is Stage.DOUBTFUL else doubted(creation, now, (0.0,), "the caller vanished")
    return in_doubt.model_copy(update={"due_at": now + lease})


def confirmed(creation: Creation) -> Creation:
    """The ticket is there: by the answer, by a look, or by a webhook. From any stage, for it is a fact."""
    return creation.model_copy(
        update={"stage": Stage.CREATED, "due_at": None, "doubted_at": None, "failures": 0, "why": None}
    )


def refused(creation: Creation, why: str) -> Creation:
    """The tracker will not have it, however often it is asked."""
    stage = Stage.WITHDRAWN if creation.is_withdrawn else Stage.REFUSED
    return creation.model_copy(update={"stage": stage, "due_at": None, "why": why})


def put_off(creation: Creation, until: datetime, why: str) -> Creation:
    """Certainly not created; try again then."""
    return _wanted_again(creation, until, why, failures=creation.failures + 1)


def doubted(creation: Creation, now: datetime, settle: Sequence[float], why: str) -> Creation:
    """Nobody knows whether the call took effect. `settle`: seconds after the doubt at which to look."""
    return creation.model_copy(
        update={
            "stage": Stage.DOUBTFUL,
            "doubted_at": now,
            "due_at": now + timedelta(seconds=settle[0]),
            "why": why,
        }
    )


def not_found(creation: Creation, asked_at: datetime, settle: Sequence[float]) -> Creation:
    """A look that began at `asked_at` found nothing. After the last one it was never created, and is wanted again.

    What counts is the time since the doubt: a look that was asked for in between brings no verdict forward.
    """
    assert creation.doubted_at is not None
    looks = [creation.doubted_at + timedelta(seconds=seconds) for seconds in settle]
    following = [at for at in looks if at > asked_at]
    if following:
        return creation.model_copy(update={"due_at": following[0]})
    return _wanted_again(creation, asked_at, "The tracker does not have it: it is created again.")


def look_now(creation: Creation, now: datetime) -> Creation:
    """Something hints at it being there."""
    return creation.model_copy(update={"due_at": now}) if creation.stage is Stage.DOUBTFUL else creation


def look_failed(creation: Creation, until: datetime, why: str) -> Creation:
    """The tracker could not be asked; that is no look."""
    return creation.model_copy(update={"due_at": until, "failures": creation.failures + 1, "why": why})


def withdrawn(creation: Creation) -> Creation:
    """Nobody wants it any more. What may exist already is settled first; then it is closed in the tracker."""
    if creation.stage in (Stage.WANTED, Stage.REFUSED):
        return creation.model_copy(update={"stage": Stage.WITHDRAWN, "due_at": None, "is_withdrawn": True})
    return creation.model_copy(update={"is_withdrawn": True})


def asked_again(creation: Creation, now: datetime) -> Creation:
    """Somebody mended what it was refused for, or does not want to wait."""
    if creation.stage in (Stage.REFUSED, Stage.WANTED):
        return creation.model_copy(update={"stage": Stage.WANTED, "due_at": now, "failures": 0})
    return creation


def _wanted_again(creation: Creation, at: datetime, why: str, failures: int = 0) -> Creation:
    if creation.is_withdrawn:
        return creation.model_copy(update={"stage": Stage.WITHDRAWN, "due_at": None})
    return creation.model_copy(
        update={
            "stage": Stage.WANTED,
            "due_at": at,
            "doubted_at": None,
            "failures": failures,
            "why": why,
        }
    )


def backoff(failures: int, first: float, most: float) -> float:
    """Seconds to wait after so many failures in a row: doubling, never more than `most`."""
    return float(min(most, first * 2 ** min(failures, 30)))
