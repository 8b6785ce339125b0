"""Where a page of a list ended."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from closeout_chassis.errors import Refused


def cursor(at: datetime, last: UUID) -> str:
    """The place after the row of that time and id."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {last}".encode()).decode().rstrip("=")


def before(text: str | None) -> tuple[datetime, UUID] | None:
    """What `cursor` made. Raises Refused(422) for what it never made."""
    if text is None:
        return None
    try:
        at, _, last = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        when = datetime.fromisoformat(at)
        if when.tzinfo is None:
            raise ValueError("a time without a zone")  # noqa: TRY301
        # At the ends of the calendar a time of another zone is none of UTC's.
        return when.astimezone(UTC), UUID(last)
    except (ValueError, OverflowError):
        raise Refused(422, "bad-cursor", "The cursor is none of ours; begin without one.") from None


def number_cursor(last: int) -> str:
    """The place after the row of that number."""
    return base64.urlsafe_b64encode(f"#{last}".encode()).decode().rstrip("=")


def number_before(text: str | None) -> int | None:
    """What `number_cursor` made. Raises Refused(422) for what it never made."""
    if text is None:
        return None
    try:
        mark, number = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition("#")[1:]
        if not (mark and number.isascii() and number.isdigit() and len(number) < 19):
            raise ValueError("no number")  # noqa: TRY301
        return int(number)
    except (ValueError, binascii.Error):
        raise Refused(422, "bad-cursor", "The cursor is none of ours; begin without one.") from None
