"""Who may do what: the table of routes, sessions, tokens, and the log of what was done."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.access.cookies import own_path
from closeout_review.access.routes import ROWS, Row
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.commands import access
from closeout_review.domain.principal import LOCAL_OPERATOR, Principal, Role, Scope, scopes_of
from closeout_review.domain.secrets import digest_of
from closeout_review.settings import ReviewSettings, SignIn
from closeout_review.store.editing import Editing
from closeout_review.store.principals import SQL, Principals

from .waiting import until_it_waits

pytestmark = pytest.mark.integration
ORIGIN = {"Origin": "http://closeout.test"}
As = Callable[..., Any]


def app_of(db: Database, **settings: Any) -> FastAPI:
    app = Documented(openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    values = {"public_url": "http://closeout.test", "default_project": e.PROJECT, "sign_in": SignIn.LINK}
    open_doors(app, ReviewSettings(**(values | settings)), db)
    return app


@asynccontextmanager
async def browser(db: Database, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app_of(db, **settings), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://closeout.test") as client:
        yield client


async def token_of(db: Database, role: Role, scopes: set[Scope] | None = None, email: str = "dana@example.com") -> str:
    """A token of somebody who has that role."""
    has = scopes_of([role])
    principal = Principal(uuid4(), f"Dana the {role}", email, frozenset({role}), has)
    async with db.transaction() as tx:
        await Principals(tx.conn).save(principal, "https://id.example.com", str(principal.id))
    return (await access.make_token(db, principal, "a test", has if scopes is None else scopes, 1)).secret


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def path_of(row: Row) -> str:
    """A path of that row, about nothing that is there."""
    return re.sub(r"{\w+}", lambda _: str(uuid4()), row.path)


async def test_each_route_of_the_service_is_in_the_table_and_each_row_is_a_route(db: Database) -> None:
    app = app_of(db)
    rest = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    pages = {
        (method, route.path.replace(":uuid}", "}"))
        for route in app.routes
        if isinstance(route, Route) and not route.path.startswith("/api/v1")
        for method in (route.methods or ())
        if method != "HEAD"
    }
    health = {("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics")}
    assert {(row.method, row.path) for row in ROWS} == rest | pages | health
    unnamed = [row for row in ROWS if row.method != "GET" and not row.deed]
    assert unnamed == []


async def test_without_a_session_or_a_token_nothing_opens_but_what_is_open_to_all(db: Database) -> None:
    async with browser(db) as http:
        for row in ROWS:
            if row.needs is None:
                continue
            answer = await http.request(row.method, path_of(row))
            assert answer.status_code == 401, (row, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["type"] == "urn:closeout:problem:sign-in-required"
        assert (await http.get("/nowhere")).status_code == 401
        page = await http.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 401
        assert "closeout link" in e.Page(page.text).text
        # Each of the sections would lead back here.
        assert "/published" not in e.Page(page.text).links


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_the_routes_that_its_scopes_name_and_no_other(db: Database, role: Role) -> None:
    token = await token_of(db, role)
    async with browser(db) as http:
        for row in ROWS:
            if row.needs is None:
                continue
            answer = await http.request(row.method, path_of(row), headers=bearing(token))
            assert "no-store" in answer.headers.get("cache-control", ""), row
            allowed = row.needs in scopes_of([role])
            assert (answer.status_code == 403) is not allowed, (row, answer.text)
            if not allowed:
                problem = answer.json()
                assert problem["type"] == "urn:closeout:problem:not-allowed"
                assert "Ask whoever gives out roles" in problem["detail"]
                assert (problem["needs"], role.value in problem["detail"]) == (row.needs, True)


async def test_a_one_time_link_opens_a_session_once(db: Database) -> None:
    link = (await access.make_link(db, "http://closeout.test")).removeprefix("http://closeout.test")
    async with browser(db) as first, browser(db) as second:
        assert (await first.head(link)).status_code == 303
        opened = await first.get(link)
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await first.get("/api/v1/me")).json()["name"] == LOCAL_OPERATOR.name
        again = await second.get(link)
        assert (again.status_code, again.json()["type"]) == (401, "urn:closeout:problem:link-not-good")
        assert (await first.post("/sign-out", headers=ORIGIN)).status_code == 303
        # The cookie that somebody copied before is as dead as the one that the browser has dropped.
        stolen = {"Cookie": cookie.partition(";")[0]}
        assert (await second.get("/api/v1/me", headers=stolen)).status_code == 401


async def test_over_tls_the_cookie_goes_to_this_host_over_tls_only(db: Database) -> None:
    public = {"public_url": "https://closeout.test"}
    link = (await access.make_link(db, public["public_url"])).removeprefix("https://closeout.test")
    async with browser(db, **public) as http:
        cookie = (await http.get(link)).headers["set-cookie"]
    assert cookie.startswith("__Host-closeout_session=")
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}


async def test_a_session_changes_nothing_for_a_request_that_hides_where_it_comes_from(db: Database) -> None:
    link = (await access.make_link(db, "http://closeout.test")).removeprefix("http://closeout.test")
    wanted = {"name": "ci", "scopes": ["read"]}
    async with browser(db) as http:
        await http.get(link)
        hidden = await http.post("/api/v1/tokens", json=wanted)
        assert (hidden.status_code, hidden.json()["type"]) == (403, "urn:closeout:problem:origin-missing")
        foreign = await http.post("/api/v1/tokens", json=wanted, headers={"Origin": "https://evil.example"})
        assert (foreign.status_code, foreign.json()["type"]) == (403, "urn:closeout:problem:foreign-origin")
        assert (await http.post("/api/v1/tokens", json=wanted, headers=ORIGIN)).status_code == 201


async def test_a_token_is_shown_once_and_only_its_digest_is_kept(db: Database) -> None:
    admin = bearing(await token_of(db, Role.ADMIN))
    async with browser(db) as http:
        made = await http.post("/api/v1/tokens", json={"name": "ci", "scopes": ["read"], "days": 7}, headers=admin)
        secret = made.json()["secret"]
        assert (await http.get("/api/v1/me", headers=bearing(secret))).json()["scopes"] == ["read"]
        listed = await http.get("/api/v1/tokens", headers=admin)
        assert secret not in listed.text
        assert listed.json()["tokens"][0]["name"] == "ci"
        async with db.reading() as conn:
            row = await conn.fetchrow("SELECT to_jsonb(t)::text AS text, digest FROM api_token AS t WHERE name = 'ci'")
        assert row is not None
        assert secret not in row["text"]
        assert row["digest"] == digest_of(secret)

        path = f"/api/v1/tokens/{made.json()['token']['id']}"
        assert [(await http.delete(path, headers=admin)).status_code for _ in range(2)] == [204, 204]
        dead = await http.get("/api/v1/me", headers=bearing(secret))
        assert (dead.status_code, dead.json()["type"]) == (401, "urn:closeout:problem:bad-token")


async def test_a_token_ends_by_itself(db: Database) -> None:
    token = await token_of(db, Role.READER)
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE api_token SET expires_at = now() - interval '1 second'")
    async with browser(db) as http:
        assert (await http.get("/api/v1/me", headers=bearing(token))).status_code == 401


async def test_a_token_never_has_more_than_its_owner_has_now(db: Database) -> None:
    token = await token_of(db, Role.REVIEWER)
    async with browser(db) as http:
        wanted = {"name": "more", "scopes": ["admin"]}
        refused = await http.post("/api/v1/tokens", json=wanted, headers=bearing(token))
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:closeout:problem:not-allowed")
        assert (await http.get("/api/v1/me", headers=bearing(token))).json()["scopes"] == ["publish", "read", "write"]
        async with db.transaction() as tx:
            await tx.conn.execute("UPDATE principal SET roles = '{reader}'")
        assert (await http.get("/api/v1/me", headers=bearing(token))).json()["scopes"] == ["read"]


async def test_a_token_that_a_token_makes_ends_no_later_than_that_one(db: Database) -> None:
    token = await token_of(db, Role.RESPONDER)
    async with browser(db) as http:
        wanted = {"name": "another", "scopes": ["read"], "days": 366}
        made = (await http.post("/api/v1/tokens", json=wanted, headers=bearing(token))).json()
        again = await http.post("/api/v1/tokens", json=wanted, headers=bearing(made["secret"]))
        listed = (await http.get("/api/v1/tokens", headers=bearing(token))).json()["tokens"]

    assert again.status_code == 201
    assert {one["expires_at"] for one in listed} == {made["token"]["expires_at"]}


async def test_a_token_is_told_also_where_a_newer_one_is_there_before_it(db: Database, http: httpx.AsyncClient) -> None:
    await http.post("/api/v1/tokens", json={"name": "first", "scopes": ["read"]})
    async with db.transaction() as tx:
        await Principals(tx.conn).save(LOCAL_OPERATOR, access.LOCAL, "operator")
        making = asyncio.create_task(http.post("/api/v1/tokens", json={"name": "second", "scopes": ["read"]}))
        await until_it_waits(making, tx.conn)
        async with db.transaction() as other:
            told = (uuid4(), digest_of("another"), LOCAL_OPERATOR.id, "third", ["read"], 60, None)
            await other.conn.execute(SQL["make_token"], *told)

    assert (await making).status_code == 201
    assert (await making).json()["token"]["name"] == "second"


async def test_a_key_that_two_people_chose_is_two_postmortems(db: Database) -> None:
    opening = {"what_happened": "Nearly.", "occasion": "near_miss", "opened_at": e.OPENED.isoformat()}
    opened = []
    async with browser(db) as http:
        for name in ("Dana", "Sam"):
            who = bearing(await token_of(db, Role.RESPONDER, email=f"{name}@example.com")) | {"Idempotency-Key": "1"}
            answer = await http.post("/api/v1/postmortems", json=opening | {"title": name}, headers=who)
            opened.append(answer.json()["draft"]["title"])

    assert opened == ["Dana", "Sam"]


async def test_nobody_sees_or_revokes_somebody_elses_tokens_but_an_admin(db: Database) -> None:
    mine, other, admin = [await token_of(db, role) for role in (Role.READER, Role.READER, Role.ADMIN)]
    async with browser(db) as http:
        seen = {
            who: (await http.get("/api/v1/tokens", headers=bearing(who))).json()["tokens"]
            for who in (mine, other, admin)
        }
        assert [len(tokens) for tokens in seen.values()] == [1, 1, 3]
        path = f"/api/v1/tokens/{seen[mine][0]['id']}"
        assert (await http.delete(path, headers=bearing(other))).status_code == 404
        assert (await http.delete(path, headers=bearing(admin))).status_code == 204
        assert (await http.get("/api/v1/me", headers=bearing(mine))).status_code == 401


async def test_tokens_and_the_log_are_read_page_by_page(db: Database) -> None:
    tokens = [await token_of(db, Role.ADMIN) for _ in range(5)]
    async with browser(db) as http:
        for path, rows in (("tokens", "tokens"), ("audit", "deeds")):
            for _ in range(5 if path == "audit" else 0):
                await http.post("/api/v1/tokens", json={"name": "n", "scopes": ["read"]}, headers=bearing(tokens[0]))
            found, cursor = [], None
            while True:
                asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
                page = (await http.get(f"/api/v1/{path}", params=asked, headers=bearing(tokens[0]))).json()
                found += [str(row) for row in page[rows]]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert len(found) == len(set(found)) == 5


async def test_the_log_says_who_did_what_and_what_was_refused(db: Database, drafted: None, now: Any) -> None:
    reviewer, reader, admin = [await token_of(db, role) for role in (Role.REVIEWER, Role.READER, Role.ADMIN)]
    draft = f"/api/v1/postmortems/{e.POSTMORTEM}/draft"
    async with browser(db) as http:
        for token in (reviewer, reader):
            await http.put(draft, json=e.draft(now), headers=bearing(token) | {"If-Match": '"0"'})
        # What came to nothing is not said.
        await http.put(draft, json=e.draft(now), headers=bearing(reviewer) | {"If-Match": '"7"'})
        await http.post(f"/api/v1/postmortems/{e.POSTMORTEM}/publish", headers=bearing(reviewer))
        log = (await http.get("/api/v1/audit", headers=bearing(admin))).json()["deeds"]
        of_it = (await http.get(f"/api/v1/audit?about={e.POSTMORTEM}", headers=bearing(admin))).json()["deeds"]
        page = await http.get("/audit", headers=bearing(admin))
    told = [(one["who"], one["deed"]) for one in reversed(log)]
    assert told == [
        ("Dana the reviewer", "saved the draft"),
        ("Dana the reader", "was refused: saved the draft"),
        ("Dana the reviewer", "published"),
    ]
    assert of_it == log
    assert log[0]["about"] == {"postmortem_id": str(e.POSTMORTEM)}
    assert log[2]["about"]["revision"] == "1"
    assert log[0]["signed_in_by"].startswith("token ")
    assert "was refused: saved the draft" in e.Page(page.text).text


async def test_a_draft_that_is_saved_as_one_types_fills_few_lines_of_the_log(
    db: Database, drafted: None, now: Any
) -> None:
    dana, robin, admin = [await token_of(db, role) for role in (Role.REVIEWER, Role.RESPONDER, Role.ADMIN)]
    draft = f"/api/v1/postmortems/{e.POSTMORTEM}/draft"
    revision = 0
    async with browser(db) as http:

        async def save(token: str, **more: Any) -> None:
            nonlocal revision
            headers = bearing(token) | {"If-Match": f'"{revision}"'}
            answer = await http.put(draft, json=e.draft(now, e.item(now, id="one")) | more, headers=headers)
            assert answer.status_code == 200, answer.text
            revision = int(answer.headers["etag"].strip('"'))

        async def lines() -> list[tuple[str, str, str, str]]:
            log = (await http.get("/api/v1/audit", headers=bearing(admin))).json()["deeds"]
            saved = [one for one in reversed(log) if one["deed"] == "saved the draft"]
            return [
                (one["who"], *(one["about"].get(name, "") for name in ("revision", "saves", "changed")))
                for one in saved
            ]

        for n in range(5):
            await save(dana, summary=f"It was the pool, try {n}")
        await save(robin, summary="It was the pool, try 4")
        await save(robin, title="Another title", summary="It was the pool, try 4")
        begun = await lines()
        assert [line[:3] for line in begun] == [("Dana the reviewer", "1", ""), ("Dana the responder", "6", "")]
        assert "action item 1" in begun[0][3]
        assert "summary" in begun[0][3]

        async with db.transaction() as tx:
            await Editing(tx.conn).tell()
        assert await lines() == begun
        async with db.transaction() as tx:
            await tx.conn.execute("UPDATE editing SET told_at = told_at - interval '11 minutes'")
        # Dana writes on; of Robin it is told by the clock.
        await save(dana, title="Another title", summary="It was the pool after all")
        async with db.transaction() as tx:
            await Editing(tx.conn).tell()
        later = (await lines())[2:]
        assert sorted(line[:1] for line in later) == [("Dana the responder",), ("Dana the reviewer",)]
        assert {line[2] for line in later} == {"", "5"}
        assert all("summary" in line[3] or "title" in line[3] for line in later)

        await save(dana, title="The title")
        told = await http.post(f"/api/v1/postmortems/{e.POSTMORTEM}/publish", headers=bearing(dana))
        assert told.status_code == 200, told.text
        assert (await lines())[-1][:2] == ("Dana the reviewer", str(revision))
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM editing") == 0


@pytest.mark.parametrize(
    "deed", ["UPDATE audit_entry SET who = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
async def test_the_owner_of_the_log_itself_cannot_change_it(db: Database, deed: str) -> None:
    async with db.reading() as conn:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await conn.execute(deed)


async def test_the_page_makes_a_token_and_takes_it_back(db: Database) -> None:
    link = (await access.make_link(db, "http://closeout.test")).removeprefix("http://closeout.test")
    async with browser(db) as http:
        await http.get(link)
        page = e.Page((await http.get("/tokens")).text)
        fields = [*page.fields, ("scopes", "write")]
        body = httpx.QueryParams([(n, "ci <b>" if n == "name" else v) for n, v in fields]).__str__().encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"} | ORIGIN
        made = await http.post("/tokens", content=body, headers=form)
        assert made.status_code == 200, made.text
        secret = next(word for word in e.Page(made.text).text.split() if word.startswith("closeout_"))
        me = (await http.get("/api/v1/me", headers=bearing(secret))).json()
        assert me["scopes"] == ["read", "write"]
        token_id: UUID = (await http.get("/api/v1/tokens")).json()["tokens"][0]["id"]
        await http.post(f"/tokens/{token_id}/revoke", headers=ORIGIN)
        assert (await http.get("/api/v1/me", headers=bearing(secret))).status_code == 401


async def test_open_to_everybody_it_listens_on_loopback_only() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        assert ReviewSettings(host=host).sign_in is SignIn.OPEN
    for host in ("0.0.0.0", "::", "10.1.2.3", "closeout.example.com"):
        with pytest.raises(ValueError, match="loopback"):
            ReviewSettings(host=host)
        assert ReviewSettings(host=host, sign_in=SignIn.LINK).host == host


@pytest.mark.parametrize(
    "text", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "", "/a\nb", "//["]
)
def test_nobody_is_sent_to_another_site_after_signing_in(text: str) -> None:
    assert own_path(text) == "/"
    assert own_path("/postmortems/1?x=2") == "/postmortems/1?x=2"


async def test_an_error_is_told_to_people_without_signs_for_programs(http: httpx.AsyncClient) -> None:
    answer = await http.get("/sign-in/link/none", headers={"Accept": "text/html"})
    assert "<code>closeout link</code>" in answer.text
    assert "`closeout" not in answer.text
    nowhere = await http.get("/nowhere", headers={"Accept": "text/html"})
    assert nowhere.status_code == 404
    assert "There is no page at this address" in nowhere.text
