"""/_sandbox: what a test or the demo does to the sandbox over HTTP, all in JSON. Routes are at the end, as a table."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_sandbox import behaviour, clock, night, scenario, seed
from closeout_sandbox.deeds import given, named
from closeout_sandbox.faults import Fault
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.slack import control as slack
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc

Handler = Callable[[State, Request], Awaitable[Any]]


# PagerDuty


async def page(state: State, request: Request) -> Doc:
    incident = scenario.page(state, **named(await given(request), "title"))
    return state.pagerduty.views.incident(incident)


async def list_incidents(state: State, _: Request) -> list[Doc]:
    return [state.pagerduty.views.incident(one) for one in state.store.all("pagerduty.incident")]


async def on_incident(state: State, request: Request) -> Doc:
    path = request.path_params
    return scenario.on_incident(state, path["deed"], path["id"], **await given(request))


async def add_to_account(state: State, request: Request) -> Doc:
    """A user, service, escalation_policy, team or priority."""
    body, kind = named(await given(request), "name"), request.path_params["kind"]
    add = state.pagerduty.directory.add
    if kind == "service":
        policy = state.pagerduty.directory.find("escalation_policy", body.pop("escalation_policy", "Payments on-call"))
        return add(kind, body.pop("name"), escalation_policy=policy["id"], **body)
    if kind == "escalation_policy":
        users = [state.pagerduty.directory.find("user", one)["id"] for one in body.pop("users", [])]
        return add(kind, body.pop("name"), users=users, **body)
    if kind == "user":
        return add(kind, body.pop("name"), **{"role": "user", **named(body, "email")})
    return add(kind, body.pop("name"), **body)


async def repeat(state: State, request: Request) -> Doc:
    delivery = state.pagerduty.sender.repeat(request.path_params["number"])
    state.kick()
    return delivery


# GitHub


async def open_issue(state: State, request: Request) -> Doc:
    return scenario.open_issue(state, **named(await given(request), "title"))


async def on_issue(state: State, request: Request) -> Doc:
    path = request.path_params
    return scenario.on_issue(state, path["deed"], path["number"], **await given(request))


async def add_account(state: State, request: Request) -> Doc:
    return state.github.directory.add_account(**named(await given(request), "login"))


async def add_team(state: State, request: Request) -> Doc:
    return state.github.directory.add_team(**named(await given(request), "organization", "slug"))


async def add_label(state: State, request: Request) -> Doc:
    body = named(await given(request), "name")
    return state.github.directory.add_label(where(state, body), **body)


async def add_milestone(state: State, request: Request) -> Doc:
    body = {"by": scenario.HUMAN, **named(await given(request), "title")}
    return state.github.directory.add_milestone(where(state, body), **body)


async def change_milestone(state: State, request: Request) -> Doc:
    body = await given(request)
    repository = where(state, body)
    milestone = state.github.directory.milestone(repository, request.path_params["number"])
    now = clock.seconds(clock.now())
    if "due_on" in body:
        body["due_on"] = clock.seconds(body["due_on"]) if body["due_on"] else None
    if "state" in body:
        body["closed_at"] = now if body["state"] == "closed" else None
    return state.github.directory.save_milestone(repository, {**milestone, **body, "updated_at": now})


async def add_repository(state: State, request: Request) -> Doc:
    return state.github.directory.add_repository(**named(await given(request), "full_name"))


async def add_project(state: State, request: Request) -> Doc:
    body = named(await given(request), "title")
    return state.github.projects.add(where(state, body), **body)


async def change_repository(state: State, request: Request) -> Doc:
    path = request.path_params
    return state.github.directory.change_repository(f"{path['owner']}/{path['repo']}", **await given(request))


def where(state: State, body: Doc) -> Doc:
    return state.github.directory.repository(body.pop("repository", "") or state.settings.repository)


# Jira and the others


async def list_tickets(state: State, request: Request) -> list[Doc]:
    return scenario.board_of(state, request.path_params["system"]).tickets()


async def open_ticket(state: State, request: Request) -> Doc:
    body = named(await given(request), "title", "project")
    return scenario.open_ticket(state, request.path_params["system"], body.pop("project"), **body)


async def do_to_ticket(state: State, request: Request) -> Doc:
    path = request.path_params
    return scenario.on_ticket(state, path["system"], path["id"], path["deed"], **await given(request))


# The sandbox itself


async def overview(state: State, _: Request) -> Doc:
    return {
        "github_api": f"{state.settings.base_url}/github/api",
        "github_web": f"{state.settings.base_url}/github/web/{state.settings.repository}/issues",
        "pagerduty_api": f"{state.settings.base_url}/pagerduty/api",
        "pagerduty_web": f"{state.settings.base_url}/pagerduty/web",
        "issues": len(state.store.all("github.issue")),
        "incidents": len(state.store.all("pagerduty.incident")),
    }


async def point_webhooks(state: State, request: Request) -> Doc:
    body = await given(request)
    if "github" in body:
        state.github.hooks.point(body["github"]["url"], body["github"].get("secret", ""))
    if "pagerduty" in body:
        wanted = {"id": seed.SUBSCRIPTION, **body["pagerduty"]}
        state.pagerduty.sender.subscribe(**wanted)
    for system in state.trackers.keys() & body.keys():
        state.trackers[system].desk.sender.point(body[system]["url"], body[system].get("secret", ""))
    return {"changed": sorted(body)}


async def read_behaviour(state: State, _: Request) -> Doc:
    return behaviour.read(state.store).model_dump()


async def change_behaviour(state: State, request: Request) -> Doc:
    return behaviour.change(state.store, await given(request)).model_dump()


async def list_faults(state: State, _: Request) -> list[Doc]:
    return [one.model_dump() for one in state.faults.all()]


async def add_fault(state: State, request: Request) -> Doc:
    return state.faults.add(Fault.model_validate(await given(request))).model_dump()


async def reset_faults(state: State, _: Request) -> None:
    state.faults.reset()


async def read_journal(state: State, request: Request) -> list[Doc]:
    """Query: system, method, path, status; each may have a *."""
    return state.journal.entries(**dict(request.query_params))


async def clear_journal(state: State, _: Request) -> None:
    state.journal.clear()


async def list_deliveries(state: State, _: Request) -> Doc:
    others = {system: stand.desk.sender.deliveries() for system, stand in state.trackers.items()}
    return {
        "github": state.store.all("github.delivery"),
        "pagerduty": state.pagerduty.sender.deliveries(),
        **others,
    }


async def play_night(state: State, request: Request) -> Doc:
    """Fields: start, pause_seconds, late_seconds. The answer comes when the night is over."""
    return {"incidents": await night.play(state, **await given(request))}


async def settle(state: State, request: Request) -> Doc:
    """Waits at most `seconds` (30) for the webhooks on their way; says whether all have arrived or been given up."""
    limit = (await given(request)).get("seconds", 30)
    try:
        async with asyncio.timeout(limit):
            await state.settle()
    except TimeoutError:
        return {"settled": False}
    return {"settled": True}


async def reset(state: State, _: Request) -> None:
    """Forget everything and start as new, with the webhook addresses of the settings."""
    state.store.clear()
    seed.plant(state)


def endpoint(state: State, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            result = await handler(state, request)
        except Missing as problem:
            return JSONResponse({"error": str(problem)}, 404)
        except Invalid as problem:
            return JSONResponse({"error": str(problem), "field": problem.field}, 422)
        except ValidationError as error:
            return JSONResponse({"error": error.errors(include_url=False, include_context=False)}, 422)
        except TypeError as error:  # A name in the body that the deed does not know.
            return JSONResponse({"error": str(error)}, 422)
        return Response(status_code=204) if result is None else JSONResponse(result)

    return answer


TABLE: list[tuple[str, str, Handler]] = [
    ("GET", "/", overview),
    ("POST", "/pagerduty/incidents", page),
    ("GET", "/pagerduty/incidents", list_incidents),
    ("POST", "/pagerduty/incidents/{id}/{deed}", on_incident),
    ("POST", "/pagerduty/deliveries/{number:int}/repeat", repeat),
    ("POST", "/pagerduty/{kind}", add_to_account),
    ("POST", "/github/issues", open_issue),
    ("POST", "/github/issues/{number:int}/{deed}", on_issue),
    ("POST", "/github/users", add_account),
    ("POST", "/github/teams", add_team),
    ("POST", "/github/labels", add_label),
    ("POST", "/github/milestones", add_milestone),
    ("PATCH", "/github/milestones/{number:int}", change_milestone),
    ("POST", "/github/repositories", add_repository),
    ("PATCH", "/github/repositories/{owner}/{repo}", change_repository),
    ("POST", "/github/projects", add_project),
    ("GET", "/trackers/{system}/tickets", list_tickets),
    ("POST", "/trackers/{system}/tickets", open_ticket),
    ("POST", "/trackers/{system}/tickets/{id}/{deed}", do_to_ticket),
    *slack.TABLE,
    ("PUT", "/webhooks", point_webhooks),
    ("GET", "/behaviour", read_behaviour),
    ("PATCH", "/behaviour", change_behaviour),
    ("GET", "/faults", list_faults),
    ("POST", "/faults", add_fault),
    ("DELETE", "/faults", reset_faults),
    ("GET", "/journal", read_journal),
    ("DELETE", "/journal", clear_journal),
    ("GET", "/deliveries", list_deliveries),
    ("POST", "/night", play_night),
    ("POST", "/settle", settle),
    ("POST", "/reset", reset),
]


def routes(state: State) -> list[Route]:
    return [Route(path, endpoint(state, handler), methods=[method]) for method, path, handler in TABLE]
