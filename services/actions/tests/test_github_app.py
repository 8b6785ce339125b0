"""GitHub Issues as an app: the key never leaves, the token is an hour's, and one that is refused is got anew once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr, ValidationError

from closeout_actions.adapters.github.app_auth import AsInstallation, wrong_with
from closeout_actions.adapters.github.tracker import GitHub
from closeout_actions.adapters.port import Unauthorized
from closeout_actions.settings import ActionsSettings
from closeout_chassis.errors import Retryable

from .github_stub import Remembering

KEY = RSAKey.generate_key(2048)
PEM = SecretStr(KEY.as_pem(private=True).decode())


class Api:
    """GitHub, as far as an app's sign-in goes."""

    def __init__(self, **status: int) -> None:
        self.granted = 0
        self.status = status
        self.lives = timedelta(hours=1)
        self.granted_as: str | None = None
        self.seen: list[httpx.Request] = []

    def paths(self) -> list[str]:
        return [one.url.path for one in self.seen]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        sent = request.headers["authorization"].removeprefix("Bearer ")
        if request.url.path == "/app/installations/77/access_tokens":
            claims = jwt.decode(sent, KEY, algorithms=["RS256"]).claims
            now = datetime.now(UTC).timestamp()
            assert claims["iss"] == "12345"
            assert claims["iat"] < now < claims["exp"] <= now + 600
            if "grant" in self.status:
                return httpx.Response(self.status["grant"], json={"message": "Integration not found"})
            if self.granted_as is not None:
                return httpx.Response(201, text=self.granted_as)
            self.granted += 1
            ends = (datetime.now(UTC) + self.lives).strftime("%Y-%m-%dT%H:%M:%SZ")
            return httpx.Response(201, json={"token": f"ghs_{self.granted}", "expires_at": ends})
        if request.url.path in ("/app", "/app/hook/config"):
            assert jwt.decode(sent, KEY, algorithms=["RS256"]).claims["iss"] == "12345"
            if request.url.path == "/app":
                return httpx.Response(200, json={"slug": "closeout", "events": ["issues"]})
            return httpx.Response(200, json={"url": "https://closeout.example/webhooks/github", "secret": "********"})
        if request.url.path.endswith("/hooks"):
            return httpx.Response(403, json={"message": "Resource not accessible by integration"})
        if sent != f"ghs_{self.granted}" or self.status.pop("once", None):
            return httpx.Response(401, json={"message": "Bad credentials"})
        return httpx.Response(200, json={"login": "dana", "type": "User"})


def github(api: Api) -> tuple[GitHub, Remembering]:
    budget = Remembering()
    transport = AsInstallation("https://api.github.test", "12345", PEM, "77", httpx.MockTransport(api))
    return GitHub("https://api.github.test", PEM, budget, timeout=5, transport=transport), budget


async def test_one_token_serves_until_it_ends_and_the_key_is_never_sent() -> None:
    api = Api()
    tracker, _ = github(api)

    await tracker.party("dana")
    await tracker.party("sam")
    assert api.granted == 1
    api.lives = timedelta(seconds=10)
    api.status["once"] = 1
    await tracker.party("dana")
    await tracker.party("dana")

    assert api.granted == 3, "refused once; then one that ends at once"
    assert not any("PRIVATE" in str(request.headers) for request in api.seen)
    await tracker.close()


async def test_an_app_that_is_gone_pauses_the_tracker_and_says_so() -> None:
    tracker, budget = github(Api(grant=404))

    with pytest.raises(Unauthorized, match="renew CLOSEOUT_ACTIONS_GITHUB_APP_KEY"):
        await tracker.party("dana")

    assert ("unauthorized",) in budget.told
    await tracker.close()


@pytest.mark.parametrize("granted", ["<html>", "[]", "{}", '{"token": "ghs_1"}', '{"token": "ghs_1", "expires_at": 7}'])
async def test_a_token_that_cannot_be_read_is_waited_for_and_nothing_was_sent_with_it(granted: str) -> None:
    api = Api()
    api.granted_as = granted
    tracker, _ = github(api)

    with pytest.raises(Retryable, match="never sent: ConnectError: GitHub grants a token in a form"):
        await tracker.party("dana")
    api.granted_as = None

    assert (await tracker.party("dana")).vendor_id == "dana"
    assert api.paths() == ["/app/installations/77/access_tokens"] * 2 + ["/users/dana"]
    await tracker.close()


def test_a_key_that_is_none_and_an_app_that_is_half_named_are_said_at_the_start() -> None:
    assert "no RSA key" in (wrong_with(SecretStr("ghp_token")) or "")
    assert "public key" in (wrong_with(SecretStr(KEY.as_pem(private=False).decode())) or "")
    assert wrong_with(PEM) is None
    half: dict[str, Any] = {"github_app_id": "12345"}
    with pytest.raises(ValidationError, match="set all three"):
        ActionsSettings(**half)


async def test_an_app_is_asked_for_its_own_webhook_as_the_app_and_not_as_its_installation() -> None:
    tracker, _ = github(Api())

    [found] = await tracker.webhooks("acme/payments")

    assert found.url == "https://closeout.example/webhooks/github"
    assert (found.is_active, found.tells_tickets, found.tells_comments) == (True, True, False)
