"""A page for each issue and for the list of them, with buttons, so that links open and a person can play."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_sandbox import markup, scenario
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc

CLOSE_REASONS = {"completed": "Close as completed", "not_planned": "Close as not planned", "duplicate": "Duplicate"}


class Pages:
    def __init__(self, state: State) -> None:
        self.state = state
        self.github = state.github

    def repository(self, request: Request) -> Doc:
        return self.github.directory.repository(f"{request.path_params['owner']}/{request.path_params['repo']}")

    async def issue_list(self, request: Request) -> Response:
        repository = self.repository(request)
        views = [self.github.views.issue(repository, one) for one in self.github.views.issues_of(repository)]
        rows = [
            [
                f"#{view['number']}",
                markup.link(view["html_url"], view["title"]),
                state_of(view),
                escape(", ".join(one["login"] for one in view["assignees"])),
                escape(view["milestone"]["title"] if view["milestone"] else ""),
            ]
            for view in reversed(views)
        ]
        title = f"Issues of {repository['owner']}/{repository['name']}"
        return markup.page(
            title, f"<h1>{escape(title)}</h1>" + markup.table(["", "Issue", "State", "Who", "When"], rows)
        )

    async def issue(self, request: Request) -> Response:
        repository = self.repository(request)
        issue = self.github.issues.find(repository, request.path_params["number"])
        if issue["deleted"]:
            return markup.page("Deleted", "<h1>This issue was deleted</h1>", 410)
        if issue["moved_to"]:
            target = self.github.directory.repository_by_id(issue["moved_to"]["repository_id"])
            return RedirectResponse(f"{self.github.views.views.page(target)}/issues/{issue['moved_to']['number']}")
        view = self.github.views.full_issue(repository, issue)
        comments = [self.github.views.views.comment(repository, one) for one in self.comments(issue)]
        said = "".join(f"<h3>{escape(one['user']['login'])}</h3><pre>{escape(one['body'])}</pre>" for one in comments)
        facts = [
            ["State", state_of(view)],
            ["Assignees", escape(", ".join(one["login"] for one in view["assignees"]) or "nobody")],
            ["Milestone", escape(milestone_of(view))],
            ["Labels", escape(", ".join(one["name"] for one in view["labels"]))],
            ["Opened", f"{view['created_at']} by {escape(view['user']['login'])}"],
        ]
        head = markup.link(f"{self.github.views.views.page(repository)}/issues", "All issues")
        title = f"{view['title']} #{view['number']}"
        body = f"<p>{head}</p><h1>{escape(title)}</h1>{markup.table([], facts)}<pre>{escape(view['body'] or '')}</pre>"
        return markup.page(title, body + self.buttons(view) + said)

    def comments(self, issue: Doc) -> list[Doc]:
        return self.state.store.all("github.comment", issue["id"])

    def buttons(self, view: Doc) -> str:
        if view["state"] == "closed":
            return markup.button(f"{view['html_url']}/reopen", "Reopen")
        actions = [(f"{view['html_url']}/close?reason={reason}", text) for reason, text in CLOSE_REASONS.items()]
        return "".join(markup.button(action, text) for action, text in actions)

    async def act(self, request: Request) -> Response:
        path, reason = request.path_params, request.query_params.get("reason")
        given: Doc = {"reason": reason} if reason else {}
        full_name = f"{path['owner']}/{path['repo']}"
        scenario.on_issue(self.state, path["deed"], path["number"], repository=full_name, **given)
        return RedirectResponse(
            f"{self.github.views.views.page(self.repository(request))}/issues/{path['number']}", 303
        )


def state_of(view: Doc) -> str:
    reason = f", {view['state_reason'].replace('_', ' ')}" if view["state_reason"] else ""
    return f'<span class="state">{view["state"]}{reason}</span>'


def milestone_of(view: Doc) -> str:
    milestone = view["milestone"]
    return f"{milestone['title']}, due {(milestone['due_on'] or 'at no date')[:10]}" if milestone else "none"


def missing(_: Request, error: Exception) -> Response:
    return markup.page("Not found", f"<h1>Not found</h1><p>{escape(str(error))}</p>", 404)


def routes(state: State) -> list[Route]:
    pages, issues = Pages(state), "/{owner}/{repo}/issues"
    return [
        Route(issues, pages.issue_list),
        Route(issues + "/{number:int}", pages.issue),
        Route("/{owner}/{repo}/pull/{number:int}", pages.issue),
        Route(issues + "/{number:int}/{deed}", pages.act, methods=["POST"]),
    ]


def impossible(_: Request, error: Exception) -> Response:
    return markup.page("Not possible", f"<h1>Not possible</h1><p>{escape(str(error))}</p>", 422)


EXCEPTIONS = {Missing: missing, Invalid: impossible}
