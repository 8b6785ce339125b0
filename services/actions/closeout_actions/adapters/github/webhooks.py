"""Which webhooks GitHub has: the repository's, and the app's where we are one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from closeout_actions.adapters.client import Client, object_of
from closeout_actions.adapters.github.answers import message
from closeout_actions.adapters.github.lists import Lists
from closeout_actions.adapters.port import Rejected, Webhook

TICKETS, COMMENTS = "issues", "issue_comment"


async def of_repository(lists: Lists, project: str) -> list[Webhook]:
    """Raises Retryable, Rejected or Unauthorized."""
    try:
        return [_webhook(one) for one in await lists.all(f"/repos/{project}/hooks")]
    except Rejected as error:
        raise Rejected(f"{error} To see webhooks the token needs Webhooks: read.") from None


async def of_app(client: Client) -> list[Webhook]:
    """The one that an app has for all its installations. Raises as above."""
    config, app = await client.read("/app/hook/config"), await client.read("/app")
    if config.status != 200 or app.status != 200:
        raise Rejected(f"The app's webhook cannot be read ({message(config if config.status != 200 else app)}).")
    url = object_of(config).get("url")
    return [_told(str(url), object_of(app).get("events") or (), is_active=True)] if url else []


def _webhook(found: Mapping[str, Any]) -> Webhook:
    last = found.get("last_response") or {}
    code = last.get("code")
    trouble = f"the last answer was {code} {last.get('message') or ''}".strip() if code and code >= 300 else None
    url = str((found.get("config") or {}).get("url") or "")
    return _told(url, found.get("events") or (), is_active=bool(found.get("active")), trouble=trouble)


def _told(url: str, events: Collection[str], *, is_active: bool, trouble: str | None = None) -> Webhook:
    every = "*" in events
    return Webhook(url, is_active, every or TICKETS in events, every or COMMENTS in events, trouble)
