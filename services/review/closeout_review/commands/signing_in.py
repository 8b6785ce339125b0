"""Signing in at an OpenID provider: what is remembered meanwhile, and who somebody is after it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.adapters.openid import Provider
from closeout_review.commands.access import start_session
from closeout_review.domain.principal import Principal, Role, roles_of, scopes_of
from closeout_review.domain.secrets import digest_of
from closeout_review.domain.text import presentable, without_nul
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import signed_in
from closeout_review.store.principals import Begun, Principals
from closeout_schemas.vocabulary import derived_id

GOOD_FOR_SECONDS = 600
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser brings back. `secret` is its cookie, the rest what the provider sent it with."""

    secret: str
    state: str
    code: str
    error: str
    issuer: str | None


async def begin(db: Database, provider: Provider, return_to: str) -> tuple[str, str]:
    """(what the browser must keep, where it is sent)."""
    secret, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    address = await provider.address(_state(secret), nonce, verifier)
    async with db.transaction() as tx:
        begun = Begun(nonce, verifier, return_to)
        await Principals(tx.conn).begin_sign_in(digest_of(secret), begun, GOOD_FOR_SECONDS)
    return secret, address


async def finish(db: Database, settings: ReviewSettings, provider: Provider, answer: Answer) -> tuple[str, str]:
    """(the new session, where they wanted to go). Raises Refused: 401 not signed in, 503 the provider is away."""
    if not answer.secret or not hmac.compare_digest(_state(answer.secret).encode(), answer.state.encode()):
        raise _begin_again("this browser did not begin it, or began another one since")
    async with db.transaction() as tx:
        begun = await Principals(tx.conn).finish_sign_in(digest_of(answer.secret))
    if begun is None:
        raise _begin_again("it took longer than ten minutes, or was finished already")
    if answer.error or answer.issuer not in (None, provider.issuer):
        raise _begin_again(f"the provider said {presentable(answer.error, 100) or 'that it is another one'}")
    claims = await provider.claims(answer.code, begun.nonce, begun.verifier)
    principal = principal_of(provider.issuer, claims, settings)
    async with db.transaction() as tx:
        principals = Principals(tx.conn)
        await principals.save(principal, provider.issuer, without_nul(str(claims["sub"])))
        session = await start_session(principals, principal, settings)
        signed_in(principal, provider.issuer)
    return session, begun.return_to


def principal_of(issuer: str, claims: Mapping[str, Any], settings: ReviewSettings) -> Principal:
    """Who the provider says that it is. An address that it has not verified is not taken: it may be somebody else's."""
    subject = without_nul(str(claims["sub"]))
    said = claims.get(settings.oidc_groups_claim, ())
    named = said if isinstance(said, list) else [said]
    groups = [one for one in named if isinstance(one, str)]
    roles = roles_of(groups, groups_of_roles(settings))
    email = str(claims.get("email") or "") if claims.get("email_verified", True) in (True, "true") else ""
    name = str(claims.get("name") or claims.get("preferred_username") or email or subject)
    return Principal(
        id=derived_id("principal", issuer, subject),
        name=presentable(name, LONGEST_NAME) or subject,
        email=presentable(email, LONGEST_NAME).lower() or None,
        roles=roles,
        scopes=scopes_of(roles),
    )


def groups_of_roles(settings: ReviewSettings) -> dict[Role, frozenset[str]]:
    """Whose members have which role."""
    named = {
        Role.READER: settings.oidc_readers,
        Role.RESPONDER: settings.oidc_responders,
        Role.REVIEWER: settings.oidc_reviewers,
        Role.ADMIN: settings.oidc_admins,
    }
    return {role: frozenset(filter(None, map(str.strip, text.split(",")))) for role, text in named.items()}


def _state(secret: str) -> str:
    return hashlib.sha256(b"state:" + secret.encode()).hexdigest()


def _begin_again(why: str) -> Refused:
    return Refused(401, "sign-in-failed", f"You are not signed in: {why}. Begin again at /sign-in.")
