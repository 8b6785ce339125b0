"""Slack's Events API: who may send events, and what people said in which channel.

Contracts: https://docs.slack.dev/apis/events-api/, https://docs.slack.dev/reference/events/message and
https://docs.slack.dev/authentication/verifying-requests-from-slack

A fact is about a channel here; which incident's channel it is, is found out behind (closeout_ingest/handlers.py).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters.authentication import is_fresh
from closeout_ingest.adapters.reading import Json, believable, dict_of, dicts_of, only, text_of, words
from closeout_ingest.adapters.source import Source, Strength
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_schemas.cards import MARK
from closeout_schemas.catalogue import PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, json_object
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import PartyKind, Vendor

SIGNATURE, TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
KEPT_HEADERS = (TIMESTAMP, "x-slack-retry-num", "x-slack-retry-reason", "content-type")
# Seconds and a counter that makes it unique in the channel: an identity first, and a time.
MENTION = re.compile(r"<([@#])([A-Z0-9]{2,30})(?:\|([^<>|]{0,100}))?>")
MOST_MENTIONS = 50
CHANNEL = re.compile(r"[A-Z0-9]{2,30}")
TS = re.compile(r"([0-9]{1,12})\.([0-9]{6})")


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: float | None = None) -> bool:
    """Whether one of `secrets` signed time and body, not long ago. Constant time a secret."""
    timestamp = headers.get(TIMESTAMP, "")
    if not is_fresh(timestamp, now):
        return False
    given = headers.get(SIGNATURE, "").encode("latin-1")
    signed = b"v0:" + timestamp.encode("latin-1") + b":" + body
    return any(hmac.compare_digest(given, b"v0=" + hmac.digest(s, signed, "sha256").hex().encode()) for s in secrets)


def challenge(body: bytes) -> bytes | None:
    """What Slack wants to hear when it makes sure that the URL is ours; None for an event."""
    if b"url_verification" not in body:
        return None
    said = json_object(body)
    return text_of(said, "challenge").encode() if said.get("type") == "url_verification" else None


_naming = only({"event": {"channel": None}})


def subject_of(body: bytes) -> str:
    """The channel, so that what is said in it keeps its order on the topic. Never raises."""
    try:
        return _channel_id(dict_of(_naming(body), "event"))[:50] or "other"
    except ValueError:
        return "other"


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """What was said in a channel; none for what is noise, or newer than this release.

    Raises Poison when it is no event at all, or a message of which channel or time are missing.
    """
    body = delivery.json_object
    if not text_of(body, "type"):
        raise Poison(Reason.UNINTERPRETABLE, "no Slack event: type is missing or no text")
    event = dict_of(body, "event")
    found = READERS.get(_name(event)) if body["type"] == "event_callback" else None
    if found is None or _is_unfurling(event):
        return ()
    kind, read = found
    if not _channel_id(event):
        raise Poison(Reason.UNINTERPRETABLE, f"{_name(event)}: event.channel is missing or no text")
    return (read(_Said(event, delivery.received_at), kind),)


def event_type_of(delivery: Delivery) -> str:
    """What Slack calls it, for people and counters."""
    body = delivery.json_object
    name = _name(dict_of(body, "event")) or text_of(body, "type") or "unknown"
    return name if name in READERS or name in KEPT or name == "unknown" else "other"


class _Said:
    """An event in a channel."""

    def __init__(self, event: Json, received_at: datetime) -> None:
        self.event = event
        self.channel_id = _channel_id(event)
        self.received_at = received_at

    def fact(
        self,
        kind: FactKind,
        ident: str,
        at: Any,
        *,
        text: str = "",
        author: Party | None = None,
        about: Mapping[str, str] | None = None,
    ) -> Fact:
        """This, as a fact of `kind` about the channel; `at` is a time as Slack writes it."""
        claimed = instant(at)
        return Fact(
            vendor=Vendor.SLACK,
            incident_vendor_id=self.channel_id,
            source_id=f"{self.channel_id}:{ident}",
            kind=kind,
            occurred_at=believable(claimed, self.received_at),
            received_at=self.received_at,
            text=text,
            author=author,
            url=_link(self.channel_id),
            about=tuple(sorted((name, value) for name, value in (about or {}).items() if value)),
            people=(author,) if author is not None and author.kind is PartyKind.PERSON else (),
            mentions=_mentions(text),
        )


def _link(channel_id: str) -> str | None:
    """To the channel, in whatever workspace the reader is in: https://docs.slack.dev/interactivity/deep-linking"""
    return f"https://slack.com/app_redirect?channel={channel_id}" if CHANNEL.fullmatch(channel_id) else None


