"""What Slack is asked: what was said in a channel, what the channel is called, and who somebody is.

Contract: https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from closeout_chassis.errors import Retryable
from closeout_ingest.adapters.history import Page, in_parts
from closeout_ingest.adapters.reading import dict_of, dicts_of, text_of
from closeout_ingest.adapters.slack_history import MESSAGES
from closeout_ingest.adapters.slack_web import Doc, SlackWeb
from closeout_schemas.directory import KnownParty
from closeout_schemas.vocabulary import PartyKind, Vendor

log = logging.getLogger(__name__)

MOST_WAITS = 5
# What nobody can mend by waiting: the app is not in the channel, or may not see it.
CLOSED = frozenset({"channel_not_found", "not_in_channel", "is_archived", "missing_scope", "thread_not_found"})
# What the ids of channels begin with.
CHANNELS = ("C", "G")
# Not `missing_scope`: people are asked for again once it is granted.
NOBODY = frozenset({"user_not_found", "user_not_visible"})


class Slack:
    """One workspace. `page_size`: 15 for an app that Slack limits to that, else up to 999."""

    vendor = Vendor.SLACK

    def __init__(self, web: SlackWeb, page_size: int) -> None:
        self._web = web
        self._page_size = page_size

    async def person(self, user_id: str) -> KnownParty | None:
        """Name and e-mail of a user, or a channel's name; None where Slack knows none. Raises Retryable."""
        if user_id.startswith(CHANNELS):
            channel = await self.channel(user_id)
            named = {"vendor": Vendor.SLACK, "vendor_id": user_id, "kind": PartyKind.UNKNOWN}
            return KnownParty(name=f"#{channel[0]}", **named) if channel else None
        found = await self._web.get("users.info", {"user": user_id}, NOBODY)
        if found is None:
            return None
        user = dict_of(found, "user")
        profile = dict_of(user, "profile")
        name = text_of(profile, "real_name") or text_of(user, "real_name") or text_of(user, "name") or user_id
        kind = PartyKind.BOT if user.get("is_bot") is True else PartyKind.PERSON
        email = text_of(profile, "email") or None
        return KnownParty(vendor=Vendor.SLACK, vendor_id=user_id, name=name, email=email, kind=kind)

    async def channel(self, channel_id: str) -> tuple[str, datetime] | None:
        """What a channel is called, and when it was made; None where the app may not see it. Raises Retryable."""
        found = await self._web.get("conversations.info", {"channel": channel_id}, CLOSED)
        channel = dict_of(found, "channel") if found else {}
        name, made = text_of(channel, "name"), channel.get("created")
        at = datetime.fromtimestamp(made, UTC) if isinstance(made, int) and 0 < made < 10**11 else datetime.now(UTC)
        return (name, at) if name else None

    async def history(self, channel_id: str, since: datetime | None) -> AsyncIterator[Page]:
        """Everything that was said in a channel since then, threads too. Raises Retryable."""
        oldest = {"oldest": f"{since.timestamp():.6f}"} if since else {}
        async for messages in self._pages("conversations.history", {"channel": channel_id, **oldest}):
            for part in in_parts(messages):
                yield _page(channel_id, part)
            for parent in messages:
                # Replies are not among the channel's messages; the first of a thread is its parent, once more.
                if parent.get("reply_count"):
                    thread = {"channel": channel_id, "ts": text_of(parent, "ts")}
                    async for replies in self._pages("conversations.replies", thread):
                        for part in in_parts(replies):
                            yield _page(channel_id, part)

    async def _pages(self, method: str, params: Mapping[str, str | int]) -> AsyncIterator[list[Doc]]:
        cursor = ""
        while True:
            asked = {**params, "limit": self._page_size, **({"cursor": cursor} if cursor else {})}
            found = await self._patiently(method, asked)
            if found is None:
                return
            yield dicts_of(found.get(MESSAGES))
            before, cursor = cursor, text_of(dict_of(found, "response_metadata"), "next_cursor")
            if not cursor:
                return
            if cursor == before:
                raise Retryable(f"Slack names a page of {method} as the one after itself")

    async def _patiently(self, method: str, asked: Mapping[str, str | int]) -> Doc | None:
        """Wait for a limit that is met on the way: who may ask once a minute would begin again and again."""
        waits = MOST_WAITS if "cursor" in asked or "ts" in asked else 0
        while True:
            try:
                return await self._web.get(method, asked, CLOSED)
            except Retryable as error:
                if error.after is None or not waits:
                    raise
                log.info("waits on the way through a channel", extra={"because": str(error), "seconds": error.after})
                waits -= 1
                await asyncio.sleep(error.after)


def _page(channel_id: str, messages: list[Doc]) -> Page:
    return Page(MESSAGES, json.dumps({"channel": channel_id, MESSAGES: messages}))
