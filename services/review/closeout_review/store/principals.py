"""Tables of who may ask: principals, sessions, links, tokens, and the audit log. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.principal import LOCAL_OPERATOR, Principal, Role, Scope, scopes_of

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it is listed; the token itself is not kept."""

    id: UUID
    name: str
    scopes: tuple[Scope, ...]
    made_at: datetime
    expires_at: datetime
    used_on: date | None
    revoked_at: datetime | None
    owner: str
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of the audit log. `about`: the ids that the request named."""

    seq: int
    at: datetime
    principal_id: UUID
    who: str
    signed_in_by: str
    deed: str
    about: dict[str, str]


@dataclass(frozen=True, slots=True)
class Begun:
    """What was remembered when a browser was sent to sign in."""

    nonce: str
    verifier: str
    return_to: str


class Principals:
    """Who has signed in, and what they hold. Digests come from domain/secrets.py."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def save(self, principal: Principal, issuer: str, subject: str) -> None:
        """Keep what is known of somebody now."""
        roles = sorted(role.value for role in principal.roles)
        await self._conn.execute(
            SQL["save_principal"], principal.id, issuer, subject, principal.name, principal.email, roles
        )

    async def start_session(self, digest: bytes, principal_id: UUID, seconds: float) -> None:
        """From now on, whoever brings what has this digest is that principal."""
        await self._conn.execute(SQL["start_session"], digest, principal_id, seconds)

    async def of_session(self, digest: bytes) -> Principal | None:
        """Whose session it is; None where there is none, or where it is over."""
        row = await self._conn.fetchrow(SQL["session"], digest)
        return _principal(row, None) if row else None

    async def end_session(self, digest: bytes) -> None:
        """Sign out."""
        await self._conn.execute(SQL["end_session"], digest)

    async def begin_sign_in(self, digest: bytes, begun: Begun, seconds: float) -> None:
        """Remember what has to come back."""
        values = (begun.nonce, begun.verifier, begun.return_to)
        await self._conn.execute(SQL["begin_sign_in"], digest, *values, seconds)

    async def finish_sign_in(self, digest: bytes) -> Begun | None:
        """What was remembered, once."""
        row = await self._conn.fetchrow(SQL["finish_sign_in"], digest)
        return Begun(**row) if row else None

    async def make_link(self, digest: bytes, seconds: float) -> None:
        """A link that is good once."""
        await self._conn.execute(SQL["make_link"], digest, seconds)

    async def use_link(self, digest: bytes) -> bool:
        """Whether it was good. From now on it is not."""
        return bool(await self._conn.fetchval(SQL["use_link"], digest))

    async def make_token(
        self, token_id: UUID, digest: bytes, owner: Principal, name: str, scopes: Iterable[Scope], seconds: float
    ) -> Token | None:
        """A token of `owner`, who is kept already; None where the token by which they ask was revoked."""
        if owner.token is not None:
            await self._conn.execute(SQL["hold_owner"], owner.token)
        named = sorted(scope.value for scope in scopes)
        values = (token_id, digest, owner.id, name, named, seconds, owner.token)
        row = await self._conn.fetchrow(SQL["make_token"], *values)
        return _token({**row, "owner": owner.name}) if row else None

    async def of_token(self, digest: bytes) -> Principal | None:
        """Whose token it is, with no more scopes than both have; None where it is not good."""
        row = await self._conn.fetchrow(SQL["use_token"], digest)
        return _principal(row, row["scopes"], row["token_id"]) if row else None

    async def tokens(self, owner: UUID | None, before: tuple[datetime, UUID] | None, limit: int) -> list[Token]:
        """A page of tokens, the newest first; everybody's where `owner` is None."""
        rows = await self._conn.fetch(SQL["tokens"], owner, *(before or (None, None)), limit)
        return [_token(row) for row in rows]

    async def may_more(self, token_id: UUID, than: Principal) -> bool:
        """Whether a token of theirs may more than the one by which they ask, which has not made it."""
        scopes = sorted(scope.value for scope in than.scopes)
        may_more: bool = await self._conn.fetchval(SQL["may_more"], token_id, than.id, scopes, than.token)
        return may_more

    async def revoke_token(self, token_id: UUID, owner: UUID | None) -> int:
        """How many were taken back, it and those that it made; none where `owner`, unless None, has no such token."""
        await self._conn.execute(SQL["hold_owner"], token_id)
        return len(await self._conn.fetch(SQL["revoke_token"], token_id, owner))

    async def titles(self, ids: Collection[str]) -> dict[str, str]:
        """What the incidents and postmortems among these are called, as far as whoever asks may see them."""
        return {row["id"]: row["title"] for row in await self._conn.fetch(SQL["titles_of"], sorted(ids))}

    async def deeds(self, before: int | None, principal_id: UUID | None, about: str | None, limit: int) -> list[Deed]:
        """A page of the audit log, the newest first."""
        rows = await self._conn.fetch(SQL["audit_entries"], before, principal_id, about, limit)
        return [Deed(**row) for row in rows]

    async def drop_what_has_expired(self, answers_after_seconds: float) -> None:
        """Sessions, links and sign-ins that are over, and answers that were kept for so long."""
        await self._conn.execute(SQL["drop_what_has_expired"], answers_after_seconds)


def _token(row: Any) -> Token:
    return Token(**{**row, "scopes": tuple(Scope(one) for one in row["scopes"])})


def _principal(row: Any, only: Iterable[str] | None, token: UUID | None = None) -> Principal:
    # A release may have given up a role or a scope that was kept by an earlier one.
    roles = frozenset(Role(one) for one in row["roles"] if one in set(Role))
    scopes = scopes_of(roles)
    return Principal(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        roles=roles,
        scopes=scopes if only is None else scopes & {Scope(one) for one in only if one in set(Scope)},
        is_operator=row["id"] == LOCAL_OPERATOR.id,
        token=token,
    )
