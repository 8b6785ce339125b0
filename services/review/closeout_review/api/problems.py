"""Errors of the REST API: every one is a problem (RFC 9457), also what the framework refuses."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from closeout_chassis.http_in import problem
from closeout_schemas.misfits import words_of


class ProblemDetails(BaseModel):
    """RFC 9457. `type` is stable and says which it is; some have more members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class Misfit(BaseModel):
    """A place in the request at which it does not fit, and why."""

    where: str
    message: str


class InvalidRequest(ProblemDetails):
    """The request does not fit: not the description of this API (then `errors` says where), or not what is there."""

    errors: list[Misfit] = []


class GateMend(BaseModel):
    """A rewrite, with the whole new text of the place in `value`, or a question that leads to one.

    `choices`: whole new texts taken from facts, any of which would pass.
    """

    kind: str
    text: str
    value: str | None
    choices: list[str] = []


class GateRefusal(BaseModel):
    """One reason for which the gate stays shut."""

    code: str
    rule: str
    where: str
    text: str
    reason: str
    mend: GateMend
    dismissible: bool


class GateRefused(ProblemDetails):
    """The gate stays shut: each refusal says what would pass. Or the request does not fit."""

    errors: list[Misfit] = []
    refusals: list[GateRefusal] = []


# Named by their schemas: given as models, FastAPI would make a validator of each for each route, at each start.
MODELS = (ProblemDetails, InvalidRequest, GateRefused)
SCHEMAS = "#/components/schemas/"


def described(*statuses: int, unprocessable: type[ProblemDetails] = InvalidRequest) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI shall say about errors; 422 is always possible."""
    models = dict.fromkeys(statuses, ProblemDetails) | {422: unprocessable}
    return {
        status: {
            "description": (model.__doc__ or "").partition(".")[0],
            "content": {"application/problem+json": {"schema": {"$ref": SCHEMAS + model.__name__}}},
        }
        for status, model in models.items()
    }


API_TOKEN = {"type": "http", "scheme": "bearer", "description": "An API token, as `closeout token create` makes one."}


class Documented(FastAPI):
    """An application whose OpenAPI document says how to show who one is, and what errors look like."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            described = super().openapi()
            _, errors = models_json_schema([(one, "serialization") for one in MODELS], ref_template=SCHEMAS + "{model}")
            described["components"]["schemas"] |= errors["$defs"]
            described["components"]["securitySchemes"] = {"token": API_TOKEN}
            described["security"] = [{"token": []}]
        assert self.openapi_schema is not None
        return self.openapi_schema


async def on_invalid_request(_request: Request, error: Exception) -> Response:
    """The request does not fit. What was sent is not repeated: it may hold what no answer can."""
    assert isinstance(error, RequestValidationError)
    misfits = [{"where": _where(one["loc"]), "message": printable(words_of(one))} for one in error.errors()[:20]]
    first = misfits[0] if misfits else {"where": "request", "message": "it does not fit"}
    return problem(422, "invalid-request", f"{first['where']}: {first['message']}.", errors=misfits)


def _where(place: tuple[int | str, ...]) -> str:
    """`body.action_items[1].owner` from its parts."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return printable(path.removeprefix(".").removeprefix("body."))[:200]


def printable(text: str) -> str:
    """`text` as UTF-8 can carry it: half a surrogate pair is no character."""
    return text.encode(errors="replace").decode()
