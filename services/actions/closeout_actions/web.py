"""The page behind a nudge's link. Opening it changes nothing: chats open links by themselves. A button does."""

from __future__ import annotations

from datetime import date
from html import escape
from urllib.parse import parse_qs
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from closeout_actions.commands.snoozing import snooze
from closeout_actions.domain.snoozing import item_of
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Refused

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<main><h1>{title}</h1>{body}</main></html>"""
FORM = """<p>{about}</p>
<form method="post"><p><label>Until <input type="date" name="until" required value="{until}"></label></p>
<p><label>Why? It is shown on the review. <input name="reason" required maxlength="500" value="{reason}"></label></p>
<p><button>Do not remind me until then</button></p></form>"""
LARGEST_BODY = 10_000


def routes(db: Database, settings: ActionsSettings) -> list[Route]:
    """The question, and the answer."""

    async def ask(request: Request) -> HTMLResponse:
        item_id = _named(request, settings)
        async with db.reading() as conn:
            kept = await Store(conn).get(item_id)
        if kept is None:
            raise Refused(404, "no-such-link", "What this link was about is not there any more.")
        return _page("Not now?", FORM.format(about=_about(kept), until="", reason=""))

    async def answer(request: Request) -> HTMLResponse:
        item_id = _named(request, settings)
        body = await request.body()
        fields = parse_qs(body[:LARGEST_BODY].decode(errors="replace"))
        until, reason = fields.get("until", [""])[0], fields.get("reason", [""])[0]
        try:
            day = date.fromisoformat(until)
        except ValueError:
            raise Refused(422, "bad-snooze", "Until when? Write a day as 2026-12-31.") from None
        kept = await snooze(db, item_id, day, reason, None, settings.zone)
        return _page("Until then.", f"<p>{_about(kept)}</p><p>Nobody is reminded of it until {escape(until)}.</p>")

    return [Route("/snooze/{token}", ask, methods=["GET"]), Route("/snooze/{token}", answer, methods=["POST"])]


def _named(request: Request, settings: ActionsSettings) -> UUID:
    item_id = item_of(request.path_params["token"], settings.link_secret)
    if item_id is None:
        raise Refused(404, "no-such-link", "This link is not one of ours, or its secret was changed.")
    return item_id


def _about(kept: Kept) -> str:
    return escape(f"{kept.committed.item.text} ({kept.ticket.snapshot.key or 'no ticket yet'})")


def _page(title: str, body: str) -> HTMLResponse:
    quiet = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    }
    return HTMLResponse(PAGE.format(title=title, body=body), headers=quiet)
