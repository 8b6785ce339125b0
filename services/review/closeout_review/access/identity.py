"""Stands before the doors: says who a request acts for, and refuses what they may not do."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access import cookies
from closeout_review.access.own_name import refuse_another_name
from closeout_review.access.routes import SAFE, Row, row_for
from closeout_review.access.who import not_allowed
from closeout_review.domain.principal import LOCAL_OPERATOR, NOBODY
from closeout_review.domain.secrets import digest_of
from closeout_review.settings import ReviewSettings, SignIn
from closeout_review.store.asking import ASKING, Asking, record
from closeout_review.store.principals import Principals


class Identity:
    """Puts a Principal on each request, as `request.state.principal`, and lets through what its route allows."""

    def __init__(self, app: ASGIApp, settings: ReviewSettings, db: Database) -> None:
        self._app = app
        self._settings = settings
        self._db = db

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        row, named = row_for(request.method, request.url.path)
        asking = await self._asking(request, row)
        # A signed link is as good as a key: it is written down nowhere.
        asking.about |= {name: value for name, value in named.items() if name != "token"}
        if row.needs is not None and not asking.principal.may(row.needs):
            if asking.principal is not NOBODY:
                await self._note_refusal(asking, row)
                raise not_allowed(asking.principal, row.needs)
            if not self._leads_to_sign_in(request):
                raise who_are_you(self._settings)
            await RedirectResponse(f"/sign-in?to={cookies.path_of(request)}", 303)(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = asking.principal
        token = ASKING.set(asking)
        try:
            await self._app(scope, receive, send)
        finally:
            ASKING.reset(token)

    async def _asking(self, request: Request, row: Row) -> Asking:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._by_token(secret.strip(), row)
        if self._settings.sign_in is SignIn.OPEN:
            if row.needs is not None:
                refuse_another_name(request, self._settings)
            return Asking(LOCAL_OPERATOR, "being on this machine", row.deed)
        cookie = request.cookies.get(cookies.name_of_session(self._settings))
        if cookie is not None:
            async with self._db.reading() as conn:
                principal = await Principals(conn).of_session(digest_of(cookie))
            if principal is not None:
                _refuse_without_origin(request)
                return Asking(principal, "session", row.deed)
        return Asking(NOBODY, "nothing", row.deed)

    async def _by_token(self, secret: str, row: Row) -> Asking:
        async with self._db.reading() as conn:
            principal = await Principals(conn).of_token(digest_of(secret))
        if principal is None:
            raise _challenge("bad-token", "This token is not known, has expired or was revoked. Make another.")
        return Asking(principal, f"token {principal.token}", row.deed)

    async def _note_refusal(self, asking: Asking, row: Row) -> None:
        if row.method in SAFE:
            return
        async with self._db.transaction() as tx:
            asking.deed = f"was refused: {row.deed}"
            await record(tx.conn, asking)

    def _leads_to_sign_in(self, request: Request) -> bool:
        is_page = request.method in SAFE and "text/html" in request.headers.get("accept", "")
        return is_page and self._settings.sign_in is SignIn.OIDC and not request.url.path.startswith("/api/")


def _refuse_without_origin(request: Request) -> None:
    """A browser's request that changes something says where it comes from; web/guard.py has seen that it is here."""
    if request.method in SAFE or "origin" in request.headers or "sec-fetch-site" in request.headers:
        return
    detail = "A request with a session has to say where it comes from (Origin). Programs send an API token instead."
    raise Refused(403, "origin-missing", detail)


def who_are_you(settings: ReviewSettings) -> Refused:
    """What is said to who has to sign in first."""
    how = {
        SignIn.LINK: "Open the one-time link that `closeout up` printed; `closeout link` makes another.",
        SignIn.OIDC: "Sign in at /sign-in.",
        SignIn.OPEN: "",
    }[settings.sign_in]
    return _challenge("sign-in-required", f"{how} Programs send an API token: `Authorization: Bearer closeout_…`")


def _challenge(code: str, detail: str) -> Refused:
    refused = Refused(401, code, detail)
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused
