"""A person who asks for it is forgotten: in every table, on every page; and every timeline still proves itself."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from closeout.embedded import Embedded
from closeout.settings import UpSettings
from closeout.story_draft import draft_with, good_items
from tests.e2e.test_redaction import SCHEMAS, found_in_tables, found_on_pages, get, post, put
from tests.system import DOUBT_SECONDS, WAIT_SECONDS, System, clean_environment, closeout

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NAME, ADDRESS, LOGIN = "Dana Engineer", "dana.engineer@example.com", "dana-engineer"
OTHER = "Sam Oncall"
OLD_REVIEW = f"""# Search was slow

Date: 2025-01-02

## Timeline

- 03:10 {NAME} restarted it

## Action items

- Alert on it ({NAME})
"""
COUNTED = ("closeout_action_items", "closeout_postmortems", "closeout_incidents", "closeout_recurrences")


@pytest.fixture(scope="module")
def system(module_folder: Path) -> Iterator[System]:
    # What is said by the clock is said before the looks are compared.
    running = System(module_folder, CLOSEOUT_ACTIONS_RECONCILE_SECONDS="3")
    running.start()
    httpx.post(f"{running.url['sandbox']}/_sandbox/night", json={"pause_seconds": 0}, timeout=60).raise_for_status()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def url(system: System) -> str:
    return Embedded(UpSettings(data=system.folder), with_sandbox=True).running_database_url()


async def until(url: str, query: str, what: str, seconds: float = WAIT_SECONDS) -> Any:
    conn = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(seconds):
            while not (found := await conn.fetchval(query)):
                await asyncio.sleep(0.3)
    except TimeoutError:
        raise AssertionError(f"it did not happen: {what}") from None
    else:
        return found
    finally:
        await conn.close()


async def published(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """The review of the night, owned, annotated and written by her; with its tickets made."""
    known = "SELECT count(*) FROM {}.party WHERE email = '" + ADDRESS + "' AND vendor IN ('pagerduty', 'github')"
    await until(url, known.format("review") + " HAVING count(*) = 2", "she is known to pager and tracker")
    pid = await until(
        url,
        "SELECT p.id FROM review.postmortem AS p JOIN review.incident AS i ON i.id = p.incident_id"
        " WHERE i.snapshot ->> 'title' LIKE '%Checkout%' AND i.snapshot::text LIKE '%resolved_at\": \"2%'",
        "the night has its draft",
    )
    path = f"/api/v1/postmortems/{pid}"
    whole: dict[str, Any] = await get(http, path)
    entry_id = whole["timeline"][0]["entry"]["id"]
    told = f"{NAME} saw it first"
    await post(http, f"/api/v1/timeline/{entry_id}/annotations", {"kind": "decision", "note": told, "by": NAME})
    hand = {"text": f"I, {NAME}, was called by {OTHER}", "occurred_at": "2026-01-02T03:04:05Z", "by": NAME}
    await post(http, f"/api/v1/incidents/{whole['incident_id']}/entries", hand)
    draft = draft_with(whole, good_items("acme/payments", [f"@{LOGIN}", "@alex-responder"]))
    draft["summary"] = f"{NAME} ({ADDRESS}) put it right."
    await put(http, f"{path}/draft", draft, **{"If-Match": "*", "Idempotency-Key": "k1"})
    draft["dismissals"] = [
        {"code": one["code"], "text": one["text"], "reason": f"{NAME} wrote it so"}
        for one in (await get(http, f"{path}/gate"))["refusals"]
        if one.get("can_be_dismissed")
    ]
    await put(http, f"{path}/draft", draft, **{"If-Match": "*"})
    await post(http, f"{path}/publish", {}, **{"Idempotency-Key": "k2"})
    made = "SELECT count(*) FROM actions.ticket WHERE stage = 'created' HAVING count(*) = 3"
    await until(url, made, "three tickets", DOUBT_SECONDS + 60)
    await until(url, "SELECT count(*) FROM metrics.action_item HAVING count(*) = 3", "they are counted")
    return whole


async def plant_the_rest(url: str, folder: Path) -> None:
    """A dead letter in every service, a principal with a session, an old review."""
    file = folder / "old.md"
    file.write_text(OLD_REVIEW)
    imported = closeout("import", str(file), "--data", str(folder))
    assert imported.returncode == 0, imported.stderr
    conn = await asyncpg.connect(url)
    letter = json.dumps(
        {"data": {"by": NAME, "assignee": {"login": LOGIN, "id": 4, "avatar_url": f"https://x/{LOGIN}"}}}
    )
    for schema in SCHEMAS:
        await conn.execute(
            f'INSERT INTO {schema}.dead_letter (id, topic, partition, "offset", value, reason, detail, handler)'
            " VALUES (gen_random_uuid(), 't', 0, 0, $1, 'handler_error', $2, 'h')",
            *(letter.encode(), f"KeyError: {ADDRESS}"),
        )
    await conn.execute(
        "INSERT INTO review.principal (id, issuer, subject, name, email, roles)"
        " VALUES ('6f1c0b7e-0000-4000-8000-000000000001', 'https://idp', 'u-77', $1, $2, '{admin}')",
        *(NAME, ADDRESS),
    )
    await conn.execute(
        "INSERT INTO review.session (digest, principal_id, expires_at)"
        " VALUES ('\\x01', '6f1c0b7e-0000-4000-8000-000000000001', now() + interval '1 hour')"
    )
    await conn.close()


async def known_as(url: str, address: str) -> list[str]:
    """Every id that a vendor knows somebody by, and their person ids."""
    conn = await asyncpg.connect(url)
    rows = await conn.fetch("SELECT vendor_id FROM review.party WHERE email = $1", address)
    people = await conn.fetch(
        "SELECT DISTINCT item -> 'owner' ->> 'person_id' AS id FROM review.action_item"
        " WHERE item -> 'owner' ->> 'email' = $1",
        address,
    )
    await conn.close()
    return [*(row["vendor_id"] for row in rows), *(row["id"] for row in people)]


async def last_said_of(system: System, key: str) -> bytes | None:
    """What the directory's topic holds by that key once it is compacted."""
    bootstrap = Embedded(UpSettings(data=system.folder), with_sandbox=True).running_bootstrap()
    consumer = AIOKafkaConsumer("closeout.directory.v1", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: dict[bytes, bytes | None] = {}
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=500)).get(partition, []):
                    found[record.key] = record.value
        return found[key.encode()]
    finally:
        await consumer.stop()


