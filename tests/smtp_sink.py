"""A mail server that keeps what it gets: enough of RFC 5321 and of AUTH PLAIN to be handed mail."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast


@dataclass
class Sink:
    """`refuse`: what it answers to RCPT; `hang_up_after_data`: it takes the message, and its answer is lost.

    `think`: it takes the first message so many seconds before it answers.
    """

    port: int = 0
    mail: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    offers: tuple[str, ...] = ("AUTH PLAIN",)
    lets_in: bool = True
    refuse: str = ""
    hang_up_after_data: int = 0
    think: float = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        try:
            while line := await reader.readline():
                verb = line.decode().strip().upper()
                if verb == "DATA":
                    writer.write(b"354 go on\r\n")
                    await self._take(reader)
                    seconds, self.think = self.think, 0
                    await asyncio.sleep(seconds)
                    if self.hang_up_after_data:
                        self.hang_up_after_data -= 1
                        return
                writer.write((self._answer(verb, line.decode()) + "\r\n").encode())
                if verb == "QUIT":
                    return
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        lines = []
        while (line := await reader.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.mail.append(cast(EmailMessage, message_from_bytes(b"".join(lines), policy=policy.default)))

    def _answer(self, verb: str, line: str) -> str:
        if verb.startswith("EHLO"):
            return "\r\n".join(["250-sink", *(f"250-{one}" for one in self.offers), "250 8BITMIME"])
        if verb.startswith("AUTH PLAIN"):
            self.signed_in.append(base64.b64decode(line.split()[2]).decode())
            return "235 in" if self.lets_in else f"535 not with {line.split()[2]}"
        if verb.startswith("RCPT") and self.refuse:
            return self.refuse
        return "221 bye" if verb == "QUIT" else "250 ok"


@asynccontextmanager
async def receiving(**how: object) -> AsyncIterator[Sink]:
    """A sink on a free port."""
    sink = Sink(**how)  # type: ignore[arg-type]
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink
