from __future__ import annotations

import asyncio
import base64
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from pydantic import SecretStr, ValidationError
from secured_kafka import PASSWORD, USER, SecuredKafka

from closeout.process import LOOPBACK, ProcessError
from closeout_chassis.bus import Listener, Publisher
from closeout_chassis.db import Outgoing
from closeout_chassis.errors import StartError
from closeout_chassis.kafka_security import ClientCredentials
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import list_topics
from conftest import KAFKA_IS_REQUIRED
from tests.topics import make_topics

pytestmark = pytest.mark.kafka
CLIENT_SECRET = "a-client-secret-for-tests"


@pytest.fixture(scope="module")
def secured() -> Iterator[SecuredKafka]:
    with tempfile.TemporaryDirectory(prefix="closeout-test-") as folder:
        try:
            broker = SecuredKafka(Path(folder))
        except ProcessError as missing:
            if KAFKA_IS_REQUIRED:
                raise
            pytest.skip(str(missing))
        broker.start()
        yield broker
        broker.stop()


class TokenServer:
    """Gives tokens to whoever has the secret, and counts them."""

    def __init__(self) -> None:
        self.given = 0
        self.answers_with: int | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                who = base64.b64encode(f"closeout:{CLIENT_SECRET}".encode()).decode()
                status = outer.answers_with or (200 if self.headers["authorization"] == f"Basic {who}" else 401)
                outer.given += status == 200
                said = {"access_token": unsigned_token(), "expires_in": 60}
                body = said if status == 200 else {"error": CLIENT_SECRET}
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer((LOOPBACK, 0), Handler)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}/token"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def unsigned_token() -> str:
    now = time.time()
    claims = {"sub": "closeout", "iat": now, "exp": now + 60}
    return ".".join((_part({"alg": "none"}), _part(claims), ""))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer()
    yield server
    server.close()


def kafka_by(kind: str, secured: SecuredKafka, tokens: TokenServer) -> KafkaSettings:
    own = {
        "SSL": {"security_protocol": "SSL", "ssl_ca_file": secured.ca_file, "ssl_cert_file": secured.client_file},
        "SCRAM": {
            "security_protocol": "SASL_SSL",
            "ssl_ca_file": secured.ca_file,
            "sasl_username": USER,
            "sasl_password": SecretStr(PASSWORD),
        },
        "TOKEN": {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "OAUTHBEARER",
            "oauth_token_url": tokens.url,
            "oauth_client_id": "closeout",
            "oauth_client_secret": SecretStr(CLIENT_SECRET),
        },
    }[kind]
    return KafkaSettings(
        bootstrap_servers=secured.addresses[kind], start_timeout_seconds=10, fetch_max_wait_ms=20, **own
    )


@pytest.mark.parametrize("kind", ["SSL", "SCRAM", "TOKEN"])
async def test_a_record_passes_by_each_way_of_signing_in(kind: str, secured: SecuredKafka, tokens: TokenServer) -> None:
    kafka = kafka_by(kind, secured, tokens)
    topic = f"signed-in-by-{kind.lower()}"
    await make_topics(kafka, (), [topic])
    given = tokens.given
    heard = []

    async def on_records(records: object) -> None:
        heard.extend(records)

    listener = Listener(kafka, f"group-{kind}", [topic], on_records)
    publisher = Publisher(kafka, "test")
    await publisher.start()
    await listener.start()
    try:
        await publisher.publish([Outgoing(topic, "k", b"said", None)])
        async with asyncio.timeout(30):
            while not heard:
                await asyncio.sleep(0.05)
    finally:
        await listener.stop()
        await publisher.stop()

    assert [record.value for record in heard] == [b"said"]
    if kind == "TOKEN":
        # One for each of the two clients at most: a token is used again.
        assert 1 <= tokens.given - given <= 2


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("SSL", {"ssl_cert_file": None}),
        ("SCRAM", {"sasl_password": SecretStr("wrong")}),
        ("TOKEN", {"oauth_client_secret": SecretStr("wrong")}),
    ],
)
async def test_who_cannot_sign_in_is_told_so_in_one_line_without_a_secret(
    kind: str, wrong: dict[str, object], secured: SecuredKafka, tokens: TokenServer
) -> None:
    kafka = kafka_by(kind, secured, tokens).model_copy(update={**wrong, "start_timeout_seconds": 1.0})

    with pytest.raises(StartError) as refused:
        await list_topics(kafka)

    assert "\n" not in str(refused.value)
    assert CLIENT_SECRET not in str(refused.value)
    assert PASSWORD not in str(refused.value)


async def test_a_token_server_that_fails_tells_its_status_and_no_secret(tokens: TokenServer) -> None:
    tokens.answers_with = 500
    kafka = KafkaSettings(
        security_protocol="SASL_SSL",
        sasl_mechanism="OAUTHBEARER",
        oauth_token_url=tokens.url,
        oauth_client_id="closeout",
        oauth_client_secret=SecretStr(CLIENT_SECRET),
    )

    with pytest.raises(KafkaConnectionError, match="500") as failed:
        await ClientCredentials(kafka).token()

    assert isinstance(failed.value, KafkaError)
    assert CLIENT_SECRET not in str(failed.value)


def test_a_certificate_that_cannot_be_read_is_one_line() -> None:
    from closeout_chassis.kafka_security import tls

    with pytest.raises(StartError, match="CLOSEOUT_KAFKA_SSL_CA_FILE"):
        tls(KafkaSettings(security_protocol="SSL", ssl_ca_file=Path("/nowhere/ca.pem")))


@pytest.mark.parametrize(
    ("mechanism", "needs"), [("SCRAM-SHA-512", "sasl_username"), ("OAUTHBEARER", "oauth_token_url")]
)
def test_settings_that_cannot_sign_in_are_refused_at_the_start(mechanism: str, needs: str) -> None:
    with pytest.raises(ValidationError, match=needs):
        KafkaSettings(security_protocol="SASL_SSL", sasl_mechanism=mechanism)


def test_amazons_signer_is_asked_for_where_it_is_missing() -> None:
    from closeout_chassis.kafka_security import token_provider

    kafka = KafkaSettings(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", oauth_msk_region="eu-central-1")
    try:
        import aws_msk_iam_sasl_signer  # noqa: F401
    except ImportError:
        with pytest.raises(StartError, match=r"closeout\[msk\]"):
            token_provider(kafka)
    else:
        assert token_provider(kafka) is not None