def numbers(system: System) -> list[str]:
    """What the metrics service counts."""
    told = httpx.get(f"{system.url['metrics']}/metrics", timeout=30).text.splitlines()
    return [one for one in told if one.startswith(COUNTED)]


async def left_of(http: httpx.AsyncClient, url: str, whole: dict[str, Any], words: list[str]) -> list[str]:
    """Wherever one of these is still said: in a table, on a page, in an export."""
    ids = {"incident_id": whole["incident_id"], "postmortem_id": whole["id"], "review_id": whole["id"]}
    ids |= {"entry_id": whole["timeline"][0]["entry"]["id"], "revision": "1"}
    found = [f"{one} ({word})" for word in words for one in await found_in_tables(url, word)]
    for word in words:
        pages, looked_at = await found_on_pages(http, ids, word)
        assert looked_at > 30
        found += [f"{page} ({word})" for page in pages]
    return found


async def when_quiet(http: httpx.AsyncClient, url: str, whole: dict[str, Any], words: list[str]) -> list[str]:
    """The same once nothing more comes by itself, and the tracker was asked whether she can be assigned."""
    await until(url, f"SELECT count(*) FROM actions.assignable WHERE account = '{LOGIN}'", "the tracker was asked")
    found: list[str] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while found != (found := await left_of(http, url, whole, words)):
            await asyncio.sleep(1)
    return found


async def test_a_person_who_is_forgotten_is_named_nowhere_and_everything_else_is_as_it_was(
    system: System, url: str
) -> None:
    async with httpx.AsyncClient(base_url=system.url["review"], timeout=30) as http:
        whole = await published(http, url)
        await plant_the_rest(url, system.folder)
        words = [NAME, ADDRESS, *await known_as(url, ADDRESS)]
        assert len(words) >= 5
        await system.ask_the_pager_now()
        before = await when_quiet(http, url, whole, words)
        planted = {one.split(" ")[0].rpartition(".")[0] for one in before}
        assert planted >= {f"{schema}.dead_letter" for schema in SCHEMAS}
        assert planted >= {"review.timeline_entry", "review.draft_revision", "review.imported", "review.principal"}
        assert planted >= {"actions.ticket", "metrics.action_item", "ingest.outbox", "ingest.incident", "review.outbox"}
        counted = numbers(system)
        assert counted

        shown = closeout("forget", NAME, "--json", "--data", str(system.folder))
        assert shown.returncode == 0, shown.stderr
        told = json.loads(shown.stdout)
        assert not told["done"]
        assert told["tables"]["metrics"]["action_item"] > 0
        assert await left_of(http, url, whole, words) == before

        done = closeout("forget", NAME, "--yes", "--data", str(system.folder))

        assert done.returncode == 0, done.stderr
        assert await left_of(http, url, whole, words) == []
        assert numbers(system) == counted
        page = (await http.get(f"/postmortems/{whole['id']}", headers={"Accept": "text/html"})).text
        assert "a forgotten person" in page
        assert "Alex Responder" in page
        search = await http.get("/search?q=search+was+slow", headers={"Accept": "text/html"})
        assert "Search was slow" in search.text
    assert await last_said_of(system, f"github:{LOGIN}") is None
    assert await until(url, "SELECT count(*) FROM review.dead_letter", "what was planted is there") == 1
    again = closeout("forget", ADDRESS, "--yes", "--data", str(system.folder))
    assert (again.returncode, "forgotten already" in again.stdout) == (0, True), again.stderr


