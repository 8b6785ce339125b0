"""What Opsgenie and its successor name alike in webhooks and in their REST APIs: times, priorities, people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from closeout_ingest.adapters.reading import time_of, words
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import PartyKind, Severity, Vendor

# Atlassian's account ids: https://developer.atlassian.com/cloud/jira/platform/user-privacy-developer-guide/
ACCOUNT_ID = re.compile(r"[0-9]+:[0-9a-f-]{36}|[0-9a-f]{24}")
# Times were in milliseconds when the vendor began: what is less is none.
EARLIEST_MILLISECONDS = 10**11


def instant(value: Any) -> datetime | None:
    """A time as the vendor counts it: `createdAt` in ms, `updatedAt` in 19 digits that look like ns; or ISO 8601."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return time_of(value)
    if value < EARLIEST_MILLISECONDS:
        return None
    microseconds = value // 1000 if value >= 10**17 else value * 1000
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def severity(priority: Any) -> Severity | None:
    """`"P1"` … `"P5"`; one capture has a number."""
    name = priority_name(priority)
    return Severity(f"sev{name[1]}") if name in {"P1", "P2", "P3", "P4", "P5"} else None


def priority_name(priority: Any) -> str:
    """P1 … P5, or whatever it is called."""
    if isinstance(priority, int) and not isinstance(priority, bool):
        return f"P{priority}" if 1 <= priority <= 5 else ""
    return words(priority).strip().upper()


def party(vendor: Vendor, username: str, user_id: str) -> Party | None:
    """Somebody by what webhook and REST both name them by; no person where neither an id nor a mail address tells.

    Opsgenie's REST API names people by their user name, an e-mail address; its successor by the Atlassian account id.
    """
    vendor_id = (user_id or username) if vendor is Vendor.JSM else (username or user_id)
    if not vendor_id:
        return None
    is_person = bool(user_id) or "@" in username or ACCOUNT_ID.fullmatch(username) is not None
    kind = PartyKind.PERSON if is_person else PartyKind.UNKNOWN
    return Party(vendor=vendor, vendor_id=vendor_id, name=username or user_id, kind=kind)
