"""Confluence's REST API as far as an import asks it: a space's pages with their bodies, page by page, within limits.

Cloud: https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-page/ (cursor, `limit` up to 250, a next link
from the host on). Data Center: https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api (`start`,
`limit` that the server may cut, a next link behind the context path).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MOST_ON_CLOUD, MOST_ON_DATA_CENTER = 250, 100


@dataclass
class Wiki:
    """One site with one space. `too_many`: so many of the next requests are answered 429."""

    key: str
    pages: Sequence[Mapping[str, str]]  # id, title, body, created
    user: str = "sandbox@example.com"
    token: str = "sandbox-confluence-token"  # noqa: S105 - of a stand-in
    longest: int = MOST_ON_CLOUD  # the most results in one answer, as an administrator may set
    too_many: int = 0
    asked: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """Both APIs, under /wiki and under /."""
        return Starlette(
            routes=[
                Route("/wiki/api/v2/spaces", self.spaces),
                Route("/wiki/api/v2/spaces/{space}/pages", self.cloud_pages),
                Route("/rest/api/content", self.data_center_pages),
            ]
        )

    def _refusal(self, request: Request) -> Response | None:
        self.asked.append(str(request.url))
        basic = "Basic " + b64encode(f"{self.user}:{self.token}".encode()).decode()
        if request.headers.get("authorization") not in (basic, f"Bearer {self.token}"):
            return JSONResponse({"errors": [{"status": 401, "code": "UNAUTHORIZED"}]}, 401)
        if self.too_many:
            self.too_many -= 1
            return JSONResponse({"message": "Rate limit exceeded."}, 429, {"Retry-After": "1"})
        return None

    async def spaces(self, request: Request) -> Response:
        """The space, by its key."""
        wanted = request.query_params.get("keys", "").split(",")
        results = [{"id": "98304", "key": self.key}] if self.key in wanted else []
        return self._refusal(request) or JSONResponse({"results": results, "_links": {}})

    async def cloud_pages(self, request: Request) -> Response:
        """Pages from a cursor on, with their bodies where a format is asked for."""
        refusal = self._refusal(request)
        if refusal:
            return refusal
        query = request.query_params
        limit = int(query.get("limit", "25"))
        if not 0 < limit <= MOST_ON_CLOUD:
            return JSONResponse({"errors": [{"status": 400, "code": "INVALID_REQUEST_PARAMETER"}]}, 400)
        begin = int(b64decode(query["cursor"]).decode()) if "cursor" in query else 0
        shown = self.pages[begin : begin + min(limit, self.longest)]
        end = begin + len(shown)
        following = (
            f"{request.url.path}?body-format=storage&limit={limit}&cursor={b64encode(str(end).encode()).decode()}"
        )
        links = {"next": following} if end < len(self.pages) else {}
        has_body = query.get("body-format") == "storage"
        return JSONResponse({"results": [_cloud(one, has_body) for one in shown], "_links": links})

    async def data_center_pages(self, request: Request) -> Response:
        """Content of the space from `start` on; what is expanded stands in it."""
        refusal = self._refusal(request)
        if refusal:
            return refusal
        query = request.query_params
        if query.get("spaceKey") != self.key:
            return JSONResponse({"statusCode": 404, "message": "No space with key"}, 404)
        limit = min(int(query.get("limit", "25")), MOST_ON_DATA_CENTER, self.longest)
        begin = int(query.get("start", "0"))
        shown = self.pages[begin : begin + limit]
        expand = query.get("expand", "")
        links = {"base": "http://wiki.example", "context": ""}
        if begin + limit < len(self.pages):
            rest = f"spaceKey={self.key}&expand={expand}&limit={limit}&start={begin + limit}"
            links["next"] = f"/rest/api/content?{rest}"
        results = [_data_center(one, expand) for one in shown]
        return JSONResponse({"results": results, "start": begin, "limit": limit, "size": len(shown), "_links": links})


def _cloud(page: Mapping[str, str], has_body: bool) -> dict[str, Any]:
    body = {"storage": {"representation": "storage", "value": page["body"]}} if has_body else {}
    known = {"id": page["id"], "title": page["title"], "status": "current"}
    return {**known, "createdAt": f"{page['created']}T08:00:00.000Z", "body": body}


def _data_center(page: Mapping[str, str], expand: str) -> dict[str, Any]:
    known: dict[str, Any] = {"id": page["id"], "type": "page", "status": "current", "title": page["title"]}
    if "body.storage" in expand:
        known["body"] = {"storage": {"value": page["body"], "representation": "storage"}}
    if "history" in expand:
        known["history"] = {"createdDate": f"{page['created']}T08:00:00.000+02:00"}
    return known
