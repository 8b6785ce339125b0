"""A request that is sent again is answered as it was the first time, and does nothing twice.

The header `Idempotency-Key`, as the IETF's draft has it: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_chassis.http_in import problem
from closeout_review.access.routes import SAFE
from closeout_review.access.who import who
from closeout_review.store.asking import ASKING
from closeout_review.store.kept_answers import KeptAnswers

LONGEST_KEY = 200
# Of the answer's headers those that belong to what was done.
KEPT_HEADERS = {"content-type", "etag", "location"}
# A 5xx says that it was not done, these that it is to be tried again as it is.
NOT_KEPT = {401, 408, 409, 425, 429}
# An answer that says so holds a secret, of which only a digest is kept here.
SECRET = (b"cache-control", b"no-store")
TOLD_ONCE = "What was made under this Idempotency-Key is a secret, told once. Take it back; make another by a new key."
LOST = "What this asked for was done, and its answer was lost. See what stands there; to do more takes a new key."


class Idempotency:
    """Keeps the answers to the REST API's changes, for each principal and key, until they expire.

    Of one that holds a secret only that there was one: asked for again it is refused (409).
    """

    def __init__(self, app: ASGIApp, db: Database, keep_seconds: float) -> None:
        self._app = app
        self._db = db
        self._keep_seconds = keep_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            raise Refused(
                400, "bad-idempotency-key", f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters."
            )
        request = Request(scope, receive)
        body = await request.body()
        mine = _Mine(self._db, who(request).id, key, _digest(request, body))
        kept = await mine.begin(self._keep_seconds)
        if kept is not None:
            await kept(scope, receive, send)
            return
        if (asking := ASKING.get()) is not None:
            asking.key = key
        answer = _Answer(send)
        try:
            await self._app(scope, _again(body), answer.send)
        except BaseException:
            await mine.forget()
            raise
        await mine.keep(answer)


class _Mine:
    """One request of one principal under one key."""

    def __init__(self, db: Database, principal_id: UUID, key: str, digest: bytes) -> None:
        self._db = db
        self._of = (principal_id, key)
        self._digest = digest

    async def begin(self, keep_seconds: float) -> Response | None:
        """None where it is to be answered now, else what was answered. Raises Refused where neither can be."""
        async with self._db.transaction() as tx:
            answers = KeptAnswers(tx.conn)
            if await answers.begin(*self._of, self._digest, keep_seconds):
                return None
            kept = await answers.of(*self._of)
        if kept is not None and kept.status is None and kept.request_digest == self._digest:
            # Whoever did it may have died before they answered.
            if kept.made_secret:
                return problem(409, "told-once", TOLD_ONCE)
            if kept.lost:
                return problem(409, "answer-lost", LOST)
        if kept is None or (kept.status is None and kept.request_digest == self._digest):
            detail = "A request with this Idempotency-Key is being answered. Send it again in a moment."
            raise Refused(409, "still-being-answered", detail).retry_after(1)
        if kept.request_digest != self._digest:
            detail = "This Idempotency-Key came with another request before. Make a new key for each request."
            raise Refused(422, "idempotency-key-reused", detail)
        assert kept.status is not None
        return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})

    async def keep(self, answer: _Answer) -> None:
        """Keep what was answered, unless it says that nothing was done."""
        if answer.status >= 500 or answer.status in NOT_KEPT:
            await self.forget()
            return
        status, headers, body = answer.status, answer.headers, b"".join(answer.body)
        if answer.is_secret:
            told = problem(409, "told-once", TOLD_ONCE)
            status, headers, body = told.status_code, {"content-type": told.headers["content-type"]}, bytes(told.body)
        async with self._db.transaction() as tx:
            await KeptAnswers(tx.conn).keep(*self._of, status, headers, body)

    async def forget(self) -> None:
        """Let it be tried again, unless it was done."""
        async with self._db.transaction() as tx:
            await KeptAnswers(tx.conn).forget(*self._of)


class _Answer:
    """Passes an answer on, and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500
        self.is_secret = False
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []

    async def send(self, message: Message) -> None:
        """A part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.is_secret = SECRET in message["headers"]
            named = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message["headers"])
            self.headers = {name: value for name, value in named if name in KEPT_HEADERS}
        elif message["type"] == "http.response.body":
            self.body.append(message.get("body", b""))
        await self._send(message)


def _key(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] in SAFE or not scope["path"].startswith("/api/"):
        return None
    found = next((value for name, value in scope["headers"] if name == b"idempotency-key"), None)
    return None if found is None else found.decode("latin-1")


def _digest(request: Request, body: bytes) -> bytes:
    """By which the same request is known again: what it asks for, and over which revision."""
    asked = (request.method, request.url.path, request.url.query, request.headers.get("if-match", ""))
    return hashlib.sha256("\n".join(asked).encode() + b"\n\n" + body).digest()


def _again(body: bytes) -> Receive:
    """The body once more, for whoever reads it next."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return parts.pop() if parts else {"type": "http.disconnect"}

    return receive
