"""The signature that most trackers send: the SHA-256 HMAC of the raw body, in hexadecimal."""

from __future__ import annotations

import hmac
from collections.abc import Sequence


def is_hmac(given: str, body: bytes, secrets: Sequence[bytes], prefix: str = "") -> bool:
    """Whether `given` is `prefix` and the signature of one of `secrets` over `body`. Constant time a secret.

    An empty secret signs nothing: anybody has it.
    """
    sent = given.encode("latin-1", errors="replace")
    return any(
        hmac.compare_digest(sent, f"{prefix}{hmac.digest(secret, body, 'sha256').hex()}".encode())
        for secret in secrets
        if secret
    )