def _mentions(text: str) -> tuple[Party, ...]:
    """The people and the channels that a text names by their ids."""
    named = {}
    for mark, ident, name in MENTION.findall(text)[:MOST_MENTIONS]:
        kind = PartyKind.PERSON if mark == "@" else PartyKind.UNKNOWN
        # A channel's mark may have its name; one without is looked up, as a person's is.
        shown = f"#{name}" if mark == "#" and name else ident
        named[ident] = Party(vendor=Vendor.SLACK, vendor_id=ident, name=shown, kind=kind)
    return tuple(named.values())


Reader = Callable[[_Said, FactKind], Fact]


def message_fact(channel_id: str, message: Json, received_at: datetime) -> Fact:
    """A message as the channel's history has it: the same fact as the event that told it."""
    return _message(_Said({**message, "channel": channel_id}, received_at), FactKind.MESSAGE)


def edit_fact(channel_id: str, message: Json, received_at: datetime) -> Fact:
    """That a message was edited, as the channel's history has it: the same fact as the event that told it."""
    event = {"channel": channel_id, "message": message}
    return _changed(_Said(event, received_at), FactKind.MESSAGE_EDITED)


def _message(said: _Said, kind: FactKind) -> Fact:
    message = said.event
    ts = _ts_of(message)
    files = ", ".join(_file(one) for one in dicts_of(message.get("files")))
    about = {"thread": _thread_of(message), "files": files}
    if message.get("bot_id") and MARK in _text_of(message):
        kind = FactKind.CARD
    return said.fact(kind, ts, ts, text=_text_of(message), author=_author(message), about=about)


def _changed(said: _Said, kind: FactKind) -> Fact:
    message = dict_of(said.event, "message")
    ts = _ts_of(message)
    if message.get("subtype") == "tombstone":
        # A message with a thread below it leaves a stone with an inscription when it is deleted.
        return _removed(said, ts)
    edited = dict_of(message, "edited")
    at = text_of(edited, "ts") or text_of(said.event, "ts")
    editor = {**message, "user": text_of(edited, "user") or message.get("user")}
    about = {"message": ts, "thread": _thread_of(message)}
    return said.fact(kind, f"{ts}:edited:{at}", at, text=_text_of(message), author=_author(editor), about=about)


def _deleted(said: _Said, _: FactKind) -> Fact:
    return _removed(said, text_of(said.event, "deleted_ts") or _ts_of(dict_of(said.event, "previous_message")))


def _removed(said: _Said, ts: str) -> Fact:
    if TS.fullmatch(ts) is None:
        raise Poison(Reason.UNINTERPRETABLE, "a deletion that does not say of which message")
    at = text_of(said.event, "event_ts") or text_of(said.event, "ts")
    return said.fact(FactKind.MESSAGE_DELETED, f"{ts}:deleted", at, about={"message": ts})


def _channel_named(said: _Said, kind: FactKind) -> Fact:
    channel = dict_of(said.event, "channel") or said.event
    name = text_of(channel, "name")
    at = text_of(said.event, "event_ts") or text_of(said.event, "ts")
    return said.fact(kind, f"named:{name}:{at}", at, text=name)


