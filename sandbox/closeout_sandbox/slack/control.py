"""/_sandbox/slack: what people do in the workspace. The table is part of the control API's."""

from starlette.requests import Request

from closeout_sandbox.deeds import given, named
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc


async def add_channel(state: State, request: Request) -> Doc:
    return state.slack.add_channel(**named(await given(request), "name"))


async def add_user(state: State, request: Request) -> Doc:
    return state.slack.add_user(**named(await given(request), "name", "email"))


async def list_messages(state: State, request: Request) -> list[Doc]:
    """Query: channel, by its id or its name, or `with`, a person's mail address."""
    asked = request.query_params
    person = asked.get("with")
    channel = (
        state.slack.conversation_with(state.slack.by_email(person)["id"])
        if person
        else state.slack.channel(asked.get("channel", ""))
    )
    return state.slack.messages(channel)


async def write(state: State, request: Request) -> Doc:
    """Fields: channel, text, by (a mail address), thread_ts, at."""
    body = named(await given(request), "channel", "text", "by")
    user = state.slack.by_email(body.pop("by"))["id"]
    return state.slack.write(state.slack.channel(body.pop("channel")), body.pop("text"), user=user, **body)


async def grant(state: State, request: Request) -> None:
    state.slack.grant(named(await given(request), "scopes")["scopes"])


TABLE = [
    ("POST", "/slack/channels", add_channel),
    ("POST", "/slack/users", add_user),
    ("GET", "/slack/messages", list_messages),
    ("POST", "/slack/messages", write),
    ("PUT", "/slack/scopes", grant),
]
