"""What stands before the doors of this service: who sends it, how long it may be, what a browser may do with it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from closeout_chassis.errors import Refused
from closeout_chassis.http_in import read_body
from closeout_review.access.own_name import is_address

OnRefused = Callable[[Request, Exception], Awaitable[Response]]

# Where an image is sent, and how much else the form around it may hold.
IMAGES = re.compile(r"^/entries/[^/]+/attach$|^/api/v1/timeline/[^/]+/images$")
AROUND_IMAGE = 16 * 1024
SAFE = {"GET", "HEAD", "OPTIONS"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What one may see, no proxy and no browser keeps for another.
    "Cache-Control": "private, no-store",
}


class Guard:
    """Refuses what another site sends in a user's name and what is too long; forbids scripts, framing and keeping.

    An answer's own headers stand.
    """

    def __init__(
        self, app: ASGIApp, public_url: str, body_limit: int, on_refused: OnRefused, image_limit: int = 0
    ) -> None:
        self._app = app
        self._image_limit = max(image_limit + AROUND_IMAGE, body_limit)
        self._origin = origin_of(public_url)
        self._body_limit = body_limit
        self._on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] in SAFE:
            await self._app(scope, receive, guarded)
            return
        request = Request(scope, receive)
        try:
            self._refuse_foreign(request)
            limit = self._image_limit if IMAGES.search(request.url.path) else self._body_limit
            body = await read_body(receive, request.headers.get("content-length", ""), limit)
        except Refused as refused:
            await (await self._on_refused(request, refused))(scope, receive, guarded)
            return
        await self._app(scope, _again(body, receive), guarded)

    def _refuse_foreign(self, request: Request) -> None:
        """Raises Refused(403) for what a page of another site sent. Programs send neither header: they may."""
        site = request.headers.get("sec-fetch-site", "none")
        origin = request.headers.get("origin")
        if site not in ("none", "same-origin") or (origin is not None and not self._is_ours(origin, request)):
            detail = (
                f"This came from a page of another site. These pages are served at {self._origin}; "
                "if that is not where you see them, set CLOSEOUT_REVIEW_PUBLIC_URL."
            )
            raise Refused(403, "foreign-origin", detail)

    def _is_ours(self, origin: str, request: Request) -> bool:
        host = request.headers.get("host", "")
        # A name that somebody else's DNS points here is not ours, whatever Host says; an address cannot lie.
        said = origin_of(origin)
        return said == self._origin or (is_address(host) and said.partition("://")[2] == host.lower())


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL; "null" for what has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else "null"


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for whoever reads it next."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
