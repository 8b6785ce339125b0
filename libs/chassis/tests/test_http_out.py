"""Calls to the outside: three ends, no secret anywhere, no trace header."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from closeout_chassis import telemetry
from closeout_chassis.http_out import Answer, NeverSent, Outside, Unknown

SECRET = "a-very-secret-token"
# Of calls that end by themselves, and of those that the time ends: a busy machine connects within half of it.
PATIENCE_SECONDS, SHORT_SECONDS = 60, 2
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def outside(handler: Callable[[httpx.Request], httpx.Response]) -> Outside:
    return Outside(
        "https://api.example/v3",
        user_agent="tests",
        headers={"Authorization": f"Bearer {SECRET}"},
        secrets=[SecretStr(SECRET)],
        timeout=PATIENCE_SECONDS,
        transport=httpx.MockTransport(handler),
    )


def at(url: str, timeout: float = PATIENCE_SECONDS) -> Outside:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return Outside(url, user_agent="tests", headers=headers, secrets=[SecretStr(SECRET)], timeout=timeout)


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise error

    return handler


@asynccontextmanager
async def peer(behaviour: Peer) -> AsyncIterator[str]:
    """A real server that does as `behaviour` says with each connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await behaviour(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_a_call_is_made_below_the_base_address_with_what_was_given() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"ok": True}, headers={"ETag": "x"})

    answer = await outside(handler).call("POST", "/things", params={"page": 2}, body={"a": 1}, headers={"X-One": "1"})

    assert str(seen[0].url) == "https://api.example/v3/things?page=2"
    assert seen[0].headers["user-agent"] == "tests"
    assert seen[0].headers["x-one"] == "1"
    assert seen[0].content == b'{"a":1}'
    assert (answer.status, answer.json(), answer.headers["etag"]) == (201, {"ok": True}, "x")
    assert answer.url == "https://api.example/v3/things"


async def test_no_trace_header_goes_to_a_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", provider.get_tracer("tests"))
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    await outside(handler).call("GET", "/things", params={"key": SECRET})
    with pytest.raises(Unknown):
        await outside(raising(httpx.ReadError(SECRET))).call("GET", f"/things?key={SECRET}")

    assert not {"traceparent", "tracestate", "baggage"} & set(seen[0].headers)
    told = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "api.example/v3/things" in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError(f"[Errno -2] Name or service not known {SECRET}"),
        httpx.ConnectTimeout(SECRET),
        httpx.PoolTimeout(SECRET),
        httpx.ProxyError(SECRET),
        httpx.UnsupportedProtocol(SECRET),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {SECRET}'"),
    ],
)
async def test_what_fails_before_the_first_byte_was_never_sent(error: Exception) -> None:
    with pytest.raises(NeverSent) as caught:
        await outside(raising(error)).call("POST", "/things")

    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout(SECRET),
        httpx.WriteTimeout(SECRET),
        httpx.ReadError(SECRET),
        httpx.WriteError(SECRET),
        httpx.CloseError(SECRET),
        httpx.RemoteProtocolError(f"Server disconnected {SECRET}"),
        httpx.DecodingError(SECRET),
    ],
)
async def test_what_fails_after_that_is_unknown(error: Exception) -> None:
    with pytest.raises(Unknown) as caught:
        await outside(raising(error)).call("POST", "/things")

    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_leaves_a_write_unknown_and_answers_a_read(status: int) -> None:
    api = outside(lambda _: httpx.Response(status, text="<html>"))

    with pytest.raises(Unknown) as raised:
        await api.call("POST", "/things")
    assert raised.value.answer is not None
    assert raised.value.answer.status == status
    assert (await api.call("GET", "/things")).status == status


@pytest.mark.parametrize("status", [200, 204, 301, 304, 400, 401, 403, 404, 409, 410, 422, 429])
async def test_every_other_status_is_an_answer_and_no_redirect_is_followed(status: int) -> None:
    api = outside(lambda _: httpx.Response(status, headers={"location": "https://elsewhere.example/"}))

    assert (await api.call("POST", "/things")).status == status


async def test_nobody_there_was_never_sent() -> None:
    # Held, so that nobody else comes to listen there.
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(NeverSent, match=r"ConnectError"):
            await at(f"http://127.0.0.1:{held.getsockname()[1]}").call("POST", "/things", params={"token": SECRET})


async def test_no_tls_at_the_other_end_was_never_sent() -> None:
    async with peer(lambda _r, _w: asyncio.sleep(0)) as url:
        with pytest.raises(NeverSent):
            # Half of it is the handshake's: the other half is for whoever has to wait for the processor just then.
            await at(url.replace("http://", "https://"), 3 * SHORT_SECONDS).call("POST", "/things")


async def test_a_name_that_does_not_exist_was_never_sent() -> None:
    with pytest.raises(NeverSent):
        await at("http://nobody.invalid", timeout=5).call("POST", "/things")


async def test_half_an_answer_is_unknown() -> None:
    async def half(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id":')
        await writer.drain()

    async with peer(half) as url:
        with pytest.raises(Unknown):
            await at(url).call("POST", "/things")


async def test_a_closed_connection_and_silence_are_unknown() -> None:
    async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side has had enough

    async with peer(lambda _r, _w: asyncio.sleep(0)) as url:
        with pytest.raises(Unknown):
            await at(url).call("POST", "/things")
    async with peer(silence) as url:
        with pytest.raises(Unknown):
            await at(url, SHORT_SECONDS).call("GET", "/things")


async def test_an_answer_that_drips_does_not_outlast_the_timeout() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b" ")
            await asyncio.sleep(0.05)

    async with peer(drip) as url:
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(Unknown):
                await at(url, SHORT_SECONDS).call("GET", "/things")


async def test_logs_have_the_address_without_its_query_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="closeout_chassis")

    await outside(lambda _: httpx.Response(200)).call("GET", f"/things?token={SECRET}")

    (record,) = [record for record in caplog.records if record.name == "closeout_chassis.http_out"]
    assert vars(record)["url"] == "https://api.example/v3/things"
    assert SECRET not in str(vars(record))


async def test_credentials_go_to_the_api_itself_and_nowhere_else() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200)

    api = outside(handler)

    await api.call("GET", "https://api.example/repositories/1")
    for stranger in ("https://elsewhere.example/x", "http://api.example/x", "https://api.example:8443/x", "http://["):
        with pytest.raises(NeverSent):
            await api.call("GET", stranger)
    assert asked == ["https://api.example/repositories/1"]


def test_the_next_page_is_what_the_link_header_names() -> None:
    header = '<https://api.example/x?page=2>; rel="next", <https://api.example/x?page=9>; rel="last"'

    assert Answer(200, {"link": header}, b"", "").link("next") == "https://api.example/x?page=2"
    assert Answer(200, {}, b"", "").link("next") is None
