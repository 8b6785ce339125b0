"""Alert groups: what Alertmanager sends, and Grafana with a few fields more; read once.

Contracts: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/

A notification has no id and no time of its own, and is sent again whenever the group changes: each alert's beginning
and end, and each end of the whole, is a fact that any number of notifications may tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters.reading import (
    EARLIEST,
    Json,
    believable,
    dict_of,
    dicts_of,
    only,
    text_of,
    time_of,
    words,
)
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity

FIRING, RESOLVED, TEST = "group firing", "group resolved", "test"
# Which notification becomes which facts; a test holds it to what is read.
EVENTS: Mapping[str, Sequence[FactKind]] = {
    FIRING: (FactKind.OPENED, FactKind.ALERT_FIRED, FactKind.ALERT_RESOLVED, FactKind.CHANGED),
    RESOLVED: (FactKind.ALERT_FIRED, FactKind.ALERT_RESOLVED, FactKind.RESOLVED, FactKind.CHANGED),
}
KEPT = {TEST: "Grafana's button that tests a contact point"}

# Labels are an organisation's own; these are the usual ones, the first that is there counts.
SEVERITY_LABELS = ("severity", "priority", "level")
SERVICE_LABELS = ("service", "service_name", "app", "app_kubernetes_io_name", "job")
TEAM_LABELS = ("team", "owner", "squad")
SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(("critical", "crit", "emergency", "disaster", "page", "p1", "sev1", "1"), Severity.SEV1),
    **dict.fromkeys(("error", "high", "major", "p2", "sev2", "2"), Severity.SEV2),
    **dict.fromkeys(("warning", "warn", "medium", "average", "ticket", "p3", "sev3", "3"), Severity.SEV3),
    **dict.fromkeys(("minor", "low", "p4", "sev4", "4"), Severity.SEV4),
    **dict.fromkeys(("info", "informational", "notice", "none", "p5", "sev5", "5"), Severity.SEV5),
}
# An end before the beginning is a clock that was set back; the alert is over all the same.
AT_LEAST = timedelta(milliseconds=1)


NAMING = {"groupKey": None}
_naming = only(NAMING)


def subject_of(body: bytes) -> str:
    """The group, so that its notifications keep their order on the topic. Never raises."""
    try:
        return subject_named(_naming(body))
    except ValueError:
        return "other"


def subject_named(named: Json) -> str:
    """The same of a body of which the fields of NAMING were read."""
    return _group_id(text_of(named, "groupKey"))


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """The facts that a notification tells; none for a test.

    Raises Poison when it is no notification of a group, or names no alert that can be read.
    """
    body = delivery.json_object
    if not text_of(body, "groupKey") or body.get("status") not in ("firing", "resolved"):
        raise Poison(Reason.UNINTERPRETABLE, "no alert group: groupKey is missing, or status is not firing or resolved")
    alerts = [_Alert(one, delivery.received_at) for one in dicts_of(body.get("alerts"))]
    if not alerts:
        raise Poison(Reason.UNINTERPRETABLE, "the alert group has no alerts: it cannot be told when it was")
    return () if is_test(body) else _Notification(delivery, body, alerts).facts()


def event_type_of(delivery: Delivery) -> str:
    """What it is, for people and counters."""
    body = delivery.json_object
    status = body.get("status")
    if is_test(body):
        return TEST
    return f"group {status}" if status in ("firing", "resolved") else "unknown"


def is_test(body: Json) -> bool:
    """Whether somebody has only tried the button in Grafana."""
    labels = dict_of(body, "commonLabels")
    return labels.get("alertname") == "TestAlert" and labels.get("instance") == "Grafana"


class _Alert:
    """One alert of the group, with the times that can be believed."""

    def __init__(self, alert: Json, received_at: datetime) -> None:
        self.labels = {words(name): words(value) for name, value in dict_of(alert, "labels").items()}
        self.annotations = dict_of(alert, "annotations")
        self.url = text_of(alert, "generatorURL") or None
        self.is_over = alert.get("status") == "resolved"
        claimed = _moment(alert.get("startsAt"))
        self.began_at = believable(claimed, received_at)
        self.is_dated = claimed == self.began_at
        self.claimed_at = claimed.isoformat() if claimed is not None and not self.is_dated else ""
        # A time to come is when Alertmanager will take it for resolved if nobody tells it more: no end.
        ended_at = believable(_moment(alert.get("endsAt")), received_at) if self.is_over else self.began_at
        self.ended_at = max(ended_at, self.began_at + AT_LEAST) if self.is_over else None
        # Alertmanager's own identity of an alert is the hash of its labels; of one occurrence, that and its beginning.
        label_hash = hashlib.sha256(repr(sorted(self.labels.items())).encode()).hexdigest()[:16]
        self.id = f"{text_of(alert, 'fingerprint') or label_hash}:{words(alert.get('startsAt'))}"
        self.end_id = words(alert.get("endsAt"))

    def last_at(self) -> datetime:
        """The last that is known of it."""
        return self.ended_at or self.began_at

    def name(self) -> str:
        """What it is called."""
        return self.labels.get("alertname", "")

    def summary(self) -> str:
        """What it says of itself, in one line where there is one."""
        named = (text_of(self.annotations, key) for key in ("summary", "title", "message", "description"))
        return next((one for one in named if one), "") or self.name()

    def text(self) -> str:
        """All that it says of itself."""
        named = (text_of(self.annotations, key) for key in ("summary", "message", "description"))
        return "\n".join(dict.fromkeys(one for one in named if one))

    def about(self) -> dict[str, str]:
        """What it names besides words."""
        labels = _listed({name: value for name, value in self.labels.items() if name != "alertname"})
        runbook = text_of(self.annotations, "runbook_url")
        return {"alert": self.name(), "labels": labels, "runbook": runbook, "claimed_at": self.claimed_at}


class _Notification:
    """What is sent about a group, with the parts that every fact wants."""

    def __init__(self, delivery: Delivery, body: Json, alerts: Sequence[_Alert]) -> None:
        self.vendor = delivery.vendor
        self.received_at = delivery.received_at
        self.body = body
        self.group_id = _group_id(text_of(body, "groupKey"))
        self.group_labels = _texts(dict_of(body, "groupLabels"))
        self.alerts = sorted(alerts, key=lambda one: (one.began_at, one.id))
        # It cannot have been sent before the last thing in it.
        self.said_at = max(one.last_at() for one in alerts)
        dated = [one for one in self.alerts if one.is_dated]
        if dated:
            self.during = dated[0].began_at, max(one.last_at() for one in dated)
        else:
            # By a clock that cannot be right: what it says in common tells which notifications are of one incident.
            self.group_id = _group_id(f"{self.group_id}:{min(one.id for one in alerts)}")
            self.during = EARLIEST, EARLIEST

    def facts(self) -> list[Fact]:
        """Each beginning and each end."""
        told = []
        if all(alert.ended_at is None for alert in self.alerts):
            # So begins a group, and so it begins again. Where one has ended already, another notification told it.
            told.append(self._opened(self.alerts[0]))
        for alert in self.alerts:
            told.append(self._fired(alert))
            if alert.ended_at is not None:
                told.append(self._ended(alert, alert.ended_at))
        if self.body["status"] == "resolved":
            told.append(self._resolved())
        left_out = self.body.get("truncatedAlerts")
        if isinstance(left_out, int) and left_out > 0:
            told.append(self._truncated(left_out))
        return told

    def _opened(self, first: _Alert) -> Fact:
        about = {"group": _listed(self.group_labels), "receiver": text_of(self.body, "receiver")}
        text = self._title(first)
        return self._fact(FactKind.OPENED, f"opened:{first.id}", first.began_at, text=text, about=about)

    def _fired(self, alert: _Alert) -> Fact:
        labels = {**alert.labels, **self.group_labels}
        severity, service, team = severity_in(alert.labels), service_in(labels), _first(labels, TEAM_LABELS)
        told = Told(
            title=self._title(alert) or None,
            url=text_of(self.body, "externalURL") or None,
            status=IncidentStatus.TRIGGERED,
            worst_severity=severity if severity is not Severity.UNKNOWN else None,
            service=Service(vendor_id=service, name=service) if service else None,
            teams=(Party(vendor=self.vendor, vendor_id=team, name=team, kind=PartyKind.TEAM),) if team else None,
            opened_at=alert.began_at,
        )
        about = alert.about()
        source_id = f"{alert.id}:fired"
        text = alert.text()
        return self._fact(
            FactKind.ALERT_FIRED, source_id, alert.began_at, told=told, text=text, about=about, url=alert.url
        )

    def _title(self, alert: _Alert) -> str:
        return alert.summary() or _listed({**alert.labels, **self.group_labels})

    def _ended(self, alert: _Alert, at: datetime) -> Fact:
        about = {"alert": alert.name()}
        return self._fact(
            FactKind.ALERT_RESOLVED, f"{alert.id}:resolved:{alert.end_id}", at, about=about, url=alert.url
        )

    def _resolved(self) -> Fact:
        # Of the group as a whole: not before its last alert, whichever of them this one names.
        last = max(self.alerts, key=lambda one: (one.last_at(), one.id))
        told = Told(status=IncidentStatus.RESOLVED)
        source_id = f"resolved:{last.id}:{last.end_id}"
        return self._fact(FactKind.RESOLVED, source_id, self.said_at, told=told)

    def _truncated(self, left_out: int) -> Fact:
        about = {"change": "alerts were left out (max_alerts)", "alerts": str(left_out)[:20]}
        source_id = f"truncated:{self.said_at.isoformat()}:{about['alerts']}"
        return self._fact(FactKind.CHANGED, source_id, self.said_at, about=about)

    def _fact(
        self,
        kind: FactKind,
        source_id: str,
        at: datetime,
        *,
        told: Told | None = None,
        text: str = "",
        about: Mapping[str, str] | None = None,
        url: str | None = None,
    ) -> Fact:
        return Fact(
            vendor=self.vendor,
            incident_vendor_id=self.group_id,
            # The same alert may be in the groups of several routes.
            source_id=f"{self.group_id}:{source_id}",
            kind=kind,
            occurred_at=at,
            received_at=self.received_at,
            told=told or Told(),
            text=text,
            url=url or text_of(self.body, "externalURL") or None,
            about=tuple(sorted((name, value) for name, value in (about or {}).items() if value)),
            during=self.during,
        )


def severity_in(labels: Mapping[str, str]) -> Severity:
    """What the labels say of how bad it is."""
    return SEVERITIES.get(_first(labels, SEVERITY_LABELS).strip().lower(), Severity.UNKNOWN)


def service_in(labels: Mapping[str, str]) -> str:
    """What the labels say is ill; empty where they say nothing."""
    return _first(labels, SERVICE_LABELS)


def _group_id(key: str) -> str:
    # A group key holds whole matchers and label values: too long, and too much, for an id.
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _moment(value: Any) -> datetime | None:
    moment = time_of(value)
    return moment if moment is not None and moment >= EARLIEST else None


def _first(labels: Mapping[str, str], names: Iterable[str]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _texts(labels: Json) -> dict[str, str]:
    return {words(name): words(value) for name, value in labels.items() if words(value)}


def _listed(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))
