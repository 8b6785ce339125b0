"""GitHub's GraphQL API, as much of it as the issue adapter asks. What the schema refuses is refused here."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from closeout_sandbox.checks import SPECS
from closeout_sandbox.github import gate
from closeout_sandbox.github.rest import Rest, route
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.store import Doc

LARGEST_PAGE = 100


@cache
def schema() -> GraphQLSchema:
    return build_schema((SPECS / "github.graphql").read_text())


async def answer(rest: Rest, request: Request) -> Response:
    """Whatever becomes of it, the status is 200: https://docs.github.com/graphql/guides/forming-calls-with-graphql"""
    try:
        given = json.loads(await request.body())
        document = parse(str(given["query"]))
    except (ValueError, KeyError, TypeError):
        return gate.error(400, "Problems parsing JSON")
    except GraphQLError as wrong:
        return JSONResponse({"errors": [wrong.formatted]})
    findings = validate(schema(), document)
    if findings:
        return JSONResponse({"errors": [one.formatted for one in findings]})
    result = execute_sync(schema(), document, root_value=root(rest), variable_values=given.get("variables") or {})
    told: Doc = dict(result.formatted)
    # GitHub tells the kind of an error beside its message, and not in its extensions.
    for one, raised in zip(told.get("errors") or [], result.errors or [], strict=True):
        kind = getattr(raised.original_error, "kind", None)
        one |= {"type": kind} if kind else {}
    return JSONResponse(told)


class Refusal(Exception):
    """An error of GitHub's: `kind` is NOT_FOUND, FORBIDDEN …"""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def root(rest: Rest) -> dict[str, Callable[..., Any]]:
    return {
        "repository": lambda _, owner, name, **__: repository_of(rest, f"{owner}/{name}"),
        "repositoryOwner": lambda _, login: owner(rest, login),
        "addProjectV2ItemById": lambda _, input: add_item(rest, input),
        "updateProjectV2ItemFieldValue": lambda _, input: set_value(rest, input),
    }


