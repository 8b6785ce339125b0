"""As much of JQL as a tracker adapter needs: clauses joined by AND, and an order. What it does not know is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from closeout_sandbox import clock
from closeout_sandbox.problems import Invalid
from closeout_sandbox.store import Doc

CLAUSE = re.compile(r'(?P<field>\w+)\s*(?P<op>=|!=|>=|<=)\s*(?P<value>"[^"]*"|[\w-]+\(\)|[\w-]+)$')
ORDER = re.compile(r"\s+ORDER BY\s+(?P<field>created|updated|key)(?P<way>\s+(ASC|DESC))?$", re.IGNORECASE)
AGO = re.compile(r"-(\d+)([mhdw])$")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Query:
    """A parsed query. `key_of` and `me` are what the clauses are about. Raises Invalid."""

    def __init__(self, text: str, project_of: Callable[[Doc], str], me: str) -> None:
        order = ORDER.search(text)
        self.by = {"created": "created_at", "updated": "updated_at"}.get(order["field"].lower() if order else "", "id")
        self.down = bool(order and (order["way"] or "").strip().upper() == "DESC")
        clauses = text[: order.start()] if order else text
        if not clauses.strip():
            raise Invalid("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
        self.tests = [self.test(one.strip(), project_of, me) for one in re.split(r"\s+AND\s+", clauses.strip())]

    def test(self, clause: str, project_of: Callable[[Doc], str], me: str) -> Callable[[Doc], bool]:
        found = CLAUSE.match(clause)
        if found is None:
            raise Invalid(f"Error in the JQL Query: '{clause}'")
        field, op, value = found["field"].lower(), found["op"], found["value"].strip('"')
        match field, op:
            case "labels", "=":
                return lambda ticket: value in ticket["labels"]
            case "project", "=":
                return lambda ticket: value in (project_of(ticket), str(ticket["project"]))
            case "creator", "=" if value == "currentUser()":
                return lambda ticket: bool(ticket["author"] == me)
            case "updated", ">=":
                since = before(value)
                return lambda ticket: datetime.fromisoformat(ticket["updated_at"]) >= since
        raise Invalid(f"Field '{field}' does not exist or cannot be used with {op} here.")

    def chosen(self, tickets: list[Doc]) -> list[Doc]:
        found = [one for one in tickets if all(test(one) for test in self.tests)]
        return sorted(found, key=lambda one: one[self.by], reverse=self.down)


def before(text: str) -> datetime:
    """-5m, from now. A date is of the asker's time zone, and taken for UTC here."""
    ago = AGO.fullmatch(text)
    if ago:
        return clock.now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.strptime(text.replace("/", "-"), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(f"Date value '{text}' for field 'updated' is invalid.") from None
