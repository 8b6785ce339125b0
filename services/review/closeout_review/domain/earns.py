"""Which incidents earn a postmortem."""

from __future__ import annotations

from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.mapping import Mapping
from closeout_schemas.vocabulary import Severity

WORST_FIRST = tuple(Severity)


def earns_postmortem(incident: IncidentSnapshot, mapping: Mapping, mildest: Severity) -> bool:
    """What the first matching rule of the mapping says; where none matches, whether it is at least as bad as `mildest`.

    UNKNOWN is the mildest severity: with it, all earn one. What was brought in as history earns none.
    """
    if incident.backfilled:
        return False
    by_rule = mapping.earns_review(incident)
    if by_rule is not None:
        return by_rule
    return WORST_FIRST.index(incident.severity) <= WORST_FIRST.index(mildest)