async def test_of_a_ticket_that_was_theirs_it_is_said_that_its_owner_left_also_when_the_tracker_is_read_again(
    system: System, url: str
) -> None:
    said = await until(
        url,
        "SELECT t.snapshot -> 'problem' ->> 'kind'"
        " FROM review.ticket AS t JOIN review.action_item AS a ON a.id = t.item_id"
        " WHERE a.item -> 'owner' ->> 'name' = 'a forgotten person' AND t.snapshot -> 'problem' ->> 'kind' IS NOT NULL",
        "the promise has a problem",
    )
    assert said == "leaver_assigned"
    conn = await asyncpg.connect(url)
    await conn.execute("UPDATE actions.ticket SET etag = NULL, read_due_at = now()")
    await conn.close()
    await until(
        url, "SELECT count(*) FROM actions.ticket WHERE read_due_at IS NULL HAVING count(*) = 3", "they are read"
    )

    assert await found_in_tables(url, NAME) == []
    assert await found_in_tables(url, LOGIN) == []


async def test_the_chain_is_intact_and_whoever_tampers_with_it_is_found(system: System, url: str) -> None:
    verified = closeout("verify", "--data", str(system.folder))
    assert (verified.returncode, verified.stdout) == (0, "Every timeline is as it was recorded.\n"), verified.stdout
    conn = await asyncpg.connect(url)
    await conn.execute("ALTER TABLE review.timeline_entry DISABLE TRIGGER ALL")
    one, was = await conn.fetchrow(
        "SELECT entry_id, author ->> 'name' FROM review.timeline_entry WHERE erased ? 'author' LIMIT 1"
    )
    rename = (
        "UPDATE review.timeline_entry SET author = jsonb_set(author, '{name}', to_jsonb($1::text)) WHERE entry_id = $2"
    )
    await conn.execute(rename, "Alex Responder", one)
    tampered = closeout("verify", "--data", str(system.folder))
    await conn.execute(rename, was, one)
    await conn.execute("ALTER TABLE review.timeline_entry ENABLE TRIGGER ALL")
    await conn.close()
    assert tampered.returncode == 1
    assert "author changed" in tampered.stdout
    assert closeout("verify", "--data", str(system.folder)).returncode == 0


async def test_one_that_was_killed_halfway_is_ended_by_the_next(system: System, url: str) -> None:
    conn = await asyncpg.connect(url)
    await conn.execute("BEGIN")
    # Review comes last; it waits for what is held here, and the others are done by then.
    await conn.execute("SELECT FROM review.incident FOR UPDATE")
    command = ("-m", "closeout", "forget", OTHER, "--json", "--yes", "--data", str(system.folder))
    going = await asyncio.create_subprocess_exec(sys.executable, *command, env=clean_environment())
    async with asyncio.timeout(WAIT_SECONDS):
        while any(not one.startswith("review.") for one in await found_in_tables(url, OTHER)):
            await asyncio.sleep(0.3)
    going.kill()
    await going.wait()
    await conn.execute("ROLLBACK")
    assert await found_in_tables(url, OTHER)

    ended = closeout("forget", OTHER, "--yes", "--data", str(system.folder))

    assert ended.returncode == 0, ended.stderr
    assert await found_in_tables(url, OTHER) == []
    assert closeout("verify", "--data", str(system.folder)).returncode == 0
    # Whoever stood in for them in the first half does in the second.
    stand_ins = await conn.fetchval("SELECT count(DISTINCT stand_in) FROM ingest.forgotten")
    assert stand_ins == 2
    await conn.close()


def test_whoever_is_unknown_or_not_the_only_one_is_told_so(system: System) -> None:
    nobody = closeout("forget", "Nobody Whatsoever", "--yes", "--data", str(system.folder))
    assert nobody.returncode == 1
    assert "Nobody is called “Nobody Whatsoever”" in nobody.stderr
    names_them = closeout(
        "forget", "Alex Responder", "--why", "Alex Responder asked", "--yes", "--data", str(system.folder)
    )
    assert names_them.returncode == 1
    assert "The reason names them" in names_them.stderr
