"""Linear's webhooks: https://linear.app/developers/webhooks"""

from __future__ import annotations

import hmac
import json
import time
import uuid
from typing import Any

from closeout_sandbox import clock
from closeout_sandbox.board.sender import Sender
from closeout_sandbox.board.tickets import Deed
from closeout_sandbox.linear.views import Views

# After anything but a 2xx: after 1 min, 1 h and 6 h. The pauses here are shorter.
RETRIES = 3
ORGANIZATION = str(uuid.UUID(int=7, version=4))


def signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def headers(secret: str, event: str, guid: str, body: bytes, tried: int) -> dict[str, str]:
    sent_at = str(json.loads(body)["webhookTimestamp"])
    named = {"Linear-Delivery": guid, "Linear-Event": event.partition(".")[0], "Linear-Timestamp": sent_at}
    return named | ({"Linear-Signature": signature(secret, body)} if secret else {})


def tell(views: Views, sender: Sender, deed: Deed) -> None:
    """Send what happened; a comment is no change of its issue, and has a webhook of its own."""
    if deed.name == "commented":
        sender.queue("Comment.create", commented(views, deed))
        return
    action = {"opened": "create", "deleted": "remove"}.get(deed.name, "update")
    actor = views.user(deed.by)
    data = views.told(deed.ticket)
    body: dict[str, Any] = {
        "action": action,
        "actor": {"id": actor["id"], "name": actor["name"], "type": "user"},
        "createdAt": clock.millis(clock.now()),
        "data": data,
        "url": data["url"],
        "type": "Issue",
        "organizationId": ORGANIZATION,
        "webhookTimestamp": int(time.time() * 1000),
        "webhookId": ORGANIZATION,
    }
    if action == "update" and deed.before is not None:
        before = views.told(deed.before)
        body["updatedFrom"] = {name: before.get(name) for name in data if before.get(name) != data[name]}
    sender.queue(f"Issue.{action}", body)


def commented(views: Views, deed: Deed) -> dict[str, Any]:
    """A comment, with no more of its issue than the id."""
    made, actor = views.comment(deed.ticket["comments"][-1]), views.user(deed.by)
    of_user = {"userId": actor["id"], "user": {name: actor[name] for name in ("id", "name", "email")}}
    data = {**{name: value for name, value in made.items() if name not in ("user", "url")}, **of_user}
    return {
        "action": "create",
        "actor": {"id": actor["id"], "name": actor["name"], "type": "user"},
        "createdAt": clock.millis(clock.now()),
        "data": {**data, "issueId": deed.ticket["id"], "reactionData": []},
        "url": made["url"],
        "type": "Comment",
        "organizationId": ORGANIZATION,
        "webhookTimestamp": int(time.time() * 1000),
        "webhookId": ORGANIZATION,
    }
