"""Writing in Slack: to a person, and in a channel. Each message once, also after a crash in the middle.

Contract: https://docs.slack.dev/reference/methods/chat.postMessage. It takes no key that would keep it from a second
message: ours carry one in their metadata, and who comes after somebody who broke off looks for it first.
"""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

from closeout_chassis.errors import Retryable
from closeout_ingest.adapters.reading import dict_of, dicts_of, text_of
from closeout_ingest.adapters.slack_web import Doc, SlackWeb
from closeout_schemas.notices import Notice, Recipient
from closeout_schemas.vocabulary import Vendor

EVENT_TYPE = "said_by_closeout"
# Slack's clock and ours.
CLOCKS_APART = timedelta(minutes=2)
LOOK_BACK_PAGES = 5
PAGE = 100
# By a name one can write, but not read: https://docs.slack.dev/reference/methods/conversations.history
CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{8,}")
LIST_PAGES, LISTED = 50, 200
KINDS = ("public_channel,private_channel", "public_channel")  # the second where the app may not see private ones
# Its words for somebody, or a channel, to whom nothing can be said, however long one waits.
NOBODY = frozenset({"users_not_found", "user_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot"})
NO_CHANNEL = frozenset({"channel_not_found", "not_in_channel", "is_archived", "channel_is_archived"})
UNSEEN = NO_CHANNEL | {"missing_scope"}
LINK = re.compile(r"<(https?://[^|>]*)(?:\|[^>]*)?>")


class SlackPosts:
    """One workspace, by one bot token."""

    vendor = Vendor.SLACK
    name = Vendor.SLACK.value
    # What was posted is in the history at once.
    settles_after = 0.0

    def __init__(self, web: SlackWeb) -> None:
        self._web = web

    def carries(self, to: Recipient) -> bool:
        """Whether Slack could know them."""
        return bool(to.channel or to.email or to.handles.get(Vendor.SLACK))

    async def tell(self, notice: Notice, known_by: str, begun_at: datetime | None) -> str | None:
        """Say it to its recipient; where it stands. None where Slack knows nobody of that name. Raises Retryable."""
        channel = notice.to.channel or await self._conversation_with(notice.to)
        words = "\n".join(filter(None, (notice.subject, notice.text, _link(notice))))
        return await self._once(channel, words, known_by, begun_at) if channel else None

    async def say(self, channel: str, text: str, known_by: str, begun_at: datetime | None, /) -> bool:
        """Say it in a channel. False where there is none, or the app is not in it. Raises Retryable."""
        return await self._once(channel, text, known_by, begun_at) is not None

    async def _conversation_with(self, to: Recipient) -> str | None:
        user = to.handles.get(Vendor.SLACK)
        if user is None and to.email:
            found = await self._web.get("users.lookupByEmail", {"email": to.email}, NOBODY)
            user = text_of(dict_of(found, "user"), "id") if found else None
        if not user:
            return None
        opened = await self._web.post("conversations.open", {"users": user}, NOBODY)
        return text_of(dict_of(opened, "channel"), "id") or None if opened else None

    async def _once(self, channel: str, words: str, known_by: str, begun_at: datetime | None) -> str | None:
        if begun_at is not None:
            there = await self._standing(channel, words, known_by, begun_at - CLOCKS_APART)
            if there:
                return f"{channel}:{there}"
        body: Doc = {
            "channel": channel,
            "text": html.escape(words, quote=False),
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"id": known_by}},
        }
        posted = await self._web.post("chat.postMessage", body, NO_CHANNEL)
        if posted is None:
            return None
        ts = text_of(posted, "ts")
        if not ts:
            raise Retryable("Slack's answer does not say where the message stands")
        return f"{text_of(posted, 'channel') or channel}:{ts}"

    async def _standing(self, channel: str, words: str, known_by: str, since: datetime) -> str | None:
        """The `ts` of the message, if it stands there. None also where the app may not look."""
        channel = await self._id_of(channel) or channel
        cursor = ""
        for _ in range(LOOK_BACK_PAGES):
            asked = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "include_all_metadata": "true"}
            more = {"cursor": cursor} if cursor else {}
            found = await self._web.get("conversations.history", {**asked, **more, "limit": PAGE}, UNSEEN)
            if found is None:
                return None
            for message in dicts_of(found.get("messages")):
                if _is_it(message, words, known_by):
                    return text_of(message, "ts")
            cursor = text_of(dict_of(found, "response_metadata"), "next_cursor")
            if not cursor:
                return None
        return None

    async def _id_of(self, channel: str) -> str | None:
        """The id of a channel that may be called by its name; None where the app sees none of that name."""
        if CHANNEL_ID.fullmatch(channel):
            return channel
        for kinds in KINDS:
            cursor = ""
            for _ in range(LIST_PAGES):
                asked = {"types": kinds, "exclude_archived": "true", **({"cursor": cursor} if cursor else {})}
                found = await self._web.get("conversations.list", {**asked, "limit": LISTED}, UNSEEN)
                if found is None:
                    break
                for one in dicts_of(found.get("channels")):
                    if text_of(one, "name") == channel.removeprefix("#"):
                        return text_of(one, "id")
                cursor = text_of(dict_of(found, "response_metadata"), "next_cursor")
                if not cursor:
                    return None
        return None


def _is_it(message: Doc, words: str, known_by: str) -> bool:
    payload = dict_of(dict_of(message, "metadata"), "event_payload")
    if payload:
        return text_of(payload, "id") == known_by
    # An app that may not read metadata knows it by its words, as Slack gives them back.
    return bool(message.get("bot_id")) and html.unescape(LINK.sub(r"\1", text_of(message, "text"))) == words


def _link(notice: Notice) -> str:
    return notice.url if notice.url and notice.url not in notice.text else ""
