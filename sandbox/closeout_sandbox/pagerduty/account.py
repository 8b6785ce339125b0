"""What PagerDuty's REST API knows of an account beside incidents: services, what they depend on, who is on call.

https://developer.pagerduty.com/api-reference: List services, Get technical service's immediate dependencies, List all
of the on-calls. Each person of an escalation policy is always on call, at the level of their place.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closeout_sandbox import clock
from closeout_sandbox.pagerduty import gate
from closeout_sandbox.pagerduty.gate import Answered, page_of
from closeout_sandbox.pagerduty.rest import Handler, Rest
from closeout_sandbox.store import Doc

KNOWN = {
    "services": {"limit", "offset", "total", "include[]", "team_ids[]", "query", "sort_by", "time_zone"},
    "oncalls": {
        *("limit", "offset", "total", "include[]", "time_zone", "user_ids[]", "since", "until", "earliest"),
        *("escalation_policy_ids[]", "schedule_ids[]"),
    },
    "service_dependencies": set[str](),
}


def checked(request: Request, operation: str) -> None:
    """Raises Answered with 400 for what the description does not have."""
    unknown = sorted(set(request.query_params) - KNOWN[operation])
    if unknown:
        raise Answered(gate.invalid(*(f"{name}: is no parameter" for name in unknown)))


async def list_services(rest: Rest, request: Request) -> Response:
    checked(request, "services")
    found = rest.state.store.all("pagerduty.service")
    return JSONResponse(page_of(request, "services", [rest.directory.full("service", one["id"]) for one in found]))


async def list_dependencies(rest: Rest, request: Request) -> Response:
    checked(request, "service_dependencies")
    service = rest.directory.find("service", request.path_params["id"])
    pairs = [(one, name) for one in rest.state.store.all("pagerduty.service") for name in one.get("depends_on", ())]
    related = [
        relationship(rest, dependent, rest.directory.find("service", name))
        for dependent, name in pairs
        if service["id"] in (dependent["id"], rest.directory.find("service", name)["id"])
    ]
    return JSONResponse({"relationships": related})


def relationship(rest: Rest, dependent: Doc, supporting: Doc) -> Doc:
    return {
        "id": f"D{dependent['id']}{supporting['id']}",
        "type": "service_dependency",
        "dependent_service": rest.directory.reference("service", dependent["id"]),
        "supporting_service": rest.directory.reference("service", supporting["id"]),
    }


async def list_on_calls(rest: Rest, request: Request) -> Response:
    checked(request, "oncalls")
    since, until = (request.query_params.get(name) for name in ("since", "until"))
    if since and until and clock.moment(since) >= clock.moment(until):
        raise Answered(gate.invalid("until: must be after since"))
    wanted = request.query_params.getlist("escalation_policy_ids[]")
    policies = [one for one in rest.state.store.all("pagerduty.escalation_policy") if not wanted or one["id"] in wanted]
    found = [
        {
            "escalation_policy": rest.directory.reference("escalation_policy", policy["id"]),
            "escalation_level": level,
            "schedule": None,
            "user": rest.directory.reference("user", user),
            "start": None,
            "end": None,
        }
        for policy in policies
        for level, user in enumerate(policy["users"], start=1)
    ]
    return JSONResponse(page_of(request, "oncalls", found))


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/services", list_services),
    ("GET", "/service_dependencies/technical_services/{id}", list_dependencies),
    ("GET", "/oncalls", list_on_calls),
]
