"""What every deed on an incident leaves behind: a log entry, and a webhook event where PagerDuty has one."""

from dataclasses import dataclass, field
from datetime import datetime

from closeout_sandbox import clock
from closeout_sandbox.pagerduty.directory import Directory, base36
from closeout_sandbox.pagerduty.sender import Sender
from closeout_sandbox.pagerduty.views import Views
from closeout_sandbox.store import Doc, Store

# A long note is cut in its webhook and marked `trimmed`; where PagerDuty cuts is not published.
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Deed:
    """Who did it and when; `by` is an id, a name or a mail address, None for automation."""

    by: str | None = None
    at: datetime | None = None
    event_id: str | None = None
    moment: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "moment", self.at or clock.now())


class History:
    def __init__(self, store: Store, directory: Directory, views: Views, sender: Sender) -> None:
        self.store = store
        self.directory = directory
        self.views = views
        self.sender = sender

    def agent(self, deed: Deed) -> Doc | None:
        return {"kind": "user", "id": self.directory.find("user", deed.by)["id"]} if deed.by else None

    def log(
        self, incident: Doc, deed: Deed, kind: str, summary: str, *, channel: Doc | None = None, **more: object
    ) -> None:
        entry = {
            "id": self.directory.next_id("log_entry", "R", 14),
            "type": f"{kind}_log_entry",
            "summary": summary,
            "created_at": clock.seconds(deed.moment),
            "agent": self.agent(deed) or {"kind": "service", "id": incident["service"]},
            "channel": channel or {"type": "website"},
            "contexts": [],
            "assignees": incident["assignees"] if kind in ("assign", "escalate", "delegate") else [],
            "more": more,
        }
        self.store.put("pagerduty.log_entry", entry["id"], entry, incident["id"])

    def save(self, incident: Doc, deed: Deed) -> Doc:
        incident["updated_at"] = max(incident["updated_at"], clock.seconds(deed.moment))
        return self.store.put("pagerduty.incident", incident["id"], incident)

    def tell_assigned(self, incident: Doc, deed: Deed, kind: str, verb: str, event: str) -> Doc:
        names = ", ".join(self.directory.find("user", one)["name"] for one in incident["assignees"])
        self.log(incident, deed, kind, f"{verb} to {names}.")
        return self.tell(incident, deed, event)

    def tell(self, incident: Doc, deed: Deed, event: str, *, integration: bool = False) -> Doc:
        """`integration`: without a person it was the service, else nobody."""
        self.save(incident, deed)
        agent = self.agent(deed)
        if agent is None and integration:
            agent = {"kind": "service", "id": incident["service"]}
        self.publish(incident, deed, event, self.views.webhook_incident(incident), agent)
        return incident

    def tell_about(self, incident: Doc, deed: Deed, event: str, kind: str, **data: object) -> None:
        self.save(incident, deed)
        about = {"incident": self.views.reference(incident), **data, "type": kind}
        self.publish(incident, deed, event, about, self.agent(deed))

    def tell_responder(self, incident: Doc, deed: Deed, responder: Doc, event: str) -> Doc:
        user = self.directory.reference("user", responder["user"])
        said = {"message": responder["message"], "state": responder["state"]}
        self.tell_about(incident, deed, event, "incident_responder", user=user, escalation_policy=None, **said)
        return incident

    def publish(self, incident: Doc, deed: Deed, event: str, data: Doc, agent: Doc | None) -> None:
        envelope = {
            "id": deed.event_id or "01" + base36(self.directory.number("event"), 24),
            "event_type": f"incident.{event}",
            "resource_type": "incident",
            "occurred_at": clock.millis(deed.moment),
            "agent": self.directory.agent(agent),
            "client": None,
            "data": data,
        }
        self.sender.publish(envelope, incident["id"], incident["service"], incident["teams"])


def trimmed(field: str, text: str) -> dict[str, object]:
    return {field: text[:LONGEST_TEXT], "trimmed": len(text) > LONGEST_TEXT}
