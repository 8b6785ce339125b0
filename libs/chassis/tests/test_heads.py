"""Who is too slow with a request's head, or never ends it, is cut off; everybody else is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from closeout_chassis import heads

# Between the connection and its first head this process may have to wait for its turn.
SECONDS = 1.0


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(heads, "SLOWEST_HEAD_SECONDS", SECONDS)

    async def echo(request: object) -> PlainTextResponse:
        return PlainTextResponse(await request.body())  # type: ignore[attr-defined]

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/", echo, methods=["POST"])])
    config = uvicorn.Config(app, http=heads.Impatient, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await task


async def talk(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """All that comes back until the other side closes, which it does in the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "pieces",
    [(), (b"POST / HT",), (b"POST / HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n")],
    ids=["silence", "half a line", "a header now and then"],
)
async def test_a_head_that_does_not_end_is_cut_off(port: int, pieces: tuple[bytes, ...]) -> None:
    assert await talk(port, *pieces, pause=SECONDS / 4) == b""


async def test_a_head_without_end_is_cut_off_by_its_length(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "SLOWEST_HEAD_SECONDS", 60.0)

    endless = (b"X-%d: " % n + b"y" * 4000 + b"\r\n" for n in range(40))
    assert await talk(port, b"POST / HTTP/1.1\r\nHost: x\r\n", *endless) == b""


async def test_a_connection_that_is_kept_is_cut_off_at_its_next_slow_head_only(port: int) -> None:
    whole = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
    # The body comes later than a head may: that has a limit of its own.
    late_body = (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n", b"", b"yo")

    answered = await talk(port, whole, whole, *late_body, b"POST / HTTP/1.1\r\n", pause=SECONDS * 2 / 3)

    assert answered.count(b"HTTP/1.1 200") == 3
    assert answered.endswith(b"yo")
