"""Signing in at an OpenID Connect provider: a real one, and one that lies."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_review.adapters import openid
from closeout_review.adapters.openid import Provider
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.settings import ReviewSettings, SignIn

from .provider import HERE, run_provider, sign_in_there

pytestmark = pytest.mark.integration
GROUPS = {"oidc_responders": "sre, payments", "oidc_admins": "platform"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        # It is a process beside us, on a machine that may be busy.
        patch.setattr(openid, "TIMEOUT_SECONDS", 60)
        yield from run_provider()


@asynccontextmanager
async def closeout(db: Database, issuer: str, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on a Closeout where people sign in at `issuer`."""
    provider = more.pop("provider", None)
    values: dict[str, Any] = {
        "public_url": HERE,
        "sign_in": SignIn.OIDC,
        "oidc_issuer": issuer,
        "oidc_client_id": "closeout",
        "oidc_client_secret": SecretStr("a secret with & and %"),
        "oidc_scope": "openid profile email groups",
    }
    app = Documented(openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    open_doors(app, ReviewSettings(**(values | GROUPS | more)), db, provider=provider)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as browser:
        yield browser


async def test_somebody_signs_in_at_a_real_provider_and_is_who_it_says(db: Database, issuer: str) -> None:
    async with closeout(db, issuer) as browser:
        asked = await browser.get("/people?x=1", headers={"Accept": "text/html"})
        assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?to=%2Fpeople%3Fx%3D1")
        sent = await browser.get(asked.headers["location"])
        back = await sign_in_there(sent.headers["location"], "dana")
        done = await browser.get(back)
        assert (done.status_code, done.headers["location"]) == (303, "/people?x=1")
        me = (await browser.get("/api/v1/me")).json()
        again = await browser.get(back)
    assert (me["name"], me["email"]) == ("Dana Engineer", "dana@example.com")
    assert me["roles"] == ["reader", "responder"]
    assert (again.status_code, again.json()["type"]) == (401, "urn:closeout:problem:sign-in-failed")


async def test_groups_give_roles_and_an_unverified_address_is_not_taken(db: Database, issuer: str) -> None:
    async with closeout(db, issuer) as browser:
        sent = await browser.get("/sign-in")
        await browser.get(await sign_in_there(sent.headers["location"], "rosa"))
        me = (await browser.get("/api/v1/me")).json()
    assert (me["roles"], me["email"]) == (["reader"], None)
    async with closeout(db, issuer, oidc_readers="platform") as browser:
        sent = await browser.get("/sign-in")
        await browser.get(await sign_in_there(sent.headers["location"], "rosa"))
        refused = await browser.get("/api/v1/me")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:closeout:problem:not-allowed")


async def test_a_code_is_good_in_the_browser_alone_that_began(db: Database, issuer: str) -> None:
    async with closeout(db, issuer) as browser, closeout(db, issuer) as other:
        sent = await browser.get("/sign-in")
        back = await sign_in_there(sent.headers["location"], "dana")
        await other.get("/sign-in")
        stolen = await other.get(back)
        assert stolen.status_code == 401
        assert "did not begin it" in stolen.json()["detail"]
        assert (await browser.get(back)).status_code == 303


class Lying:
    """A provider whose ID token is not as it should be. `bend` changes its claims."""

    def __init__(self, bend: Callable[[dict[str, Any]], None] = lambda _: None, **more: Any) -> None:
        self.bend = bend
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signs_with: Any = more.get("signs_with", self.key)
        self.alg = more.get("alg", "RS256")
        self.userinfo = more.get("userinfo", "dana")
        self.description = more.get("description", {})
        self.keys = more.get("keys", [])
        self.groups = more.get("groups", ["platform"])
        self.nonce = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                at = "https://id.example.com"
                return httpx.Response(
                    200,
                    json={
                        "issuer": at,
                        "authorization_endpoint": f"{at}/auth",
                        "token_endpoint": f"{at}/token",
                        "jwks_uri": f"{at}/keys",
                        "userinfo_endpoint": f"{at}/me",
                    }
                    | self.description,
                )
            case "/keys":
                keys = KeySet([self.key]).as_dict(private=False)["keys"]
                return httpx.Response(200, json={"keys": [*self.keys, *keys]})
            case "/me":
                return httpx.Response(200, json={"sub": self.userinfo, "groups": self.groups})
            case _:
                assert dict(parse_qsl(request.content.decode()))["code_verifier"]
                claims: dict[str, Any] = {
                    "iss": "https://id.example.com",
                    "aud": "closeout",
                    "sub": "dana",
                    "nonce": self.nonce,
                    "iat": int(time.time()),
                    "exp": int(time.time()) + 60,
                }
                self.bend(claims)
                header = {"alg": self.alg, "kid": "one"}
                token = jwt.encode(header, claims, self.signs_with, algorithms=[self.alg])
                return httpx.Response(200, json={"id_token": token, "access_token": "x"})


@asynccontextmanager
async def browser_at(db: Database, lying: Lying) -> AsyncIterator[httpx.AsyncClient]:
    at = "https://id.example.com"
    callback, transport = f"{HERE}/sign-in/callback", httpx.MockTransport(lying)
    provider = Provider(at, "closeout", SecretStr("hush"), callback, "openid", transport)
    async with closeout(db, at, provider=provider) as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, lying: Lying) -> httpx.Response:
    sent = await browser.get("/sign-in")
    if not sent.is_redirect:
        return sent
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    lying.nonce = asked["nonce"]
    return await browser.get("/sign-in/callback", params={"code": "c", "state": asked["state"]})


