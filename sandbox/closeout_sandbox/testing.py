"""For tests of other parts: a sandbox in this process, on a real port, for as long as a block lasts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
import uvicorn

from closeout_sandbox.app import build
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.state import State


@dataclass(frozen=True)
class RunningSandbox:
    url: str
    state: State
    control: httpx.AsyncClient

    @property
    def github_api(self) -> str:
        return f"{self.url}/github/api"

    @property
    def pagerduty_api(self) -> str:
        return f"{self.url}/pagerduty/api"

    @property
    def slack_api(self) -> str:
        return f"{self.url}/slack/api"

    def tracker_api(self, system: str) -> str:
        return f"{self.url}/{system}/api"

    def creations(self) -> int:
        """How many issues were asked for, whatever came of it."""
        return len(self.state.journal.entries("github", "POST", "/repos/*/issues"))


@asynccontextmanager
async def serving(settings: SandboxSettings) -> AsyncIterator[RunningSandbox]:
    """A sandbox on a free port of 127.0.0.1, in the running event loop. The port of `settings` is ignored."""
    listener = socket.socket()
    # asyncio does this only for sockets that name their protocol; without it a kept connection waits 40 ms an answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    app = build(settings.model_copy(update={"host": "127.0.0.1", "port": listener.getsockname()[1]}))
    state: State = app.state.sandbox
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        # Longer than a client keeps one: else it may be used again just when it is being closed.
        timeout_keep_alive=600,
        timeout_graceful_shutdown=1,
    )
    server = Unsignalled(config)
    # The socket listens already: whoever calls before the server is up waits in its queue.
    task = asyncio.create_task(server.serve(sockets=[listener]))
    url = state.settings.base_url
    async with httpx.AsyncClient(base_url=f"{url}/_sandbox", trust_env=False, timeout=60) as control:
        try:
            yield RunningSandbox(url, state, control)
        finally:
            server.should_exit = True
            await task


class Unsignalled(uvicorn.Server):
    """Leaves the signal handlers of the process alone: they belong to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
