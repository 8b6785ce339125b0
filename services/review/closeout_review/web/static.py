"""The files that a page loads: one style sheet, the scripts. Their addresses change with their bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_chassis.errors import Refused

FOLDER = Path(__file__).parent / "static"
# All that is served. What is vendored is told of in static/VENDORED.md.
FILES = {
    "style.css": FOLDER / "style.css",
    "review.js": FOLDER / "review.js",
    "htmx.min.js": FOLDER / "vendored" / "htmx.min.js",
    "idiomorph-ext.min.js": FOLDER / "vendored" / "idiomorph-ext.min.js",
}
KINDS = {".css": "text/css", ".js": "text/javascript"}
BODIES = {name: path.read_bytes() for name, path in FILES.items()}
VERSIONS = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in BODIES.items()}


def address(name: str) -> str:
    """Where a page finds the file of that name."""
    return f"/static/{name}?{VERSIONS[name]}"


async def serve(request: Request) -> Response:
    """One of the files, to be kept for ever by whoever asked for it by its version."""
    name = request.path_params["name"]
    if name not in BODIES:
        raise Refused(404, "no-such-file", "There is no such file.")
    is_current = request.url.query == VERSIONS[name]
    keep = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return Response(BODIES[name], media_type=KINDS[FILES[name].suffix], headers={"Cache-Control": keep})


ROUTE = Route("/static/{name}", serve)
