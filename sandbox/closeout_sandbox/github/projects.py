"""GitHub's Projects: boards with a field of iterations, linked with repositories, holding issues as items."""

from __future__ import annotations

from datetime import date
from typing import Any

from closeout_sandbox.github.directory import Directory
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.store import Doc, Store


class Projects:
    def __init__(self, store: Store, directory: Directory) -> None:
        self.store = store
        self.directory = directory

    def add(
        self,
        repository: Doc,
        title: str,
        *,
        iterations: list[Doc] | None = None,
        writable: bool = True,
        other_fields: int = 0,
    ) -> Doc:
        """Linked with `repository`. An iteration: title, start (a day), days. `writable`: whether the token may.
        `other_fields`: how many an item has a value of before that of its iteration, besides its title."""
        number = self.directory.next_id("project", 1)
        named = [self.iteration(number, at, **one) for at, one in enumerate(iterations or [])]
        project: Doc = {
            "id": f"PVT_{number}",
            "field": f"PVTIF_{number}",
            "number": number,
            "owner": repository["owner"],
            "title": title,
            "closed": False,
            "writable": writable,
            "other_fields": other_fields,
            "repository_id": repository["id"],
            "iterations": named,
        }
        return self.store.put("github.project", project["id"], project, repository["id"])

    def iteration(self, project: int, at: int, *, title: str, start: str, days: int = 14) -> Doc:
        return {
            "id": f"it{project:03}{at:03}",
            "title": title,
            "startDate": date.fromisoformat(start).isoformat(),
            "duration": days,
        }

    def of(self, repository: Doc) -> list[Doc]:
        return self.store.all("github.project", repository["id"])

    def project(self, project_id: str) -> Doc:
        """Raises Missing."""
        found = self.store.get("github.project", project_id)
        if found is None:
            raise Missing(f"no project {project_id}")
        return found

    def add_item(self, project_id: str, content_id: str) -> Doc:
        """What is there already is given back as it is. Raises Missing."""
        project = self.project(project_id)
        known = self.store.get("github.project_item", f"{project['id']}/{content_id}")
        if known is not None:
            return known
        if not any(f"I_{one['id']}" == content_id for one in self.store.all("github.issue")):
            raise Missing(f"no issue {content_id}")
        item = {
            "id": f"PVTI_{self.directory.next_id('item', 1)}",
            "content": content_id,
            "iteration": None,
        }
        return self.store.put("github.project_item", f"{project['id']}/{content_id}", item, project["id"])

    def set_iteration(self, given: dict[str, Any]) -> Doc:
        """By GitHub's own input. Raises Missing, Invalid."""
        project = self.project(given["projectId"])
        item = next((one for one in self.items(project) if one["id"] == given["itemId"]), None)
        if item is None or given["fieldId"] != project["field"]:
            raise Missing("no such item or field")
        chosen = given["value"].get("iterationId")
        if chosen not in [one["id"] for one in project["iterations"]]:
            raise Invalid("no such iteration", "iterationId", chosen)
        item = {**item, "iteration": chosen}
        return self.store.put("github.project_item", f"{project['id']}/{item['content']}", item, project["id"])

    def move(self, title: str, iteration: str | None) -> None:
        """Somebody puts all items of the project into another iteration, or into none."""
        project = next((one for one in self.store.all("github.project") if one["title"] == title), None)
        if project is None:
            raise Missing(f"no project {title}")
        ids = {one["title"]: one["id"] for one in project["iterations"]}
        if iteration is not None and iteration not in ids:
            raise Missing(f"no iteration {iteration}")
        for item in self.items(project):
            moved = {**item, "iteration": None if iteration is None else ids[iteration]}
            self.store.put("github.project_item", f"{project['id']}/{item['content']}", moved, project["id"])

    def items(self, project: Doc) -> list[Doc]:
        return self.store.all("github.project_item", project["id"])
