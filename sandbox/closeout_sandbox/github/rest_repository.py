"""The REST API around issues: the repository, its milestones, labels, people and webhook deliveries."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from closeout_sandbox import behaviour, clock
from closeout_sandbox.github import gate
from closeout_sandbox.github.gate import Answered, checked_body, checked_query, page_of
from closeout_sandbox.github.rest import Rest, route
from closeout_sandbox.problems import Missing
from closeout_sandbox.store import Doc

REPOSITORY = "/repos/{owner}/{repo}"
MILESTONES = REPOSITORY + "/milestones"
LABELS = REPOSITORY + "/labels"
HOOKS = REPOSITORY + "/hooks"
HOOK = HOOKS + "/{hook_id}"


async def get_repository(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    states = [issue["state"] for issue in rest.github.views.issues_of(repository)]
    return JSONResponse(rest.github.views.views.full_repository(repository, states.count("open")))


async def list_milestones(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    query = checked_query(request, f"GET {MILESTONES}")
    state = query.get("state", "open")
    numbers = [one["number"] for one in rest.github.directory.milestones(repository) if state in ("all", one["state"])]
    views = [rest.github.views.milestone(repository, number) for number in numbers]
    completeness = query.get("sort", "due_on") == "completeness"
    # Without a due date a milestone comes last.
    views.sort(key=lambda view: done_share(view) if completeness else (view["due_on"] or "9", view["number"]))
    if query.get("direction", "asc") == "desc":
        views.reverse()
    return rest.paged(request, repository, views, "/milestones")


def done_share(view: Doc) -> tuple[float, int]:
    return view["closed_issues"] / max(1, view["open_issues"] + view["closed_issues"]), view["number"]


async def get_milestone(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    return JSONResponse(rest.github.views.milestone(repository, request.path_params["milestone_number"]))


async def create_milestone(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    given = await checked_body(request, f"POST {MILESTONES}", "Milestone")
    milestone = rest.github.directory.add_milestone(
        repository,
        given["title"],
        by=rest.me,
        description=given.get("description"),
        due_on=clock.moment(given["due_on"]) if "due_on" in given else None,
        state=given.get("state", "open"),
    )
    return JSONResponse(rest.github.views.milestone(repository, milestone["number"]), 201)


async def list_labels(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    checked_query(request, f"GET {LABELS}")
    found = rest.state.store.all("github.label", repository["id"])
    views = [rest.github.views.views.label(repository, one) for one in found]
    return rest.paged(request, repository, views, "/labels")


async def create_label(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    given = await checked_body(request, f"POST {LABELS}", "Label")
    if rest.github.directory.label(repository, given["name"]):
        taken = {"resource": "Label", "code": "already_exists", "field": "name"}
        return gate.error(422, "Validation Failed", errors=[taken])
    color = given.get("color", "ededed").lstrip("#")
    label = rest.github.directory.add_label(
        repository, given["name"], color=color, description=given.get("description")
    )
    return JSONResponse(rest.github.views.views.label(repository, label), 201)


async def list_assignees(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    checked_query(request, f"GET {REPOSITORY}/assignees")
    views = [rest.github.views.views.user(one["login"]) for one in rest.github.directory.assignable()]
    return rest.paged(request, repository, views, "/assignees")


async def check_assignee(rest: Rest, request: Request) -> Response:
    rest.repository(request)
    if not rest.github.directory.is_assignable(request.path_params["assignee"]):
        return gate.error(404, "Not Found")
    return Response(status_code=204)


async def get_me(rest: Rest, _: Request) -> Response:
    return JSONResponse(rest.github.views.views.own_profile(rest.me))


async def get_user(rest: Rest, request: Request) -> Response:
    return JSONResponse(rest.github.views.views.profile(request.path_params["login"]))


async def list_teams(rest: Rest, request: Request) -> Response:
    organization = rest.github.directory.account(request.path_params["org"])["login"]
    found = [one for one in rest.state.store.all("github.team") if one["organization"] == organization]
    views = [rest.github.views.views.team(one) for one in found]
    page, headers = page_of(request, views, f"{rest.github.views.views.api}/orgs/{organization}/teams")
    return JSONResponse(page, headers=headers)


async def get_team(rest: Rest, request: Request) -> Response:
    return JSONResponse(rest.github.views.views.team(team_of(rest, request)))


async def list_team_members(rest: Rest, request: Request) -> Response:
    return JSONResponse([rest.github.views.views.user(login) for login in team_of(rest, request)["members"]])


def team_of(rest: Rest, request: Request) -> Doc:
    return rest.github.directory.team(request.path_params["org"], request.path_params["slug"])


async def rate_limit(rest: Rest, _: Request) -> Response:
    return JSONResponse(rest.gate.overview())


async def list_hooks(rest: Rest, request: Request) -> Response:
    repository = rest.repository(request)
    checked_query(request, f"GET {HOOKS}")
    if not behaviour.read(rest.state.store).shows_webhooks:
        raise Missing("no hooks for us")
    target = rest.github.hooks.target()
    return JSONResponse([hook_view(rest, repository)] if target["url"] else [])


async def get_hook(rest: Rest, request: Request) -> Response:
    return JSONResponse(hook_view(rest, hooked(rest, request)))


def hooked(rest: Rest, request: Request) -> Doc:
    repository = rest.repository(request)
    if request.path_params["hook_id"] != repository["hook_id"] or not rest.github.hooks.target()["url"]:
        raise Missing("no such hook")
    return repository


def hook_view(rest: Rest, repository: Doc) -> Doc:
    url = f"{rest.github.views.views.repository_url(repository)}/hooks/{repository['hook_id']}"
    target = rest.github.hooks.target()
    secret = {"secret": "********"} if target["secret"] else {}
    return {
        "type": "Repository",
        "id": repository["hook_id"],
        "name": "web",
        "active": True,
        "events": ["issues", "issue_comment"],
        "config": {"content_type": "json", "insecure_ssl": "0", "url": target["url"], **secret},
        "updated_at": repository["created_at"],
        "created_at": repository["created_at"],
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {"code": None, "status": "unused", "message": None},
    }


async def ping_hook(rest: Rest, request: Request) -> Response:
    repository = hooked(rest, request)
    view = hook_view(rest, repository)
    view["config"].pop("secret", None)
    payload = {"zen": "A sandbox keeps no promises but these.", "hook_id": repository["hook_id"], "hook": view}
    rest.github.hooks.queue(repository, "ping", None, payload | rest.github.issues.told_by(repository, rest.me))
    return Response(status_code=204)


async def list_deliveries(rest: Rest, request: Request) -> Response:
    """Newest first; `cursor` is the id of the first delivery of the page."""
    repository = hooked(rest, request)
    query = checked_query(request, f"GET {HOOK}/deliveries")
    found = rest.github.hooks.deliveries(repository["hook_id"])
    if "status" in query:
        found = [one for one in found if (one["done"]["status"] == "OK") is (query["status"] == "success")]
    if "cursor" in query:
        if not query["cursor"].isdigit():
            raise Answered(gate.error(400, "Invalid cursor"))
        found = [one for one in found if one["id"] <= int(query["cursor"])]
    size = min(gate.LARGEST_PAGE, max(1, int(query.get("per_page", 30))))
    url = f"{rest.github.views.views.repository_url(repository)}/hooks/{repository['hook_id']}/deliveries"
    more = {"link": f'<{url}?per_page={size}&cursor={found[size]["id"]}>; rel="next"'} if len(found) > size else {}
    return JSONResponse([delivery_view(one) for one in found[:size]], headers=more)


async def get_delivery(rest: Rest, request: Request) -> Response:
    for one in rest.github.hooks.deliveries(hooked(rest, request)["hook_id"]):
        if one["id"] == request.path_params["delivery_id"]:
            sent = {"headers": one["done"]["request_headers"], "payload": json.loads(one["body"])}
            more = {"url": one["done"]["url"], "request": sent, "response": one["done"]["response"]}
            return JSONResponse(delivery_view(one) | more)
    return gate.error(404, "Not Found")


def delivery_view(delivery: Doc) -> Doc:
    copied = {name: delivery[name] for name in ("id", "guid", "redelivery", "event", "action", "repository_id")}
    attempt = {name: delivery["done"][name] for name in ("delivered_at", "duration", "status", "status_code")}
    return {**copied, **attempt, "installation_id": None, "throttled_at": None}


async def redeliver(rest: Rest, request: Request) -> Response:
    rest.github.hooks.redeliver(hooked(rest, request), request.path_params["delivery_id"])
    return JSONResponse({}, 202)


async def not_found(_: Rest, __: Request) -> Response:
    return gate.error(404, "Not Found")


def routes(rest: Rest) -> list[BaseRoute]:
    return [
        *route(rest, "GET", REPOSITORY, get_repository),
        *route(rest, "GET", MILESTONES, list_milestones, "Milestone"),
        *route(rest, "POST", MILESTONES, create_milestone, "Milestone"),
        *route(rest, "GET", MILESTONES + "/{milestone_number}", get_milestone),
        *route(rest, "GET", LABELS, list_labels, "Label"),
        *route(rest, "POST", LABELS, create_label, "Label"),
        *route(rest, "GET", REPOSITORY + "/assignees", list_assignees),
        *route(rest, "GET", REPOSITORY + "/assignees/{assignee}", check_assignee),
        *route(rest, "GET", HOOKS, list_hooks, "Hook"),
        *route(rest, "GET", HOOK, get_hook, "Hook"),
        *route(rest, "POST", HOOK + "/pings", ping_hook, "Hook"),
        *route(rest, "GET", HOOK + "/deliveries", list_deliveries, "Hook"),
        *route(rest, "GET", HOOK + "/deliveries/{delivery_id}", get_delivery, "Hook"),
        *route(rest, "POST", HOOK + "/deliveries/{delivery_id}/attempts", redeliver, "Hook"),
        *route(rest, "GET", "/user", get_me),
        *route(rest, "GET", "/users/{login}", get_user),
        *route(rest, "GET", "/orgs/{org}/teams", list_teams),
        *route(rest, "GET", "/orgs/{org}/teams/{slug}", get_team),
        *route(rest, "GET", "/orgs/{org}/teams/{slug}/members", list_team_members),
        *route(rest, "GET", "/rate_limit", rate_limit),
        *route(rest, "GET POST PATCH PUT DELETE", "/{rest_of_path:path}", not_found),
    ]
