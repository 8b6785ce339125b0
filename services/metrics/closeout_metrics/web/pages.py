"""HTML out: the wall, from the same reading as `/metrics`."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_chassis.errors import Refused
from closeout_metrics.commands.reading import Reading
from closeout_metrics.web.rendering import POLICY, answered, environment_of, told

READ_ANEW_SECONDS = 60


def routes(reading: Reading, zone: ZoneInfo) -> list[Route]:
    """`GET /wall`. `zone`: the organisation's, for what time it is."""
    environment = environment_of()
    # The script is in the page, as no other address need lead here; the page runs these very bytes and nothing else.
    digest = b64encode(sha256(environment.get_template("wall.js").render().encode()).digest()).decode()
    policy = f"{POLICY}; script-src 'sha256-{digest}'; connect-src 'self'"

    async def wall(request: Request) -> Response:
        await reading.refresh()
        age = reading.age()
        if reading.last is None or age is None:
            detail = "The database does not answer now, and no numbers were read before."
            refused = Refused(503, "no-numbers-yet", detail).retry_after(5)
            refused.headers |= {"Refresh": "5"}  # nobody stands before a screen in a corridor to ask again
            raise refused
        # Who is slower than a minute has to be able to stop it.
        still = "still" in request.query_params
        page = environment.get_template("wall.html").render(
            told=told(reading.last),
            numbers=reading.last,
            age=age,
            zone=zone,
            still=still,
            read_anew=READ_ANEW_SECONDS,
        )
        return answered(page) if still else answered(page, **{"Content-Security-Policy": policy})

    return [Route("/wall", wall)]