async def signing_in_at(db: Database, lying: Lying) -> httpx.Response:
    async with browser_at(db, lying) as browser:
        return await sign_in(browser, lying)


async def test_the_provider_that_does_not_lie_is_believed(db: Database) -> None:
    assert (await signing_in_at(db, Lying())).status_code == 303


@pytest.mark.parametrize(
    "odd",
    [
        Lying(keys=[{"kty": "OKP", "crv": "X999", "x": "AA"}, {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}]),
        Lying(keys=[{"kty": "RSA", "kid": "cut short"}, None]),
        Lying(groups=None),
        Lying(groups=7),
        Lying(lambda claims: claims.update(sub="da\0na"), userinfo="da\0na"),
        Lying(description={"token_endpoint_auth_methods_supported": None}),
    ],
    ids=["curves", "keys", "no-groups", "groups", "subject", "methods"],
)
async def test_what_a_provider_says_oddly_keeps_nobody_out(db: Database, odd: Lying) -> None:
    assert (await signing_in_at(db, odd)).status_code == 303


@pytest.mark.parametrize("missing", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
async def test_a_description_that_lacks_something_is_said(db: Database, missing: str) -> None:
    answer = await signing_in_at(db, Lying(description={missing: None}))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:closeout:problem:provider-away")
    assert f"its description has no {missing}" in answer.json()["detail"]


async def test_a_state_that_is_none_of_ours_is_refused_whatever_it_is(db: Database) -> None:
    async with browser_at(db, Lying()) as browser:
        await browser.get("/sign-in")
        answer = await browser.get("/sign-in/callback", params={"code": "c", "state": "é"})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:closeout:problem:sign-in-failed")


async def test_whoever_signs_out_is_not_signed_in_again_by_the_provider(db: Database) -> None:
    lying = Lying()
    async with browser_at(db, lying) as browser:
        await sign_in(browser, lying)
        assert (await browser.get("/api/v1/me")).status_code == 200
        answer = await browser.post("/sign-out", headers={"Origin": HERE})
        while answer.is_redirect:
            answer = await browser.get(answer.headers["location"], headers={"Accept": "text/html"})
        assert (answer.url.host, answer.status_code) == ("closeout.test", 200)
        assert "You are signed out" in answer.text
        assert "nobody" not in answer.text
        assert (await browser.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "lying",
    [
        Lying(lambda claims: claims.update(nonce="another")),
        Lying(lambda claims: claims.pop("nonce")),
        Lying(lambda claims: claims.update(aud="somebody-else")),
        Lying(lambda claims: claims.update(aud=["closeout", "other"], azp="other")),
        Lying(lambda claims: claims.update(iss="https://evil.example.com")),
        Lying(lambda claims: claims.update(exp=int(time.time()) - 3600)),
        Lying(lambda claims: claims.pop("exp")),
        Lying(lambda claims: claims.pop("sub")),
        Lying(signs_with=RSAKey.generate_key(2048, {"kid": "one"})),
        Lying(userinfo="somebody-else"),
    ],
    ids=["nonce", "no-nonce", "audience", "azp", "issuer", "expired", "no-end", "no-subject", "other-key", "userinfo"],
)
async def test_an_id_token_that_does_not_hold_signs_nobody_in(db: Database, lying: Lying) -> None:
    answer = await signing_in_at(db, lying)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:closeout:problem:sign-in-failed")
    assert "session" not in answer.headers.get("set-cookie", "")


async def test_a_provider_that_is_away_is_said_and_asked_again(db: Database) -> None:
    async with closeout(db, "http://127.0.0.1:9") as browser:
        answer = await browser.get("/sign-in")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:closeout:problem:provider-away")
    assert answer.headers["retry-after"]


def test_what_oidc_needs_is_asked_for_at_the_start() -> None:
    with pytest.raises(ValueError, match="CLOSEOUT_REVIEW_SIGN_IN=oidc needs it"):
        ReviewSettings(sign_in=SignIn.OIDC)
    with pytest.raises(ValueError, match="over TLS"):
        ReviewSettings(sign_in=SignIn.OIDC, oidc_issuer="http://id.example.com", oidc_client_id="closeout")
