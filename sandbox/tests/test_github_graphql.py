"""GitHub's GraphQL API: what it refuses of a list, and that it gives no more than was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Bench

BOARD = {"title": "Payments board", "iterations": [{"title": "Iteration 4", "start": "2026-12-07"}]}


async def asked(bench: Bench, given: str) -> dict[str, Any]:
    projects = f"projectsV2{given} {{ totalCount nodes {{ title }} }}"
    query = f'{{ repository(owner: "acme", name: "payments") {{ {projects} }} }}'
    answer = await bench.github.post("/graphql", json={"query": query})
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES", "`first` or `last`"),
        ("(first: 101)", "EXCESSIVE_PAGINATION", "Requesting 101 records"),
        ("(last: 101)", "EXCESSIVE_PAGINATION", "exceeds the `last` limit of 100 records"),
    ],
)
async def test_a_list_without_a_length_or_with_too_long_a_one_is_refused(
    bench: Bench, given: str, kind: str, says: str
) -> None:
    [error] = (await asked(bench, given))["errors"]

    assert error["type"] == kind
    assert says in error["message"]


@pytest.mark.parametrize(("given", "titles"), [("(first: 1)", ["one"]), ("(last: 1)", ["two"]), ("(first: 100)", None)])
async def test_a_list_has_as_many_as_were_asked_for(bench: Bench, given: str, titles: list[str] | None) -> None:
    for title in ("one", "two"):
        assert (await bench.control.post("/github/projects", json={**BOARD, "title": title})).is_success

    found = (await asked(bench, given))["data"]["repository"]["projectsV2"]

    assert [one["title"] for one in found["nodes"]] == (titles or ["one", "two"])
    assert found["totalCount"] == 2
