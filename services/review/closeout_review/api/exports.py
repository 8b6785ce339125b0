"""REST: a postmortem, and a quarter's reading, as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response

from closeout_chassis.db import Database
from closeout_review.api import answers
from closeout_review.api.meta_reviews import QuarterName, quarter_of
from closeout_review.api.problems import described
from closeout_review.commands import postmortems
from closeout_review.commands.as_markdown import markdown
from closeout_review.commands.meta_review_files import FORMS
from closeout_review.commands.postmortems import Postmortem
from closeout_review.commands.quarter_reading import QuarterReadings
from closeout_review.settings import ReviewSettings

Form = Literal["markdown", "html", "json"]
# What a file is, and how its name ends.
KINDS = {"markdown": ("text/markdown", "md"), "html": ("text/html", "html"), "json": ("application/json", "json")}
AS_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {kind: {"schema": {}} for kind, _ in KINDS.values()}}
}


def add_exports(
    api: APIRouter,
    settings: ReviewSettings,
    db: Database,
    readings: QuarterReadings,
    printable: Callable[[Postmortem], str],
) -> None:
    """The routes. `printable`: a postmortem as one HTML document that needs nothing else."""

    @api.get(
        "/postmortems/{postmortem_id}/export/{form}",
        tags=["postmortems"],
        response_class=Response,
        responses={**AS_FILE, **described(404)},
    )
    async def export(postmortem_id: UUID, form: Form) -> Response:
        """A postmortem as a file: Markdown, HTML that a browser prints as PDF, or JSON."""
        async with db.reading() as conn:
            one = await postmortems.postmortem(conn, settings, postmortem_id)
        match form:
            case "markdown":
                text = markdown(one, settings.zone)
            case "html":
                text = printable(one)
            case "json":
                text = answers.postmortem_answer(one).model_dump_json(indent=2)
        return _file(text, form, str(postmortem_id))

    @api.get(
        "/meta-reviews/{quarter}/export/{form}",
        tags=["meta-reviews"],
        response_class=Response,
        responses={**AS_FILE, **described(404, 409)},
    )
    async def export_quarter(quarter: QuarterName, form: Form) -> Response:
        """A quarter's reading as a file: for reading, for slides, for programs."""
        text = FORMS[form].write(await readings.read(quarter_of(quarter)), settings.public_url)
        return _file(text, form, f"meta-review-{quarter}")


def _file(text: str, form: str, name: str) -> Response:
    kind, ending = KINDS[form]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"', "Cache-Control": "no-store"}
    return Response(text, media_type=kind, headers=headers)
