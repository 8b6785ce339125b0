"""What a ticket is to hold, before it is written in a tracker's own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from closeout_schemas.postmortems import ActionItem, PostmortemRef
from closeout_schemas.vocabulary import derived_id


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket to be made. `wanted_since`: nothing with its mark can be older than that."""

    item: ActionItem
    postmortem: PostmortemRef
    postmortem_url: str | None
    label: str | None
    wanted_since: datetime
    labels: tuple[str, ...] = ()  # the team's own
    kind: str | None = None  # the type of the ticket, where the tracker has types
    fields: Mapping[str, Any] = field(default_factory=dict)  # the team's own, in the tracker's form
    template: str | None = None  # what the team wants every ticket to begin with
    former: tuple[str, ...] = ()  # tickets that were made for the same promise before, and are gone

    @property
    def mark(self) -> str:
        """By which it is found again. One that is made again must not be taken for the one that is gone."""
        return str(derived_id("remade", str(self.item.id), str(len(self.former))) if self.former else self.item.id)

    @property
    def handle(self) -> str | None:
        """The owner's account in the tracker."""
        return self.item.owner.handles.get(self.item.tracker)
