"""Words that all services share. Their meaning is written down in docs/glossary.md."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from hashlib import sha1
from typing import cast
from uuid import UUID

# Every id that Closeout makes is a UUID (version 5) in this name space, of what caused it: a replay finds what it made.
CLOSEOUT_IDS = UUID("6f1c1f9e-6a0e-5d0b-9b7e-3c0a5a2f6d11")
NAMESPACE = CLOSEOUT_IDS.bytes

# The two highest bits of the variant's digit are 10.
VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def _digest(kind: str, *cause: str) -> bytes:
    # What uuid5 does (RFC 9562, 5.5), in a third of the time. The unit separator cannot be confused with a part's own
    # text: ("a", "b") and ("ab",) differ.
    return sha1(NAMESPACE + "\x1f".join((kind, *cause)).encode(), usedforsecurity=False).digest()


def derived_id(kind: str, *cause: str) -> UUID:
    """The id of the `kind` of thing that `cause` brings about: the same cause, the same id.

    >>> derived_id("incident", "pagerduty", "Q1") == derived_id("incident", "pagerduty", "Q1")
    True
    """
    return UUID(bytes=_digest(kind, *cause)[:16], version=5)


def derived_id_text(kind: str, *cause: str) -> str:
    """`str(derived_id(…))` in a third of the time: for who makes one a request.

    >>> derived_id_text("incident", "pagerduty", "Q1") == str(derived_id("incident", "pagerduty", "Q1"))
    True
    """
    text = _digest(kind, *cause).hex()
    variant = VARIANTS[text[16]]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


# What other packages may call their trackers.
OUTSIDE = re.compile(r"x-[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,3}")


class Vendor(StrEnum):
    """A hosted system that Closeout talks to."""

    PAGERDUTY = "pagerduty"
    OPSGENIE = "opsgenie"
    JSM = "jsm"  # Jira Service Management Operations
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    GENERIC = "generic"  # a home-made pager, by Closeout's own documented format
    SLACK = "slack"
    GITHUB = "github"
    JIRA = "jira"
    LINEAR = "linear"
    GITLAB = "gitlab"
    GITEA = "gitea"
    HOMEMADE = "homemade"  # a tracker that speaks Closeout's own protocol: docs/howto/homemade.md

    @classmethod
    def _missing_(cls, value: object) -> Vendor | None:
        """A tracker that another package brings is called x-… (docs/howto/tracker-adapter.md). One name, one value."""
        if not isinstance(value, str) or not OUTSIDE.fullmatch(value):
            return None
        member = str.__new__(cls, value)
        member._name_, member._value_ = value, value
        return cast(Vendor, cls._value2member_map_.setdefault(value, member))

    CLOSEOUT = "closeout"  # nobody else: what a person wrote into Closeout by hand


class Severity(StrEnum):
    """How bad an incident is, worst first. `UNKNOWN`: the pager did not say."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"
    SEV5 = "sev5"
    UNKNOWN = "unknown"


