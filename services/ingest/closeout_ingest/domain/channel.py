"""Which incident's channel a chat channel is.

Decision: docs/decisions/0016-what-is-said-in-chat-waits-for-its-incident.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from closeout_schemas.vocabulary import Vendor

# Chats say things about a channel; the others about an incident.
CHATS = frozenset({Vendor.SLACK})
# What belongs to no incident by then never will, and is nobody's business.
WAITS_AT_MOST = timedelta(days=14)

Key = tuple[Vendor, str]  # an incident's, or a channel's


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: what it is called, when it was called so, and the incident that it belongs to, once that is known."""

    vendor: Vendor
    channel_id: str
    name: str = ""
    named_at: datetime | None = None
    incident: Key | None = None

    @property
    def key(self) -> Key:
        """What facts name it by."""
        return self.vendor, self.channel_id


def named_in(name: str, patterns: Iterable[str]) -> str:
    """The number or id of the incident that a channel's name has in it; empty where it has none.

    >>> named_in("inc-7-checkout-is-slow", ["inc-{incident}"])
    '7'
    """
    for pattern in patterns:
        before, _, after = (re.escape(part) for part in pattern.partition("{incident}"))
        found = re.fullmatch(rf"{before}([a-z0-9]+){after}(?:[-_].*)?", name.casefold(), re.DOTALL)
        if found is not None:
            return found[1]
    return ""


def said_to_be(channel: Channel, mapped: Mapping[str, str]) -> Key | None:
    """The incident that the mapping file gives the channel, by its id or its name."""
    said = mapped.get(channel.channel_id) or mapped.get(channel.name)
    if said is None:
        return None
    vendor, _, vendor_id = said.partition(":")
    return Vendor(vendor), vendor_id


def channel_said_for(incident: Key, mapped: Mapping[str, str]) -> str | None:
    """The channel, by its id or its name, that the mapping file gives an incident."""
    vendor, vendor_id = incident
    return next((channel for channel, said in mapped.items() if said == f"{vendor.value}:{vendor_id}"), None)
