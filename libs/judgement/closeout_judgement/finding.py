"""What a lint points out in a text, and the way out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Words that a rule points out, from `start` to `end` of what was looked at.

    `code` is stable and `lint` names the rule. `better`, where there is one, replaces just these words, and the text
    then passes the rule; `ask` is the question that leads to what passes.
    """

    code: str
    lint: str
    start: int
    end: int
    text: str
    reason: str
    ask: str
    better: str | None = None

    def rewritten(self, whole: str) -> str | None:
        """`whole`, the text that was looked at, with the better words in it."""
        return None if self.better is None else whole[: self.start] + self.better + whole[self.end :]


@dataclass(frozen=True, slots=True)
class Lint:
    """A rule over one text, with examples. `failing` says which code each example meets."""

    name: str
    codes: tuple[str, ...]
    find: Callable[[str], Iterator[Finding]]
    passing: tuple[str, ...]
    failing: Mapping[str, str]
