"""What the rows of the projections have in common: values that events are folded into."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Row(BaseModel):
    """A thing as far as events have told of it. An event may come twice, late, or before what it is about."""

    model_config = ConfigDict(frozen=True)

    id: UUID
