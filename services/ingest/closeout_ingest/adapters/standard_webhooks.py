"""Signatures by https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

from closeout_ingest.adapters.authentication import is_fresh

SIGNATURE = "webhook-signature"
SIGNED_ID, SIGNED_AT = "webhook-id", "webhook-timestamp"


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether one of the signatures is one of `secrets`' over id, time and body, and not old. Constant time a pair."""
    signed_at = headers.get(SIGNED_AT, "")
    if not is_fresh(signed_at):
        return False
    text = f"{headers.get(SIGNED_ID, '')}.{signed_at}.".encode("latin-1", errors="replace") + body
    given = [one.partition(",")[2].encode() for one in headers.get(SIGNATURE, "").split() if one.startswith("v1,")]
    wanted = [base64.b64encode(hmac.digest(_key(secret), text, "sha256")) for secret in secrets if secret]
    return any(hmac.compare_digest(one, other) for one in given for other in wanted)


def _key(secret: bytes) -> bytes:
    """What signs: `whsec_` says that the rest is base64."""
    if not secret.startswith(b"whsec_"):
        return secret
    try:
        return base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)
    except binascii.Error:
        return secret
