"""“Not now”, until when and why. The link in a nudge needs no sign-in: it is signed, and is good for one item."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta
from uuid import UUID

from pydantic import SecretStr

SIGNATURE_BYTES = 16  # 128 bits: nobody guesses it, and the link stays short
LONGEST_DAYS = 60
LONGEST_REASON = 500


def link_to(item_id: UUID, public_url: str, secret: SecretStr | None) -> str | None:
    """Where a nudge can be snoozed; None where no link can be made."""
    if not public_url or secret is None:
        return None
    token = urlsafe_b64encode(item_id.bytes + _signature(item_id, secret)).decode().rstrip("=")
    return f"{public_url}/snooze/{token}"


def item_of(token: str, secret: SecretStr | None) -> UUID | None:
    """The item that a link names; None where we did not sign it."""
    try:
        whole = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (ValueError, UnicodeEncodeError):
        return None
    if secret is None or len(whole) != 16 + SIGNATURE_BYTES:
        return None
    item_id = UUID(bytes=whole[:16])
    return item_id if hmac.compare_digest(whole[16:], _signature(item_id, secret)) else None


def why_not(until: date, reason: str, today: date) -> str | None:
    """What is wrong with a wish to be left alone; None where nothing is."""
    if not today < until <= today + timedelta(days=LONGEST_DAYS):
        return f"Until when? A day after {today}, and at most {LONGEST_DAYS} days away: {today + timedelta(days=7)}."
    if not 3 <= len(reason.strip()) <= LONGEST_REASON:
        return f"Say in 3 to {LONGEST_REASON} characters why; it is shown on the review."
    return None


def _signature(item_id: UUID, secret: SecretStr) -> bytes:
    return hmac.digest(secret.get_secret_value().encode(), b"snooze:" + item_id.bytes, "sha256")[:SIGNATURE_BYTES]
