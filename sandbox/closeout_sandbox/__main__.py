"""python -m closeout_sandbox: runs the sandbox until SIGTERM or Ctrl-C."""

import signal
import socket
import sqlite3
import sys

import uvicorn
from pydantic import ValidationError

from closeout_sandbox.app import build
from closeout_sandbox.settings import SandboxSettings


def fail(message: str) -> int:
    sys.stderr.write(f"closeout-sandbox: {message}\n")
    return 1


def main() -> int:
    try:
        settings = SandboxSettings()
    except ValidationError as error:
        found = error.errors()[0]
        return fail(f"setting {'.'.join(map(str, found['loc'])) or 'name'}: {found['msg']}")
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # asyncio does this only for sockets that name their protocol; without it a kept connection waits 40 ms an answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        return fail(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}")
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    try:
        app = build(settings)
    except (OSError, sqlite3.Error) as error:
        return fail(f"cannot keep data in {settings.data_file}: {error}")
    sys.stdout.write(f"closeout-sandbox on {settings.base_url}\n")
    sys.stdout.flush()
    # uvicorn stops in good order and then raises the signal again; that is not to be a failure.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: None)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
