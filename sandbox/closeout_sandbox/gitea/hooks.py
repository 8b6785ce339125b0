"""Gitea's webhooks: one attempt each, never repeated by itself. https://docs.gitea.com/usage/webhooks"""

from __future__ import annotations

import hmac

from closeout_sandbox.board.sender import Sender
from closeout_sandbox.board.tickets import Deed
from closeout_sandbox.gitea.views import Views

ACTIONS = {
    "opened": "opened",
    "closed": "closed",
    "reopened": "reopened",
    "assigned": "assigned",
    "labeled": "label_updated",
}


def headers(secret: str, event: str, guid: str, body: bytes, tried: int) -> dict[str, str]:
    """Without a secret a signature is sent all the same, made with nothing. Forgejo's names are the same values."""
    signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
    sha1 = hmac.new(secret.encode(), body, "sha1").hexdigest()
    kind = event.partition(".")[0]
    sent = {"Delivery": guid, "Event": kind, "Event-Type": kind}
    named = {
        f"X-{forge}-{name}": value for forge in ("Gitea", "Forgejo", "Gogs", "GitHub") for name, value in sent.items()
    }
    signed = {"X-Gitea-Signature": signature, "X-Forgejo-Signature": signature, "X-Gogs-Signature": signature}
    return named | signed | {"X-Hub-Signature-256": f"sha256={signature}", "X-Hub-Signature": f"sha1={sha1}"}


def tell(views: Views, sender: Sender, deed: Deed) -> None:
    """Send what happened to an issue. Of a deleted issue Gitea 1.24 tells nothing."""
    action = ACTIONS.get(deed.name, "edited")
    if deed.name == "deleted":
        return
    project = views.board.project(str(deed.ticket["project"]))
    if deed.name == "commented":
        told = {
            "action": "created",
            "issue": views.issue(deed.ticket),
            "comment": views.comment(deed.ticket["comments"][-1]),
            "repository": views.repository(project),
            "sender": views.user(deed.by),
            "is_pull": False,
        }
        sender.queue("issue_comment.created", told)
        return
    body = {
        "action": action,
        "number": deed.ticket["number"],
        "issue": views.issue(deed.ticket),
        "repository": views.repository(project),
        "sender": views.user(deed.by),
        "commit_id": "",
    }
    sender.queue(f"issues.{action}", body)
