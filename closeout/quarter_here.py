"""A quarter as the review service's database has it."""

from __future__ import annotations

from pathlib import Path

from closeout.reach import opened, review_settings
from closeout_judgement.patterns.quarter import Quarter
from closeout_review.commands.quarter_reading import QuarterReadings, Reading
from closeout_review.store.incidents import Incidents


async def quarter_here(data: Path | None, wanted: Quarter | None) -> Reading:
    """The quarter, or the last one that is over; the running one where that has no incident. Restricted: left out."""
    settings = review_settings(data)
    async with opened(data, "review") as db:
        readings = QuarterReadings(settings, db)
        if wanted is not None:
            return await readings.read(wanted)
        async with db.reading() as conn:
            now = await Incidents(conn).now()
        running = Quarter.of(now.astimezone(settings.zone))
        last = await readings.read(running.before(1))
        return last if last.review.history.now else await readings.read(running)
