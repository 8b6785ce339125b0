"""What can happen to an incident; each deed leaves a log entry and, where PagerDuty has one, a webhook event."""

from typing import Any

from closeout_sandbox import clock
from closeout_sandbox.pagerduty.directory import Directory, base36
from closeout_sandbox.pagerduty.history import Deed, History, trimmed
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.store import Doc, Store

MOST_NOTES = 2000  # https://developer.pagerduty.com/api-reference: create a note on an incident


class Incidents:
    def __init__(self, store: Store, directory: Directory, history: History) -> None:
        self.store = store
        self.directory = directory
        self.history = history

    def find(self, wanted: str) -> Doc:
        """By id or by number."""
        found = self.store.get("pagerduty.incident", wanted)
        if found is None and wanted.isdigit():
            numbers = {one["number"]: one for one in self.store.all("pagerduty.incident")}
            found = numbers.get(int(wanted))
        if found is None:
            raise Missing(f"no incident {wanted}")
        return found

    def trigger(self, title: str, deed: Deed, **given: Any) -> Doc:
        """`given`: service, urgency, priority, assignees, teams, id, incident_key, details, severity."""
        if not title.strip():
            raise Invalid("an incident needs a title", "title", title)
        service = self.directory.find("service", given["service"])
        policy = self.directory.find("escalation_policy", service["escalation_policy"])
        at, priority = clock.seconds(deed.moment), given.get("priority")
        assignees = given.get("assignees") or policy["users"][:1]
        number = self.directory.number("incident_number")
        incident = {
            "id": given.get("id") or self.directory.next_id("incident", "Q", 14),
            "number": number,
            "title": title,
            "status": "triggered",
            "urgency": given.get("urgency") or "high",
            "priority": self.directory.find("priority", priority)["id"] if priority else None,
            "service": service["id"],
            "escalation_policy": policy["id"],
            "teams": [self.directory.find("team", one)["id"] for one in given.get("teams") or []],
            "assignees": [self.directory.find("user", one)["id"] for one in assignees],
            "acknowledgements": [],
            "responders": [],
            "incident_key": given.get("incident_key") or base36(number, 32).lower(),
            "created_at": at,
            "updated_at": at,
            "last_status_change_at": at,
            "last_status_change_by": self.history.agent(deed) or {"kind": "service", "id": service["id"]},
            "resolved_at": None,
            "reopened_at": None,
            "merged_into": None,
        }
        if self.store.get("pagerduty.incident", incident["id"]):
            raise Invalid("an incident of that id is here", "id", incident["id"])
        self.tell_trigger(incident, deed, given)
        return incident

    def tell_trigger(self, incident: Doc, deed: Deed, given: dict[str, Any]) -> None:
        details, severity = given.get("details") or {}, given.get("severity") or "critical"
        channel = {"type": "api", "summary": incident["title"], "details": details}
        self.add_alert(incident, details, severity)
        self.history.log(incident, deed, "trigger", "Triggered through the API.", channel=channel)
        for user in incident["assignees"]:
            name = self.directory.find("user", user)["name"]
            self.history.log(
                incident, deed, "notify", f"Notified {name} by push notification.", channel={"type": "auto"}
            )
        self.history.tell(incident, deed, "triggered", integration=True)

    def add_alert(self, incident: Doc, details: Doc, severity: str) -> None:
        alert = {
            "id": self.directory.next_id("alert", "A", 14),
            "summary": incident["title"],
            "created_at": incident["created_at"],
            "status": "triggered",
            "alert_key": incident["incident_key"],
            "details": details,
            "severity": severity,
        }
        self.store.put("pagerduty.alert", alert["id"], alert, incident["id"])

    def acknowledge(self, wanted: str, deed: Deed) -> Doc:
        incident = self.open_one(wanted)
        user = self.directory.find("user", deed.by or incident["assignees"][0])
        self.change_status(incident, "acknowledged", deed)
        incident["acknowledgements"].append({"at": clock.seconds(deed.moment), "user": user["id"]})
        self.history.log(
            incident, deed, "acknowledge", f"Acknowledged by {user['name']}.", acknowledgement_timeout=1800
        )
        return self.history.tell(incident, deed, "acknowledged")

    def unacknowledge(self, wanted: str, deed: Deed) -> Doc:
        incident = self.open_one(wanted)
        self.change_status(incident, "triggered", deed)
        incident["acknowledgements"] = []
        self.history.log(incident, deed, "unacknowledge", "Acknowledgement timed out.", channel={"type": "timeout"})
        return self.history.tell(incident, deed, "unacknowledged")

    def escalate(self, wanted: str, deed: Deed, to: list[str] | None = None) -> Doc:
        """To the next user of the policy, or to the users named; the incident is triggered again."""
        incident = self.open_one(wanted)
        self.change_status(incident, "triggered", deed)
        incident["acknowledgements"] = []
        incident["assignees"] = self.user_ids(to) if to else [self.next_on_policy(incident)]
        return self.history.tell_assigned(incident, deed, "escalate", "Escalated", "escalated")

    def reassign(self, wanted: str, deed: Deed, to: list[str]) -> Doc:
        incident = self.open_one(wanted)
        incident["assignees"] = self.user_ids(to)
        return self.history.tell_assigned(incident, deed, "assign", "Reassigned", "reassigned")

    def delegate(self, wanted: str, deed: Deed, policy: str) -> Doc:
        """To another escalation policy, whose first user is assigned."""
        incident = self.open_one(wanted)
        found = self.directory.find("escalation_policy", policy)
        incident.update(escalation_policy=found["id"], assignees=found["users"][:1])
        return self.history.tell_assigned(incident, deed, "delegate", "Delegated", "delegated")

    def annotate(self, wanted: str, deed: Deed, content: str, note_id: str | None = None) -> Doc:
        """Returns the note. It may be written on a resolved incident too."""
        incident = self.find(wanted)
        if not content.strip():
            raise Invalid("a note needs content", "content", content)
        if self.store.count("pagerduty.note", incident["id"]) >= MOST_NOTES:
            raise Invalid(f"an incident has at most {MOST_NOTES} notes", "note")
        user = self.directory.find("user", deed.by or incident["assignees"][0])
        note = {
            "id": note_id or self.directory.next_id("note", "N", 7),
            "user": user["id"],
            "content": content,
            "created_at": clock.seconds(deed.moment),
        }
        self.store.put("pagerduty.note", note["id"], note, incident["id"])
        channel = {"type": "note", "summary": content, "content": content}
        self.history.log(incident, deed, "annotate", f"Note added by {user['name']}.", channel=channel)
        self.history.tell_about(
            incident, deed, "annotated", "incident_note", id=note["id"], **trimmed("content", content)
        )
        return note

    def update_status(self, wanted: str, deed: Deed, message: str, **more: str | None) -> Doc:
        """Publish a status update to its subscribers; `more` is subject and html_message."""
        incident = self.find(wanted)
        update = {
            "id": self.directory.next_id("status_update", "U", 7),
            "message": message,
            "sender": self.directory.find("user", deed.by or incident["assignees"][0])["id"],
            "created_at": clock.seconds(deed.moment),
            **more,
        }
        self.store.put("pagerduty.status_update", update["id"], update, incident["id"])
        what = trimmed("message", message)
        self.history.tell_about(
            incident, deed, "status_update_published", "incident_status_update", id=update["id"], **what
        )
        return update

    def add_responder(self, wanted: str, deed: Deed, user: str, message: str = "Please help.") -> Doc:
        incident, at = self.find(wanted), clock.seconds(deed.moment)
        responder = {
            "user": self.directory.find("user", user)["id"],
            "state": "pending",
            "message": message,
            "requester": self.history.agent(deed),
            "requested_at": at,
            "updated_at": at,
        }
        incident["responders"] = [one for one in incident["responders"] if one["user"] != responder["user"]]
        incident["responders"].append(responder)
        return self.history.tell_responder(incident, deed, responder, "responder.added")

    def answer_responder(self, wanted: str, deed: Deed, state: str, message: str = "") -> Doc:
        """The one who was asked, `by`, says `accepted` or `declined`."""
        incident = self.find(wanted)
        user = self.directory.find("user", deed.by or "")["id"]
        asked = [one for one in incident["responders"] if one["user"] == user]
        if not asked or state not in ("accepted", "declined"):
            raise Invalid("that user was not asked, or that is no answer", "state", state)
        asked[0].update(state=state, updated_at=clock.seconds(deed.moment))
        return self.history.tell_responder(incident, deed, {**asked[0], "message": message}, "responder.replied")

    def set_priority(self, wanted: str, deed: Deed, priority: str | None) -> Doc:
        incident = self.find(wanted)
        incident["priority"] = self.directory.find("priority", priority)["id"] if priority else None
        self.history.log(incident, deed, "field_value_change", f"Priority changed to {priority}.")
        return self.history.tell(incident, deed, "priority_updated")

    def set_service(self, wanted: str, deed: Deed, service: str) -> Doc:
        incident = self.find(wanted)
        incident["service"] = self.directory.find("service", service)["id"]
        self.history.log(incident, deed, "field_value_change", f"Service changed to {service}.")
        return self.history.tell(incident, deed, "service_updated")

    def set_urgency(self, wanted: str, deed: Deed, urgency: str) -> Doc:
        """PagerDuty has no webhook for it, only a log entry."""
        incident = self.find(wanted)
        old, incident["urgency"] = incident["urgency"], urgency
        channel = {"type": "website", "old_urgency": {"urgency": old}, "new_urgency": {"urgency": urgency}}
        self.history.log(incident, deed, "urgency_change", f"Urgency changed from {old} to {urgency}.", channel=channel)
        return self.history.save(incident, deed)

    def set_title(self, wanted: str, deed: Deed, title: str) -> Doc:
        """PagerDuty has no webhook for it; the new title shows in the next one."""
        incident = self.find(wanted)
        incident["title"] = title
        self.history.log(incident, deed, "field_value_change", "Title changed.")
        return self.history.save(incident, deed)

    def resolve(self, wanted: str, deed: Deed) -> Doc:
        """Without `by` its service resolved it, as when the alert clears."""
        incident = self.open_one(wanted)
        self.close(incident, deed, "Resolved.")
        return self.history.tell(incident, deed, "resolved", integration=True)

    def reopen(self, wanted: str, deed: Deed) -> Doc:
        incident = self.find(wanted)
        if incident["status"] != "resolved":
            raise Invalid("the incident is open", "status", incident["status"])
        self.change_status(incident, "triggered", deed)
        policy = self.directory.find("escalation_policy", incident["escalation_policy"])
        incident.update(resolved_at=None, reopened_at=clock.seconds(deed.moment), assignees=policy["users"][:1])
        self.history.log(incident, deed, "trigger", "Reopened.")
        return self.history.tell(incident, deed, "reopened")

    def merge(self, wanted: str, deed: Deed, sources: list[str]) -> Doc:
        """Resolve the sources into this incident, which takes over their alerts."""
        target = self.open_one(wanted)
        for source in sources:
            incident = self.open_one(source)
            incident["merged_into"] = target["id"]
            for alert in self.store.all("pagerduty.alert", incident["id"]):
                self.store.delete("pagerduty.alert", alert["id"])
                self.store.put("pagerduty.alert", alert["id"], alert, target["id"])
            self.close(incident, deed, f"Merged into #{target['number']}.")
            self.history.tell(incident, deed, "resolved")
        return target

    # Parts of the deeds

    def open_one(self, wanted: str) -> Doc:
        incident = self.find(wanted)
        if incident["status"] == "resolved":
            raise Invalid("Incident Already Resolved", "status", "resolved")
        return incident

    def close(self, incident: Doc, deed: Deed, summary: str) -> None:
        self.change_status(incident, "resolved", deed)
        incident.update(resolved_at=clock.seconds(deed.moment), assignees=[], acknowledgements=[])
        for alert in self.store.all("pagerduty.alert", incident["id"]):
            self.store.put("pagerduty.alert", alert["id"], {**alert, "status": "resolved"})
        self.history.log(incident, deed, "resolve", summary)

    def change_status(self, incident: Doc, status: str, deed: Deed) -> None:
        by = self.history.agent(deed) or {"kind": "service", "id": incident["service"]}
        incident.update(status=status, last_status_change_at=clock.seconds(deed.moment), last_status_change_by=by)

    def next_on_policy(self, incident: Doc) -> str:
        users = self.directory.find("escalation_policy", incident["escalation_policy"])["users"]
        at = max((users.index(one) for one in incident["assignees"] if one in users), default=-1)
        return str(users[min(at + 1, len(users) - 1)])

    def user_ids(self, wanted: list[str]) -> list[str]:
        return [str(self.directory.find("user", one)["id"]) for one in wanted]
