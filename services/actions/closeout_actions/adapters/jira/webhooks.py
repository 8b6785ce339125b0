"""Which webhooks Jira has: an administrator's, and in Cloud those of the app whose token ours is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from closeout_actions.adapters.client import Client, list_of, object_of
from closeout_actions.adapters.jira.dialect import Dialect
from closeout_actions.adapters.port import Rejected, Unauthorized, Webhook

# Data Center has the second from version 10.
ADMINISTRATORS = ("rest/webhooks/1.0/webhook", "rest/jira-webhook/1.0/webhooks")
COMMENTS = frozenset({"comment_created", "comment_updated"})


async def webhooks(client: Client, dialect: Dialect) -> list[Webhook]:
    """All of the site. Raises Retryable, or Rejected where our account is neither an administrator's nor an app's."""
    lists = [*[await _administrators(client, path) for path in ADMINISTRATORS], await _apps(client, dialect)]
    shown = [one for one in lists if one is not None]
    if not shown:
        raise Rejected("Jira shows its webhooks only to administrators, and to apps their own.")
    return [webhook for one in shown for webhook in one]


async def _administrators(client: Client, path: str) -> list[Webhook] | None:
    try:
        answer = await client.read(path)
    except Unauthorized:
        return None  # of these Jira says to whoever is no administrator what it says to nobody at all
    if answer.status != 200:
        return None
    return [_webhook(one) for one in list_of(answer)]


async def _apps(client: Client, dialect: Dialect) -> list[Webhook] | None:
    """They have no address of their own: it is below the app's, and they end after 30 days."""
    if dialect.bulk is None:
        return None
    answer = await client.read(f"{dialect.api}/webhook", params={"maxResults": 100})
    if answer.status != 200:
        return None
    return [_webhook({"enabled": True, **one}) for one in object_of(answer).get("values") or ()]


def _webhook(found: Mapping[str, Any]) -> Webhook:
    events = {str(one) for one in found.get("events") or ()}
    ends = found.get("expirationDate")
    return Webhook(
        url=found.get("url"),
        is_active=bool(found.get("enabled", found.get("active", True))),
        tells_tickets="jira:issue_updated" in events,
        tells_comments=bool(events & COMMENTS),
        trouble=f"it ends at {ends}, unless the app extends it" if ends else None,
    )
