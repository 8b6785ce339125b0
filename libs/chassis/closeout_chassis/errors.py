"""The failures that the chassis tells apart.

CloseoutError
├── SettingsError      a setting is wrong or unknown: one line each, the process does not start
├── StartError         something that must be there at start is not: one line, the process ends
├── Retryable(after)   the outside is not ready: try again; after N tries it becomes Poison
├── Poison(reason)     no number of tries will help: dead-letter it once and go on
└── Refused(status)    the caller's fault: RFC 9457 problem JSON

Duplicates and event types that this release does not know are not errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a record ended as a dead letter. A closed list: it is a metric's label."""

    UNDECODABLE = "undecodable"  # not JSON, or no CloudEvents envelope
    INVALID_EVENT = "invalid_event"  # a known type that does not fit its schema
    UNINTERPRETABLE = "uninterpretable"  # a verified delivery whose content makes no sense
    HANDLER_ERROR = "handler_error"  # our own fault: the handler raised
    RETRIES_EXHAUSTED = "retries_exhausted"  # the outside stayed away for all tries
    TOO_LARGE = "too_large"  # of our own, and more than the broker takes


class CloseoutError(Exception):
    """What Closeout itself raises."""


class SettingsError(CloseoutError):
    """Settings are wrong. `lines`: one sentence for each, naming the variable and what to do."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


class StartError(CloseoutError):
    """Something that must be there at start is not. The message is the one line that is printed."""


# Who wants to be left alone for longer has told it in the wrong unit, or tells it again.
LONGEST_AFTER_SECONDS = 7200.0


class Retryable(CloseoutError):
    """The outside is not ready. `after`: seconds that it asked us to wait, if it said so; two hours at most."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = None if after is None else min(after, LONGEST_AFTER_SECONDS)


class Poison(CloseoutError):
    """Not valid, and will never be."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class Refused(CloseoutError):
    """The caller asked for what cannot be. `code` is stable; `detail` says what, where, why and what to do."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.more: Mapping[str, Any] = more
        self.headers: dict[str, str] = {}

    def retry_after(self, seconds: int) -> Refused:
        """The same refusal, telling the caller when to come back."""
        self.headers["Retry-After"] = str(seconds)
        return self