class IncidentStatus(StrEnum):
    """Where an incident stands at the pager."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class PartyKind(StrEnum):
    """Who is behind a name: only a person can own an action item."""

    PERSON = "person"
    TEAM = "team"
    BOT = "bot"
    UNKNOWN = "unknown"


class Control(StrEnum):
    """What would have caught an incident earlier."""

    SLO_ALERT = "slo_alert"
    CANARY = "canary"
    FEATURE_FLAG = "feature_flag"
    CIRCUIT_BREAKER = "circuit_breaker"
    GUARD_RAIL = "guard_rail"
    OTHER = "other"


class ChangeType(StrEnum):
    """The change that set an incident off."""

    DEPLOY = "deploy"
    CONFIGURATION = "configuration"
    FEATURE_FLAG = "feature_flag"
    SCHEMA_MIGRATION = "schema_migration"
    INFRASTRUCTURE = "infrastructure"
    DATA = "data"
    NONE = "none"  # nothing was changed


class RunbookUse(StrEnum):
    """Whether there was a runbook for an incident, and whether it was used."""

    MISSING = "missing"
    NOT_USED = "not_used"
    USED = "used"


class FailureMode(StrEnum):
    """The shape of a failure, by which postmortems are found again."""

    CONFIG_CHANGE = "config_change"
    BAD_DEPLOY_OR_UPGRADE = "bad_deploy_or_upgrade"
    LATENT_SOFTWARE_BUG = "latent_software_bug"
    TRAFFIC_OVERLOAD = "traffic_overload"
    RESOURCE_EXHAUSTION = "resource_exhaustion"
    CASCADING_DEPENDENCY = "cascading_dependency"
    DNS = "dns"
    EXPIRY_CERT_CREDENTIAL = "expiry_cert_credential"
    DATABASE_DATA = "database_data"
    NETWORK_INGRESS = "network_ingress"
    INFRA_NODE_STORAGE = "infra_node_storage"
    SECURITY = "security"
    HUMAN_PROCEDURE_TOOLING = "human_procedure_tooling"
    THIRD_PARTY_OUTAGE = "third_party_outage"
    MONITORING_GAP = "monitoring_gap"


class RecurrenceKind(StrEnum):
    """How a promise stood when the incident that it was to prevent came back."""

    WHILE_OPEN = "while_open"  # it had not shipped
    DID_NOT_HOLD = "did_not_hold"  # it had shipped within HELD_AFTER before


# Most recurrences come within three weeks; what held for a month is not blamed for the next one. It is one rule for
# what people confirm and for what is inferred.
HELD_AFTER = timedelta(days=30)


class TargetKind(StrEnum):
    """How the target of an action item is named."""

    WEEK = "week"  # an ISO week, 2026-W50
    MILESTONE = "milestone"  # a sprint, cycle, iteration or milestone that exists in the tracker


class FieldKind(StrEnum):
    """What fits a field of the team's own in its tracker."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"  # 2026-12-31
    CHOICE = "choice"  # one of the allowed
    CHOICES = "choices"  # some of the allowed, one a line


class Demand(StrEnum):
    """Who demands what nobody may decline: it is linked, and no promise."""

    LAW = "law"
    SECURITY = "security"
    AUDITOR = "auditor"


class ItemChange(StrEnum):
    """What changed in a promise after its publication."""

    RETARGETED = "retargeted"
    REASSIGNED = "reassigned"


class TicketState(StrEnum):
    """What became of a ticket. Only `COMPLETED` counts as shipped: with a check, done in the tracker is a claim until
    the check passes."""

    WANTED = "wanted"  # committed, not yet in the tracker
    REFUSED = "refused"  # the tracker will not have it; the reason says why
    OPEN = "open"
    COMPLETED = "completed"
    CLAIMED = "claimed"  # closed as completed; its check has not been run yet
    NOT_VERIFIED = "not_verified"  # closed as completed; its check does not pass
    REGRESSED = "regressed"  # it had shipped, and its check does not pass any more
    WONT_DO = "wont_do"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    DELETED = "deleted"
    LOST = "lost"  # cannot be read any more, and nobody said why
    ARCHIVED = "archived"  # put away with its project or alone, unfinished
    CONVERTED = "converted"  # it is no ticket any more: a discussion, an epic
    NO_ACCESS = "no_access"  # the tracker says that we may not read it
    PROJECT_GONE = "project_gone"  # its project cannot be read any more
    MOVED_AWAY = "moved_away"  # to where it cannot be followed

    @property
    def is_shipped(self) -> bool:
        """Completed, not merely closed."""
        return self is TicketState.COMPLETED

    @property
    def is_dropped(self) -> bool:
        """Over without having been done."""
        return self in DROPPED

    @property
    def is_gone(self) -> bool:
        """No ticket that somebody works on, and it will not be one by itself: it can be made again."""
        return self in GONE

    @property
    def is_claimed(self) -> bool:
        """Closed as completed, whatever its check says."""
        return self in (TicketState.COMPLETED, TicketState.CLAIMED, TicketState.NOT_VERIFIED, TicketState.REGRESSED)


GONE = frozenset(
    {
        TicketState.DELETED,
        TicketState.LOST,
        TicketState.ARCHIVED,
        TicketState.CONVERTED,
        TicketState.NO_ACCESS,
        TicketState.PROJECT_GONE,
        TicketState.MOVED_AWAY,
    }
)
DROPPED = GONE | {TicketState.WONT_DO, TicketState.CANCELLED, TicketState.DUPLICATE}


class Outcome(StrEnum):
    """What a published postmortem came to."""

    PENDING = "pending"  # items are open and month four has not begun
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED_LATE = "closed_late"  # failed, and closed after that: still a failure
    JOURNAL_ENTRY = "journal_entry"  # nothing was committed
