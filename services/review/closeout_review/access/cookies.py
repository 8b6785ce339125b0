"""The cookies that carry a session. Scripts never see them, other sites cannot send them with what changes anything."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from closeout_review.settings import ReviewSettings

SIGNING_IN_SECONDS = 600


def name_of_session(settings: ReviewSettings) -> str:
    """The name of the session's cookie."""
    return _name(settings, "session")


def name_of_sign_in(settings: ReviewSettings) -> str:
    """The name of the cookie that has to come back from the provider."""
    return _name(settings, "sign_in")


def _name(settings: ReviewSettings, what: str) -> str:
    public = urlsplit(settings.public_url)
    # __Host-: the browser takes it from this host alone, over TLS. Without TLS a port keeps two Closeouts apart, since
    # cookies do not.
    return f"__Host-closeout_{what}" if public.scheme == "https" else f"closeout_{what}_{public.port or 80}"


def keep(response: Response, settings: ReviewSettings, name: str, secret: str, seconds: float) -> None:
    """Have the browser keep `secret` under `name`."""
    secure = settings.public_url.startswith("https://")
    response.set_cookie(name, secret, int(seconds), path="/", secure=secure, httponly=True, samesite="lax")


def forget(response: Response, settings: ReviewSettings, name: str) -> None:
    """Have the browser forget it."""
    secure = settings.public_url.startswith("https://")
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def path_of(request: Request) -> str:
    """Where the browser wanted to go, to be put into a link."""
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path + query, safe="")


def own_path(text: str) -> str:
    """`text` where it leads to a page of ours, else the first page: nobody is sent elsewhere by a link of ours."""
    is_ours = text.startswith("/") and not text.startswith("//")
    return text if is_ours and text.isprintable() and "\\" not in text else "/"
