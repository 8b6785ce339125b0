"""GitHub behind the tracker port: what it does not take, what looks the same and is not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from closeout_actions.adapters.port import Rejected
from closeout_actions.domain.seen import Missing
from closeout_actions.testing import item
from closeout_schemas.postmortems import Target
from closeout_schemas.vocabulary import TargetKind

from .github_stub import HERE, WANTED_SINCE, Scripted, answer, draft, github, issue, soon
from .test_github import CREATE, LIST, READ


def does_not_take(*fields: str) -> Any:
    errors = [{"resource": "Issue", "field": one, "code": "invalid"} for one in fields]
    return answer(422, {"message": "Validation Failed", "errors": errors})


@pytest.mark.parametrize(
    "refusals", [(("assignees",), ("labels",)), (("assignees", "labels"),)], ids=["one by one", "at once"]
)
async def test_an_owner_who_cannot_be_assigned_and_an_unknown_label_are_left_out(refusals: Any) -> None:
    made = answer(201, issue(assignees=[], labels=[]))
    world = Scripted({CREATE: [*(does_not_take(*one) for one in refusals), made]})

    seen = await github(world).create(draft(), soon())

    assert seen.assignees == ()
    assert "assignees" in world.bodies()[0]
    assert world.bodies()[-1].keys() == {"title", "body"}


async def test_what_a_ticket_cannot_do_without_is_refused_and_sent_once() -> None:
    world = Scripted({CREATE: does_not_take("assignees", "title")})

    with pytest.raises(Rejected, match="title invalid"):
        await github(world).create(draft(), soon())

    assert world.count("POST") == 1


async def test_another_issue_of_the_same_number_is_not_ours() -> None:
    """The repository was renamed, or deleted, and there is another one of that name."""
    world = Scripted({READ: answer(200, issue(1, id=777, state="closed", state_reason="completed"), etag='"b"')})

    read = await github(world).read(HERE)

    assert isinstance(read.seen, Missing)
    assert "another one of the same name" in read.seen.why
    assert read.etag is None


NEXT = '<https://api.github.example/repos/acme/payments/issues?page=2>; rel="next"'


@pytest.mark.parametrize(
    ("pages", "etag"),
    [
        ([answer(200, [issue(1)], etag='"a"')], '"a"'),
        ([answer(200, [issue(number) for number in range(1, 101)], etag='"a"')], None),
        ([answer(200, [issue(1)], etag='"a"', link=NEXT), answer(200, [issue(2)], etag='"b"')], None),
    ],
    ids=["a page with room", "a full page", "two pages"],
)
async def test_a_first_page_that_looks_the_same_says_nothing_of_what_comes_after_it(
    pages: list[Any], etag: str | None
) -> None:
    changes = await github(Scripted({LIST: pages})).changed_since("acme/payments", WANTED_SINCE)

    assert changes.etag == etag


PLANNED = {
    "projectItems": {
        "nodes": [
            {
                "project": {"closed": False},
                "fieldValues": {"nodes": [{"title": "Iteration 4", "startDate": "2026-12-07", "duration": 14}]},
            }
        ]
    }
}
THERE = HERE.model_copy(update={"remote_id": "92", "project": "other/payments", "key": "other/payments#1"})


@pytest.mark.parametrize(
    ("path", "found"),
    [(["r1"], {"91": "Iteration 4"}), (["r1", "issue", "projectItems", "nodes", 0], {})],
    ids=["a repository", "a project"],
)
async def test_a_repository_that_is_closed_to_us_hides_no_other_tickets_iteration(path: Any, found: Any) -> None:
    """Of a ticket whose project is closed to us it is not said that it is in no iteration."""
    hidden = {"issue": {"projectItems": {"nodes": [None]}}} if len(path) > 1 else None
    errors = [{"type": "FORBIDDEN", "path": path, "message": "Resource protected by organization SAML enforcement."}]
    told = {"data": {"r0": {"issue": PLANNED}, "r1": hidden}, "errors": errors}
    world = Scripted({"POST /graphql": answer(200, told)})

    plans = await github(world).plans([HERE, THERE])

    assert {remote_id: one.title for remote_id, (one,) in plans.items()} == found


@pytest.mark.parametrize("kind", [TargetKind.MILESTONE, TargetKind.WEEK])
async def test_an_owner_who_cannot_be_assigned_keeps_a_promises_new_target_from_nothing(kind: TargetKind) -> None:
    milestone = {"title": "Sprint 2", "number": 3, "due_on": None}
    world = Scripted(
        {
            "GET /repos/acme/payments/milestones": answer(200, [milestone]),
            "PATCH /repos/acme/payments/issues/1": [does_not_take("assignees"), answer(200, issue())],
        }
    )
    target = Target(kind=kind, value="Sprint 2", due_on=date(2026, 12, 13))

    with pytest.raises(Rejected, match="assignees invalid"):
        await github(world).change(HERE, draft(item(target=target)))

    changed = [one.keys() for one in world.bodies("PATCH")]
    assert changed == ([{"assignees", "milestone"}, {"milestone"}] if kind is TargetKind.MILESTONE else [{"assignees"}])


async def test_issues_that_are_switched_off_are_not_deleted() -> None:
    world = Scripted({READ: answer(410, {"message": "Issues are disabled for this repo"})})

    assert isinstance((await github(world).read(HERE)).seen, Missing)
