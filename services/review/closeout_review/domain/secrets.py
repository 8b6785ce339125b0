"""What people carry to show who they are, and the digest by which it is known again."""

from __future__ import annotations

import hashlib

# What a token begins with: secret scanners find it, and nobody takes it for a password.
TOKEN_PREFIX = "closeout_"  # noqa: S105


def digest_of(secret: str) -> bytes:
    """By which `secret` is known again. It has 256 random bits: no salt or slow hash would add to that."""
    return hashlib.sha256(secret.encode()).digest()
