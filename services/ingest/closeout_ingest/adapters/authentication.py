"""Senders that do not sign carry a secret: in the Authorization header, or at the end of the path.

Such a secret proves who sends, not what: whoever reads one request can send others. It needs HTTPS, and the path is
the weakest place, since proxies log it; Closeout itself never does.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Mapping, Sequence

# What the door hands on of the path: no header of HTTP/1.1 can have a colon in its name, so nobody can send it.
PATH_TOKEN = ":path-token"  # noqa: S105 - the name, not the token
AUTHORIZATION = "authorization"
# The replay window of Slack, and what https://www.standardwebhooks.com advises.
REPLAY_SECONDS = 300

CARRIED = "secret is missing or is not one of ours: send it as a bearer token, as the password of basic authentication,"
CARRIED += " or as the last part of the path"


def carries_secret(headers: Mapping[str, str], _body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether the request has one of `secrets` where an unsigned one may have it. Constant time a secret."""
    given = _carried(headers)
    return any(hmac.compare_digest(one, secret) for one in given for secret in secrets)


def is_fresh(timestamp: str, now: float | None = None) -> bool:
    """Whether `timestamp`, in seconds since 1970, is within the replay window around `now`."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        return False
    return abs((time.time() if now is None else now) - int(timestamp)) <= REPLAY_SECONDS


def _carried(headers: Mapping[str, str]) -> list[bytes]:
    given = []
    if token := headers.get(PATH_TOKEN):
        given.append(token.encode())
    scheme, _, value = headers.get(AUTHORIZATION, "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        given.append(value.encode("latin-1", errors="replace"))
    elif scheme.lower() == "basic":
        given.append(_password(value))
    return [one for one in given if one]


def _password(encoded: str) -> bytes:
    """The password of basic authentication; the user's name may be any."""
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
