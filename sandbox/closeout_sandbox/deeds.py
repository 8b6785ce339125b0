"""Reading what the control API is asked to do."""

import json

from starlette.requests import Request

from closeout_sandbox import clock
from closeout_sandbox.problems import Invalid
from closeout_sandbox.store import Doc


async def given(request: Request) -> Doc:
    """The body, with `at` and other times read as times. Raises Invalid."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise Invalid(f"the body is not JSON: {error}", "body") from None
    if not isinstance(body, dict):
        raise Invalid("the body is not a JSON object", "body")
    for name in ("at", "due_on", "start"):
        if body.get(name):
            try:
                body[name] = clock.moment(body[name])
            except (TypeError, ValueError):
                raise Invalid(f"{name} is not a time", name, str(body[name])) from None
    return body


def named(body: Doc, *names: str) -> Doc:
    """`body`, which must have these. Raises Invalid."""
    for name in names:
        if name not in body:
            raise Invalid(f"{name} is missing", name)
    return body
