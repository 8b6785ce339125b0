"""A page for each incident and for the list of them, so that links open."""

from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_sandbox import markup
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc


class Pages:
    def __init__(self, state: State) -> None:
        self.state = state
        self.pagerduty = state.pagerduty

    async def incident_list(self, _: Request) -> Response:
        views = [self.pagerduty.views.incident(one) for one in self.state.store.all("pagerduty.incident")]
        rows = [
            [markup.link(view["html_url"], view["summary"]), escape(view["status"]), view["created_at"]]
            for view in reversed(views)
        ]
        return markup.page("Incidents", "<h1>Incidents</h1>" + markup.table(["Incident", "Status", "Opened"], rows))

    async def incident(self, request: Request) -> Response:
        incident = self.pagerduty.incidents.find(request.path_params["id"])
        view = self.pagerduty.views.incident(incident)
        facts = [
            ["Status", escape(view["status"])],
            ["Service", escape(view["service"]["summary"])],
            ["Urgency", escape(view["urgency"])],
            ["Priority", escape(view["priority"]["name"] if view["priority"] else "none")],
            ["Assigned to", escape(", ".join(one["assignee"]["summary"] for one in view["assignments"]) or "nobody")],
        ]
        entries = self.state.store.all("pagerduty.log_entry", incident["id"])
        rows = [self.line(self.pagerduty.views.log_entry(incident, one, ["channels"])) for one in entries]
        body = f"<h1>{escape(view['summary'])}</h1>{markup.table([], facts)}<h2>Timeline</h2>"
        return markup.page(view["summary"], body + markup.table([], rows))

    def line(self, entry: Doc) -> list[str]:
        note = entry["channel"].get("content", "") if entry["channel"]["type"] == "note" else ""
        text = f"{escape(entry['summary'])}" + (f"<pre>{escape(note)}</pre>" if note else "")
        return [entry["created_at"][11:16], escape(entry["agent"]["summary"]), text]


def routes(state: State) -> list[Route]:
    pages = Pages(state)
    return [
        Route("/", pages.incident_list),
        Route("/incidents", pages.incident_list),
        Route("/incidents/{id}", pages.incident),
    ]
