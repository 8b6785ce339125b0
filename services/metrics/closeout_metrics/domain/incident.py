"""An incident, and what it counts for."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from closeout_metrics.domain.calendar import quarter_of
from closeout_metrics.domain.row import Row
from closeout_metrics.domain.tally import Cell, cell
from closeout_schemas.incidents import IncidentFact, IncidentSnapshot, Party
from closeout_schemas.postmortems import PostmortemRef
from closeout_schemas.vocabulary import Severity, Vendor

# The snapshot that an incident's first fact makes.
FIRST_REVISION = 1
NO_SERVICE = "unknown"
# Of a restricted incident neither service nor team is told.
RESTRICTED = "restricted"


class Incident(Row):
    """`service` and `severity` are the latest known; `opened_as_…` those of its first revision, for ever."""

    revision: int = -1
    service: str = NO_SERVICE
    severity: Severity = Severity.UNKNOWN
    source: Vendor | None = None
    opened_at: datetime | None = None
    opened_as_service: str | None = None
    opened_as_severity: Severity | None = None
    team: str | None = None  # the first team that the pager names: its id, with the vendor's name before it

    @property
    def services(self) -> set[str]:
        """The services under which it counts."""
        return {self.service, self.opened_as_service or self.service}


def take_in(incident: Incident, fact: IncidentFact) -> Incident:
    """The incident with `fact` taken in. The order in which facts come makes no difference."""
    told = fact.incident
    changes: dict[str, object] = {}
    if told.revision <= FIRST_REVISION and incident.opened_as_service is None:
        changes |= {"opened_as_service": _service(told), "opened_as_severity": told.severity, "source": told.vendor}
    if told.revision > incident.revision:
        changes |= {
            "revision": told.revision,
            "service": _service(told),
            "severity": told.severity,
            "source": told.vendor,
            "opened_at": told.opened_at or fact.entry.occurred_at,
            "team": team_id(told.teams[0]) if told.teams and not told.restricted else None,
        }
    return incident.model_copy(update=changes)


def team_id(team: Party) -> str:
    """What a team is known by; its name may change."""
    return f"{team.vendor.value}:{team.vendor_id}"


def _service(told: IncidentSnapshot) -> str:
    if told.restricted:
        return RESTRICTED
    return (told.service.name if told.service else "") or NO_SERVICE


def service_of(postmortem: PostmortemRef) -> str:
    """The service under which a postmortem counts, and what was promised in it."""
    return RESTRICTED if postmortem.restricted else postmortem.service or NO_SERVICE


def cells(incident: Incident, zone: ZoneInfo) -> dict[Cell, int]:
    """Each incident counts once, under what it was opened as: a counter may not take back what it has counted.

    In its quarter it counts as what it is now.
    """
    counts: dict[Cell, int] = {}
    if incident.opened_at is not None:
        quarter = quarter_of(incident.opened_at, zone)
        counts[cell("incidents_of", quarter=quarter, severity=incident.severity.value)] = 1
    if incident.opened_as_service is None or incident.opened_as_severity is None or incident.source is None:
        return counts
    opened_as = cell(
        "incidents",
        service=incident.opened_as_service,
        severity=incident.opened_as_severity.value,
        source=incident.source.value,
    )
    return counts | {opened_as: 1}
