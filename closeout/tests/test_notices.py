"""`closeout notices`, on a real database."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of
from closeout_chassis.testing import migrated
from closeout_ingest.store.notices import Notices
from closeout_schemas.notices import Notice, NoticeKind, Recipient
from closeout_schemas.vocabulary import derived_id

pytestmark = pytest.mark.integration


async def seed(url: str) -> None:
    async with migrated(url, "ingest") as db, db.transaction() as tx:
        for n, name in enumerate(["Sam", "Dana", "Kim", "Alex"]):
            until = datetime.now(UTC) + timedelta(hours=1)
            notice = Notice(
                kind=NoticeKind.NUDGE, to=Recipient(name=name), subject="It is due", text=".", worth_until=until
            )
            await Notices(tx.conn).want(derived_id("n", str(n)), notice)
        await Notices(tx.conn).said(derived_id("n", "0"), "slack", "D1:1.2")
        await Notices(tx.conn).waits(derived_id("n", "1"), 60, "Slack wants to be left alone")
        await Notices(tx.conn).not_by(derived_id("n", "2"), "slack", ["slack"])


def test_it_lists_who_was_told_who_waits_and_whom_nobody_could_tell(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(seed(database_url))
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", database_url)

    table = CliRunner().invoke(app_of(["notices"]), ["notices"], env={"COLUMNS": "200"}).stdout
    found = json.loads(CliRunner().invoke(app_of(["notices"]), ["notices", "--json"]).stdout)

    became = {line.split()[3]: line for line in table.splitlines() if "nudge" in line}
    assert "said by slack" in became["Sam"]
    assert "waits: Slack wants to be left alone" in became["Dana"]
    assert "nobody told: no way knows them" in became["Kim"]
    assert became["Alex"].split()[-1] == "waits"
    assert {one["name"]: one["dropped_because"] for one in found}["Kim"] == "unknown_recipient"
