"""Who a request acts for: put on it in one place, asked for here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from closeout_chassis.errors import Refused
from closeout_review.domain.principal import Principal, Scope


def who(request: Request) -> Principal:
    """The principal of `request`. Each route has one: what may be asked by nobody is named in access/routes.py."""
    principal: Principal = request.state.principal
    return principal


# For routes of the REST API: `async def route(principal: Who)`.
Who = Annotated[Principal, Depends(who)]


def need(request: Request, scope: Scope) -> None:
    """For a form whose buttons need more than its route does. Raises Refused(403)."""
    principal = who(request)
    if not principal.may(scope):
        raise not_allowed(principal, scope)


def not_allowed(principal: Principal, needed: Scope) -> Refused:
    """What is said to who has signed in and may not."""
    roles = ", ".join(sorted(role.value for role in principal.roles)) or "nothing"
    has = ", ".join(sorted(scope.value for scope in principal.scopes)) or "nothing"
    detail = (
        f"This needs the scope {needed}. {principal.name} is {roles} and may, signed in like this: {has}. "
        "Ask whoever gives out roles, or use a token that has it."
    )
    return Refused(403, "not-allowed", detail, needs=needed.value)
