"""Under which names the pages are served. A browser believes a name's own DNS, also one that points at this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from closeout_chassis.errors import Refused
from closeout_review.settings import ReviewSettings


def refuse_another_name(request: Request, settings: ReviewSettings) -> None:
    """Where nobody needs a key. Raises Refused(403) for what is neither an address nor the public name."""
    host = request.headers.get("host", "")
    if not is_address(host) and host.lower() != urlsplit(settings.public_url).netloc.lower():
        detail = (
            f"Nobody signs in here, and so it answers as {settings.public_url} and by address only. "
            "If people see it under another name, set CLOSEOUT_REVIEW_PUBLIC_URL."
        )
        raise Refused(403, "foreign-host", detail)


def is_address(host: str) -> bool:
    """Whether it needs no DNS to be understood: such a name cannot lie."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False
