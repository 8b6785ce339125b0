"""Taking records elsewhere, and proving that nobody changed them, after the demo has played."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from closeout.embedded import Embedded
from closeout.settings import UpSettings
from closeout_judgement.patterns.record import record_of
from tests.system import ANSWER_SECONDS, PAGER_SECRET, WAIT_SECONDS, System, closeout

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def played(module_folder: Path) -> Iterator[System]:
    running = System(module_folder)
    running.start()
    night = httpx.post(f"{running.url['sandbox']}/_sandbox/night", json={"pause_seconds": 0}, timeout=60)
    night.raise_for_status()
    yield running
    running.stop()


def postmortems(system: System) -> list[dict[str, str]]:
    found: list[dict[str, str]] = httpx.get(
        f"{system.url['review']}/api/v1/postmortems", timeout=ANSWER_SECONDS
    ).json()["postmortems"]
    return found


async def until_drafted(system: System) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while len(postmortems(system)) < 2:
            await asyncio.sleep(0.3)


async def test_every_incident_is_a_line_that_the_meta_review_reads(played: System) -> None:
    await until_drafted(played)
    file = played.folder / "export.jsonl"

    done = closeout("export", "--incidents", "--output", str(file), "--data", str(played.folder))

    assert done.returncode == 0, done.stderr
    records = [record_of(line) for line in file.read_text().splitlines()]
    assert {record.service for record in records} == {"Checkout API", "Product Search"}
    assert all(record.resolved_at is not None for record in records)
    assert any(one.person == "Sam Oncall" for record in records for one in record.responders)
    read = closeout("meta-review", "--from", str(file), "--json")
    assert read.returncode == 0, read.stderr
    assert json.loads(read.stdout)["patterns"] == []
    own = json.loads(read.stdout)
    here = closeout("meta-review", "--quarter", own["quarter"], "--json", "--data", str(played.folder))
    assert here.returncode == 0, here.stderr
    told = json.loads(here.stdout)
    same = ("quarter", "incidents", "patterns", "not_tested")
    assert [told[name] for name in same] == [own[name] for name in same]
    assert told["record"]["findings"] == []


async def test_a_postmortem_is_written_as_markdown_and_as_json(played: System) -> None:
    await until_drafted(played)
    which = next(one["id"] for one in postmortems(played) if "Checkout" in one["title"])

    text = closeout("export", which, "--data", str(played.folder)).stdout
    whole = json.loads(closeout("export", which, "--format", "json", "--data", str(played.folder)).stdout)

    assert text.startswith("# Checkout p99 latency above 4 s\n")
    assert "  > Rolling back to release 411 now." in text
    assert whole["id"] == which
    printed = closeout("export", which, "--format", "html", "--data", str(played.folder)).stdout
    assert printed.startswith("<!doctype html>")
    assert "Rolling back to release 411 now." in printed


async def test_a_draft_is_printed_by_its_incident(played: System) -> None:
    await until_drafted(played)
    incident_id = next(one["incident_id"] for one in postmortems(played) if "Checkout" in one["title"])

    drafted = closeout("draft", incident_id, "--data", str(played.folder))
    nobody = closeout("draft", "pagerduty:QNOBODY", "--data", str(played.folder))

    assert drafted.returncode == 0, drafted.stderr
    assert drafted.stdout.startswith("# Checkout p99 latency above 4 s\n")
    assert "/postmortems/" in drafted.stderr
    assert nobody.returncode == 1
    assert "Nobody has told Closeout of such an incident." in nobody.stderr


async def test_a_changed_timeline_is_found_by_its_place(played: System) -> None:
    await until_drafted(played)
    untouched = closeout("verify", "--data", str(played.folder))
    assert (untouched.returncode, untouched.stdout) == (0, "Every timeline is as it was recorded.\n")

    embedded = Embedded(UpSettings(data=played.folder), with_sandbox=True)
    conn = await asyncpg.connect(embedded.running_database_url())
    # Its own owner is refused; only who switches the guard off gets through, and is found out.
    with pytest.raises(asyncpg.PostgresError):
        await conn.execute("UPDATE review.timeline_content SET text = 'all was well'")
    await conn.execute("ALTER TABLE review.timeline_content DISABLE TRIGGER ALL")
    await conn.execute("UPDATE review.timeline_content SET text = 'all was well' WHERE text LIKE 'Rolling back%'")
    await conn.execute("ALTER TABLE review.timeline_content ENABLE ALWAYS TRIGGER append_only")
    await conn.close()

    found = closeout("verify", "--json", "--data", str(played.folder))

    assert found.returncode == 1
    assert len(json.loads(found.stdout)) == 1


def test_what_cannot_be_exported_is_said(played: System) -> None:
    neither = closeout("export", "--data", str(played.folder))
    unknown = closeout("export", "00000000-0000-0000-0000-000000000000", "--data", str(played.folder))

    assert neither.returncode == 2
    assert "Name a postmortem, or say --incidents" in neither.stderr
    assert unknown.returncode == 1
    assert "There is no such postmortem" in unknown.stderr


EXAMPLES = Path(__file__).parents[2] / "examples/postmortems"


def test_old_postmortems_are_imported_once_and_found(played: System) -> None:
    arguments = ("import", str(EXAMPLES), "--json", "--data", str(played.folder))
    tried = json.loads(closeout("import", str(EXAMPLES), "--dry-run", "--json").stdout)
    first, second = (json.loads(closeout(*arguments).stdout) for _ in range(2))

    assert first["new"] == tried["would be imported"] > 5
    assert (second["new"], second["unchanged"]) == (0, first["new"])
    asked = {"text": "certificate of the edge proxy expired"}
    found = httpx.get(f"{played.url['review']}/api/v1/related", params=asked, timeout=ANSWER_SECONDS).json()["related"]
    assert "2024-03-12" in (found[0]["opened_at"] or "")
    page = found[0]["url"].replace("http://127.0.0.1:7400", played.url["review"])
    assert httpx.get(page, timeout=ANSWER_SECONDS).status_code == 200


def test_a_folder_that_is_not_there_is_one_line(played: System) -> None:
    ended = closeout("import", "/nowhere/at/all", "--data", str(played.folder))

    assert ended.returncode != 0
    assert ended.stderr.startswith("closeout: There is no /nowhere/at/all.")


def test_a_signed_ping_goes_in_at_the_door_and_comes_out_of_the_broker(played: System) -> None:
    where = ("--door", played.url["ingest"], "--data", str(played.folder))

    through = closeout("ping", *where, "--json", CLOSEOUT_INGEST_PAGERDUTY_SECRETS=PAGER_SECRET)
    forged = closeout("ping", *where, CLOSEOUT_INGEST_PAGERDUTY_SECRETS="another")
    without = closeout("ping", *where)

    assert json.loads(through.stdout)["door"] == played.url["ingest"], through.stderr
    assert "knows another secret" in forged.stderr
    assert "CLOSEOUT_INGEST_PAGERDUTY_SECRETS" in without.stderr
    assert (through.returncode, forged.returncode, without.returncode) == (0, 1, 1)
