"""Signing in, at an OpenID provider or by a one-time link, and signing out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access import cookies
from closeout_review.access.identity import who_are_you
from closeout_review.access.who import who
from closeout_review.adapters.openid import Provider
from closeout_review.commands import access, signing_in
from closeout_review.domain.principal import NOBODY
from closeout_review.settings import ReviewSettings, SignIn
from closeout_review.web.render import Renderer


class SignInPages:
    """The ways in, and the way out. `provider` is None where nobody signs in at one."""

    def __init__(self, settings: ReviewSettings, db: Database, provider: Provider | None, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer
        self._provider = provider

    def routes(self) -> list[Route]:
        """Every page."""
        return [
            Route("/sign-in", self.begin, methods=["GET"]),
            Route("/sign-in/callback", self.finish, methods=["GET"]),
            Route("/sign-in/link/{token}", self.by_link, methods=["GET"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/signed-out", self.signed_out, methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        to = cookies.own_path(request.query_params.get("to", "/"))
        if self._provider is None:
            if self._settings.sign_in is SignIn.OPEN:
                return RedirectResponse(to, 303)
            raise who_are_you(self._settings)
        secret, address = await signing_in.begin(self._db, self._provider, to)
        response = RedirectResponse(address, 303)
        name = cookies.name_of_sign_in(self._settings)
        cookies.keep(response, self._settings, name, secret, signing_in.GOOD_FOR_SECONDS)
        return response

    async def finish(self, request: Request) -> Response:
        """The browser comes back from the provider."""
        if self._provider is None:
            raise Refused(404, "not-found", "Nobody signs in at a provider here.")
        told, name = request.query_params, cookies.name_of_sign_in(self._settings)
        answer = signing_in.Answer(
            secret=request.cookies.get(name, ""),
            state=told.get("state", ""),
            code=told.get("code", ""),
            error=told.get("error", ""),
            issuer=told.get("iss"),
        )
        session, to = await signing_in.finish(self._db, self._settings, self._provider, answer)
        response = RedirectResponse(to, 303)
        self._keep(response, session)
        cookies.forget(response, self._settings, name)
        return response

    async def by_link(self, request: Request) -> Response:
        """The one-time link: a session, and the first page. Looking at its headers alone does not use it up."""
        response = RedirectResponse("/", 303)
        if request.method == "GET":
            self._keep(response, await access.sign_in_by_link(self._db, self._settings, request.path_params["token"]))
        return response

    def _keep(self, response: Response, session: str) -> None:
        name, seconds = cookies.name_of_session(self._settings), self._settings.session_hours * 3600
        cookies.keep(response, self._settings, name, session, seconds)

    async def sign_out(self, request: Request) -> Response:
        """End the session, here and in the browser."""
        name = cookies.name_of_session(self._settings)
        if who(request) is not NOBODY:
            await access.sign_out(self._db, request.cookies.get(name))
        response = RedirectResponse("/signed-out", 303)
        cookies.forget(response, self._settings, name)
        return response

    async def signed_out(self, _request: Request) -> Response:
        """Where one stays: every other page leads to the provider, which would sign one in again unasked."""
        return self._renderer.page("signed_out.html", how=self._settings.sign_in.value)
