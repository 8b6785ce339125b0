"""The sandbox as one application; the only file here that wires."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from closeout_sandbox import control, seed
from closeout_sandbox.front import Front
from closeout_sandbox.github import graphql_api
from closeout_sandbox.github import pages as github_pages
from closeout_sandbox.github import rest as github_rest
from closeout_sandbox.github import rest_repository as github_rest_repository
from closeout_sandbox.pagerduty import account, subscriptions
from closeout_sandbox.pagerduty import pages as pagerduty_pages
from closeout_sandbox.pagerduty import rest as pagerduty_rest
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.slack import rest as slack_rest
from closeout_sandbox.state import assemble


class SandboxApplication(Starlette):
    def build_middleware_stack(self) -> ASGIApp:
        # Outside even Starlette's own error layer: only there can a connection be closed.
        return Front(super().build_middleware_stack(), self.state.sandbox)


def build(settings: SandboxSettings, transport: httpx.AsyncBaseTransport | None = None) -> Starlette:
    """The application; its `state.sandbox` is the State. `transport` carries the webhooks instead of the network."""
    state = assemble(settings, transport)
    seed.plant(state)
    github = github_rest.Rest(state)
    pagerduty = pagerduty_rest.Rest(state)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        state.kick()  # What a former run did not get rid of.
        yield
        await state.close()

    app = SandboxApplication(
        routes=[
            Mount(
                "/github/api",
                routes=[
                    *github_rest.routes(github),
                    *graphql_api.routes(github),
                    *github_rest_repository.routes(github),
                ],
            ),
            Mount("/github/web", routes=github_pages.routes(state)),
            Mount("/pagerduty/api", routes=pagerduty_rest.routes(pagerduty, [*subscriptions.ROUTES, *account.ROUTES])),
            Mount("/pagerduty/web", routes=pagerduty_pages.routes(state)),
            Mount("/slack/api", routes=slack_rest.routes(slack_rest.WebApi(state.slack, settings))),
            *(stand.mount for stand in state.trackers.values()),
            Mount("/_sandbox", routes=control.routes(state)),
        ],
        lifespan=lifespan,
        exception_handlers=github_pages.EXCEPTIONS,
    )
    app.state.sandbox = state
    return app
