"""A postmortem as a file: Markdown, JSON, or one HTML document that prints well and needs nothing else."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.commands import postmortems
from closeout_review.commands.as_markdown import markdown
from closeout_review.commands.postmortems import Postmortem
from closeout_review.settings import ReviewSettings
from closeout_review.web import static
from closeout_review.web.render import Renderer
from closeout_review.web.showing import shared


def printable(one: Postmortem, settings: ReviewSettings, renderer: Renderer) -> str:
    """The document; a browser prints it as PDF. It loads nothing."""
    style = Markup(static.BODIES["style.css"].decode())  # noqa: S704 - our own style sheet
    return renderer.document("printed.html", **shared(one, settings), style=style, printed=True)


class Printing:
    """Postmortems to be taken away."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """One route for all forms."""
        return [Route("/postmortems/{postmortem_id:uuid}/export/{form}", self.export)]

    async def export(self, request: Request) -> Response:
        """The postmortem as a file."""
        form, postmortem_id = request.path_params["form"], request.path_params["postmortem_id"]
        async with self._db.reading() as conn:
            one = await postmortems.postmortem(conn, self._settings, postmortem_id)
        match form:
            case "markdown":
                return _file(markdown(one, self._settings.zone), "text/markdown", f"{postmortem_id}.md")
            case "html":
                return _file(printable(one, self._settings, self._renderer), "text/html", f"{postmortem_id}.html")
            case _:
                raise Refused(404, "no-such-form", "A postmortem is exported as markdown or html; REST has the JSON.")


def _file(text: str, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, media_type=kind, headers=headers)
