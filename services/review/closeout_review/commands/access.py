"""Signing in by a one-time link, and API tokens: made, listed, taken back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.domain.principal import LOCAL_OPERATOR, Principal, Scope
from closeout_review.domain.secrets import TOKEN_PREFIX, digest_of
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import Asking, doing, record, signed_in
from closeout_review.store.kept_answers import KeptAnswers
from closeout_review.store.principals import Principals, Token

LINK_GOOD_FOR = timedelta(hours=1)
MOST_DAYS = 366
# Where the operator's identity comes from: nobody else tells who that is.
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token. `secret` is shown once; only its digest is kept."""

    token: Token
    secret: str


async def make_link(db: Database, public_url: str) -> str:
    """A link that signs the operator in, once, within the hour."""
    secret = secrets.token_urlsafe(32)
    async with db.transaction() as tx:
        await Principals(tx.conn).make_link(digest_of(secret), LINK_GOOD_FOR.total_seconds())
        await record(tx.conn, by_command_line("made a one-time link"))
    return f"{public_url}/sign-in/link/{secret}"


def by_command_line(deed: str, **about: str) -> Asking:
    """For the audit log: somebody who has the database did it."""
    return Asking(LOCAL_OPERATOR, "command line", deed, about)


async def sign_in_by_link(db: Database, settings: ReviewSettings, secret: str) -> str:
    """The operator's new session, for the cookie. Raises Refused(401) where the link is not good any more."""
    async with db.transaction() as tx:
        if not await Principals(tx.conn).use_link(digest_of(secret)):
            detail = (
                "This link was used already, is older than an hour, or is none of ours. `closeout link` makes another."
            )
            raise Refused(401, "link-not-good", detail)
        await Principals(tx.conn).save(LOCAL_OPERATOR, LOCAL, "operator")
        session = await start_session(Principals(tx.conn), LOCAL_OPERATOR, settings)
        signed_in(LOCAL_OPERATOR, "one-time link")
    return session


async def start_session(principals: Principals, principal: Principal, settings: ReviewSettings) -> str:
    """A new session of somebody who is kept already."""
    session = secrets.token_urlsafe(32)
    await principals.start_session(digest_of(session), principal.id, settings.session_hours * 3600)
    return session


async def sign_out(db: Database, cookie: str | None) -> None:
    """End the session; nothing where there is none."""
    if cookie is None:
        return
    async with db.transaction() as tx:
        await Principals(tx.conn).end_session(digest_of(cookie))


async def make_token(db: Database, owner: Principal, name: str, scopes: Iterable[Scope], days: int) -> MadeToken:
    """A token that acts for `owner`. Raises Refused(403) for a scope that they do not have themselves.

    Where a token makes it, it ends no later than that one, and is revoked with it.
    """
    wanted = frozenset(scopes)
    if not wanted <= owner.scopes:
        more = ", ".join(sorted(scope.value for scope in wanted - owner.scopes))
        raise Refused(403, "not-allowed", f"A token never has more than its owner, and {owner.name} has not: {more}.")
    secret, token_id = TOKEN_PREFIX + secrets.token_urlsafe(32), uuid4()
    async with db.transaction() as tx:
        principals = Principals(tx.conn)
        if owner.is_operator:
            await principals.save(LOCAL_OPERATOR, LOCAL, "operator")
        token = await principals.make_token(token_id, digest_of(secret), owner, name, wanted, days * 86_400)
        if token is None:
            raise Refused(401, "bad-token", "The token that was to make another was revoked meanwhile.")
        await KeptAnswers(tx.conn).note_secret()
        doing("made a token", token_id=str(token_id))
    return MadeToken(token, secret)


async def tokens(db: Database, principal: Principal, before: tuple[datetime, UUID] | None, limit: int) -> list[Token]:
    """A page of the principal's own tokens; of everybody's for who may `admin`."""
    async with db.reading() as conn:
        return await Principals(conn).tokens(_whose(principal), before, limit)


async def revoke_token(db: Database, principal: Principal, token_id: UUID) -> int:
    """Take a token back, one's own or, with `admin`, anybody's, and with it all that it made: how many these are.

    With a token only itself, what it made, and what may no more than it does: whoever finds one in a build's log is not
    to stop what others do. Raises Refused(404) where there is none, Refused(403) for one that may more.
    """
    async with db.transaction() as tx:
        principals = Principals(tx.conn)
        by_token = principal.token is not None and not principal.may(Scope.ADMIN)
        may_more = by_token and await principals.may_more(token_id, than=principal)
        count = 0 if may_more else await principals.revoke_token(token_id, _whose(principal))
        if may_more:
            doing("was refused: revoked a token")
        elif not count:
            raise Refused(404, "no-such-token", "You have no such token.")
        elif count > 1:
            doing(f"revoked a token and {count - 1} that it made")
    # Only now: that it was refused is in the audit log.
    if may_more:
        detail = "That token may more than the one by which you ask, which has not made it. Sign in to take it back."
        raise Refused(403, "not-allowed", detail)
    return count - 1


async def drop_what_has_expired(db: Database, settings: ReviewSettings) -> None:
    """Sessions, links and sign-ins that are over, and answers that were kept long enough."""
    async with db.transaction() as tx:
        await Principals(tx.conn).drop_what_has_expired(settings.keep_answers_hours * 3600)


def _whose(principal: Principal) -> UUID | None:
    return None if principal.may(Scope.ADMIN) else principal.id
