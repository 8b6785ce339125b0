"""The REST API that the reconciler and the card writer call. Routes are at the end, as a table."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_sandbox import clock
from closeout_sandbox.pagerduty import gate
from closeout_sandbox.pagerduty.gate import Answered, Gate, checked_body, checked_query, page_of
from closeout_sandbox.pagerduty.history import Deed
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc

INCIDENT = "/incidents/{id}"
# https://developer.pagerduty.com/api-reference: since and until of GET /incidents.
DEFAULT_RANGE = timedelta(days=30)
LONGEST_RANGE = timedelta(days=184)
SORTABLE = ("incident_number", "created_at", "resolved_at", "urgency")
NOT_IN_OVERVIEW = ("notify_log_entry", "urgency_change_log_entry", "field_value_change_log_entry")
Handler = Callable[["Rest", Request], Awaitable[Response]]


class Rest:
    def __init__(self, state: State) -> None:
        self.state = state
        self.gate = Gate(state.settings, state.store)
        self.pagerduty = state.pagerduty
        self.views = state.pagerduty.views
        self.directory = state.pagerduty.directory

    def incident(self, request: Request) -> Doc:
        return self.pagerduty.incidents.find(request.path_params["id"])

    def requester(self, request: Request) -> Doc:
        """The user named by the From header, without whom PagerDuty takes no write. Raises Answered with 400."""
        user = self.directory.user_by_email(request.headers.get("from", "").strip())
        if user is None:
            raise Answered(gate.invalid("Requester User Not Found"))
        return user

    # Incidents

    async def list_incidents(self, request: Request) -> Response:
        checked_query(request, "GET /incidents")
        found = in_range(request, self.state.store.all("pagerduty.incident"))
        chosen = [one for one in found if wanted(request, one)]
        for key, descending in reversed(sort_keys(request)):
            chosen.sort(key=lambda one: str(one[key] or "") if key != "number" else one[key], reverse=descending)
        include = request.query_params.getlist("include[]")
        page = page_of(request, "incidents", chosen)
        shown = [self.included(self.views.incident(one), include) for one in page["incidents"]]
        return JSONResponse(page | {"incidents": gate.in_zone(request, shown)})

    async def get_incident(self, request: Request) -> Response:
        checked_query(request, f"GET {INCIDENT}")
        view = self.views.incident(self.incident(request))
        return JSONResponse({"incident": self.included(view, request.query_params.getlist("include[]"))})

    def included(self, view: Doc, include: list[str]) -> Doc:
        """The whole thing instead of the reference, for each kind that `include[]` names."""
        full = self.directory.full
        if "services" in include:
            view["service"] = full("service", view["service"]["id"])
        if "escalation_policies" in include:
            view["escalation_policy"] = full("escalation_policy", view["escalation_policy"]["id"])
        if "teams" in include:
            view["teams"] = [full("team", one["id"]) for one in view["teams"]]
        if {"assignees", "users"} & set(include):
            for one in view["assignments"]:
                one["assignee"] = full("user", one["assignee"]["id"])
        if {"acknowledgers", "users"} & set(include):
            for one in view["acknowledgements"]:
                one["acknowledger"] = full("user", one["acknowledger"]["id"])
        if "agents" in include and view["last_status_change_by"]:
            agent = view["last_status_change_by"]
            view["last_status_change_by"] = full(agent["type"].removesuffix("_reference"), agent["id"])
        if "first_trigger_log_entries" in include:
            entry = self.state.store.all("pagerduty.log_entry", view["id"])[0]
            view["first_trigger_log_entry"] = self.views.log_entry(self.pagerduty.incidents.find(view["id"]), entry, [])
        return view

    async def list_log_entries(self, request: Request) -> Response:
        checked_query(request, f"GET {INCIDENT}/log_entries")
        incident, query = self.incident(request), request.query_params
        entries = self.state.store.all("pagerduty.log_entry", incident["id"])
        if query.get("is_overview", "").lower() == "true":
            entries = [one for one in entries if one["type"] not in NOT_IN_OVERVIEW]
        kept = [one for one in entries if within(one["created_at"], query.get("since"), query.get("until"))]
        newest_first = [one for _, one in sorted(enumerate(kept), key=lambda pair: (pair[1]["created_at"], pair[0]))]
        page = page_of(request, "log_entries", newest_first[::-1])
        include = query.getlist("include[]")
        shown = [self.views.log_entry(incident, one, include) for one in page["log_entries"]]
        return JSONResponse(page | {"log_entries": gate.in_zone(request, shown)})

    async def list_alerts(self, request: Request) -> Response:
        checked_query(request, f"GET {INCIDENT}/alerts")
        incident, query = self.incident(request), request.query_params
        statuses = query.getlist("statuses[]")
        found = [
            one
            for one in self.state.store.all("pagerduty.alert", incident["id"])
            if (not statuses or one["status"] in statuses)
            and query.get("alert_key", one["alert_key"]) == one["alert_key"]
        ]
        return JSONResponse(page_of(request, "alerts", [self.views.alert(incident, one) for one in found]))

    # Notes and status updates

    async def list_notes(self, request: Request) -> Response:
        notes = self.state.store.all("pagerduty.note", self.incident(request)["id"])
        return JSONResponse({"notes": [self.views.note(one) for one in reversed(notes)]})

    async def create_note(self, request: Request) -> Response:
        user = self.requester(request)
        given = await checked_body(request, f"POST {INCIDENT}/notes")
        with self.state.store.transaction():
            incident = self.incident(request)
            note = self.pagerduty.incidents.annotate(incident["id"], Deed(by=user["id"]), given["note"]["content"])
        return JSONResponse({"note": self.views.note(note)})

    async def create_status_update(self, request: Request) -> Response:
        user = self.requester(request)
        given = await checked_body(request, f"POST {INCIDENT}/status_updates")
        html = {name: given.get(name) for name in ("subject", "html_message")}
        with self.state.store.transaction():
            incident = self.incident(request)
            deed = Deed(by=user["id"])
            update = self.pagerduty.incidents.update_status(incident["id"], deed, given["message"], **html)
        return JSONResponse({"status_update": self.views.status_update(update)})

    # Users

    async def list_users(self, request: Request) -> Response:
        checked_query(request, "GET /users")
        text = request.query_params.get("query", "").lower()
        users = self.state.store.all("pagerduty.user")
        found = [one for one in users if text in one["name"].lower() or text in one["email"].lower()]
        return JSONResponse(page_of(request, "users", [self.directory.full("user", one["id"]) for one in found]))

    async def get_user(self, request: Request) -> Response:
        checked_query(request, "GET /users/{id}")
        user = self.state.store.get("pagerduty.user", request.path_params["id"])
        if user is None:
            raise Missing("no such user")
        return JSONResponse({"user": self.directory.full("user", user["id"])})


async def not_found(_: Rest, request: Request) -> Response:
    raise Missing(request.url.path)


def in_range(request: Request, incidents: list[Doc]) -> list[Doc]:
    """By creation: the last month unless since and until, at most six months apart, or date_range say otherwise."""
    query = request.query_params
    if query.get("date_range") == "all":
        return incidents
    until = clock.moment(query["until"]) if "until" in query else None
    since = clock.moment(query["since"]) if "since" in query else (until or clock.now()) - DEFAULT_RANGE
    if (until or clock.now()) - since > LONGEST_RANGE:
        raise Answered(gate.invalid("The time range may not exceed 6 months"))
    low, high = clock.seconds(since), clock.seconds(until) if until else None
    return [one for one in incidents if within(one["created_at"], low, high)]


def within(created_at: str, since: str | None, until: str | None) -> bool:
    at = clock.moment(created_at)
    return (since is None or at >= clock.moment(since)) and (until is None or at < clock.moment(until))


def wanted(request: Request, incident: Doc) -> bool:
    query = request.query_params
    held = {
        "statuses[]": [incident["status"]],
        "urgencies[]": [incident["urgency"]],
        "service_ids[]": [incident["service"]],
        "team_ids[]": incident["teams"],
        "user_ids[]": incident["assignees"],
        "incident_key": [incident["incident_key"]],
    }
    return all(set(query.getlist(name)) & set(values) for name, values in held.items() if name in query)


def sort_keys(request: Request) -> list[tuple[str, bool]]:
    """(field, descending) in order of weight. Raises Answered for a field that cannot be sorted by."""
    keys = []
    for part in request.query_params.get("sort_by", "incident_number").split(","):
        name, _, direction = part.partition(":")
        if name not in SORTABLE or direction not in ("", "asc", "desc"):
            raise Answered(gate.invalid(f"Cannot sort by {part}"))
        keys.append(("number" if name == "incident_number" else name, direction == "desc"))
    return keys[:2]


def endpoint(rest: Rest, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            rest.gate.admit(request)
            response = await handler(rest, request)
        except Answered as stop:
            response = stop.response
        except Missing:
            response = gate.not_found()
        except Invalid as problem:
            response = gate.invalid(str(problem))
        rest.pagerduty.sender.kick()
        return rest.gate.finish(response)

    return answer


def routes(rest: Rest, more: list[tuple[str, str, Handler]]) -> list[Route]:
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/incidents", Rest.list_incidents),
        ("GET", INCIDENT, Rest.get_incident),
        ("GET", INCIDENT + "/log_entries", Rest.list_log_entries),
        ("GET", INCIDENT + "/alerts", Rest.list_alerts),
        ("GET", INCIDENT + "/notes", Rest.list_notes),
        ("POST", INCIDENT + "/notes", Rest.create_note),
        ("POST", INCIDENT + "/status_updates", Rest.create_status_update),
        ("GET", "/users", Rest.list_users),
        ("GET", "/users/{id}", Rest.get_user),
        *more,
    ]
    known = [Route(path, endpoint(rest, handler), methods=[method]) for method, path, handler in table]
    return [*known, Route("/{rest_of_path:path}", endpoint(rest, not_found), methods=["GET", "POST", "PUT", "DELETE"])]
