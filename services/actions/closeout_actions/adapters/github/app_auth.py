"""Signing in as a GitHub App: a key of ours vouches for the app, the app gets a token of an hour for its installation.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import SecretStr

# GitHub's clock may be behind ours; its own examples date a token a minute back. Ten minutes are the most it takes.
BACKDATED_SECONDS, LIVES_SECONDS = 60, 540
# A token that ends during a request is none.
SPARE_SECONDS = 300
# What only the app itself may ask, and none of its installations.
OF_THE_APP = ("app", "app/hook/config")


class AsInstallation(httpx.AsyncBaseTransport):
    """Puts the installation's token on each request; gets another before it ends, and once where it is refused."""

    def __init__(
        self,
        api_url: str,
        app_id: str,
        key: SecretStr,
        installation_id: str,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._tokens = f"{api_url}/app/installations/{installation_id}/access_tokens"
        self._of_the_app = {f"{httpx.URL(api_url).path.rstrip('/')}/{one}" for one in OF_THE_APP}
        self._app_id = app_id
        self._key = RSAKey.import_key(key.get_secret_value())
        self._inner = inner or httpx.AsyncHTTPTransport()
        self._token = ""
        self._ends_at = 0.0
        self._getting = asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it with a token. What GitHub says to a wish for one that it does not grant is the answer: 401, 403."""
        body = await request.aread()
        if request.url.path in self._of_the_app:
            request.headers["Authorization"] = f"Bearer {self._vouched()}"
            return await self._inner.handle_async_request(request)
        for is_last in (False, True):
            refusal = await self._fresh(request, is_forced=is_last)
            if refusal is not None:
                return refusal
            request.headers["Authorization"] = f"Bearer {self._token}"
            again = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            again.extensions = request.extensions
            response = await self._inner.handle_async_request(again)
            if response.status_code != 401 or is_last:
                break
            await response.aclose()
        return response

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._inner.aclose()

    async def _fresh(self, request: httpx.Request, *, is_forced: bool) -> httpx.Response | None:
        async with self._getting:
            if not is_forced and time.time() < self._ends_at - SPARE_SECONDS:
                return None
            asked = httpx.Request(
                "POST",
                self._tokens,
                headers={
                    "Authorization": f"Bearer {self._vouched()}",
                    "Accept": "application/vnd.github+json",
                    "X-GitHub-Api-Version": "2022-11-28",
                    "User-Agent": request.headers.get("user-agent", "closeout-actions"),
                },
                extensions=request.extensions,
            )
            answer = await self._inner.handle_async_request(asked)
            if answer.status_code != 201:
                # An app that is gone, or its key, is an account that is not accepted; all else is GitHub's own trouble.
                answer.status_code = 401 if answer.status_code in (401, 404) else answer.status_code
                return answer
            await answer.aread()
            try:
                granted = answer.json()
                token, ends_at = str(granted["token"]), datetime.fromisoformat(granted["expires_at"])
            except (ValueError, KeyError, TypeError):
                raise httpx.ConnectError("GitHub grants a token in a form that it does not document") from None
            self._token, self._ends_at = token, ends_at.timestamp()
            return None

    def _vouched(self) -> str:
        now = int(time.time())
        claims = {"iat": now - BACKDATED_SECONDS, "exp": now + LIVES_SECONDS, "iss": self._app_id}
        return jwt.encode({"alg": "RS256"}, claims, self._key, algorithms=["RS256"])


def wrong_with(key: SecretStr) -> str | None:
    """What is wrong with a private key; None where nothing is."""
    try:
        is_private = RSAKey.import_key(key.get_secret_value()).is_private
    except (JoseError, ValueError):
        return "it is no RSA key in PEM form: download the app's private key, and give the file's whole text"
    return None if is_private else "it is a public key: the app's private key is wanted"
