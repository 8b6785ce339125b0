"""Notices: what the others want said to a person, or in a team's channel. Ingest says it once, by chat or by e-mail."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from closeout_schemas.envelope import Event, Fact
from closeout_schemas.vocabulary import Vendor

TOPIC = "closeout.notice.v1"


class NoticeKind(StrEnum):
    """Why somebody is written to."""

    FINISH_REVIEW = "finish_review"  # who led the response is asked to finish the draft
    NUDGE = "nudge"  # an action item's target nears, is here, or month four is
    DIGEST = "digest"  # a team's week
    META_REVIEW = "meta_review"  # a quarter waits to be read


class Recipient(Fact):
    """One person, or one channel. A person is written to where a handle or an e-mail address says how."""

    name: str
    person_id: UUID | None = None
    email: str | None = None
    handles: dict[Vendor, str] = {}
    channel: str | None = None  # of the chat; then it is no person


class Notice(Fact):
    """Words for one recipient. Before `not_before` it is their quiet time; after `worth_until` it comes too late."""

    kind: NoticeKind
    to: Recipient
    subject: str  # one line: an e-mail's subject, the first line in a chat
    text: str  # plain text; a link stands alone on its line
    url: str | None = None
    not_before: AwareDatetime | None = None
    worth_until: AwareDatetime


class NoticeDue(Event):
    """Somebody is to be told something. The subject is the recipient's id or channel: each hears in order."""

    type: Literal["closeout.notice.due.v1"] = "closeout.notice.due.v1"
    data: Notice


NoticeEvent = NoticeDue
