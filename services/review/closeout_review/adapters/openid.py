"""An OpenID Connect provider: where a browser is sent to sign in, and what the provider then says of somebody.

https://openid.net/specs/openid-connect-core-1_0.html, the code flow with PKCE (RFC 7636).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from pydantic import SecretStr

from closeout_chassis.errors import Refused

log = logging.getLogger(__name__)

# Asymmetric ones only: with the others everybody who knows the client's secret could sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
DESCRIPTION_GOOD_FOR_SECONDS = 3600
TIMEOUT_SECONDS = 10
# Clocks differ.
LEEWAY_SECONDS = 60

# What a description has to name.
ASKED_AT = ("authorization_endpoint", "token_endpoint", "jwks_uri")

Claims = Mapping[str, Any]


class Provider:
    """One provider, asked as one client of it."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: SecretStr | None,
        redirect_uri: str,
        scope: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._scope = scope
        self._transport = transport
        self._description: Claims = {}
        self._described_at = float("-inf")

    async def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where a browser is sent. Raises Refused(503) while the provider cannot be read."""
        described = await self._described()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = str(described["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def claims(self, code: str, nonce: str, verifier: str) -> Claims:
        """What the provider says of who has signed in, once it is proven that it says so, to us, now.

        Raises Refused: 401 where that is not proven, 503 while the provider does not answer.
        """
        described = await self._described()
        told = await self._exchange(described, code, verifier)
        claims = await self._proven(described, str(told.get("id_token", "")), nonce)
        if "userinfo_endpoint" not in described or "access_token" not in told:
            return claims
        # Many providers put groups and names there only.
        bearer = {"Authorization": f"Bearer {told['access_token']}"}
        more = await self._ask("GET", str(described["userinfo_endpoint"]), headers=bearer)
        if more.get("sub") != claims["sub"]:
            raise _failed("its userinfo is about somebody else than its ID token")
        return {**more, **claims}

    async def _described(self) -> Claims:
        if time.monotonic() - self._described_at > DESCRIPTION_GOOD_FOR_SECONDS:
            found = await self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise _failed(
                    f"it calls itself {found.get('issuer')!r}; set CLOSEOUT_REVIEW_OIDC_ISSUER to exactly that"
                )
            missing = ", ".join(name for name in ASKED_AT if not isinstance(found.get(name), str))
            if missing:
                raise self._away(self.issuer, f"its description has no {missing}")
            self._description, self._described_at = found, time.monotonic()
        return self._description

    async def _exchange(self, described: Claims, code: str, verifier: str) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        secret = self._client_secret.get_secret_value() if self._client_secret else ""
        auth = None
        if secret and "client_secret_basic" in (
            described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        ):
            auth = httpx.BasicAuth(_form_encoded(self._client_id), _form_encoded(secret))
        else:
            form |= {"client_id": self._client_id} | ({"client_secret": secret} if secret else {})
        return await self._ask("POST", str(described["token_endpoint"]), data=form, auth=auth)

    async def _proven(self, described: Claims, id_token: str, nonce: str) -> Claims:
        keys = await self._ask("GET", str(described["jwks_uri"]))
        try:
            token = jwt.decode(id_token, _keys(keys), algorithms=ALGORITHMS)
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self._client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
            ).validate(token.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise _failed(f"its ID token does not hold ({type(error).__name__})") from None
        claims: Claims = token.claims
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _failed("its ID token answers another sign-in than this one")
        if claims.get("azp", self._client_id) != self._client_id:
            raise _failed("its ID token was made for another client")
        return claims

    async def _ask(self, method: str, url: str, **more: Any) -> Claims:
        """A JSON object. What was sent, and what came back, may be secret: neither is told."""
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT_SECONDS) as http:
                answer = await http.request(
                    method, url, headers={"Accept": "application/json"} | more.pop("headers", {}), **more
                )
            found = answer.json() if answer.is_success or answer.status_code == 400 else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._away(url, type(error).__name__) from None
        if answer.status_code == 400 and isinstance(found, dict):
            raise _failed(f"it refuses with {str(found.get('error', 'no reason'))[:100]!r}")
        if not isinstance(found, dict):
            raise self._away(url, f"status {answer.status_code}")
        return found

    def _away(self, url: str, why: str) -> Refused:
        log.warning("the OpenID provider does not answer", extra={"url": url.partition("?")[0], "because": why})
        detail = f"The provider {self.issuer} does not answer as it should ({why}). Try again."
        return Refused(503, "provider-away", detail).retry_after(5)


def _keys(found: Claims) -> KeySet:
    """Those that we know how to use: a provider may publish keys of other kinds, and on other curves, beside them."""
    keys: list[Key] = []
    for key in found.get("keys") or ():
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP"):
            # KeyError: a curve that the library has never heard of.
            with suppress(JoseError, ValueError, TypeError, KeyError):
                keys.append(JWKRegistry.import_key(key))
    return KeySet(keys)


def _form_encoded(text: str) -> str:
    """As RFC 6749 (2.3.1) has a client's id and secret before they become HTTP Basic."""
    return urlencode({"": text})[1:]


def _failed(why: str) -> Refused:
    return Refused(
        401, "sign-in-failed", f"You are not signed in: the provider was asked, but {why}. Begin again at /sign-in."
    )
