"""Who may ask: programs, and no page of another site in the browser of somebody who can reach this service."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from closeout_actions.settings import ActionsSettings
from closeout_chassis.errors import Refused


def refuse_other_sites(request: Request, settings: ActionsSettings) -> None:
    """Raises Refused(403) for what a page of another site sends, and for a name that somebody else's DNS points here.

    Programs send neither Origin nor Sec-Fetch-Site. The name counts where the service listens on this machine alone:
    elsewhere it has whatever name the network gives it.
    """
    host = request.headers.get("host", "")
    if _is_this_machine(settings.host) and not _is_this_machine(_name_in(f"//{host}")):
        detail = (
            "It listens on this machine alone, and answers as localhost or by address. "
            "To reach it under another name, set CLOSEOUT_ACTIONS_HOST to an address of the network."
        )
        raise Refused(403, "foreign-host", detail)
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    if site not in ("none", "same-origin") or (origin is not None and origin.partition("://")[2] != host):
        raise Refused(403, "foreign-origin", "This came from a page of another site. Ask from the command line.")


def _name_in(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # as “[::1”
        return ""


def _is_this_machine(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
