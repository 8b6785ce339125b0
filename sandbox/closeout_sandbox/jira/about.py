"""What there is besides issues: projects, their screens, fields, people, boards and sprints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closeout_sandbox import behaviour
from closeout_sandbox.jira.views import FIELDS, SPRINT_FIELD, SPRINT_TYPE
from closeout_sandbox.problems import Invalid, Missing

if TYPE_CHECKING:
    from closeout_sandbox.jira.rest import Rest


class About:
    """Answers of the same API, behind the same door."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    async def read_project(self, request: Request) -> Response:
        project = self.rest.project(request)
        archived = {"archived": True} if project.get("archived") else {}
        return JSONResponse({"id": str(project["id"]), "key": project["key"], "name": project["key"], **archived})

    async def issue_types(self, request: Request) -> Response:
        project = self.rest.project(request)
        name = "issueTypes" if self.rest.views.is_cloud else "values"
        types = [{"id": "10001", "name": "Task", "subtask": False}] if project["writable"] else []
        return JSONResponse({name: types, "startAt": 0, "maxResults": 50, "total": len(types)})

    async def type_fields(self, request: Request) -> Response:
        project = self.rest.project(request)
        screen = project["screen"] or FIELDS
        needed = {"project", "issuetype", "summary"}
        shown = [{"fieldId": one, "name": one.title(), "required": one in needed} for one in screen]
        shown += [{**one, "fieldId": one["id"], "required": True} for one in project["required"]]
        usual = {"hasDefaultValue": False, "operations": ["set"], "schema": {"type": "string"}}
        fields = [{"key": one["fieldId"], **usual, **one} for one in shown]
        name = "fields" if self.rest.views.is_cloud else "values"
        return JSONResponse({name: fields, "startAt": 0, "maxResults": 50, "total": len(fields)})

    async def all_fields(self, request: Request) -> Response:
        sprint = {
            "id": SPRINT_FIELD,
            "name": "Sprint",
            "custom": True,
            "schema": {"type": "array", "custom": SPRINT_TYPE},
        }
        return JSONResponse(
            [{"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}}, sprint]
        )

    async def assignable(self, request: Request) -> Response:
        asked = self.rest.query(request, "GET /rest/api/3/user/assignable/search")
        if not self.rest.board.project(asked.get("project", ""))["readable"]:
            raise Missing("No project could be found.")
        start, size = int(asked.get("startAt", 0)), min(int(asked.get("maxResults", 50)), 1000)
        wanted = asked.get("accountId") or asked.get("username")
        people = [
            one["handle"] for one in self.rest.board.people() if one["assignable"] and wanted in (None, one["handle"])
        ]
        return JSONResponse([self.rest.views.user(one) for one in people[start : start + size]])

    async def user(self, request: Request) -> Response:
        asked = self.rest.query(request, "GET /rest/api/3/user")
        handle = asked.get("accountId" if self.rest.views.is_cloud else "username")
        if not handle:
            raise Invalid("The username or key or accountId query parameter is required.")
        return JSONResponse(self.rest.views.user(handle))

    async def webhooks(self, request: Request) -> Response:
        """An administrator's; whoever is none is told what nobody is told."""
        url = self.rest.desk.sender.target()["url"]
        if not behaviour.read(self.rest.board.store).shows_webhooks:
            return JSONResponse({"messages": [{"key": "You do not have permission"}]}, 401)
        events = ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created"]
        hook = {"name": "Closeout", "url": url, "enabled": True, "events": events}
        return JSONResponse([hook] if url else [])

    async def apps_webhooks(self, request: Request) -> Response:
        return JSONResponse({"errorMessages": ["The app key is not found."], "errors": {}}, 403)

    async def boards(self, request: Request) -> Response:
        self.rest.board.project(request.query_params.get("projectKeyOrId", ""))
        return JSONResponse({"isLast": True, "values": [{"id": 1, "name": "Board", "type": "scrum"}]})

    async def sprints(self, request: Request) -> Response:
        states = request.query_params.get("state", "active,future,closed").split(",")
        every = [
            self.rest.views.sprint(one) for one in self.rest.board.store.all(f"{self.rest.board.system}.milestone")
        ]
        chosen: list[Any] = [one for one in every if one["state"].lower() in states]
        return JSONResponse({"isLast": True, "values": [{**one, "state": one["state"].lower()} for one in chosen]})
