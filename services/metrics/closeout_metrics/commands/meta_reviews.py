"""What the quarterly reading came to, as it is told. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Sequence

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_schemas.metareviews import FindingConfirmed, FindingDismissed, MetaReviewEvent, ProposalCommitted

SQL = load_queries("closeout_metrics")


class MetaReviews:
    """Writes on one connection; never commits. What is heard again changes nothing."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def take_in(self, events: Sequence[MetaReviewEvent]) -> None:
        """Keep which patterns stand and what was promised."""
        for event in events:
            match event:
                case FindingConfirmed(data=one) | FindingDismissed(data=one):
                    finding = (one.finding_id, _quarter(one.quarter), one.kind, one.by_reader)
                    stands = isinstance(event, FindingConfirmed)
                    await self._conn.execute(SQL["keep_meta_finding"], *finding, stands, one.number)
                case ProposalCommitted(data=made):
                    told = (made.proposal_id, _quarter(made.quarter), made.kind, made.item_id)
                    incidents = len(made.would_have_prevented)
                    await self._conn.execute(SQL["add_meta_proposal"], *told, incidents, float(made.minutes))


def _quarter(text: str) -> str:
    """2026Q3 as the other numbers have it: 2026-Q3."""
    return f"{text[:4]}-{text[4:]}"
