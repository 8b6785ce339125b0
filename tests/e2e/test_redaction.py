"""A secret that somebody pasted at night is taken out: of every table, every page, and what fills the topics."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from closeout.embedded import Embedded
from closeout.settings import UpSettings
from closeout_ingest.testing import event, incident, note
from closeout_review.access.routes import ROWS
from closeout_schemas.vocabulary import derived_id
from tests.system import DOUBT_SECONDS, WAIT_SECONDS, System, closeout, deliver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SECRET = "Zebra-Quagga-4711"
SAID = (
    f"I rolled the release back by hand with the admin password: {SECRET}. The bad deploy was not caught by any alert."
)
QUOTE = "The bad deploy was not caught by any alert"
KEPT_IN_REVIEW = ("timeline_content", "draft_revision", "annotation", "aware_of", "kept_answer", "confirmed_mode")
SCHEMAS = ("ingest", "review", "actions", "metrics")


@pytest.fixture(scope="module")
def system(module_folder: Path) -> Iterator[System]:
    running = System(module_folder)
    running.start()
    yield running
    running.stop()


async def happen(http: httpx.AsyncClient, system: System, vendor_id: str, begin: datetime, *notes: str) -> None:
    """An incident with these notes."""
    now = begin.strftime("%Y-%m-%dT%H:%M:%SZ")
    said = [
        event("incident.triggered", incident(id=vendor_id, created_at=now, title="Checkout answers 502"), at=now),
        *(note(text, now, note_id=f"N{vendor_id}{n}") for n, text in enumerate(notes)),
        event("incident.resolved", incident(id=vendor_id, created_at=now, status="resolved"), at=now),
    ]
    for n, body in enumerate(said):
        data = body["event"]["data"]
        if "incident" in data:
            data["incident"]["id"] = vendor_id
        await deliver(http, system.url["ingest"], body, f"{vendor_id}-{n}")


async def get(http: httpx.AsyncClient, path: str) -> Any:
    answer = await http.get(path)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


async def postmortem_of(http: httpx.AsyncClient, vendor_id: str, words: str) -> dict[str, Any]:
    """The draft, once it is there and its timeline says so."""
    path = f"/api/v1/postmortems/{derived_id('postmortem', str(derived_id('incident', 'pagerduty', vendor_id)))}"
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            answer = await http.get(path)
            if answer.status_code == 200 and words in answer.text:
                whole: dict[str, Any] = answer.json()
                return whole
            await asyncio.sleep(0.2)


async def put(http: httpx.AsyncClient, path: str, body: dict[str, Any], **headers: str) -> None:
    answer = await http.put(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any], **headers: str) -> None:
    answer = await http.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def found_in_tables(url: str, words: str) -> list[str]:
    """`schema.table.column: how often` wherever these words stand, however they are kept."""
    conn = await asyncpg.connect(url)
    try:
        columns = await conn.fetch(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = ANY ($1::text[]) AND table_type = 'BASE TABLE' ORDER BY 1, 2, 3",
            list(SCHEMAS),
        )
        assert {row["table_schema"] for row in columns} == set(SCHEMAS)
        found = []
        for schema, table, column in columns:
            times = await conn.fetchval(
                f'SELECT count(*) FROM {schema}."{table}" WHERE position(lower($1) IN lower("{column}"::text)) > 0'
                f" OR position(lower(encode(convert_to($1, 'UTF8'), 'hex')) IN lower(\"{column}\"::text)) > 0",
                words,
            )
            if times:
                found.append(f"{schema}.{table}.{column}: {times}")
        return found
    finally:
        await conn.close()


async def found_on_pages(http: httpx.AsyncClient, ids: dict[str, str], words: str) -> tuple[list[str], int]:
    """The pages and answers that say these words, and how many were looked at."""
    found, looked_at = [], 0
    for row in ROWS:
        names = re.findall(r"{(\w+)}", row.path)
        if row.method != "GET" or any(name not in ids for name in names):
            continue
        asked = {"/search": f"?q={words}", "/team": "?name=Payments"}.get(row.path, "")
        answer = await http.get(row.path.format(**ids) + asked, headers={"Accept": "text/html"})
        looked_at += answer.status_code == 200
        # The search repeats what it was asked for.
        text = answer.text.replace(f'value="{words}"', "") if row.path == "/search" else answer.text
        if words.lower() in text.lower():
            found.append(row.path)
    for form in ("markdown", "html", "json"):
        answer = await http.get(f"/postmortems/{ids['postmortem_id']}/export/{form}")
        looked_at += answer.status_code == 200
        if words.lower() in answer.text.lower():
            found.append(f"export {form}")
    return found, looked_at


async def publish_what_quotes(http: httpx.AsyncClient, whole: dict[str, Any], entry_id: str) -> None:
    """A draft that quotes the entry at each place that holds words, published."""
    path = f"/api/v1/postmortems/{whole['id']}"
    draft = {
        "title": "Checkout answered 502",
        "summary": f"Sam wrote “{QUOTE}.” at night.",
        "failure_modes": ["bad_deploy_or_upgrade"],
        "earlier_catches": [{"control": "slo_alert", "text": QUOTE, "entry_id": entry_id}],
        "aware_of": [f"Still true: {QUOTE}", "The retry hides the first error"],
    }
    await put(http, f"{path}/draft", draft, **{"If-Match": "*", "Idempotency-Key": "k1"})
    note_body = {"kind": "decision", "note": f"With {SECRET}?!"}
    await post(http, f"/api/v1/timeline/{entry_id}/annotations", note_body, **{"Idempotency-Key": "k2"})
    draft["dismissals"] = [
        {"code": one["code"], "text": one["text"], "reason": f"As Sam said: {QUOTE}"}
        for one in (await get(http, f"{path}/gate"))["refusals"]
        if one.get("can_be_dismissed")
    ]
    await put(http, f"{path}/draft", draft, **{"If-Match": "*"})
    await post(http, f"{path}/publish", {}, **{"Idempotency-Key": "k3"})


async def redact_both(http: httpx.AsyncClient, *timelines: dict[str, Any]) -> None:
    """Every entry that says the secret."""
    body = {"what": "secret", "why": "A password was pasted", "words": [SECRET]}
    for whole in timelines:
        entry = entry_with_secret(whole)
        await post(http, f"/api/v1/timeline/{entry['id']}/redact", body)


def entry_with_secret(whole: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one["entry"] for one in whole["timeline"] if SECRET in one["entry"]["text"])
    return found


async def plant_dead_letters(url: str, incident_id: str) -> None:
    """In metrics, what ingest said of the incident; in actions, one about it that is older than every outbox."""
    conn = await asyncpg.connect(url)
    await conn.execute(
        'INSERT INTO metrics.dead_letter (id, topic, partition, "offset", value, reason, detail, handler)'
        " SELECT gen_random_uuid(), topic, 0, seq, value, 'handler_error', 'KeyError', 'h' FROM ingest.outbox"
        " WHERE topic = 'closeout.incident.v1' AND position(convert_to($1, 'UTF8') IN value) > 0",
        SECRET,
    )
    await conn.execute(
        'INSERT INTO actions.dead_letter (id, topic, partition, "offset", value, reason, detail, handler,'
        " first_seen_at)"
        " VALUES (gen_random_uuid(), 'closeout.postmortem.v1', 0, 0, $1, 'handler_error', 'KeyError', 'h', $2)",
        f'{{"incident_id": "{incident_id}", "text": "{SECRET}"}}'.encode(),
        datetime.now(UTC) - timedelta(days=30),
    )
    await conn.close()


async def dead_letters_are_clean(url: str) -> None:
    """What ingest says anew can be replayed; what nobody can say anew is empty, and waits for nobody."""
    conn = await asyncpg.connect(url)
    in_metrics = await conn.fetch("SELECT value, settled_as FROM metrics.dead_letter")
    assert [json.loads(one["value"])["data"]["entry"]["text"] for one in in_metrics if not one["settled_as"]]
    in_actions = await conn.fetch("SELECT value, settled_as, settled_because FROM actions.dead_letter")
    assert [tuple(one) for one in in_actions] == [(b"", "discarded", "words of its incident were taken out")]
    await conn.close()


async def test_words_that_are_taken_out_are_nowhere_any_more(system: System) -> None:
    url = Embedded(UpSettings(data=system.folder), with_sandbox=True).running_database_url()
    now = datetime.now(UTC)
    async with httpx.AsyncClient(base_url=system.url["review"], timeout=30) as http:
        await happen(http, system, "QONE", now - timedelta(hours=3), SAID, "It works again.")
        whole = await postmortem_of(http, "QONE", SECRET)
        pid, entry_id = whole["id"], entry_with_secret(whole)["id"]
        await publish_what_quotes(http, whole, entry_id)
        # The same failure again: its card quotes the review, and an open draft the secret.
        await happen(http, system, "QTWO", now - timedelta(hours=1), f"Try {SECRET} again")
        again = await postmortem_of(http, "QTWO", SECRET)
        draft = {"summary": f"As before: {SECRET}", "action_items": [{"text": f"Rotate {SECRET}"}]}
        await put(http, f"/api/v1/postmortems/{again['id']}/draft", draft, **{"If-Match": "*"})
        ids = {"incident_id": whole["incident_id"], "postmortem_id": pid, "review_id": pid}
        ids |= {"entry_id": entry_id, "revision": "1"}
        kept = {one.rpartition(".")[0] for one in await found_in_tables(url, SECRET)}
        kept |= {one.rpartition(".")[0] for one in await found_in_tables(url, QUOTE)}
        await plant_dead_letters(url, whole["incident_id"])
        assert kept >= {"ingest.outbox", *(f"review.{name}" for name in KEPT_IN_REVIEW)}
        assert (await found_on_pages(http, ids, SECRET))[0]

        await redact_both(http, whole, again)

        async with asyncio.timeout(WAIT_SECONDS):
            while await found_in_tables(url, SECRET):
                await asyncio.sleep(0.5)
        for words in (SECRET, QUOTE):
            assert await found_in_tables(url, words) == []
            found, looked_at = await found_on_pages(http, ids, words)
            assert found == []
            assert looked_at > 30
        await dead_letters_are_clean(url)
        # The review is still found, by what is left of it.
        search = await http.get("/search?q=works+again", headers={"Accept": "text/html"})
        assert "Checkout answered 502" in search.text
        page = (await http.get(f"/postmortems/{pid}", headers={"Accept": "text/html"})).text
        assert "A password was pasted" in page
        assert "[redacted]" in page
    verified = closeout("verify", "--data", str(system.folder))
    assert (verified.returncode, verified.stdout) == (0, "Every timeline is as it was recorded.\n"), verified.stderr
    for form in ("markdown", "json", "html"):
        told = closeout("export", pid, "--format", form, "--data", str(system.folder))
        assert told.returncode == 0, told.stderr
        assert SECRET not in told.stdout
        assert QUOTE not in told.stdout


async def test_what_is_told_again_after_a_refill_has_no_such_words_and_changes_nothing(system: System) -> None:
    embedded = Embedded(UpSettings(data=system.folder), with_sandbox=True)
    conn = await asyncpg.connect(embedded.running_database_url())
    for schema in ("ingest", "review"):
        await conn.execute(
            f"INSERT INTO {schema}.outbox_waiting SELECT seq FROM {schema}.outbox ON CONFLICT DO NOTHING"
        )
    async with asyncio.timeout(WAIT_SECONDS):
        while await conn.fetchval("SELECT count(*) FROM ingest.outbox_waiting"):
            await asyncio.sleep(0.3)
    await conn.close()
    await asyncio.sleep(1)

    assert await found_in_tables(embedded.running_database_url(), SECRET) == []
    assert closeout("verify", "--data", str(system.folder)).returncode == 0


async def someone_who_can_own(http: httpx.AsyncClient) -> str:
    """@login of a person, once the tracker was described."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            known = await get(http, "/api/v1/directory")
            logins = [login for one in known["people"] for login in one["handles"].get("github", [])]
            people = sorted(login for login in logins if "bot" not in login)
            if known["projects"] and people:
                return f"@{people[0]}"
            await asyncio.sleep(0.5)


