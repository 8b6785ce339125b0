"""GitLab's webhooks: https://docs.gitlab.com/user/project/integrations/webhook_events"""

from __future__ import annotations

import base64
import hmac
import time
from typing import Any

from closeout_sandbox.board.sender import Sender
from closeout_sandbox.board.tickets import Deed
from closeout_sandbox.gitlab.views import Views

ACTIONS = {"opened": "open", "closed": "close", "reopened": "reopen"}


def headers(secret: str, event: str, guid: str, body: bytes, tried: int) -> dict[str, str]:
    """The token in clear, and the newer signature by standardwebhooks.com."""
    moment = str(int(time.time()))
    text = f"{guid}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.new(secret.encode(), text, "sha256").digest()).decode()
    return {
        "X-Gitlab-Event": "Note Hook" if event == "note" else "Issue Hook",
        "X-Gitlab-Event-UUID": guid,
        "Idempotency-Key": guid,
        "X-Gitlab-Token": secret,
        "webhook-id": guid,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{signature}",
    }


def tell(views: Views, sender: Sender, deed: Deed) -> None:
    """Send what happened. Of a deleted issue GitLab tells nothing, of a note by an event of its own."""
    if deed.name == "deleted":
        return
    if deed.name == "commented":
        sender.queue("note", noted(views, deed))
        return
    issue, action = views.issue(deed.ticket), ACTIONS.get(deed.name, "update")
    named = ("id", "iid", "title", "description", "state", "due_date", "moved_to_id", "created_at", "updated_at")
    attributes: dict[str, Any] = {name: issue[name] for name in named}
    attributes |= {"action": action, "url": issue["web_url"], "type": "Issue", "closed_at": issue["closed_at"]}
    body = {
        "object_kind": "issue",
        "event_type": "issue",
        "user": views.user(deed.by) | {"email": "[REDACTED]"},
        "project": views.project(views.board.project(str(deed.ticket["project"]))),
        "object_attributes": attributes,
        "assignees": issue["assignees"],
        "labels": [{"title": one} for one in issue["labels"]],
        "changes": {},
    }
    sender.queue(f"issue.{action}", body)


def noted(views: Views, deed: Deed) -> dict[str, Any]:
    issue, made = views.issue(deed.ticket), deed.ticket["comments"][-1]
    named = ("id", "iid", "title", "description", "state", "created_at", "updated_at")
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": views.user(deed.by) | {"email": "[REDACTED]"},
        "project": views.project(views.board.project(str(deed.ticket["project"]))),
        "object_attributes": {"id": made["id"], "note": made["body"], "noteable_type": "Issue", "system": False},
        "issue": {name: issue[name] for name in named},
    }
