"""GitHub Issues behind the tracker port. Contract: https://docs.github.com/rest/issues (API version 2022-11-28)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from closeout_actions.adapters.client import Client, Manners, list_of, object_of
from closeout_actions.adapters.github import answers, graph, limits, reading, webhooks
from closeout_actions.adapters.github import body as write
from closeout_actions.adapters.github.app_auth import AsInstallation
from closeout_actions.adapters.github.graph import Graph
from closeout_actions.adapters.github.iterations import BoardOf, Iteration, Iterations, planned
from closeout_actions.adapters.github.lists import PAGE, Lists
from closeout_actions.adapters.github.repositories import Repositories
from closeout_actions.adapters.markdown import mark_in, mark_of, safe
from closeout_actions.adapters.port import Budget, Changes, Reading, Rejected, Webhook
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Missing, Moved, Place, Seen, SeenTicket
from closeout_actions.domain.ticket import CLOCK_SKEW
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, Outside, Unknown
from closeout_schemas.directory import KnownParty, Milestone, Project
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

log = logging.getLogger(__name__)

NO_ACCESS = TicketState.NO_ACCESS
GIVEN_AGAIN = "It cannot be found any more: its repository is another one of the same name now."
MAY_LACK = frozenset({"labels", "assignees"})


def transport_signs(transport: httpx.AsyncBaseTransport | None) -> bool:
    """Whether the transport signs in by itself, so that the secret is a key that must never be sent."""
    return isinstance(transport, AsInstallation)


KEEPS = (
    "GitHub still shows earlier texts under “edited”, where somebody who may write can delete each, and "
    "the earlier title in the timeline, where nobody can."
)


class GitHub:
    """GitHub Issues with one token. Every call first asks the budget that all replicas share."""

    vendor = Vendor.GITHUB
    keeps = KEEPS

    def __init__(
        self,
        api_url: str,
        token: SecretStr,
        budget: Budget,
        *,
        timeout: float,
        board_of: BoardOf = lambda _: None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._is_app = is_app = transport_signs(transport)
        credential = "CLOSEOUT_ACTIONS_GITHUB_APP_KEY" if is_app else "CLOSEOUT_ACTIONS_GITHUB_TOKEN"
        self._login: str | None = None
        self._graph_url = graph.address(api_url)
        self._graph = Graph(self._ask)
        self._iterations = Iterations(self._graph, board_of)
        outside = Outside(
            api_url,
            user_agent="closeout-actions",
            headers={
                # An app's transport puts its own in this place.
                **({} if is_app else {"Authorization": f"Bearer {token.get_secret_value()}"}),
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            secrets=[token],
            timeout=timeout,
            transport=transport,
        )
        manners = Manners("GitHub", credential, answers.message, limits.limited, limits.left)
        self._client = Client(outside, budget, manners)
        self._lists = Lists(self._client)
        self._repositories = Repositories(self._client, self._lists)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    # Tickets

    async def create(self, draft: Draft, give_up_at: float) -> SeenTicket:
        """Make the issue, marked. A label that the repository lacks, and an owner who cannot be assigned there, are
        left out: a ticket matters more."""
        wanted: dict[str, Any] = {**draft.fields, "title": write.title_of(draft), "body": write.body_of(draft)}
        if draft.handle:
            wanted["assignees"] = [draft.handle]
        iteration = await self._plan(wanted, draft.item.project, draft)
        labels = [*([draft.label] if draft.label else []), *draft.labels]
        if labels:
            wanted["labels"] = labels
        if draft.kind:
            wanted["type"] = draft.kind
        issues = f"/repos/{draft.item.project}/issues"
        answer = await self._client.write("POST", issues, wanted, give_up_at)
        while answer.status == 422 and (unwanted := answers.fields(answer)) and unwanted <= wanted.keys() & MAY_LACK:
            wanted = {name: value for name, value in wanted.items() if name not in unwanted}
            answer = await self._client.write("POST", issues, wanted, give_up_at)
        if answer.status != 201:
            raise answers.rejected(answer, draft.item.project)
        try:
            return planned(reading.ticket(answer.json()), iteration)
        except ValueError as error:
            raise Unknown(f"GitHub made an issue, and its answer cannot be read: {error}") from None

    async def find(self, draft: Draft) -> SeenTicket | None:
        """Look in the list, newest first: the search index lags behind it, by seconds or more."""
        try:
            return await self._find(draft)
        except Rejected as error:
            raise Retryable(str(error)) from None

    async def _find(self, draft: Draft) -> SeenTicket | None:
        params: dict[str, str | int] = {"state": "all", "sort": "created", "direction": "desc", "per_page": PAGE}
        login = await self._own_login()
        oldest = draft.wanted_since - CLOCK_SKEW
        issues = f"/repos/{draft.item.project}/issues"
        async for issue in self._lists.pages(issues, params | ({"creator": login} if login else {})):
            if mark_in(issue.get("body")) == draft.mark and not reading.is_pull_request(issue):
                seen = answers.understood(issue)
                is_planned = draft.item.target.kind is not TargetKind.MILESTONE or seen.milestone is not None
                return (
                    seen
                    if is_planned
                    else planned(seen, await self._iterations.named(draft.item.project, draft.item.target.value))
                )
            if datetime.fromisoformat(issue["created_at"]) < oldest:
                return None
        return None

    async def read(self, place: Place, etag: str | None = None) -> Reading:
        """One conditional GET, which costs nothing while nothing changed. Redirects lead to where it was moved."""
        path = f"/repos/{place.project}/issues/{place.number}"
        answer = await self._client.read(path, etag=etag)
        match answer.status:
            case 304:
                return Reading(None, etag)
            case 410:
                return Reading(answers.gone(answer), None)
            case 403:
                return Reading(Missing("GitHub does not let our account read it any more.", NO_ACCESS), None)
            case 404 | 451:
                return Reading(
                    Missing("It cannot be found any more: deleted with its repository, or our access was taken."), None
                )
            case 200:
                seen = await self._graph.with_original(answers.understood(answer.json()))
                is_same, key = seen.place.remote_id == place.remote_id, seen.place.key.casefold()
                if not is_same and key == place.key.casefold():
                    return Reading(Missing(GIVEN_AGAIN), None)
                return Reading(seen if is_same else Moved(seen), answer.headers.get("etag"))
            case _:
                raise answers.retryable(answer)

    async def changed_since(self, project: str, since: datetime, etag: str | None = None) -> Changes:
        """Everything that changed, oldest change first; pull requests left out."""
        params: dict[str, str | int] = {
            "state": "all",
            "since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sort": "updated",
            "direction": "asc",
            "per_page": PAGE,
        }
        first = await self._client.read(f"/repos/{project}/issues", params=params, etag=etag)
        if first.status == 304:
            return Changes(None, etag)
        if first.status != 200:
            raise answers.unreadable(first, project)
        issues = [issue async for issue in self._lists.following(first)]
        # The ETag is of the first page: full, it looks the same whatever comes after it.
        etag = first.headers.get("etag") if len(list_of(first)) < PAGE and first.link("next") is None else None
        seen = [answers.understood(issue) for issue in issues if not reading.is_pull_request(issue)]
        return Changes([await self._graph.with_original(one) for one in seen], etag)

    async def read_key(self, key: str) -> Seen:
        """By acme/payments#12."""
        project, _, number = key.rpartition("#")
        answer = await self._client.read(f"/repos/{project}/issues/{number}")
        if answer.status == 200:
            return answers.understood(answer.json())
        if answer.status in (403, 404, 410, 451):
            return Missing(f"{key} cannot be read.")
        raise answers.retryable(answer)

    async def comments(self, place: Place) -> list[Comment]:
        """All that others wrote."""
        found = await self._lists.all(f"/repos/{place.project}/issues/{place.number}/comments")
        return [reading.comment(one) for one in found if mark_in(one.get("body")) is None]

    async def pull_requests(self, place: Place) -> list[str]:
        """Those that are linked with it."""
        return await self._graph.pull_requests(place.project, place.number)

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write a comment, once: the mark in it says that it was written."""
        comments = f"/repos/{place.project}/issues/{place.number}/comments"
        async for comment in self._lists.pages(comments, {"per_page": PAGE}):
            if mark_in(comment.get("body")) == mark:
                return
        body = {"body": f"{safe(text)}\n\n{mark_of(mark)}"}
        answer = await self._client.write("POST", comments, body)
        if answer.status != 201:
            raise answers.rejected(answer, place.project)

    async def change(self, place: Place, draft: Draft) -> None:
        """The owner as assignee, the milestone or iteration where the target is one. Issues have no due date. An owner
        who cannot be assigned there keeps nothing else from being changed, and is told by Rejected."""
        target: dict[str, Any] = {}
        iteration = await self._plan(target, place.project, draft)
        owner = {"assignees": [draft.handle]} if draft.handle else {}
        refusal = None
        if owner or target:
            path = f"/repos/{place.project}/issues/{place.number}"
            answer = await self._client.write("PATCH", path, owner | target)
            if answer.status == 422 and answers.fields(answer) == {"assignees"}:
                refusal = answers.rejected(answer, place.project)
                answer = await self._client.write("PATCH", path, target) if target else answer
            if answer.status != 200 and (target or refusal is None):
                raise answers.rejected(answer, place.project)
        if iteration is not None:
            await self._iterations.put_in(place.project, place.number, iteration)
        if refusal is not None:
            raise refusal

    async def rewrite(self, place: Place, draft: Draft) -> None:
        """The title and the text as they would be made now."""
        wanted = {"title": write.title_of(draft), "body": write.body_of(draft)}
        answer = await self._client.write("PATCH", f"/repos/{place.project}/issues/{place.number}", wanted)
        if answer.status != 200:
            raise answers.rejected(answer, place.project)

    async def plan(self, place: Place, draft: Draft) -> None:
        """Put it into the iteration that is its target."""
        iteration = await self._iterations.named(place.project, draft.item.target.value)
        if iteration is None:
            raise Rejected(
                f"{place.project} has no iteration “{draft.item.target.value}” any more: choose another target."
            )
        await self._iterations.put_in(place.project, place.number, iteration)

    async def plans(self, places: Sequence[Place]) -> Mapping[str, Sequence[Milestone]]:
        """In which iterations they are now."""
        try:
            return await self._iterations.now(places)
        except Rejected as error:
            log.info("iterations cannot be read", extra={"because": str(error)})
            return {}

    async def close_as_not_planned(self, place: Place) -> None:
        """Close it with its reason. What is closed stays as it is: a PATCH would overwrite the team's own reason."""
        found = (await self.read(place)).seen
        if isinstance(found, Moved):
            found = found.to
        if not isinstance(found, SeenTicket) or found.state is not TicketState.OPEN:
            return
        path = f"/repos/{found.place.project}/issues/{found.place.number}"
        answer = await self._client.write("PATCH", path, {"state": "closed", "state_reason": "not_planned"})
        if answer.status != 200:
            raise answers.rejected(answer, place.project)

    # Repositories and people

    async def has_file(self, project: str, path: str) -> bool:
        """Whether the main branch has it."""
        return await self._repositories.has_file(project, path)

    async def is_merged(self, project: str, number: int) -> bool:
        """A pull request that was merged, not only closed."""
        return await self._repositories.is_merged(project, number)

    async def describe(self, project: str, now: datetime) -> Project:
        """The repository: whether a ticket can be made in it, by whom it can be owned, and which milestones exist."""
        found = await self._repositories.describe(project, now)
        ahead = await self._iterations.milestones(project) if found.is_readable else []
        return found.model_copy(update={"milestones": (*found.milestones, *ahead)})

    async def assignable(self, project: str, accounts: Collection[str]) -> Collection[str]:
        """Which of these accounts can be assigned there now."""
        return await self._repositories.assignable(project, accounts)

    async def webhooks(self, project: str) -> list[Webhook]:
        """The repository's, and the app's where we are one."""
        of_app = await webhooks.of_app(self._client) if self._is_app else []
        try:
            return [*of_app, *await webhooks.of_repository(self._lists, project)]
        except Rejected:
            if of_app:
                return of_app
            raise

    async def party(self, account: str) -> KnownParty:
        """An account's public profile."""
        return await self._repositories.party(account)

    async def _plan(self, wanted: dict[str, Any], project: str, draft: Draft) -> Iteration | None:
        """Put the target's milestone into a request. One that is an iteration instead is set by another call."""
        if draft.item.target.kind is not TargetKind.MILESTONE:
            return None
        title = draft.item.target.value
        for one in await self._repositories.milestones(project):
            if one["title"] == title:
                wanted["milestone"] = int(one["number"])
                return None
        iteration = await self._iterations.named(project, title)
        if iteration is None:
            raise Rejected(
                f"{project} has no open milestone “{title}” any more, and no iteration of that name in a project: "
                "choose another target, or open it again."
            )
        return iteration

    async def _own_login(self) -> str | None:
        """Who we are. An app's installation is nobody to this API: then the mark alone has to do."""
        if self._login is None:
            answer = await self._client.read("/user")
            if answer.status == 200:
                self._login = str(object_of(answer)["login"])
        return self._login

    async def _ask(self, body: Mapping[str, Any], *, is_write: bool) -> Answer:
        """A call of the GraphQL API; all of ours can be repeated."""
        if is_write:
            return await self._client.write("POST", self._graph_url, body)
        return await self._client.read(self._graph_url, method="POST", body=body)
