"""GitHub's issue search over an index that lags: it shows each issue as it was some seconds ago."""

import re
import time
from collections.abc import Callable

from closeout_sandbox import behaviour
from closeout_sandbox.store import Doc, Store

TERM = re.compile(r'(-?)(?:(\w+):)?("[^"]*"|\S+)')


def indexed(store: Store, now: float | None = None) -> list[Doc]:
    """Each issue in its newest indexed shape."""
    visible = (now or time.time()) - behaviour.read(store).search_lag_seconds
    found = []
    for entry in store.all("github.search"):
        shown = [one["issue"] for one in entry["snapshots"] if one["at"] <= visible]
        if shown and not shown[-1]["deleted"] and not shown[-1]["moved_to"]:
            found.append(shown[-1])
    return found


def matches(query: str, issue: Doc, full_name: str) -> bool:
    """Qualifiers repo, org, user, is, type, state, reason, author, assignee, label; other words in title or body."""
    places: list[str] = re.findall(r"\bin:(\S+)", query)
    for minus, qualifier, quoted in TERM.findall(query):
        value = quoted.strip('"').lower()
        if qualifier == "in":
            continue
        test = QUALIFIERS.get(qualifier)
        if test is None:
            text = f"{qualifier}:{value}" if qualifier else value
            hit = holds(issue, text, places)
        else:
            hit = test(issue, value, full_name.lower())
        if hit is bool(minus):
            return False
    return True


def holds(issue: Doc, text: str, places: list[str]) -> bool:
    wanted = ",".join(places) or "title,body"
    return any(text in (issue[place] or "").lower() for place in ("title", "body") if place in wanted)


def is_a(issue: Doc, value: str, full_name: str) -> bool:
    if value in ("pr", "pull-request"):
        return bool(issue["pull_request"])
    if value == "issue":
        return not issue["pull_request"]
    return bool(issue["state"] == value)


QUALIFIERS: dict[str, Callable[[Doc, str, str], bool]] = {
    "repo": lambda issue, value, full_name: value == full_name,
    "org": lambda issue, value, full_name: full_name.startswith(f"{value}/"),
    "user": lambda issue, value, full_name: full_name.startswith(f"{value}/"),
    "is": is_a,
    "type": is_a,
    "state": is_a,
    "reason": lambda issue, value, full_name: (issue["state_reason"] or "").replace("_", " ") == value,
    "author": lambda issue, value, full_name: issue["user"].lower() == value,
    "assignee": lambda issue, value, full_name: value in [login.lower() for login in issue["assignees"]],
    "label": lambda issue, value, full_name: value in [name.lower() for name in issue["labels"]],
}
