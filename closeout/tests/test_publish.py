"""`closeout publish`, as a user meets it: the same gate as on the page."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from closeout.commands.publish import Wanted, _publish
from closeout.commands.records import postmortem_id_of
from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands.postmortems import save_draft
from closeout_review.domain.draft import Draft
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings
from closeout_schemas.catalogue import TOPICS

pytestmark = pytest.mark.integration
TOPIC_OF = {kind: topic.name for topic in TOPICS for kind in topic.event_classes()}


async def drafted(db: Database, *items: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    settings = ReviewSettings(default_project=e.PROJECT)
    for event in (*e.everybody(now), e.opened(), e.noted("I think it is the cache", 4), e.resolved()):
        await testing.deliver(db, subscriptions(settings), TOPIC_OF[type(event)], [event])
    draft = Draft.model_validate(e.draft(now, *(e.item(now) | item for item in items)))
    await save_draft(db, settings, e.POSTMORTEM, draft, None)


async def publish(database_url: str, folder: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")} | {
        "CLOSEOUT_DATABASE_URL": database_url,
        "CLOSEOUT_REVIEW_DEFAULT_PROJECT": e.PROJECT,
    }
    command = [sys.executable, "-m", "closeout", "publish", "--data", str(folder), *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=150
    )
    return done.returncode, done.stdout, done.stderr


async def test_the_gate_says_what_would_pass_and_publishes_once_it_does(database_url: str, tmp_path: Path) -> None:
    async with testing.migrated(database_url, "review") as db:
        await drafted(db, {"owner": "alex responde", "project": "github:acme/paymints"})
        shut, told, _ = await publish(database_url, tmp_path, str(e.POSTMORTEM), "--json")
        assert (shut, [one["code"] for one in json.loads(told)["refusals"]]) == (
            1,
            ["owner-unknown", "project-unknown"],
        )
        shut, text, _ = await publish(database_url, tmp_path, str(e.INCIDENT), "--check")
        assert shut == 1
        assert "action_items[0].owner: owner-unknown: “alex responde”" in text
        assert "    → github:acme/payments\n" in text

        address = f"http://closeout.test/postmortems/{e.POSTMORTEM}/"
        opened, text, _ = await publish(database_url, tmp_path, address, "--mend", "--by", "Sam")
        assert opened == 0, text
        assert "mended action_items[0].project: github:acme/payments" in text
        assert "Published: 1 promise. Month four begins" in text
        again, text, _ = await publish(database_url, tmp_path, str(e.POSTMORTEM), "--json")
        assert (again, json.loads(text)["outcome"], len(json.loads(text)["items"])) == (0, "pending", 1)
        assert json.loads(text)["already_published"] is True
        today = json.loads(text)["published_at"].partition("T")[0]
        again, text, _ = await publish(database_url, tmp_path, str(e.POSTMORTEM))
        assert again == 0
        assert text.startswith(f"It was published on {today} already: 1 promise. Month four begins ")
        said = [one.type.split(".")[2] for one in await testing.said(db)]
        assert said.count("action_item_committed") == 1
        async with db.reading() as conn:
            rows = await conn.fetch("SELECT published_by FROM postmortem")
            assert [row["published_by"] for row in rows] == ["Sam"]
            deeds = await conn.fetch("SELECT deed FROM audit_entry")
            assert "published" in {row["deed"] for row in deeds}


async def test_the_audit_log_says_what_was_published_and_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", database_url)
    monkeypatch.setenv("CLOSEOUT_REVIEW_DEFAULT_PROJECT", e.PROJECT)
    async with testing.migrated(database_url, "review") as db:
        await drafted(db, {"project": "github:acme/paymints"})
        for _ in range(2):
            await _publish(tmp_path, Wanted(str(e.POSTMORTEM), only_check=False, mend=True, by="Sam"))
        async with db.reading() as conn:
            deeds = await conn.fetch("SELECT deed, about FROM audit_entry ORDER BY seq")

    assert [row["deed"] for row in deeds] == ["saved the draft", "published"]
    assert {row["about"].get("postmortem_id") for row in deeds} == {str(e.POSTMORTEM)}
    assert "changed" not in deeds[-1]["about"]


@pytest.mark.parametrize("named", ["postmortems/{0}", "postmortems/{0}/?by=Sam#items", "incidents/{1}"])
async def test_an_export_takes_what_publish_takes(database_url: str, named: str) -> None:
    async with testing.migrated(database_url, "review") as db:
        await drafted(db)
        address = f"http://closeout.test/{named.format(e.POSTMORTEM, e.INCIDENT)}"
        async with db.reading() as conn:
            assert await postmortem_id_of(conn, address) == e.POSTMORTEM


async def test_what_does_not_exist_is_one_line(database_url: str, tmp_path: Path) -> None:
    async with testing.migrated(database_url, "review"):
        for which, why in ((str(e.INCIDENT), "There is no such postmortem."), ("nonsense", "“nonsense” is no id")):
            code, _, said = await publish(database_url, tmp_path, which)
            assert (code, said.startswith(f"closeout: {why}"), said.count("\n")) == (1, True, 1), said
