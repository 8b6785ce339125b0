"""Several services failing through one dependency.

Null, with a base line: incidents fall evenly on the services, each with the dependencies that it usually lists, and
the year before corrects that (`expectation`). Without a base line: where services list the same dependencies each
time, they are taken for the service graph, and a dependency is expected as often as services have it; where lists
change from incident to incident, they name what was involved, and each of the known dependencies is expected alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import Tail
from closeout_judgement.patterns.expectation import (
    as_uneven_as,
    by_exposure,
    predicted,
    richness,
    tally,
    weight_of_exposure,
)
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.occurrence import Occurrence

# So many services must have been seen twice, and have listed a dependency each time, before that is the graph …
SEEN_TWICE = 2
# … and so many of those that ever listed it.
STEADY = 0.75

Lists = Mapping[str, Sequence[frozenset[str]]]  # what each service listed, incident by incident


def candidates(history: History) -> Iterator[Candidate]:
    """Each dependency that any record lists."""
    now, base = history.told(lambda one: one.tells_dependencies)
    if not now:
        return
    known = tally([one.dependencies for one in [*now, *base]])
    counts = tally([one.dependencies for one in base])
    if base:
        exposure = {name: _share_of_services(_lists(base), name) for name in known}
        weight = weight_of_exposure(counts, len(base), exposure)
    for name in sorted(known):
        hits = [one for one in now if name in one.dependencies]
        services = sorted({service for one in hits for service in one.services})
        tail, why = _without_base(now, known, name)
        chronic = None
        if base:
            chronic = by_exposure(len(now), exposure[name]).of(len(hits))
            tail = predicted(len(now), exposure[name], weight, counts[name], len(base))
            why = f"{counts[name]} of {len(base)} in the year before"
        details = {"services": services}
        yield Candidate(Kind.DEPENDENCY, name, hits, len(now), tail.mean, tail, why, chronic=chronic, details=details)


def _lists(occurrences: Sequence[Occurrence]) -> Lists:
    lists: dict[str, list[frozenset[str]]] = defaultdict(list)
    for occurrence in occurrences:
        for record in occurrence.records:
            if record.dependencies is not None:
                lists[record.service].append(frozenset(record.dependencies))
    return lists


def _share_of_services(lists: Lists, name: str) -> float:
    usual = sum(sum(name in one for one in listed) / len(listed) for listed in lists.values())
    # Half a service more: a dependency that was never listed before is rare, not impossible.
    return (usual + 0.5) / (len(lists) + 1)


def _without_base(now: Sequence[Occurrence], known: Mapping[str, int], name: str) -> tuple[Tail, str]:
    lists = _lists(now)
    if _is_graph(lists, name):
        having = sum(2 * sum(name in one for one in listed) > len(listed) for listed in lists.values())
        share = min(1.0, (having + 0.5) / (len(lists) + 1))
        return by_exposure(len(now), share), f"{having} of the {len(lists)} services that are known have it"
    each = sum(len(one.dependencies) for one in now) / len(now)
    others = {other: count for other, count in known.items() if other != name}
    share = min(1.0, each / (1 + richness(others)))
    return as_uneven_as(
        others, len(now), share, len(now)
    ), f"an even share among the {len(known)} dependencies that are known"


def _is_graph(lists: Lists, name: str) -> bool:
    """Whether services that were seen more than once have this dependency each time, if they have it at all."""
    repeated = [[name in one for one in listed] for listed in lists.values() if len(listed) > 1]
    having = [listed for listed in repeated if any(listed)]
    steady = sum(all(listed) for listed in having)
    return steady >= SEEN_TWICE and steady >= STEADY * len(having)
