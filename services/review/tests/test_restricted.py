"""Restricted incidents: for whoever is not named they are not there, whichever door is tried."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID as UUID_OF
from uuid import uuid4

import httpx
import pytest

from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_chassis.queries import load_queries
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_review import testing as e
from closeout_review.access.routes import ROWS
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.commands import access
from closeout_review.commands.catalogue import Catalogue
from closeout_review.commands.exporting import incident_records
from closeout_review.commands.finishing import ask_to_finish
from closeout_review.commands.importing import take_in
from closeout_review.commands.indexing import document_of
from closeout_review.domain.principal import Principal, Role, scopes_of
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings, SignIn
from closeout_review.store.catalogue import CatalogueIndex
from closeout_review.store.principals import Principals
from closeout_review.store.restrictions import seeing_all
from closeout_schemas.catalogue import CARDS, INCIDENTS, NOTICES
from closeout_schemas.mapping import Mapping
from closeout_schemas.vocabulary import derived_id

pytestmark = pytest.mark.integration
Hear = Callable[..., Awaitable[None]]
# Words that nobody may read who is not named: title, service, note, item.
SECRET = ("Zugangsdaten", "hr-vault", "kompromittiert", "Schluessel")
NOTE = "Der Tresor ist kompromittiert, Schluessel drehen"
OTHER = derived_id("incident", "pagerduty", "Q2")
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
REVIEW = f"/api/v1/postmortems/{e.POSTMORTEM}"


@pytest.fixture
def settings() -> ReviewSettings:
    rule = {"service": ["hr-vault"], "roles": ["admin"], "people": ["Sam@Example.com"]}
    made = ReviewSettings(public_url="http://closeout.test", default_project=e.PROJECT, sign_in=SignIn.LINK)
    made.__dict__["mapping"] = Mapping.model_validate({"restricted": [rule]})
    return made


@pytest.fixture
async def http(db: Database, settings: ReviewSettings) -> AsyncIterator[httpx.AsyncClient]:
    app = Documented(openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    open_doors(app, settings, db)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://closeout.test") as client:
        yield client


async def bearing(db: Database, role: Role, email: str) -> dict[str, str]:
    """A token of somebody, as a header."""
    principal = Principal(uuid4(), email.partition("@")[0], email, frozenset({role}), scopes_of([role]))
    async with db.transaction() as tx:
        await Principals(tx.conn).save(principal, "https://id.example.com", str(principal.id))
    made = await access.make_token(db, principal, "a test", principal.scopes, 1)
    return {"Authorization": f"Bearer {made.secret}"}


@pytest.fixture
async def outsider(db: Database) -> dict[str, str]:
    """May do everything but what an admin may, and is not named."""
    return await bearing(db, Role.REVIEWER, "rosa@example.com")


@pytest.fixture
async def insider(db: Database) -> dict[str, str]:
    """Is named by address, and is a mere reviewer."""
    return await bearing(db, Role.REVIEWER, "sam@example.com")


@pytest.fixture
async def published(hear: Hear, http: httpx.AsyncClient, insider: dict[str, str], now: datetime) -> None:
    """A restricted incident with its review published, and an open one that looks the same."""
    vault = {"service": e.Service(vendor_id="PHR", name="hr-vault"), "title": "Zugangsdaten im Log"}
    await hear(
        *e.everybody(now),
        e.opened(**vault),
        e.noted(NOTE, 4, **vault),
        e.resolved(**vault),
    )
    text = {"text": "Add a canary that fails when a Schluessel is older than 30 days"}
    catch = {"control": "canary", "text": "A canary on the keys", "entry_id": str(e.entry("note", NOTE, 4).id)}
    draft = e.draft(now, e.item(now, **text), title="Zugangsdaten in the log of hr-vault", earlier_catches=[catch])
    saved = await http.put(f"{REVIEW}/draft", json=draft, headers=insider | {"If-Match": '"0"'})
    assert saved.status_code == 200, saved.text
    done = await http.post(f"{REVIEW}/publish", headers=insider)
    assert done.status_code == 200, done.text


def told(text: str) -> list[str]:
    """The secret words in `text`, and the ids that give it away."""
    return [word for word in (*SECRET, str(e.INCIDENT), str(e.POSTMORTEM)) if word.casefold() in text.casefold()]


async def test_no_door_leads_to_it_for_whoever_is_not_named(
    http: httpx.AsyncClient, db: Database, published: None, outsider: dict[str, str], insider: dict[str, str]
) -> None:
    review = (await http.get(REVIEW, headers=insider)).json()
    entry, item, owner = (
        review["timeline"][1]["entry"]["id"],
        review["items"][0]["item"]["id"],
        review["items"][0]["item"]["owner"]["person_id"],
    )
    link = {"kind": "link", "title": "Zugangsdaten", "url": "https://example.com/hr-vault"}
    async with db.transaction() as tx:
        attachment = await tx.conn.fetchval(
            "INSERT INTO attachment (id, incident_id, entry_id, kind, title, url, by) "
            "VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, 'Sam') RETURNING id",
            e.INCIDENT,
            UUID_OF(entry),
            *link.values(),
        )
    names = {
        "attachment_id": attachment,
        "incident_id": e.INCIDENT,
        "postmortem_id": e.POSTMORTEM,
        "review_id": e.POSTMORTEM,
        "entry_id": entry,
        "item_id": item,
        "person_id": owner,
        "form": "markdown",
    }
    asked = {"text": "Zugangsdaten hr-vault kompromittiert", "q": "Zugangsdaten hr-vault kompromittiert", "limit": "3"}
    for row in ROWS:
        if row.path.startswith(("/sign", "/metrics", "/livez", "/readyz", "/api/v1/audit", "/audit")):
            continue
        path = re.sub(r"{(\w+)}", lambda name: str(names.get(name[1], uuid4())), row.path)
        absent = re.sub(r"{(\w+)}", lambda name: "markdown" if name[1] == "form" else str(uuid4()), row.path)
        body: Any = {"reason": "x", "title": "x", "kind": "confusion", "note": "x", "do": "save", "text": "x"}
        more: dict[str, Any] = {} if row.method == "GET" else {"json": body}
        sent: dict[str, Any] = {"params": asked, "headers": outsider | {"If-Match": "*"}, **more}
        answer = await http.request(row.method, path, **sent)
        # What was asked is said again by a search's own form.
        said = answer.text.replace(asked["q"], "")
        for one in set(re.findall(UUID, path)):
            said = said.replace(one, "the one that was asked for")
        assert told(said) == [], (row, answer.status_code, said)
        if row.path == "/people/{person_id}":
            continue  # Who somebody is, is no secret; that they promised something in it is, and was not told.
        # As if it were not there, to the letter.
        nowhere = await http.request(row.method, absent, **sent)
        instead = nowhere.text.replace(asked["q"], "")
        for one in set(re.findall(UUID, absent)):
            instead = instead.replace(one, "the one that was asked for")
        assert (answer.status_code, said) == (nowhere.status_code, instead), row


async def test_lists_and_counts_are_as_if_it_were_not_there(
    http: httpx.AsyncClient, published: None, outsider: dict[str, str], insider: dict[str, str]
) -> None:
    for path, rows in (("incidents", "incidents"), ("postmortems", "postmortems")):
        assert (await http.get(f"/api/v1/{path}", headers=outsider)).json()[rows] == []
        assert len((await http.get(f"/api/v1/{path}", headers=insider)).json()[rows]) == 1
    assert "Nothing has been promised yet" in (await http.get("/people", headers=outsider)).text
    found = {"text": "Zugangsdaten hr-vault kompromittiert"}
    for who, count in ((outsider, 0), (insider, 1)):
        answer = await http.get("/api/v1/related", params=found, headers=who)
        assert len(answer.json()["related"]) == count


async def test_who_is_named_sees_all_of_it_by_role_or_by_address(
    http: httpx.AsyncClient, db: Database, published: None, insider: dict[str, str]
) -> None:
    admin = await bearing(db, Role.ADMIN, "dana@example.com")
    for who in (insider, admin):
        page = (await http.get(f"/postmortems/{e.POSTMORTEM}", headers=who | {"Accept": "text/html"})).text
        assert {"Zugangsdaten", "kompromittiert", "Schluessel"} <= set(told(page))
        assert (await http.get(f"/api/v1/incidents/{e.INCIDENT}/restriction", headers=who)).json()["people"] == [
            "sam@example.com"
        ]


async def test_nothing_of_it_is_said_on_the_topics_but_what_the_ticket_needs(db: Database, published: None) -> None:
    for event in await testing.said(db):
        text = event.model_dump_json()
        item = event.model_dump(mode="json")["data"].pop("item", None)
        words = [one for one in told(text) if one.count("-") != 4]
        # An action item is a promise in a tracker that others read: its own words are what whoever wrote it let out.
        assert words == ([] if item is None else ["Schluessel"]), text
        reference = event.model_dump(mode="json")["data"]["postmortem"]
        assert (reference["restricted"], reference["title"], reference["service"]) == (True, "", None)
        assert reference["opened_at"] is None


async def test_who_led_it_is_asked_to_finish_it_without_a_word_of_it_and_nobody_else_is(
    db: Database, settings: ReviewSettings, hear: Hear, now: datetime
) -> None:
    vault = {"service": e.Service(vendor_id="PHR", name="hr-vault"), "title": "Zugangsdaten im Log"}
    await hear(*e.everybody(now), e.opened(**vault), e.noted(NOTE, 4, author=e.SAM, **vault), e.resolved(**vault))
    for days in range(1, 30):
        at = (now + timedelta(days=days)).replace(hour=11)
        await ask_to_finish(db, settings, at)
    notices = await testing.said(db, NOTICES.name)
    assert len({one.data.to.name for one in notices}) == 1
    assert [told(f"{one.data.subject} {one.data.text}") for one in notices] == [[]] * len(notices)


async def test_what_is_opened_by_hand_is_restricted_by_the_same_rule(
    http: httpx.AsyncClient, outsider: dict[str, str], insider: dict[str, str]
) -> None:
    told_of = {"title": "Zugangsdaten", "what_happened": NOTE, "occasion": "near_miss", "service": "hr-vault"}
    opening = told_of | {"opened_at": e.OPENED.isoformat()}
    for who in (outsider, insider):
        await http.post("/api/v1/postmortems", json=opening, headers=who | {"Idempotency-Key": "one"})
    listed = [(await http.get("/api/v1/postmortems", headers=who)).json()["postmortems"] for who in (outsider, insider)]
    assert (len(listed[0]), {one["title"] for one in listed[1]}) == (0, {"Zugangsdaten"})


async def test_no_card_tells_of_it_and_an_open_one_is_still_found(
    db: Database, settings: ReviewSettings, published: None, hear: Hear
) -> None:
    soon = datetime.now(e.OPENED.tzinfo) - timedelta(minutes=1)
    again = e.opened(id=OTHER, vendor_id="Q2", title="Zugangsdaten im Log", opened_at=soon)
    await testing.deliver(db, subscriptions(settings, Catalogue(settings)), INCIDENTS.name, [again])
    assert await testing.said(db, CARDS.name) == []


async def test_what_came_back_of_it_and_what_it_was_is_not_told(
    http: httpx.AsyncClient,
    db: Database,
    published: None,
    hear: Hear,
    outsider: dict[str, str],
    insider: dict[str, str],
) -> None:
    await hear(e.opened(id=OTHER, vendor_id="Q2", title="Disk full"))
    said = await http.put(
        f"/api/v1/incidents/{OTHER}/recurrences/{e.POSTMORTEM}", json={"was_it": True}, headers=insider
    )
    assert said.status_code == 200, said.text
    async with db.transaction() as tx:
        await tx.conn.execute(
            "INSERT INTO was_it (incident_id, postmortem_id, answer, source) VALUES ($1, $2, true, 'reviewer')",
            e.INCIDENT,
            e.POSTMORTEM,
        )
    for address, rows in (
        (f"/api/v1/incidents/{OTHER}/recurrences", "answers"),
        (f"/api/v1/incidents/{e.INCIDENT}/recurrences", "answers"),
        (f"/api/v1/postmortems/{e.POSTMORTEM}/recurrences", "recurrences"),
    ):
        seen = [(await http.get(address, headers=who)).json()[rows] for who in (outsider, insider)]
        assert (seen[0], bool(seen[1])) == ([], True), address


async def test_an_export_leaves_it_out_unless_it_is_asked_for(
    db: Database, settings: ReviewSettings, published: None
) -> None:
    async with db.reading() as conn, conn.transaction():
        without = [one async for one in incident_records(conn, settings)]
        whole = [one async for one in incident_records(conn, settings, with_restricted=True)]
    assert (len(without), [one.service for one in whole]) == (0, ["hr-vault"])


async def test_a_reviewer_restricts_by_hand_and_lifts_it_and_both_are_in_the_log(
    db: Database, http: httpx.AsyncClient, hear: Hear, insider: dict[str, str], outsider: dict[str, str], now: datetime
) -> None:
    await hear(*e.everybody(now), e.opened(), e.resolved())
    path, listed = f"/api/v1/incidents/{e.INCIDENT}/restriction", "/api/v1/postmortems"
    alone = {"restricted": True, "roles": [], "people": ["rosa@example.com"], "why": "personnel"}
    out = await http.put(path, json=alone, headers=insider)
    assert (out.status_code, out.json()["type"]) == (422, "urn:closeout:problem:shuts-you-out")
    both = alone | {"people": ["sam@example.com"]}
    assert (await http.put(path, json=both, headers=insider)).json()["by"] == "sam"
    assert [len((await http.get(listed, headers=who)).json()["postmortems"]) for who in (insider, outsider)] == [1, 0]
    # Also after the source has told more of it, and for what is made from it later.
    await hear(e.noted("More", 70, 9))
    assert (await http.get(path, headers=outsider)).status_code == 404
    mine = both | {"people": ["rosa@example.com"]}
    assert (await http.put(path, json=mine, headers=outsider)).status_code == 404
    lifted = {"restricted": False, "why": "it was nothing"}
    assert (await http.put(path, json=lifted, headers=insider)).status_code == 200
    assert [len((await http.get(listed, headers=who)).json()["postmortems"]) for who in (insider, outsider)] == [1, 1]
    async with db.reading() as conn:
        deeds = [one.deed for one in await Principals(conn).deeds(None, None, str(e.INCIDENT), 9)]
    assert deeds == ["lifted a restriction", "restricted an incident"]


async def test_what_a_person_has_lifted_the_mapping_does_not_restrict_again(
    http: httpx.AsyncClient, published: None, insider: dict[str, str], outsider: dict[str, str], hear: Hear
) -> None:
    vault = {"service": e.Service(vendor_id="PHR", name="hr-vault"), "title": "Zugangsdaten im Log"}
    lifted = {"restricted": False, "why": "it is public by now"}
    await http.put(f"/api/v1/incidents/{e.INCIDENT}/restriction", json=lifted, headers=insider)
    await hear(e.noted("More", 70, 9, **vault))
    assert (await http.get(REVIEW, headers=outsider)).status_code == 200


async def test_what_is_written_about_together_is_restricted_together(
    http: httpx.AsyncClient, hear: Hear, insider: dict[str, str], outsider: dict[str, str], now: datetime
) -> None:
    other = {"id": OTHER, "vendor_id": "Q2", "opened_at": e.OPENED + timedelta(minutes=5)}
    vault = {"service": e.Service(vendor_id="PHR", name="hr-vault")}
    await hear(*e.everybody(now), e.opened(), e.resolved(), e.opened(**other, **vault))
    both = f"/api/v1/postmortems/{e.POSTMORTEM}/incidents"
    covered = await http.post(both, json={"incident_id": str(OTHER)}, headers=insider)
    assert covered.status_code == 200, covered.text
    for path in (REVIEW, f"/api/v1/incidents/{e.INCIDENT}", f"/api/v1/incidents/{OTHER}"):
        assert [(await http.get(path, headers=who)).status_code for who in (insider, outsider)] == [200, 404], path


async def test_the_page_restricts_too(
    http: httpx.AsyncClient, hear: Hear, insider: dict[str, str], outsider: dict[str, str], now: datetime
) -> None:
    await hear(*e.everybody(now), e.opened(), e.resolved())
    path = f"/incidents/{e.INCIDENT}/restriction"
    page = e.Page((await http.get(path, headers=insider)).text)
    assert page.to_label <= page.labelled
    form = httpx.QueryParams([("restricted", "yes"), ("people", "sam@example.com"), ("why", "personnel")])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await http.post(path, content=str(form).encode(), headers=insider | kind)).status_code == 303
    assert (await http.get(f"/incidents/{e.INCIDENT}", headers=outsider)).status_code == 404
    assert (await http.get(f"/incidents/{e.INCIDENT}", headers=insider)).status_code == 200


# Tables without a policy of their own: what is in them says nothing without the row that it belongs to.
FOLLOW = {"ticket": ("action_item",), "redaction": ("timeline_",), "annotation": ("entry", "incident")}


def test_every_query_of_a_table_without_a_policy_reads_one_with_it_or_is_asked_by_id() -> None:
    for name, query in load_queries("closeout_review").items():
        words = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", query))
        for table, leaders in FOLLOW.items():
            if table in words and "$1" not in query:
                assert any(word.startswith(leaders) for word in words), name


async def test_a_transaction_of_nobody_sees_nothing_restricted(db: Database, published: None) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute("SELECT set_config('closeout.viewer', '{}', true)")
        tables = ("incident", "postmortem", "action_item", "timeline_entry", "timeline_content", "draft_revision")
        assert [await tx.conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == [0] * len(tables)
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM incident") == 1


# What is read through a row that has a policy, or tells nothing of an incident, is named here with how.
WITHOUT_POLICY = {
    "timeline_head": "numbers and hashes, by an incident's id",
    "redaction": "joined to timeline_entry",
    "dismissed_suggestion": "kinds, by an incident's id",
    "covered_incident": "ids",
    "other_version": "by the id of a postmortem that was read before",
    "was_it": "ids, joined to the incident, and asked with the review",
    "card": "ids",
    "attachment_content": "joined to attachment",
    "aware_of": "joined to postmortem: its index is for words",
    "chosen_lead": "by the id of a postmortem that was read before",
    "asked_to_finish": "by the id of a postmortem that was read before",
    "editing": "by the id of a postmortem that was read before, and by the clock into the log, which admins read",
    "confirmed_mode": "by the id of a postmortem that was read before",
    "meta_proposal": "of a quarter; incident_records, which it is read by, leaves restricted incidents out",
    "verdict_reason": "by the id of a postmortem that was read before",
}


async def test_every_table_about_an_incident_has_a_policy_or_a_reason_to_have_none(db: Database) -> None:
    about = """
        SELECT DISTINCT c.relname, c.relrowsecurity FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = 'review'::regnamespace
          AND a.attname IN ('incident_id', 'postmortem_id', 'entry_id', 'attachment_id')
    """
    async with db.reading() as conn:
        found = {row["relname"]: row["relrowsecurity"] for row in await conn.fetch(about)}
    assert {name for name, has in found.items() if not has} == set(WITHOUT_POLICY) & set(found)


async def test_how_many_say_the_same_does_not_count_it_for_whoever_is_not_named(
    http: httpx.AsyncClient, db: Database, published: None, outsider: dict[str, str], insider: dict[str, str]
) -> None:
    async with db.transaction() as tx, seeing_all(tx.conn):
        [row] = await CatalogueIndex(tx.conn).published([e.POSTMORTEM], 1)
        same = document_of(row)
        [copy] = read("copy.md", f"# {same.title}\n\nServices: hr-vault\n\n{same.text}".encode())
        assert isinstance(copy, Document)
        await take_in([copy], tx)

    asked = {"text": "Zugangsdaten im Log", "service": "hr-vault"}
    for who, alike in ((insider, 1), (outsider, 0)):
        related = (await http.get("/api/v1/related", params=asked, headers=who)).json()["related"]
        assert [len(one["alike"]) for one in related] == [alike]
