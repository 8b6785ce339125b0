"""Which webhooks GitLab has. https://docs.gitlab.com/api/project_webhooks"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from closeout_actions.adapters.port import Webhook

WORKS = "executable"


def webhook(found: Mapping[str, Any]) -> Webhook:
    """One of a project's. One that failed too often GitLab calls disabled, for a while or for good."""
    status, until = found.get("alert_status", WORKS), found.get("disabled_until")
    trouble = f"GitLab has disabled it{f' until {until}' if until else ''}: it failed too often"
    return Webhook(
        url=str(found["url"]),
        is_active=status == WORKS,
        tells_tickets=bool(found.get("issues_events")),
        tells_comments=bool(found.get("note_events")),
        trouble=None if status == WORKS else trouble,
    )
