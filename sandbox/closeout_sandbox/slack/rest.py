"""The Web API. A failure is an answer 200 with `"ok": false`; only limits are a 429. The methods are a table below."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_sandbox.problems import Missing
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.slack.workspace import BOT, BOT_USER, TEAM, Workspace
from closeout_sandbox.store import Doc

MOST_LISTED = 999
LONGEST_TEXT = 40_000


class No(Exception):
    """Slack says no, and this is its word for it."""


def error(why: str, status: int = 200) -> JSONResponse:
    return JSONResponse({"ok": False, "error": why}, status)


def limited(seconds: int | None) -> JSONResponse:
    headers = {} if seconds is None else {"retry-after": str(seconds)}
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)


class WebApi:
    def __init__(self, workspace: Workspace, settings: SandboxSettings) -> None:
        self.workspace = workspace
        self.settings = settings

    def auth_test(self, _: Doc) -> Doc:
        return {"url": f"{self.settings.base_url}/slack/", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT}

    def users_info(self, asked: Doc) -> Doc:
        self._needs("users:read")
        return {"user": self._user(self._known(self.workspace.user, needed(asked, "user"), "user_not_found"))}

    def users_by_email(self, asked: Doc) -> Doc:
        self._needs("users:read.email")
        return {"user": self._user(self._known(self.workspace.by_email, needed(asked, "email"), "users_not_found"))}

    def open(self, asked: Doc) -> Doc:
        self._needs("im:write")
        user = self._known(self.workspace.user, needed(asked, "users"), "user_not_found")
        if user["is_bot"] or user["deleted"]:
            raise No("cannot_dm_bot" if user["is_bot"] else "user_disabled")
        return {"channel": {"id": self.workspace.conversation_with(user["id"])["id"]}}

    def info(self, asked: Doc) -> Doc:
        self._needs("channels:read")
        channel = self._channel(asked)
        names = ("id", "name", "created", "is_archived", "is_member")
        return {"channel": {name: channel[name] for name in names} | {"is_im": bool(channel["user"])}}

    def channels(self, asked: Doc) -> Doc:
        """Every channel, a page after the other."""
        self._needs("channels:read")
        if "private_channel" in str(asked.get("types", "")):
            self._needs("groups:read")
        names = ("id", "name", "created", "is_archived", "is_member")
        found = [{name: one[name] for name in names} for one in self.workspace.channels()]
        page = self._page(found, asked)
        return {"channels": page["messages"], "response_metadata": page["response_metadata"]}

    def history(self, asked: Doc) -> Doc:
        """The newest first, without answers in threads; metadata only where it is asked for."""
        channel = self._readable(asked)
        whole = str(asked.get("include_all_metadata", "")).lower() in ("1", "true")
        found = [
            {name: value for name, value in one.items() if name != "channel" and (whole or name != "metadata")}
            for one in reversed(self.workspace.messages(channel))
            if one.get("thread_ts", one["ts"]) == one["ts"]
            and float(one["ts"]) > float(asked.get("oldest") or 0)
            and float(one["ts"]) < float(asked.get("latest") or "inf")
        ]
        found = [self._with_thread(channel, one) for one in found]
        return self._page(found, asked)

    def replies(self, asked: Doc) -> Doc:
        """The first of the thread, then its answers, the oldest first."""
        channel, parent = self._readable(asked), needed(asked, "ts")
        found = [one for one in self.workspace.messages(channel) if parent in (one["ts"], one.get("thread_ts"))]
        if not found:
            raise No("thread_not_found")
        shown = [{name: one[name] for name in one if name != "channel"} for one in found]
        return self._page([self._with_thread(channel, one) for one in shown], asked)

    def post(self, asked: Doc) -> Doc:
        self._needs("chat:write")
        channel = self._channel(asked)
        if not str(asked.get("text", "")):
            raise No("no_text")
        if len(asked["text"]) > LONGEST_TEXT:
            raise No("msg_too_long")
        if channel["is_archived"] or not channel["is_member"]:
            raise No("is_archived" if channel["is_archived"] else "not_in_channel")
        metadata = asked.get("metadata")
        if metadata is not None and not {"event_type", "event_payload"} <= metadata.keys():
            raise No("invalid_metadata_format")
        more = {name: asked[name] for name in ("metadata", "thread_ts") if asked.get(name)}
        message = self.workspace.write(channel, asked["text"], user=BOT_USER, bot_id=BOT, **more)
        return {"channel": channel["id"], "ts": message["ts"], "message": message}

    def _with_thread(self, channel: Doc, one: Doc) -> Doc:
        """The first message of a thread knows of its answers."""
        answers = [m for m in self.workspace.messages(channel) if m.get("thread_ts") == one["ts"] != m["ts"]]
        return {**one, "thread_ts": one["ts"], "reply_count": len(answers)} if answers else one

    def _user(self, user: Doc) -> Doc:
        profile = {"real_name": user["name"], "email": user["email"]}
        if "users:read.email" not in self.workspace.scopes():
            del profile["email"]
        named = {"id": user["id"], "team_id": TEAM, "name": user["name"].lower().replace(" ", ".")}
        return {
            **named,
            "real_name": user["name"],
            "is_bot": user["is_bot"],
            "deleted": user["deleted"],
            "profile": profile,
        }

    def _needs(self, scope: str) -> None:
        if scope not in self.workspace.scopes():
            raise No("missing_scope")

    def _known(self, find: Callable[[str], Doc], key: str, otherwise: str) -> Doc:
        try:
            return find(key)
        except Missing:
            raise No(otherwise) from None

    def _channel(self, asked: Doc) -> Doc:
        return self._known(self.workspace.channel, needed(asked, "channel"), "channel_not_found")

    def _readable(self, asked: Doc) -> Doc:
        channel = self._channel(asked)
        if channel["id"] != asked["channel"]:  # a name will do for writing only
            raise No("channel_not_found")
        self._needs("im:history" if channel["user"] else "channels:history")
        if not channel["is_member"]:
            raise No("not_in_channel")
        return channel

    def _page(self, found: list[Doc], asked: Doc) -> Doc:
        limit, cursor = int(asked.get("limit") or 100), str(asked.get("cursor") or "")
        if not 0 < limit <= MOST_LISTED:
            raise No("invalid_limit")
        start = int(base64.b64decode(cursor)) if cursor else 0
        more = len(found) > start + limit
        following = base64.b64encode(str(start + limit).encode()).decode() if more else ""
        page = found[start : start + limit]
        return {"messages": page, "has_more": more, "response_metadata": {"next_cursor": following}}


def needed(asked: Doc, name: str) -> str:
    if not asked.get(name):
        raise No("invalid_arguments")
    return str(asked[name])


async def asked_for(request: Request) -> Doc:
    """A method's arguments: JSON, a form, or the query."""
    asked: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise No("invalid_json") from None
        if not isinstance(body, dict):
            raise No("json_not_object")
        return asked | body
    return asked | {name: str(value) for name, value in (await request.form()).items()}


METHODS: dict[str, Callable[[WebApi, Doc], Doc]] = {
    "auth.test": WebApi.auth_test,
    "users.info": WebApi.users_info,
    "users.lookupByEmail": WebApi.users_by_email,
    "conversations.open": WebApi.open,
    "conversations.info": WebApi.info,
    "conversations.list": WebApi.channels,
    "conversations.history": WebApi.history,
    "conversations.replies": WebApi.replies,
    "chat.postMessage": WebApi.post,
}


def routes(api: WebApi) -> list[Route]:
    async def answer(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        wanted = f"Bearer {api.settings.slack_token.get_secret_value()}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            return error("invalid_auth" if given else "not_authed")
        method = METHODS.get(request.path_params["method"])
        if method is None:
            return error("unknown_method")
        try:
            return JSONResponse({"ok": True, **method(api, await asked_for(request))})
        except No as no:
            return error(str(no))

    return [Route("/{method}", answer, methods=["GET", "POST"])]
