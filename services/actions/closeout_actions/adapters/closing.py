"""What a closed ticket means where the tracker has no reason for closing, but teams have names for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from closeout_schemas.vocabulary import TicketState


@dataclass(frozen=True, slots=True)
class Names:
    """The names of resolutions, statuses and labels that say that a closed ticket was not done."""

    wont_do: frozenset[str]
    duplicate: frozenset[str]

    @classmethod
    def of(cls, wont_do: Iterable[str], duplicate: Iterable[str]) -> Names:
        """`wont_do` and `duplicate` as people write them."""
        return cls(frozenset(map(_bare, wont_do)), frozenset(map(_bare, duplicate)))

    def meaning(self, *names: str | None) -> TicketState:
        """What a closed ticket with these names is: completed, unless one of them says otherwise."""
        bare = {_bare(name) for name in names if name}
        if bare & self.duplicate:
            return TicketState.DUPLICATE
        return TicketState.WONT_DO if bare & self.wont_do else TicketState.COMPLETED

    def says_wont_do(self, name: str) -> bool:
        """Whether `name` says it."""
        return _bare(name) in self.wont_do


def _bare(name: str) -> str:
    return re.sub(r"\W|_", "", name.casefold())