def repository_of(rest: Rest, full_name: str) -> Doc:
    try:
        found = rest.github.directory.repository(full_name)
    except Missing:
        found = None
    if found is None or not found["readable"]:
        raise Refusal("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    return repository(rest, found)


def repository(rest: Rest, found: Doc) -> Doc:
    return {
        "id": f"R_{found['id']}",
        "nameWithOwner": f"{found['owner']}/{found['name']}",
        "issue": lambda _, number: issue_of(rest, found, number),
        "projectsV2": connection("projectsV2", lambda: [project(one) for one in rest.github.projects.of(found)]),
    }


def issue_of(rest: Rest, where: Doc, number: int) -> Doc:
    try:
        found = rest.github.issues.find(where, number)
    except Missing:
        found = None
    if found is None or found["deleted"] or found["moved_to"]:
        raise Refusal("NOT_FOUND", f"Could not resolve to an Issue with the number of {number}.")
    return issue(rest, found)


def owner(rest: Rest, login: str) -> Doc:
    """An organisation; a project's number is its own."""

    def numbered(_: Any, number: int) -> Doc | None:
        of_it = [one for one in rest.state.store.all("github.project") if one["owner"] == login]
        found = next((one for one in of_it if one["number"] == number), None)
        if found is None:
            raise Refusal("NOT_FOUND", f"Could not resolve to a ProjectV2 with the number {number}.")
        return project(found)

    return {"__typename": "Organization", "id": f"O_{login}", "login": login, "projectV2": numbered}


def items(rest: Rest, found: Doc) -> list[Doc]:
    """The projects that an issue is in, with the iteration that each has it in."""
    every = [(one, f"{one['id']}/I_{found['id']}") for one in rest.state.store.all("github.project")]
    held = [(one, rest.state.store.get("github.project_item", key)) for one, key in every]
    return [item_of(one, item, found["title"]) for one, item in held if item is not None]


def item_of(where: Doc, item: Doc, text: str) -> Doc:
    texts = [
        {"__typename": "ProjectV2ItemFieldTextValue", "id": f"{item['id']}T{at}", "text": text}
        for at in range(1 + where["other_fields"])
    ]
    values = [
        {"__typename": "ProjectV2ItemFieldIterationValue", **one, "iterationId": one["id"]}
        for one in where["iterations"]
        if one["id"] == item["iteration"]
    ]
    return {
        "id": item["id"],
        "project": project(where),
        "fieldValues": connection("fieldValues", lambda: [*texts, *values]),
    }


def issue(rest: Rest, found: Doc) -> Doc:
    return {
        "__typename": "Issue",
        "id": f"I_{found['id']}",
        "number": found["number"],
        "repository": lambda _: repository(rest, rest.github.directory.repository_by_id(found["repository_id"])),
        "closedByPullRequestsReferences": connection(
            "closedByPullRequestsReferences", lambda: rest.state.store.all("github.link", found["id"])
        ),
        "projectItems": connection("projectItems", lambda: items(rest, found)),
        "timelineItems": connection("timelineItems", lambda: duplicates(rest, found)),
    }


def duplicates(rest: Rest, found: Doc) -> list[Doc]:
    """The marks on an issue, oldest first."""
    marked = rest.state.store.all("github.duplicate", found["id"])
    return [
        {
            "__typename": "MarkedAsDuplicateEvent",
            "id": f"MDE_{one['number']}",
            "canonical": issue_of(rest, rest.github.directory.repository_by_id(one["repository_id"]), one["number"]),
            "isCrossRepository": one["repository_id"] != found["repository_id"],
        }
        for one in marked
    ]


def project(found: Doc) -> Doc:
    field = {
        "__typename": "ProjectV2IterationField",
        "id": found["field"],
        "name": "Iteration",
        "configuration": {"iterations": found["iterations"], "completedIterations": [], "duration": 14, "startDay": 1},
    }
    title = {"__typename": "ProjectV2Field", "id": f"{found['field']}T", "name": "Title"}
    shown = {name: found[name] for name in ("id", "title", "closed")}
    return {**shown, "fields": connection("fields", lambda: [title, field])}


def connection(name: str, read: Callable[[], list[Doc]]) -> Callable[..., Doc]:
    """As many as are asked for: https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api"""

    def page(_: Any, first: int | None = None, last: int | None = None, **__: Any) -> Doc:
        which, count = ("first", first) if first is not None else ("last", last)
        if count is None:
            wanted = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            raise Refusal("MISSING_PAGINATION_BOUNDARIES", wanted)
        if count > LARGEST_PAGE:
            too_many = f"Requesting {count} records on the `{name}` connection exceeds the `{which}` limit of"
            raise Refusal("EXCESSIVE_PAGINATION", f"{too_many} {LARGEST_PAGE} records.")
        nodes = read()
        return {"nodes": nodes[:count] if which == "first" else nodes[-count:], "totalCount": len(nodes)}

    return page


def add_item(rest: Rest, given: Doc) -> Doc:
    writable(rest, given["projectId"])
    return {"item": resolved(lambda: rest.github.projects.add_item(given["projectId"], given["contentId"]))}


def set_value(rest: Rest, given: Doc) -> Doc:
    writable(rest, given["projectId"])
    return {"projectV2Item": resolved(lambda: rest.github.projects.set_iteration(given))}


def writable(rest: Rest, project_id: str) -> None:
    if not resolved(lambda: rest.github.projects.project(project_id))["writable"]:
        raise Refusal("FORBIDDEN", "Resource not accessible by personal access token")


def resolved(deed: Callable[[], Doc]) -> Doc:
    try:
        return deed()
    except Missing as problem:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node: {problem}") from None
    except Invalid as problem:
        raise Refusal("UNPROCESSABLE", str(problem)) from None


def routes(rest: Rest) -> list[BaseRoute]:
    return [*route(rest, "POST", "/graphql", answer)]
