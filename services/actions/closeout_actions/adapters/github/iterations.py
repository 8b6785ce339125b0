"""Iterations of GitHub's Projects as targets: which there are, how an issue is put into one, in which it is now.

https://docs.github.com/graphql/reference/projects
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from closeout_actions.adapters.github.graph import Doc, Graph, nodes, within
from closeout_actions.adapters.port import Rejected
from closeout_actions.domain.seen import Place, SeenTicket
from closeout_chassis.errors import Retryable
from closeout_schemas.directory import Milestone

log = logging.getLogger(__name__)

FIELDS = """fields(first: 100) { nodes {
  ... on ProjectV2IterationField { id configuration { iterations { id title startDate duration } } }
} }"""
LINKED = f"""query Iterations($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{
    projectsV2(first: 100) {{ nodes {{ id title closed {FIELDS} }} }}
  }}
}}"""
NAMED = f"""query Board($owner: String!, $number: Int!) {{
  repositoryOwner(login: $owner) {{ ... on ProjectV2Owner {{
    projectV2(number: $number) {{ id title closed {FIELDS} }}
  }} }}
}}"""
ISSUE = """query Issue($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { issue(number: $number) { id } }
}"""
# Of one issue, which projects that are closed keep too. A page is 100 of anything; a project has fewer fields.
PLANS = """projectItems(first: 20) { nodes { project { closed } fieldValues(first: 100) { nodes {
  ... on ProjectV2ItemFieldIterationValue { title startDate duration }
} } } }"""
ADD = """mutation Add($project: ID!, $issue: ID!) {
  addProjectV2ItemById(input: {projectId: $project, contentId: $issue}) { item { id } }
}"""
SET = """mutation Set($project: ID!, $item: ID!, $field: ID!, $iteration: String!) {
  updateProjectV2ItemFieldValue(
    input: {projectId: $project, itemId: $item, fieldId: $field, value: {iterationId: $iteration}}
  ) { projectV2Item { id } }
}"""
ISSUES_A_QUESTION = 50  # 11 points of the 5,000 an hour, and 101,000 of 500,000 nodes

BoardOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Iteration:
    """One iteration of one project, by GitHub's ids."""

    project_id: str
    project: str
    field_id: str
    id: str
    title: str
    ends_on: date


class Iterations:
    """`board_of`: the project that a team names for a repository, as owner/number; None: those linked with it."""

    def __init__(self, graph: Graph, board_of: BoardOf) -> None:
        self._graph = graph
        self._board_of = board_of

    async def of(self, repository: str) -> list[Iteration]:
        """Those that are not over, of the team's project, or of the open projects that the repository is linked with.

        Raises Retryable, Rejected or Unauthorized.
        """
        board = self._board_of(repository)
        if board is not None:
            owner, _, number = board.partition("/")
            found = await self._graph.data(NAMED, {"owner": owner, "number": int(number)})
            project = within(found, "repositoryOwner", "projectV2")
            if project is None:
                raise Rejected(f"There is no project {board}, or our account may not see it.")
            return list(_iterations(project))
        owner, _, name = repository.partition("/")
        found = await self._graph.data(LINKED, {"owner": owner, "name": name})
        return [one for project in nodes(found, "repository", "projectsV2") for one in _iterations(project)]

    async def milestones(self, repository: str) -> list[Milestone]:
        """As targets. Of two with one title the first counts."""
        by_title = {one.title: one for one in reversed(await self._readable(repository))}
        return [Milestone(title=one.title, due_on=one.ends_on) for one in sorted(by_title.values(), key=_by_day)]

    async def named(self, repository: str, title: str) -> Iteration | None:
        """By its title."""
        return next((one for one in await self._readable(repository) if one.title == title), None)

    async def _readable(self, repository: str) -> list[Iteration]:
        try:
            return await self.of(repository)
        except Rejected as error:
            # Most tokens may not read projects, and most repositories have none.
            is_named = self._board_of(repository) is not None
            log.log(
                logging.WARNING if is_named else logging.DEBUG,
                "no iterations",
                extra={"project": repository, "because": str(error)},
            )
            return []

    async def put_in(self, repository: str, number: int, iteration: Iteration) -> None:
        """Make the issue an item of the project, which it may be already, and set the field."""
        owner, _, name = repository.partition("/")
        found = await self._graph.data(ISSUE, {"owner": owner, "name": name, "number": number})
        issue = within(found, "repository", "issue")
        if issue is None:
            raise Retryable(f"{repository}#{number} cannot be found by GitHub's GraphQL API yet")
        added = await self._graph.data(ADD, {"project": iteration.project_id, "issue": issue["id"]}, is_write=True)
        item = within(added, "addProjectV2ItemById", "item")
        if item is None:
            raise Rejected(f"{iteration.project} does not take {repository}#{number}.")
        where = {"project": iteration.project_id, "field": iteration.field_id, "iteration": iteration.id}
        await self._graph.data(SET, {"item": item["id"], **where}, is_write=True)

    async def now(self, places: Sequence[Place]) -> dict[str, tuple[Milestone, ...]]:
        """In which iterations tickets are, by the tracker's ids; of what is not there it says nothing.

        Raises Retryable, Rejected or Unauthorized.
        """
        found: dict[str, tuple[Milestone, ...]] = {}
        for start in range(0, len(places), ISSUES_A_QUESTION):
            chosen = places[start : start + ISSUES_A_QUESTION]
            text, variables = _question(chosen)
            told = await self._graph.data(text, variables, is_partial=True)
            for at, place in enumerate(chosen):
                issue = within(told, f"r{at}", "issue")
                if issue is not None:
                    found[place.remote_id] = tuple(_plans(issue))
        return found


def planned(seen: SeenTicket, iteration: Iteration | None) -> SeenTicket:
    """An issue knows nothing of the iteration that it is to be in."""
    return seen if iteration is None else seen.model_copy(update={"iteration_ends_on": iteration.ends_on})


def _question(places: Sequence[Place]) -> tuple[str, dict[str, str | int]]:
    """One question about many issues, each under a name of its own."""
    asked, variables, given = [], [], dict[str, str | int]()
    for at, place in enumerate(places):
        owner, _, name = place.project.partition("/")
        given |= {f"o{at}": owner, f"n{at}": name, f"i{at}": place.number}
        variables.append(f"$o{at}: String!, $n{at}: String!, $i{at}: Int!")
        asked.append(f"r{at}: repository(owner: $o{at}, name: $n{at}) {{ issue(number: $i{at}) {{ {PLANS} }} }}")
    return f"query Plans({', '.join(variables)}) {{ {' '.join(asked)} }}", given


def _plans(issue: Doc) -> Iterator[Milestone]:
    for item in nodes(issue, "projectItems"):
        if not (item.get("project") or {}).get("closed"):
            for one in nodes(item, "fieldValues"):
                if one.get("startDate"):
                    yield Milestone(title=str(one["title"]), due_on=_last_day(one))


def _iterations(project: Doc) -> Iterator[Iteration]:
    if project.get("closed"):
        return
    for field in nodes(project, "fields"):
        for one in (field.get("configuration") or {}).get("iterations") or ():
            yield Iteration(project["id"], project["title"], field["id"], one["id"], one["title"], _last_day(one))


def _last_day(one: Mapping[str, str | int]) -> date:
    """The day before the next one begins."""
    return date.fromisoformat(str(one["startDate"])) + timedelta(days=int(one["duration"]) - 1)


def _by_day(one: Iteration) -> tuple[date, str]:
    return one.ends_on, one.title
