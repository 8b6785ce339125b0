"""How the broker's clients prove who they are: TLS, a client certificate, SASL, tokens."""

from __future__ import annotations

import asyncio
import importlib
import ssl
import time
from typing import Any

import httpx
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError

from closeout_chassis.errors import StartError
from closeout_chassis.settings import KafkaSettings

TOKEN_SECONDS = 10.0
# A token is asked for anew when a fifth of its life is left.
USED_FOR = 0.8


def client_security(settings: KafkaSettings) -> dict[str, Any]:
    """What aiokafka's clients are told about TLS and SASL. Raises StartError where a file cannot be read."""
    security: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.endswith("SSL"):
        security["ssl_context"] = tls(settings)
    if settings.security_protocol.startswith("SASL"):
        security |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value() if settings.sasl_password else None,
            "sasl_oauth_token_provider": token_provider(settings),
        }
    return security


def tls(settings: KafkaSettings) -> ssl.SSLContext:
    """Whom we trust, and the certificate by which the broker knows us, where there is one."""
    try:
        context = ssl.create_default_context(cafile=str(settings.ssl_ca_file) if settings.ssl_ca_file else None)
        if settings.ssl_cert_file:
            key = str(settings.ssl_key_file) if settings.ssl_key_file else None
            context.load_cert_chain(str(settings.ssl_cert_file), key)
    except OSError as error:  # ssl.SSLError is one
        raise StartError(
            f"The certificates for the broker cannot be read: {error}. Mend CLOSEOUT_KAFKA_SSL_CA_FILE, "
            "CLOSEOUT_KAFKA_SSL_CERT_FILE or CLOSEOUT_KAFKA_SSL_KEY_FILE."
        ) from None
    return context


def token_provider(settings: KafkaSettings) -> AbstractTokenProvider | None:
    """Who gets the tokens; None where none are wanted."""
    if not settings.security_protocol.startswith("SASL") or settings.sasl_mechanism != "OAUTHBEARER":
        return None
    return MskTokens(settings.oauth_msk_region) if settings.oauth_msk_region else ClientCredentials(settings)


class ClientCredentials(AbstractTokenProvider):  # type: ignore[misc]
    """Tokens by OAuth 2.0's client credentials grant: https://www.rfc-editor.org/rfc/rfc6749#section-4.4."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._token, self._good_until = "", 0.0
        self._one_at_a_time = asyncio.Lock()

    async def token(self) -> str:
        """A token with life in it. Raises KafkaConnectionError, which the clients try again."""
        async with self._one_at_a_time:
            if time.monotonic() >= self._good_until:
                await self._ask()
        return self._token

    async def _ask(self) -> None:
        settings = self._settings
        secret = settings.oauth_client_secret.get_secret_value() if settings.oauth_client_secret else ""
        form = {"grant_type": "client_credentials", **({"scope": settings.oauth_scope} if settings.oauth_scope else {})}
        try:
            async with httpx.AsyncClient(timeout=TOKEN_SECONDS) as http:
                who = (settings.oauth_client_id or "", secret)
                answer = await http.post(settings.oauth_token_url or "", data=form, auth=who)
                answer.raise_for_status()
                said = answer.json()
                self._token = str(said["access_token"])
                self._good_until = time.monotonic() + USED_FOR * float(said.get("expires_in", 300))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            # What the server said may repeat the secret.
            status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
            raise KafkaConnectionError(
                f"no token from CLOSEOUT_KAFKA_OAUTH_TOKEN_URL ({settings.oauth_token_url}): {status}"
            ) from None


class MskTokens(AbstractTokenProvider):  # type: ignore[misc]
    """Tokens of Amazon MSK's IAM sign-in, by Amazon's own signer: the extra `msk`."""

    def __init__(self, region: str) -> None:
        self._region = region
        try:
            self._signer = importlib.import_module("aws_msk_iam_sasl_signer").MSKAuthTokenProvider
        except ImportError:
            raise StartError(
                "CLOSEOUT_KAFKA_OAUTH_MSK_REGION needs Amazon's signer. Install it: pip install 'closeout[msk]'."
            ) from None

    async def token(self) -> str:
        """A token, signed with the credentials that the AWS environment has."""
        token, _expires_ms = await asyncio.to_thread(self._signer.generate_auth_token, self._region)
        return str(token)
