"""Who asks, and what they may. A role gives scopes; a token never has more than its owner's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from closeout_schemas.vocabulary import derived_id


class Role(StrEnum):
    """What somebody is in the organisation's reviews."""

    READER = "reader"
    RESPONDER = "responder"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a route needs."""

    READ = "read"  # see what is not restricted
    WRITE = "write"  # drafts, annotations, what stands beside the timeline
    PUBLISH = "publish"  # publish, change promises afterwards, restrict an incident
    ADMIN = "admin"  # the audit log, other people's tokens


SCOPES_OF: dict[Role, frozenset[Scope]] = {
    Role.READER: frozenset({Scope.READ}),
    Role.RESPONDER: frozenset({Scope.READ, Scope.WRITE}),
    Role.REVIEWER: frozenset({Scope.READ, Scope.WRITE, Scope.PUBLISH}),
    Role.ADMIN: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever a request acts for. `email` joins them with a person of the directory; None where nobody says it."""

    id: UUID
    name: str
    email: str | None
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    # The one who runs Closeout on their own machine and has its database: nothing is hidden from them.
    is_operator: bool = False
    # The token by which they ask.
    token: UUID | None = None

    @property
    def named_as(self) -> tuple[str, ...]:
        """How an audience can name them; see domain/restriction.py."""
        of_person = (f"person:{self.email.casefold()}",) if self.email else ()
        return (*sorted(f"role:{role.value}" for role in self.roles), *of_person)

    def may(self, scope: Scope) -> bool:
        """Whether a route that needs `scope` is open to them."""
        return scope in self.scopes


def scopes_of(roles: Iterable[Role]) -> frozenset[Scope]:
    """What these roles may, together."""
    return frozenset(scope for role in roles for scope in SCOPES_OF[role])


def roles_of(groups: Iterable[str], groups_of: Mapping[Role, frozenset[str]]) -> frozenset[Role]:
    """The roles of somebody in these groups; `*` stands for everybody who can sign in."""
    own = {*groups, "*"}
    return frozenset(role for role, named in groups_of.items() if named & own)


# Where nobody signs in: the one on whose machine it runs.
LOCAL_OPERATOR = Principal(
    id=derived_id("principal", "local", "operator"),
    name="local operator",
    email=None,
    roles=frozenset(Role),
    scopes=frozenset(Scope),
    is_operator=True,
)

# Whoever has not signed in, where a route is open to everybody.
NOBODY = Principal(
    id=derived_id("principal", "local", "nobody"), name="nobody", email=None, roles=frozenset(), scopes=frozenset()
)