# Which event becomes which fact. Every other one is kept uninterpreted.
READERS: Mapping[str, tuple[FactKind, Reader]] = {
    "message": (FactKind.MESSAGE, _message),
    "message.thread_broadcast": (FactKind.MESSAGE, _message),
    "message.file_share": (FactKind.MESSAGE, _message),
    "message.me_message": (FactKind.MESSAGE, _message),
    "message.bot_message": (FactKind.MESSAGE, _message),
    "message.message_changed": (FactKind.MESSAGE_EDITED, _changed),
    "message.message_deleted": (FactKind.MESSAGE_DELETED, _deleted),
    "message.channel_name": (FactKind.CHANNEL_NAMED, _channel_named),
    "channel_created": (FactKind.CHANNEL_NAMED, _channel_named),
    "channel_rename": (FactKind.CHANNEL_NAMED, _channel_named),
    "group_rename": (FactKind.CHANNEL_NAMED, _channel_named),
}
KEPT: Mapping[str, str] = {
    "message.channel_join": "noise",
    "message.channel_leave": "noise",
    "message.channel_topic": "noise",
    "message.channel_purpose": "noise",
    "message.message_replied": "the reply has an event of its own",
    "app_rate_limited": "says that Slack has left events out: more than 30,000 an hour",
}


def instant(ts: Any) -> datetime | None:
    """The time in a message's `ts`, exactly: a float would lose its last digits."""
    found = TS.fullmatch(ts) if isinstance(ts, str) else None
    if found is None:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found[1]), microseconds=int(found[2]))
    except OverflowError:
        return None


def _name(event: Json) -> str:
    kind, subtype = text_of(event, "type"), text_of(event, "subtype")
    return f"{kind}.{subtype}" if subtype and kind == "message" else kind


def _is_unfurling(event: Json) -> bool:
    """Whether Slack itself has changed a message, by a preview of a link in it: nobody said anything."""
    message = dict_of(event, "message")
    return (
        event.get("subtype") == "message_changed" and "edited" not in message and message.get("subtype") != "tombstone"
    )


def _channel_id(event: Json) -> str:
    return text_of(event, "channel") or text_of(dict_of(event, "channel"), "id")


def _ts_of(message: Json) -> str:
    ts = text_of(message, "ts")
    if TS.fullmatch(ts) is None:
        raise Poison(Reason.UNINTERPRETABLE, "a message without its ts: it could not be told from another")
    return ts


def _thread_of(message: Json) -> str:
    thread = text_of(message, "thread_ts")
    return thread if thread != message.get("ts") else ""


def _text_of(message: Json) -> str:
    """What was said, word for word; of a bot that says all in attachments, what stands for them."""
    if text := text_of(message, "text"):
        return text
    attached = (text_of(one, "fallback") or text_of(one, "text") for one in dicts_of(message.get("attachments")))
    return "\n".join(one for one in attached if one)


def _file(file: Json) -> str:
    name = text_of(file, "name") or text_of(file, "title") or text_of(file, "id")
    link = text_of(file, "permalink")
    return f"{name} {link}".strip()


def _author(message: Json) -> Party | None:
    """Who said it, by their id; the name is looked up elsewhere."""
    bot = text_of(message, "bot_id")
    if bot:
        name = text_of(message, "username") or text_of(dict_of(message, "bot_profile"), "name") or bot
        return Party(vendor=Vendor.SLACK, vendor_id=bot, name=name, kind=PartyKind.BOT)
    user = words(message.get("user"))
    return Party(vendor=Vendor.SLACK, vendor_id=user, name=user, kind=PartyKind.PERSON) if user else None


SOURCE = Source(
    vendor=Vendor.SLACK,
    topic=PAGER_DELIVERIES.name,
    howto="slack",
    is_authentic=is_signed,
    strength=Strength.SIGNED_WITH_TIME,
    proof="signature is missing, older than 5 minutes, or not one of ours over these bytes",
    subject_of=subject_of,
    kept_headers=KEPT_HEADERS,
    answer=challenge,
    interpret=interpret,
    event_type_of=event_type_of,
    events={name: (kind,) for name, (kind, _) in READERS.items()}
    | {"message.message_changed": (FactKind.MESSAGE_EDITED, FactKind.MESSAGE_DELETED)},
    kept=KEPT,
)
