"""What two people wrote into one place at once: kept beside the draft until somebody chooses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from closeout_review.domain.commitment import Verdict
from closeout_review.domain.refusal import ONE_VERSION, Refusal, question


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """What `written_by` wrote into the field `place` while somebody else did; the draft has the other's words."""

    place: str
    writer: str
    words: str
    written_by: str
    written_at: datetime


def until_settled(verdict: Verdict, versions: Iterable[OtherVersion]) -> Verdict:
    """The verdict, which lets nothing through while a choice between two versions is open."""
    open_ones = tuple(_refused(versions))
    return Verdict((*verdict.refusals, *open_ones), ()) if open_ones else verdict


def _refused(versions: Iterable[OtherVersion]) -> Iterator[Refusal]:
    for other in versions:
        reason = "Two people wrote here at once, and nobody has chosen yet."
        yield Refusal("two-versions", ONE_VERSION, other.place, other.words, reason, question("Which one shall stand?"))
