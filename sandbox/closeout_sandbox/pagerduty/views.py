"""How PagerDuty writes down an incident: in REST answers and in webhooks."""

from closeout_sandbox.pagerduty.directory import Directory
from closeout_sandbox.store import Doc, Store

# Webhooks and REST have different words for the same answer of a responder.
REST_RESPONDER_STATES = {"pending": "pending", "accepted": "joined", "declined": "declined"}


class Views:
    def __init__(self, store: Store, directory: Directory) -> None:
        self.store = store
        self.directory = directory

    def reference(self, incident: Doc) -> Doc:
        return self.directory.refer("incident", incident["id"], incident["title"])

    def users(self, ids: list[str]) -> list[Doc]:
        return [self.directory.reference("user", one) for one in ids]

    def webhook_incident(self, incident: Doc) -> Doc:
        refer, copied = self.directory.reference, ("status", "incident_key", "created_at", "reopened_at", "title")
        link = self.reference(incident)
        return {
            "id": incident["id"],
            "type": "incident",
            "self": link["self"],
            "html_url": link["html_url"],
            "number": incident["number"],
            **{name: incident[name] for name in copied},
            "service": refer("service", incident["service"]),
            "assignees": self.users(incident["assignees"]),
            "escalation_policy": refer("escalation_policy", incident["escalation_policy"]),
            "teams": [refer("team", one) for one in incident["teams"]],
            "priority": refer("priority", incident["priority"]) if incident["priority"] else None,
            "urgency": incident["urgency"],
            "conference_bridge": None,
            "resolve_reason": self.resolve_reason(incident),
            "incident_type": {"name": "incident_default"},
        }

    def resolve_reason(self, incident: Doc) -> Doc | None:
        if not incident["merged_into"]:
            return None
        target = self.store.get("pagerduty.incident", incident["merged_into"])
        return {"type": "merge_resolve_reason", "incident": self.reference(target)} if target else None

    def incident(self, incident: Doc) -> Doc:
        refer, times = self.directory.reference, ("created_at", "updated_at", "resolved_at", "last_status_change_at")
        entries = self.store.all("pagerduty.log_entry", incident["id"])
        priority = incident["priority"]
        return {
            **self.reference(incident),
            "type": "incident",
            "summary": f"[#{incident['number']}] {incident['title']}",
            "incident_number": incident["number"],
            **{name: incident[name] for name in ("title", "status", "incident_key", "urgency", *times)},
            "service": refer("service", incident["service"]),
            "assignments": [
                {"at": incident["updated_at"], "assignee": one} for one in self.users(incident["assignees"])
            ],
            "assigned_via": "escalation_policy",
            "last_status_change_by": self.directory.agent(incident["last_status_change_by"]),
            "first_trigger_log_entry": self.entry_reference(entries[0]) if entries else None,
            "alert_counts": self.alert_counts(incident),
            "is_mergeable": True,
            "incident_type": {"name": "incident_default"},
            "escalation_policy": refer("escalation_policy", incident["escalation_policy"]),
            "teams": [refer("team", one) for one in incident["teams"]],
            "pending_actions": [],
            "acknowledgements": [
                {"at": one["at"], "acknowledger": refer("user", one["user"])} for one in incident["acknowledgements"]
            ],
            "alert_grouping": None,
            "priority": self.directory.full("priority", priority) if priority else None,
            "resolve_reason": self.resolve_reason(incident),
            "incidents_responders": [self.responder(incident, one) for one in incident["responders"]],
            "responder_requests": [],
        }

    def alert_counts(self, incident: Doc) -> Doc:
        states = [alert["status"] for alert in self.store.all("pagerduty.alert", incident["id"])]
        counts = {state: states.count(state) for state in ("triggered", "resolved")}
        return {"all": len(states), **counts}

    def responder(self, incident: Doc, responder: Doc) -> Doc:
        return {
            "state": REST_RESPONDER_STATES[responder["state"]],
            "user": self.directory.reference("user", responder["user"]),
            "incident": self.reference(incident),
            "updated_at": responder["updated_at"],
            "message": responder["message"],
            "requester": self.directory.agent(responder["requester"]),
            "requested_at": responder["requested_at"],
        }

    def entry_reference(self, entry: Doc) -> Doc:
        return {
            "id": entry["id"],
            "type": f"{entry['type']}_reference",
            "summary": entry["summary"],
            "self": f"{self.directory.api}/log_entries/{entry['id']}",
            "html_url": None,
        }

    def log_entry(self, incident: Doc, entry: Doc, include: list[str]) -> Doc:
        """Of `include` only the channels show: the description has no more than references for the rest."""
        channel = entry["channel"] if "channels" in include else {"type": entry["channel"]["type"]}
        return {
            **self.entry_reference(entry),
            "type": entry["type"],
            "created_at": entry["created_at"],
            "agent": self.directory.agent(entry["agent"]),
            "channel": channel,
            "service": self.directory.reference("service", incident["service"]),
            "incident": self.reference(incident),
            "teams": [],
            "contexts": entry["contexts"],
            **entry["more"],
            **({"assignees": self.users(entry["assignees"])} if entry["assignees"] else {}),
        }

    def note(self, note: Doc) -> Doc:
        return {
            "id": note["id"],
            "user": self.directory.reference("user", note["user"]),
            "channel": {"summary": "The PagerDuty website or APIs"},
            "content": note["content"],
            "created_at": note["created_at"],
            "updated_at": note["created_at"],
        }

    def alert(self, incident: Doc, alert: Doc) -> Doc:
        return {
            "id": alert["id"],
            "type": "alert",
            "summary": alert["summary"],
            "self": f"{self.directory.api}/incidents/{incident['id']}/alerts/{alert['id']}",
            "html_url": f"{self.directory.web}/alerts/{alert['id']}",
            "created_at": alert["created_at"],
            "status": alert["status"],
            "alert_key": alert["alert_key"],
            "service": self.directory.reference("service", incident["service"]),
            "body": {"type": "alert_body", "contexts": [], "details": alert["details"]},
            "incident": self.reference(incident),
            "suppressed": False,
            "severity": alert["severity"],
        }

    def status_update(self, update: Doc) -> Doc:
        optional = {name: update[name] for name in ("subject", "html_message") if update.get(name)}
        return {
            "id": update["id"],
            "message": update["message"],
            "created_at": update["created_at"],
            "sender": self.directory.reference("user", update["sender"]),
            **optional,
        }
