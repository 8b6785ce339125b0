"""HTTP out: how every service calls the outside. A call is answered, was never sent, or nobody knows.

NeverSent   nothing left this machine: no address, refused, no TLS. It is safe to try again.
Unknown     it left, and what came of it is not known: timed out, broken off, half an answer, 5xx to a write.
Answer      everything else, whatever its status: the adapter says what it means.

No secret gets into an answer, a log, an exception's text or a trace, no query string into the last three; no trace
header goes to a vendor.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from closeout_chassis.errors import CloseoutError
from closeout_chassis.telemetry import span

log = logging.getLogger(__name__)

READS = frozenset({"GET", "HEAD", "OPTIONS"})
REDACTED = "[redacted]"
LONGEST_ANSWER_BYTES = 32 * 1024 * 1024

# What httpx raises before the first byte of a request is on its way. A proxy refuses the tunnel before that, too.
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


class NeverSent(CloseoutError):
    """The request never left: it has no effect and can be sent again."""


class Unknown(CloseoutError):
    """The request may have taken effect: look before sending it again. `answer`: what came back, if all of it."""

    def __init__(self, why: str, answer: Answer | None = None) -> None:
        super().__init__(why)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]  # by any case
    body: bytes
    url: str  # without its query

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body)

    def link(self, rel: str) -> str | None:
        """The address that the `Link` header names for `rel`, as in next."""
        for link in httpx.Response(200, headers={"link": self.headers.get("link", "")}).links.values():
            if link.get("rel") == rel:
                return link.get("url")
        return None


class Outside:
    """One vendor's API. `secrets` are taken out of whatever is logged or raised, `timeout` is of a whole call."""

    def __init__(
        self,
        base_url: str,
        *,
        user_agent: str,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[SecretStr] = (),
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._secrets = [secret.get_secret_value() for secret in secrets if secret.get_secret_value()]
        self._timeout = timeout
        self._base = httpx.URL(base_url.rstrip("/") + "/")
        self._client = httpx.AsyncClient(
            base_url=self._base,
            headers={"User-Agent": user_agent, **(headers or {})},
            # Less for what comes before sending, so that it is told apart from the whole taking too long.
            timeout=httpx.Timeout(timeout, connect=timeout / 2, pool=timeout / 2),
            transport=transport,
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; `path` is below the base address, or a whole address of the same host.

        Redirects are answers: whoever follows one decides what it means. Raises NeverSent or Unknown.
        """
        try:
            request = self._request(method, path, params, body, headers)
        except (httpx.InvalidURL, ValueError) as error:
            raise NeverSent(f"{method}: no request can be made of it ({type(error).__name__})") from None
        url = _shown(request.url)
        began = time.perf_counter()
        with span(f"{method} {request.url.host}", **{"http.request.method": method, "url.full": url}):
            answer = await self._send(request, f"{method} {url}")
        told = {"method": method, "url": url, "status": answer.status}
        log.debug("called the outside", extra={**told, "seconds": round(time.perf_counter() - began, 3)})
        if answer.status >= 500 and method not in READS:
            raise Unknown(f"{method} {url} was answered {answer.status}", answer)
        return answer

    def is_same_host(self, url: str) -> bool:
        """Whether `url` leads to the API itself, so that the credentials may go there."""
        try:
            other = httpx.URL(url)
        except httpx.InvalidURL:
            return False
        return (other.scheme, other.host, other.port) == (self._base.scheme, self._base.host, self._base.port)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: Any,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        if "://" in path and not self.is_same_host(path):
            raise ValueError("another host")
        target = path if "://" in path else path.lstrip("/")
        return self._client.build_request(method, target, params=params, json=body, headers=headers)

    async def _send(self, request: httpx.Request, what: str) -> Answer:
        try:
            # httpx times each read by itself: an answer that drips would never end.
            async with asyncio.timeout(self._timeout):
                response = await self._client.send(request, stream=True)
                try:
                    body = self._without_secrets(await _whole(response))
                    return Answer(response.status_code, response.headers, body, _shown(request.url))
                finally:
                    await response.aclose()
        except _BEFORE_SENDING as error:
            raise NeverSent(f"{what} was never sent: {self._said(error)}") from None
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            raise Unknown(f"{what} may have been done: {self._said(error)}") from None

    def _without_secrets(self, body: bytes) -> bytes:
        """An answer may repeat what it was asked with, and its words are shown to people."""
        for secret in self._secrets:
            body = body.replace(secret.encode(), REDACTED.encode())
        return body

    def _said(self, error: BaseException) -> str:
        """An error in words: its kind, and its text where that cannot hold a header or a query."""
        kind = type(error).__name__
        text = self._without_secrets(str(error).encode()).decode() if isinstance(error, httpx.ConnectError) else ""
        return f"{kind}: {text}" if text else kind


async def _whole(response: httpx.Response) -> bytes:
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LONGEST_ANSWER_BYTES:
            raise httpx.ReadError("an answer without end")
        chunks.append(chunk)
    return b"".join(chunks)


def _shown(url: httpx.URL) -> str:
    """The address without user, password, query and fragment."""
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))