async def test_a_promise_and_its_ticket_lose_what_was_taken_out(system: System) -> None:
    url = Embedded(UpSettings(data=system.folder), with_sandbox=True).running_database_url()
    word = "Okapi-Tapir-0815"
    now = datetime.now(UTC)
    async with httpx.AsyncClient(base_url=system.url["review"], timeout=30) as http:
        await happen(http, system, "QTHREE", now - timedelta(hours=2), f"I logged in with the password: {word}")
        whole = await postmortem_of(http, "QTHREE", word)
        path = f"/api/v1/postmortems/{whole['id']}"
        said = next(one["entry"] for one in whole["timeline"] if word in one["entry"]["text"])
        week = (now + timedelta(days=30)).isocalendar()
        item = {
            "text": f"Rotate the password {word} of the payments database each week by the job rotate-db",
            "criterion": f"The job rotate-db ends with exit code 0 and a login with {word} is refused",
            "owner": await someone_who_can_own(http),
            "target": f"{week.year}-W{week.week:02}",
            "project": "github:acme/payments",
        }
        draft = {
            "title": f"Everybody knew {word}",
            "failure_modes": ["security"],
            "earlier_catches": [{"control": "guard_rail", "text": "A scan of the chat", "entry_id": said["id"]}],
            "action_items": [item],
        }
        await put(http, f"{path}/draft", draft, **{"If-Match": "*"})
        await post(http, f"{path}/publish", {})
        async with asyncio.timeout(DOUBT_SECONDS + 30):
            while not (await get(http, path))["items"][0]["ticket"]:
                await asyncio.sleep(0.3)
        assert "actions" in str(await found_in_tables(url, word))

        await post(http, f"/api/v1/timeline/{said['id']}/redact", {"what": "secret", "why": "It was pasted"})

        tickets = f"{system.url['sandbox']}/github/api/repos/acme/payments/issues"
        headers = {"Authorization": "Bearer sandbox-github-token"}
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                ticket = (await http.get(tickets, headers=headers)).text
                left = await found_in_tables(url, word)
                if word not in ticket and not left:
                    break
                await asyncio.sleep(1)
        assert "[redacted]" in ticket
