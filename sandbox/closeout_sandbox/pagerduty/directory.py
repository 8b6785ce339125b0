"""Who and what there is in the PagerDuty account beside incidents, and how PagerDuty refers to it."""

import string

from closeout_sandbox.problems import Missing
from closeout_sandbox.store import Doc, Store

ALPHABET = string.digits + string.ascii_uppercase
FOLDERS = {
    "user": "users",
    "service": "services",
    "escalation_policy": "escalation_policies",
    "team": "teams",
    "priority": "priorities",
    "incident": "incidents",
}


def base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = ALPHABET[rest] + digits
    return digits.rjust(width, "0")


class Directory:
    def __init__(self, store: Store, base_url: str, id_offset: int = 0) -> None:
        self.store = store
        self.api = f"{base_url}/pagerduty/api"
        self.web = f"{base_url}/pagerduty/web"
        self.id_offset = id_offset

    def number(self, counter: str) -> int:
        return self.store.next(f"pagerduty.{counter}") + self.id_offset

    def next_id(self, kind: str, first_letter: str, width: int) -> str:
        return first_letter + base36(self.number(kind), width - 1)

    def add(self, kind: str, name: str, *, id: str | None = None, **more: object) -> Doc:
        """A user, service, escalation_policy, team or priority."""
        made: Doc = {"id": id or self.next_id(kind, "P", 7), "kind": kind, "name": name, **more}
        return self.store.put(f"pagerduty.{kind}", made["id"], made)

    def add_user(self, name: str, email: str, *, id: str | None = None, role: str = "user") -> Doc:
        return self.add("user", name, id=id, email=email, role=role)

    def find(self, kind: str, wanted: str) -> Doc:
        """By id, by name or by mail address."""
        for one in self.store.all(f"pagerduty.{kind}"):
            if wanted.lower() in (one["id"].lower(), one["name"].lower(), str(one.get("email", "")).lower()):
                return one
        raise Missing(f"no {kind} {wanted}")

    def user_by_email(self, email: str) -> Doc | None:
        users = self.store.all("pagerduty.user")
        return next((user for user in users if user["email"].lower() == email.lower()), None)

    def reference(self, kind: str, thing_id: str) -> Doc:
        thing = self.find(kind, thing_id)
        return self.refer(kind, thing["id"], thing["name"])

    def refer(self, kind: str, thing_id: str, summary: str | None) -> Doc:
        path = f"{FOLDERS[kind]}/{thing_id}"
        return {
            "id": thing_id,
            "type": f"{kind}_reference",
            "summary": summary,
            "self": f"{self.api}/{path}",
            "html_url": f"{self.web}/{path}",
        }

    def agent(self, agent: Doc | None) -> Doc | None:
        """`agent` is {kind, id} as an incident's history keeps it."""
        return self.reference(agent["kind"], agent["id"]) if agent else None

    def full(self, kind: str, thing_id: str) -> Doc:
        """The whole thing, as `include[]` asks for it."""
        thing = self.find(kind, thing_id)
        return {
            **self.refer(kind, thing["id"], thing["name"]),
            "type": kind,
            "name": thing["name"],
            **getattr(self, f"{kind}_fields")(thing),
        }

    def user_fields(self, user: Doc) -> Doc:
        return {
            "email": user["email"],
            "time_zone": "Etc/UTC",
            "color": "green",
            "role": user["role"],
            "avatar_url": f"{self.web}/users/{user['id']}.png",
            "description": None,
            "invitation_sent": False,
            "job_title": None,
            "created_via_sso": False,
            "teams": [],
            "contact_methods": [],
            "notification_rules": [],
        }

    def service_fields(self, service: Doc) -> Doc:
        policy = self.reference("escalation_policy", service["escalation_policy"])
        return {"description": None, "status": "active", "escalation_policy": policy, "teams": []}

    def escalation_policy_fields(self, policy: Doc) -> Doc:
        targets = [self.reference("user", user) for user in policy["users"]]
        rules = [
            {"id": f"{policy['id']}{level}", "escalation_delay_in_minutes": 15, "targets": [target]}
            for level, target in enumerate(targets, start=1)
        ]
        return {"escalation_rules": rules, "num_loops": 0, "services": [], "teams": []}

    def team_fields(self, _: Doc) -> Doc:
        return {"description": None}

    def priority_fields(self, _: Doc) -> Doc:
        return {"description": None}
