"""`closeout digest`: a team's week, as it is sent to the team."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from closeout.commands.up import Data
from closeout.reach import opened
from closeout_chassis.settings import read
from closeout_metrics.commands.digests import digest_called
from closeout_metrics.domain.digest import Digest
from closeout_metrics.domain.week import NoWeek, Week
from closeout_metrics.settings import MetricsSettings

Team = Annotated[str, typer.Option("--team", metavar="TEAM", help="By the pager's name or, as pager:id, by its id.")]
WeekName = Annotated[
    str | None, typer.Option("--week", metavar="2026-W47", help="Which ISO week; else the one that ended last.")
]


def digest(
    team: Team,
    week: WeekName = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a team's week: what shipped, what is due, what slipped, what it cost. Nothing is sent."""
    settings = read(MetricsSettings)
    now = datetime.now(UTC)
    found = asyncio.run(_read(data, team, _week(week, now, settings), settings))
    print(
        json.dumps(_as_json(found), default=str, ensure_ascii=False) if as_json else f"{found.subject}\n\n{found.body}"
    )


def _week(text: str | None, now: datetime, settings: MetricsSettings) -> Week:
    running = Week.of(now, settings.zone)
    try:
        week = Week.parse(text) if text else running.preceding
    except NoWeek as error:
        raise typer.BadParameter(f"{error}.", param_hint="--week") from None
    if week > running:
        raise typer.BadParameter(f"{week} has not begun; it is {running} now.", param_hint="--week")
    return week


async def _read(data: Data, team: str, week: Week, settings: MetricsSettings) -> Digest:
    async with (
        opened(data, "metrics") as db,
        db.reading() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        return await digest_called(conn, team, week, settings.zone)


def _as_json(digest: Digest) -> dict[str, Any]:
    return asdict(digest) | {"week": str(digest.week), "subject": digest.subject, "text": digest.body}
