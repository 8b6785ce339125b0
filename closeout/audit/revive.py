"""Which old promises are most worth reviving, by a score that anybody can work out again from its four factors."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from closeout.audit.examined import Examined, Promise
from closeout.audit.recurring import Recurring
from closeout_judgement.lints.action_item_kind import Kind
from closeout_schemas.vocabulary import Severity

# What the failure that a promise was made after weighs. Unknown stands between SEV3 and SEV4.
SEVERITY = {
    Severity.SEV1: 4.0,
    Severity.SEV2: 3.0,
    Severity.SEV3: 2.0,
    Severity.SEV4: 1.0,
    Severity.SEV5: 1.0,
    Severity.UNKNOWN: 1.5,
}
# A promise that can be tested can be taken up as it stands; the others have to be worded anew, or studied, first.
WORDING = {Kind.TESTABLE: 1.0, Kind.VAGUE: 0.5, Kind.INVESTIGATE: 0.4, None: 0.7}
MOST_RETURNS = 5
HOW = (
    "promised × returns × severity × wording. Promised: in how many postmortems. Returns: 1, and 1 for each later "
    f"postmortem with the same failure mode on the same service or dependency (at most {MOST_RETURNS} count). "
    "Severity: SEV1 4, SEV2 3, SEV3 2, below 1, unknown 1.5. Wording: testable 1, not judged 0.7, vague 0.5, "
    "investigate 0.4. Items marked as done are left out."
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A promise with the factors of its score. `later` are the postmortems that tell of the same failure afterwards."""

    promise: Promise
    promised: int
    later: tuple[Examined, ...]
    severity: Severity

    @property
    def returns(self) -> int:
        """The factor for failures that came back."""
        return 1 + min(len(self.later), MOST_RETURNS)

    @property
    def score(self) -> float:
        """The product of the four factors."""
        return self.promised * self.returns * SEVERITY[self.severity] * WORDING[self.promise.kind]

    @property
    def lacks(self) -> tuple[str, ...]:
        """What has to be added for somebody to complete it."""
        missing = (
            "" if self.promise.has_person else "a person",
            "" if self.promise.has_date else "a date",
            "" if self.promise.kind in (Kind.TESTABLE, None) else "a criterion",
            "" if self.promise.tickets else "a ticket",
        )
        return tuple(filter(None, missing))


class Returns:
    """Which postmortems tell of the failure of another one, later: the same failure mode on what that one failed in."""

    def __init__(self, documents: Sequence[Examined]) -> None:
        self._told: dict[tuple[str, str], list[Examined]] = defaultdict(list)
        self._later: dict[str, dict[str, Examined]] = {}
        for document in sorted(documents, key=lambda one: (str(one.day), one.name)):
            if document.day is not None:
                for mode in document.modes:
                    for subject in document.subjects:
                        self._told[mode.mode, subject].append(document)

    def after(self, first: Examined) -> dict[str, Examined]:
        """Name → postmortem, in order of time."""
        if first.name not in self._later:
            self._later[first.name] = {one.name: one for one in self._find(first)}
        return self._later[first.name]

    def _find(self, first: Examined) -> Iterator[Examined]:
        if first.day is None or not first.modes:
            return
        for subject in first.subjects:
            told = self._told[first.modes[0].mode, subject]
            yield from told[bisect_right(told, first.day, key=_day) :]


def _day(document: Examined) -> date:
    return document.day or date.min


def most_worth_reviving(documents: Sequence[Examined], recurring: Sequence[Recurring], top: int) -> list[Candidate]:
    """The open promises with the highest scores; of one that was made several times, its clearest wording."""
    by_name = {document.name: document for document in documents}
    returns = Returns(documents)
    grouped = {id(promise) for one in recurring for promise in one.promises}
    alone = ((promise,) for document in documents for promise in document.promises if id(promise) not in grouped)
    found = [
        _candidate(promises, by_name, returns)
        for promises in (*(one.promises for one in recurring), *alone)
        if promises[-1].done is not True
    ]
    found.sort(key=lambda one: (-one.score, str(one.promise.day), one.promise.document, one.promise.line))
    return found[:top]


def _candidate(promises: tuple[Promise, ...], by_name: dict[str, Examined], returns: Returns) -> Candidate:
    # Of equally clear ones the latest: it knows most.
    clearest = max(reversed(promises), key=lambda one: WORDING[one.kind])
    made_in = {promise.document for promise in promises}
    # What followed the first of them followed them all, but for those that promised it again.
    first = by_name[promises[0].document]
    later = tuple(one for name, one in returns.after(first).items() if name not in made_in)
    worst = max((promise.severity for promise in promises), key=lambda severity: SEVERITY[severity])
    return Candidate(clearest, len(made_in), later, worst)
