"""A request's head: who takes too long over it, or makes it too long, is cut off. uvicorn has no limit of either."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# A sender that takes longer is stuck, or holds the connection on purpose.
SLOWEST_HEAD_SECONDS = 10.0
LONGEST_HEAD_BYTES = 64 * 1024


class Impatient(HttpToolsProtocol):
    """A connection. A head that comes in one piece, as nearly every one does, costs no timer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = self.loop.call_later(SLOWEST_HEAD_SECONDS, self._cut_off)

    def connection_lost(self, exc: Exception | None) -> None:
        self._be_patient()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > LONGEST_HEAD_BYTES:
            self._cut_off()
        elif self._patience is None:
            self._patience = self.loop.call_later(SLOWEST_HEAD_SECONDS, self._cut_off)

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._be_patient()
        super().on_headers_complete()

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _cut_off(self) -> None:
        self._patience = None
        self.transport.close()
