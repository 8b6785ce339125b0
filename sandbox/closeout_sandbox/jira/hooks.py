"""Jira's webhooks: what each deed is called, what it carries, how it is signed.

https://developer.atlassian.com/cloud/jira/platform/webhooks
"""

from __future__ import annotations

import hmac
import time
from typing import Any

from closeout_sandbox.board.sender import Sender
from closeout_sandbox.board.tickets import Deed
from closeout_sandbox.jira.views import STATUSES, Views
from closeout_sandbox.store import Doc

EVENTS = {"opened": "jira:issue_created", "deleted": "jira:issue_deleted", "commented": "comment_created"}
KINDS = {"opened": "issue_created", "moved": "issue_moved", "closed": "issue_generic", "reopened": "issue_generic"}
# It retries 5 times after these, and never after another 4xx.
FINAL = tuple(status for status in range(400, 500) if status not in (408, 409, 425, 429))


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def headers(secret: str, event: str, guid: str, body: bytes, tried: int) -> dict[str, str]:
    """Signed only where a secret is set."""
    sent = {"X-Atlassian-Webhook-Identifier": guid, "X-Atlassian-Webhook-Flow": "Primary"}
    if tried:
        sent["X-Atlassian-Webhook-Retry"] = str(tried)
    return sent | ({"X-Hub-Signature": signature(secret, body)} if secret else {})


def tell(views: Views, sender: Sender, deed: Deed) -> None:
    """Send what happened."""
    event = EVENTS.get(deed.name, "jira:issue_updated")
    if event == "comment_created":
        sender.queue(event, commented(views, deed))
        return
    fields = views.fields(deed.ticket, in_webhook=True)
    issue = {"id": str(deed.ticket["id"]), "self": views.issue(deed.ticket)["self"], "key": views.key(deed.ticket)}
    body: dict[str, Any] = {
        "timestamp": int(time.time() * 1000),
        "webhookEvent": event,
        "issue_event_type_name": KINDS.get(deed.name, "issue_updated"),
        "user": views.user(deed.by),
        "issue": {**issue, "fields": fields},
    }
    if event == "jira:issue_updated" and deed.before is not None:
        body["changelog"] = {"id": "10100", "items": changes(views, deed.before, deed.ticket)}
    sender.queue(event, body)


def commented(views: Views, deed: Deed) -> dict[str, Any]:
    """A comment's webhook names nobody but its author, and shows only a part of its issue."""
    shown, every = views.issue(deed.ticket), views.fields(deed.ticket, in_webhook=True)
    made = views.comment(deed.ticket["comments"][-1])
    return {
        "timestamp": int(time.time() * 1000),
        "webhookEvent": "comment_created",
        "comment": {**made, "body": "(a comment)", "updateAuthor": made["author"], "jsdPublic": True},
        "issue": {
            **{name: shown[name] for name in ("id", "self", "key")},
            "fields": {name: every[name] for name in ("summary", "issuetype", "project", "assignee", "status")},
        },
    }


def changes(views: Views, before: Doc, after: Doc) -> list[Doc]:
    """The entries of the changelog."""
    was, now = STATUSES[views.status(before)], STATUSES[views.status(after)]
    pairs = [
        ("status", was[1], now[1]),
        ("summary", before["title"], after["title"]),
        ("assignee", *(one["assignees"][0] if one["assignees"] else None for one in (before, after))),
        ("duedate", before["due_on"], after["due_on"]),
        ("Key", views.key(before), views.key(after)),
    ]
    items = [(name, old, new) for name, old, new in pairs if old != new]
    return [{"field": name, "fieldtype": "jira", "fromString": old, "toString": new} for name, old, new in items]
