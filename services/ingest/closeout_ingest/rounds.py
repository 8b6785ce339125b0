"""A round in which a pager or a chat is asked for many things: one that cannot be had keeps no other from being had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from closeout_chassis.errors import Retryable

# So many that fail say that the vendor is away.
FAILURES_A_ROUND = 3


class Round:
    """Each thing is asked for within `one()`, and `end()` is called when all were. Both raise Retryable."""

    def __init__(self) -> None:
        self._failures: list[Retryable] = []

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked for until now was had."""
        return not self._failures

    @contextmanager
    def one(self) -> Iterator[None]:
        """Passes over a failure, unless the vendor said for how long it wants to be left alone, or it is away."""
        try:
            yield
        except Retryable as error:
            self._failures.append(error)
            if error.after is not None or len(self._failures) >= FAILURES_A_ROUND:
                raise

    def end(self) -> None:
        """Raises the first failure that was passed over: the round is to come again."""
        if self._failures:
            raise self._failures[0]
