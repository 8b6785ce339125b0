"""One cause, one pattern: what another pattern explains is told inside that one, not a second time.

Services and dependencies overlap, and so do a Friday and its afternoon. The most striking is taken first; another of
the same family stands on its own only if it is still in excess among the incidents that the first does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.discovery import Tested
from closeout_judgement.patterns.exact import binomial

FAMILIES = (
    (Kind.DEPENDENCY, Kind.SERVICE, Kind.ALERT, Kind.VENDOR),
    (Kind.WEEKDAY_HOUR, Kind.DEPLOY_WINDOW, Kind.NIGHT, Kind.WEEKEND, Kind.DAY_AFTER_RELEASE, Kind.DAY_AFTER_HOLIDAY),
    (Kind.ON_CALL, Kind.ON_CALL_NEW),
    (Kind.THIRD_NIGHT,),
    (Kind.TIME_TO_DETECT, Kind.TIME_TO_FIX),
    (Kind.PAIR,),
    (Kind.REPEATED_PROMISE,),
)
STILL_IN_EXCESS = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern or a question, with the candidates that it explains."""

    tested: Tested
    inside: tuple[Candidate, ...] = ()

    @property
    def candidate(self) -> Candidate:
        return self.tested.candidate


def findings(established: Sequence[Tested]) -> list[Finding]:
    """The established ones that stand on their own: the most striking first, pairs after what they are made of."""
    found: list[Finding] = []
    services = [one.candidate for one in established if _is_of_service(one.candidate)]
    for one in sorted(established, key=lambda one: _turn(one.candidate, services)):
        family = [index for index, other in enumerate(found) if _are_family(other.candidate, one.candidate)]
        if family and not _stands_alone(one.candidate, [found[index].candidate for index in family]):
            most = max(family, key=lambda index: _overlap(found[index].candidate, one.candidate))
            if _name(found[most].candidate) != _name(one.candidate):
                found[most] = replace(found[most], inside=(*found[most].inside, one.candidate))
        else:
            found.append(Finding(one))
    return found


def _name(candidate: Candidate) -> tuple[Kind, str]:
    return candidate.kind, candidate.value


def _turn(candidate: Candidate, services: Sequence[Candidate]) -> tuple[bool, bool, float]:
    return candidate.kind is Kind.PAIR, _is_one_service(candidate, services), candidate.p_value


def _is_of_service(candidate: Candidate) -> bool:
    """A service, or a service and something else."""
    return (candidate.parts[0] if candidate.parts else candidate).kind is Kind.SERVICE


def _is_one_service(candidate: Candidate, services: Sequence[Candidate]) -> bool:
    """A dependency that only one service has failed through is told as that service; so is an alert of one service,
    and what comes together with either.
    """
    first = candidate.parts[0] if candidate.parts else candidate
    alike = [_hits(one) for one in services if list(map(_name, one.parts[1:])) == list(map(_name, candidate.parts[1:]))]
    if first.kind is Kind.DEPENDENCY:
        return _hits(candidate) in alike
    return first.kind is Kind.ALERT and any(_hits(candidate) <= own for own in alike)


def _hits(candidate: Candidate) -> frozenset[str]:
    return frozenset(hit.id for hit in candidate.hits)


def _are_family(one: Candidate, other: Candidate) -> bool:
    return any(one.kind in family and other.kind in family for family in FAMILIES)


def _overlap(one: Candidate, other: Candidate) -> int:
    return len(_hits(one) & _hits(other))


def _stands_alone(candidate: Candidate, taken: Sequence[Candidate]) -> bool:
    explained = {hit.id for other in taken for hit in other.hits}
    own = [hit for hit in candidate.hits if hit.id not in explained]
    of = max(len(own), candidate.of - len(explained))
    share = min(1.0, candidate.expected / candidate.of) if candidate.of else 1.0
    return len(own) >= 2 and binomial(of, share).of(len(own)) <= STILL_IN_EXCESS
