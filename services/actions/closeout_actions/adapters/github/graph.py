"""GitHub's GraphQL API: how it is asked, how it says no, and of what an issue is a duplicate, which only it tells.

https://docs.github.com/graphql/guides/forming-calls-with-graphql
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from closeout_actions.adapters.client import parsed
from closeout_actions.adapters.github import answers
from closeout_actions.adapters.port import Rejected
from closeout_actions.domain.seen import SeenTicket
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer
from closeout_schemas.vocabulary import TicketState

log = logging.getLogger(__name__)

ORIGINAL = """query Original($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { issue(number: $number) {
    timelineItems(itemTypes: [MARKED_AS_DUPLICATE_EVENT], last: 1) { nodes {
      ... on MarkedAsDuplicateEvent { canonical { ... on Issue { number repository { nameWithOwner } } } }
    } }
  } }
}"""

LINKS = """query Links($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { issue(number: $number) {
    closedByPullRequestsReferences(first: 10, includeClosedPrs: true) { nodes { url } }
  } }
}"""

Ask = Callable[..., Awaitable[Answer]]
Doc = Mapping[str, Any]


def address(api_url: str) -> str:
    """Where questions go: beside the REST API; on Enterprise Server https://HOST/api/graphql."""
    return f"{api_url.rstrip('/').removesuffix('/v3')}/graphql"


class Graph:
    """Questions and writes. All raise Retryable, Rejected or Unauthorized; each can be repeated."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def data(self, text: str, variables: Doc, *, is_write: bool = False, is_partial: bool = False) -> Doc:
        """What was asked for. `is_partial`: what is not there may be missing from it, and is null."""
        answer = await self._ask({"query": text, "variables": variables}, is_write=is_write)
        told = parsed(answer)
        if answer.status >= 500 or (answer.status == 200 and not isinstance(told, Mapping)):
            raise answers.retryable(answer)
        if answer.status != 200:
            raise Rejected(f"GitHub's GraphQL API cannot be asked ({answer.status}: {answers.message(answer)}).")
        errors = [one for one in told.get("errors") or () if isinstance(one, Mapping)]
        if is_partial:
            errors = [one for one in errors if not _is_of_one(one)]
        data = told.get("data")
        if not errors and isinstance(data, Mapping):
            return data
        raise _wrong(errors)

    async def original(self, repository: str, number: int) -> str | None:
        """Of which issue this one is a duplicate, as owner/name#12; None where nobody said, or it cannot be seen."""
        owner, _, name = repository.partition("/")
        try:
            found = await self.data(ORIGINAL, {"owner": owner, "name": name, "number": number})
        except Rejected as error:
            log.info("an original is not told", extra={"ticket": f"{repository}#{number}", "because": str(error)})
            return None
        for one in nodes(found, "repository", "issue", "timelineItems"):
            canonical = one.get("canonical") or {}
            if canonical.get("repository"):
                return f"{canonical['repository']['nameWithOwner']}#{canonical['number']}"
        return None

    async def pull_requests(self, repository: str, number: int) -> list[str]:
        """Those that are linked with an issue, and close it."""
        owner, _, name = repository.partition("/")
        found = await self.data(LINKS, {"owner": owner, "name": name, "number": number})
        linked = nodes(found, "repository", "issue", "closedByPullRequestsReferences")
        return [str(one["url"]) for one in linked if one.get("url")]

    async def with_original(self, seen: SeenTicket) -> SeenTicket:
        """A duplicate of ours does not tell of what; that is asked for."""
        if seen.state is not TicketState.DUPLICATE or seen.mark is None:
            return seen
        return seen.model_copy(update={"duplicate_of": await self.original(seen.place.project, seen.place.number)})


def _is_of_one(error: Doc) -> bool:
    """Whether it is about one thing among many: it is not there, or its repository is closed to our account."""
    is_closed = error.get("type") == "FORBIDDEN" and len(error.get("path") or ()) == 1
    return is_closed or error.get("type") == "NOT_FOUND"


def within(found: Doc, *names: str) -> Doc | None:
    """The object below these names; None where there is none."""
    inner: Any = found
    for name in names:
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return inner if isinstance(inner, Mapping) else None


def nodes(found: Doc, *names: str) -> list[Doc]:
    """The list below these names. What our account may not see is null in it, and left out."""
    return [one for one in (within(found, *names) or {}).get("nodes") or () if isinstance(one, Mapping)]


def _wrong(errors: list[Doc]) -> Rejected | Retryable:
    said = "; ".join(str(one.get("message")) for one in errors)[:300] or "nothing that it documents"
    is_over_limit = any(one.get("type") == "RATE_LIMITED" for one in errors)
    # GitHub's own trouble has no type: "Something went wrong while executing your query …"
    if is_over_limit or said.startswith("Something went wrong"):
        return Retryable(f"GitHub's GraphQL API says: {said}")
    return Rejected(f"GitHub's GraphQL API says: {said}. Projects need the token's permission to write them.")
