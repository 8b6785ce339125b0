"""How the stand-ins for trackers answer: each route through one door, which knows who is let in and how a no looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_sandbox.board.sender import Sender
from closeout_sandbox.board.tickets import Board
from closeout_sandbox.problems import Invalid, Missing

Endpoint = Callable[[Request], Awaitable[Response]]


class Answered(Exception):
    """Stops a request with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True)
class Desk:
    """One stand-in: its tickets, its webhooks, and how it says no."""

    board: Board
    sender: Sender
    # (status, the text) → an answer in the vendor's own error shape
    error: Callable[[int, str], Response]
    # (seconds to wait, None: it does not say) → the vendor's answer to too many requests
    limited: Callable[[int | None], Response]


def route(desk: Desk, methods: Sequence[str], path: str, admit: Callable[[Request], None], endpoint: Endpoint) -> Route:
    """`admit` raises Answered for whoever may not come in. What is missing or makes no sense becomes a no."""

    async def answer(request: Request) -> Response:
        try:
            admit(request)
            response = await endpoint(request)
        except Answered as stop:
            response = stop.response
        except Missing as problem:
            response = desk.error(404, str(problem))
        except Invalid as problem:
            response = desk.error(400, str(problem))
        desk.sender.kick()
        return response

    return Route(path, answer, methods=list(methods))


async def json_object(request: Request, otherwise: Callable[[str], Response]) -> dict[str, Any]:
    """The body. Raises Answered where it is no JSON object."""
    try:
        given = await request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Answered(otherwise("the body is no JSON object"))
    return given
