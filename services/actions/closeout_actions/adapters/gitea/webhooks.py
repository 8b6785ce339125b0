"""Which webhooks Gitea has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from closeout_actions.adapters.port import Webhook


def webhook(found: Mapping[str, Any]) -> Webhook:
    """One of a repository or of its organisation."""
    events = found.get("events") or ()
    return Webhook(
        url=str((found.get("config") or {}).get("url") or ""),
        is_active=bool(found.get("active")),
        tells_tickets="issues" in events,
        tells_comments="issue_comment" in events,
    )
