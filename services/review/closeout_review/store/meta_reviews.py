"""Tables of the quarterly reading. Every query is in sql/queries.sql."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_judgement.patterns.quarter import Quarter
from closeout_review.domain.meta_review import Content, Decided, Decision, Idea, Kept, Proposal
from closeout_review.store.incidents import storable

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Opened:
    """That a quarter was opened. `by` is empty where the first working day did it."""

    quarter: Quarter
    at: datetime
    by: str
    confirmed: int = 0
    accepted: int = 0


class MetaReviews:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def open(self, quarter: Quarter, by: str) -> bool:
        """Whether the quarter was not open before. Now it is."""
        return bool(await self._conn.fetchval(SQL["open_meta_review"], str(quarter), storable(by)))

    async def is_anything_known_before(self, moment: datetime) -> bool:
        """Whether any incident was opened before then."""
        return bool(await self._conn.fetchval(SQL["any_incident_before"], moment))

    async def hold(self, quarter: Quarter) -> bool:
        """Whether the quarter is open. Until the transaction ends nobody else changes what is decided about it."""
        return bool(await self._conn.fetchval(SQL["hold_meta_review"], str(quarter)))

    async def listed(self) -> list[Opened]:
        """Every quarter that was opened, the latest first."""
        rows = await self._conn.fetch(SQL["meta_reviews"])
        return [_opened(row) for row in rows]

    async def one(self, quarter: Quarter) -> Opened | None:
        """That this quarter was opened; None where it was not."""
        return next((one for one in await self.listed() if one.quarter == quarter), None)

    async def add_finding(self, kept: Kept) -> None:
        """Keep a finding; what is there already stays as it is."""
        content = storable(kept.content.model_dump(mode="json"))
        told = (kept.id, kept.quarter, kept.kind, storable(kept.value), kept.by_reader, content, storable(kept.made_by))
        await self._conn.execute(SQL["add_meta_finding"], *told)

    async def decide(self, finding_id: UUID, decision: Decision, reason: str, by: str) -> int:
        """Keep what was decided, as the latest. Returns its number."""
        told = (finding_id, decision.value, storable(reason), storable(by))
        number: int = await self._conn.fetchval(SQL["decide_meta_finding"], *told)
        return number

    async def findings(self, quarter: Quarter) -> list[Kept]:
        """What was decided about or added, the first first."""
        return [finding_of(row) for row in await self._conn.fetch(SQL["meta_findings"], str(quarter))]

    async def add_proposal(self, proposal: Proposal) -> None:
        """Keep a proposal; the same again changes nothing."""
        content = storable(proposal.idea.model_dump(mode="json"))
        told = (proposal.id, proposal.quarter, proposal.finding_id, content, storable(proposal.proposed_by))
        await self._conn.execute(SQL["add_meta_proposal"], *told)

    async def proposals(self, until: Quarter) -> list[Proposal]:
        """All proposals of that quarter and of those before it, the latest quarter first."""
        return [_proposal(row) for row in await self._conn.fetch(SQL["meta_proposals_until"], str(until))]

    async def accept(self, proposal_id: UUID, idea: Idea, by: str, incident_id: UUID, postmortem_id: UUID) -> None:
        """It is promised, by that postmortem."""
        content = storable(idea.model_dump(mode="json"))
        told = (proposal_id, content, storable(by), incident_id, postmortem_id)
        await self._conn.execute(SQL["accept_meta_proposal"], *told)

    async def refuse(self, proposal_id: UUID, reason: str, by: str) -> None:
        """It is kept, with the reason."""
        await self._conn.execute(SQL["refuse_meta_proposal"], proposal_id, storable(reason), storable(by))


def _opened(row: Any) -> Opened:
    quarter = Quarter.parse(row["quarter"])
    return Opened(quarter, row["opened_at"], row["opened_by"], row["confirmed"], row["accepted"])


def finding_of(row: Any) -> Kept:
    """A finding, with a decision where the row has one."""
    decided = None
    if row["decision"] is not None:
        decided = Decided(Decision(row["decision"]), row["reason"], row["decided_by"], row["decided_at"])
    content = Content.model_validate(row["content"])
    told = (row["id"], row["quarter"], row["kind"], row["value"], row["by_reader"], content, row["made_by"])
    return Kept(*told, decided)


def _proposal(row: Any) -> Proposal:
    return Proposal(**{**row, "idea": Idea.model_validate(row["idea"])})
