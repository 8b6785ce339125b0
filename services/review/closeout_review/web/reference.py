"""The REST API as a page: made from its own OpenAPI description, without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_review.web.render import Renderer

Description = Mapping[str, Any]


def route(describe: Callable[[], Description], renderer: Renderer) -> Route:
    """`/api/docs`. `describe` gives the OpenAPI description as it is served."""

    async def page(_request: Request) -> Response:
        return renderer.page("reference.html", operations=list(_operations(describe())))

    return Route("/api/docs", page)


def _operations(described: Description) -> Iterator[dict[str, Any]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield {
                "method": method.upper(),
                "path": path,
                "about": operation.get("description") or operation.get("summary", ""),
                "parameters": [_parameter(one) for one in operation.get("parameters", ())],
                "takes": _name_of(operation.get("requestBody", {})),
                "answers": [
                    (status, _name_of(answer) or answer.get("description", ""))
                    for status, answer in operation.get("responses", {}).items()
                ],
            }


def _parameter(one: Description) -> dict[str, Any]:
    return {
        "name": one["name"],
        "where": one["in"],
        "required": one.get("required", False),
        "about": one.get("description") or one.get("schema", {}).get("description", ""),
    }


def _name_of(part: Description) -> str:
    """What the body is called in the description, by its first content type."""
    content: Description = next(iter(part.get("content", {}).values()), {})
    name: str = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return name
