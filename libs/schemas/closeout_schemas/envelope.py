"""The envelope of every event: CloudEvents 1.0, structured JSON (https://github.com/cloudevents/spec)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Fact(BaseModel):
    """A value that never changes once said. Unknown fields are ignored: a newer writer breaks no reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Fact):
    """What all events share. `subject` is the id of the thing that the event is about, and the record's key.

    The W3C trace context travels beside the event, in the record's header, and not in it: a replay keeps the event.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: Any

    # The trace that brought this event, as the header said; a consumer sets it, `publish` passes it on. No private
    # attribute of pydantic's: an event that has one takes twice the time to read.
    _traceparent: ClassVar[str | None] = None

    @property
    def traceparent(self) -> str | None:
        """The W3C `traceparent` that came with the record, if one did."""
        return self._traceparent

    def arrived_with(self, traceparent: str | None) -> None:
        """Remember the trace that the record carried."""
        self.__dict__["_traceparent"] = traceparent
