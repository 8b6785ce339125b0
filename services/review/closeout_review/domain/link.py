"""Links that need no sign-in: what they name is signed, so that nobody can make up another."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

# 128 bits: nobody guesses it, and the link stays short.
SIGNATURE_BYTES = 16


def signed(incident_id: UUID, postmortem_id: UUID, secret: bytes) -> str:
    """The last part of a link about these two."""
    named = incident_id.bytes + postmortem_id.bytes
    return urlsafe_b64encode(named + _signature(named, secret)).decode().rstrip("=")


def read(token: str, secret: bytes) -> tuple[UUID, UUID] | None:
    """(incident, postmortem) that a link names; None where we did not sign it. Constant time."""
    try:
        whole = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (ValueError, UnicodeEncodeError):
        return None
    named, signature = whole[:32], whole[32:]
    if len(named) != 32 or not hmac.compare_digest(signature, _signature(named, secret)):
        return None
    return UUID(bytes=named[:16]), UUID(bytes=named[16:])


def _signature(named: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"was-it:" + named, "sha256")[:SIGNATURE_BYTES]
