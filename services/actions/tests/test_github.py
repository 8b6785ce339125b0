"""GitHub behind the tracker port: every way in which a call can end, and what is made of it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from closeout_actions.adapters.markdown import mark_of
from closeout_actions.adapters.port import Rejected, Unauthorized
from closeout_actions.domain.seen import Gone, Missing, Moved, SeenTicket
from closeout_actions.testing import item
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_schemas.postmortems import Target
from closeout_schemas.vocabulary import TargetKind, TicketState

from .github_stub import (
    HERE,
    SECRET,
    WANTED_SINCE,
    Remembering,
    Scripted,
    answer,
    draft,
    github,
    issue,
    refusal,
    soon,
)

CREATE = "POST /repos/acme/payments/issues"
LIST = "GET /repos/acme/payments/issues"
READ = "GET /repos/acme/payments/issues/1"
USER = {"GET /user": answer(200, {"login": "closeout-bot"})}


async def create(script: dict[str, Any], budget: Remembering | None = None, **fields: Any) -> SeenTicket:
    return await github(Scripted(script), budget).create(draft(item(**fields)), soon())


async def test_an_issue_is_made_with_owner_label_and_mark() -> None:
    world = Scripted({CREATE: answer(201, issue())})
    wanted = draft()

    made = await github(world).create(wanted, soon())

    assert made.place == HERE
    [sent] = world.bodies()
    assert sent["assignees"] == ["dana-engineer"]
    assert sent["labels"] == ["postmortem"]
    assert sent["title"] == wanted.item.text
    assert mark_of(wanted.mark) in sent["body"]
    assert wanted.item.criterion in sent["body"]


async def test_a_label_that_the_repository_lacks_is_left_out_and_the_issue_is_made() -> None:
    lacking = answer(422, {"message": "Validation Failed", "errors": [{"field": "labels", "code": "invalid"}]})
    world = Scripted({CREATE: [lacking, answer(201, issue())]})

    await github(world).create(draft(), soon())

    assert [("labels" in body) for body in world.bodies()] == [True, False]


async def test_a_milestone_goes_along_by_its_number() -> None:
    target = Target(kind=TargetKind.MILESTONE, value="Q1", due_on=datetime(2026, 3, 31, tzinfo=UTC).date())
    milestones = answer(200, [{"title": "Q2", "number": 8}, {"title": "Q1", "number": 7}])
    world = Scripted({"GET /repos/acme/payments/milestones": milestones, CREATE: answer(201, issue())})

    await github(world).create(draft(item(target=target)), soon())

    assert world.bodies()[0]["milestone"] == 7


async def test_a_milestone_that_was_closed_meanwhile_is_refused_before_anything_is_made() -> None:
    target = Target(kind=TargetKind.MILESTONE, value="Q1", due_on=datetime(2026, 3, 31, tzinfo=UTC).date())
    world = Scripted({"GET /repos/acme/payments/milestones": answer(200, [])})

    with pytest.raises(Rejected, match="no open milestone “Q1”"):
        await github(world).create(draft(item(target=target)), soon())
    assert not [one for one in world.asked if one.url.path.endswith("/issues")]


async def test_a_title_that_is_too_long_is_cut_at_githubs_limit() -> None:
    world = Scripted({CREATE: answer(201, issue())})

    await github(world).create(draft(item(text="word " * 100)), soon())

    assert len(world.bodies()[0]["title"]) == 256


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (refusal(403, "Resource not accessible by personal access token"), "give it write access"),
        (refusal(404, "Not Found"), "does not exist, or our account cannot see it"),
        (refusal(410, "Issues has been disabled in this repository."), "switch them on"),
        (refusal(451, "Repository access blocked"), "does not exist, or our account cannot see it"),
        (
            answer(422, {"message": "Validation Failed", "errors": [{"field": "assignees", "code": "invalid"}]}),
            "assignees invalid",
        ),
    ],
    ids=["403", "404", "410", "451", "422"],
)
async def test_a_refusal_says_why_and_what_to_do(said: httpx.Response, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        await create({CREATE: said})


@pytest.mark.parametrize(
    "said",
    [
        httpx.ReadTimeout("no answer"),
        httpx.RemoteProtocolError("half an answer"),
        answer(500),
        answer(502, "<html>Bad gateway</html>"),
        answer(503),
        httpx.Response(201, content=b'{"id": 91, "numb'),
        httpx.Response(201, content=b"<html>ok</html>"),
        answer(201, {"id": 91}),
        answer(202),
    ],
    ids=["time-out", "broken off", "500", "502 as HTML", "503", "half of JSON", "HTML", "not an issue", "202"],
)
async def test_a_creation_whose_end_nobody_saw_is_unknown_and_is_not_sent_again(said: Any) -> None:
    world = Scripted({CREATE: said})

    with pytest.raises(Unknown):
        await github(world).create(draft(), soon())
    assert world.count("POST") == 1


@pytest.mark.parametrize(
    "said",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("no way"), answer(409), answer(423)],
    ids=["refused connection", "no connection", "409", "423"],
)
async def test_what_certainly_did_nothing_is_tried_later(said: Any) -> None:
    with pytest.raises(Retryable):
        await create({CREATE: said})


async def test_nothing_is_sent_by_a_process_that_was_held_up_for_too_long() -> None:
    world = Scripted({CREATE: answer(201, issue())})

    with pytest.raises(Retryable, match="held up"):
        await github(world).create(draft(), asyncio.get_running_loop().time() - 1)
    assert world.count("POST") == 0


async def test_a_repository_that_was_renamed_gets_its_issue_where_it_is_now() -> None:
    moved = answer(307, location="https://api.github.example/repositories/5/issues")
    world = Scripted({CREATE: moved, "POST /repositories/5/issues": answer(201, issue())})

    assert (await github(world).create(draft(), soon())).place == HERE


async def test_a_redirect_to_another_host_gets_no_token() -> None:
    world = Scripted({CREATE: answer(307, location="https://elsewhere.example/issues")})

    with pytest.raises((Rejected, Retryable, Unknown)):
        await github(world).create(draft(), soon())
    assert {request.url.host for request in world.asked} == {"api.github.example"}


# Limits and credentials


async def test_a_token_that_ran_out_is_said_once_and_stops_everything() -> None:
    budget = Remembering()

    with pytest.raises(Unauthorized, match="renew CLOSEOUT_ACTIONS_GITHUB_TOKEN") as raised:
        await create({CREATE: refusal(401, "Bad credentials")}, budget)

    assert ("unauthorized",) in budget.told
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (refusal(403, "You have exceeded a secondary rate limit", retry_after="37"), 37.0),
        (refusal(429, "Too many requests", retry_after="5"), 5.0),
        (refusal(403, "You have exceeded a secondary rate limit"), None),
        (refusal(429, "Slow down"), None),
        (
            refusal(
                403,
                "API rate limit exceeded",
                x_ratelimit_remaining="0",
                x_ratelimit_reset="1772539260",
                date="Tue, 03 Mar 2026 12:00:00 GMT",
            ),
            60.0,
        ),
    ],
    ids=["secondary with Retry-After", "429 with Retry-After", "secondary without", "429 without", "primary"],
)
async def test_a_limit_is_waited_for_as_long_as_github_says(said: httpx.Response, seconds: float | None) -> None:
    budget = Remembering()

    with pytest.raises(Retryable):
        await create({CREATE: said}, budget)

    assert budget.blocks() == [seconds]


async def test_a_plain_403_is_no_limit() -> None:
    budget = Remembering()

    with pytest.raises(Rejected):
        await create({CREATE: refusal(403, "Must have admin rights to Repository.")}, budget)
    assert budget.blocks() == []


async def test_what_is_left_of_the_limit_is_told_to_the_budget() -> None:
    budget = Remembering()

    await create({CREATE: answer(201, issue(), x_ratelimit_remaining="41", x_ratelimit_reset="1")}, budget)

    assert ("answered", 41) in budget.told


# Looking for what may have been made


async def test_an_issue_that_was_made_unseen_is_found_by_its_mark() -> None:
    wanted = draft()
    theirs = issue(2, body=mark_of("00000000-0000-0000-0000-000000000000"))
    ours = issue(1, body=f"Why.\n\n{mark_of(wanted.mark)}")
    world = Scripted({**USER, LIST: answer(200, [theirs, ours])})

    found = await github(world).find(wanted)

    assert found is not None
    assert found.place == HERE
    assert dict(world.asked[-1].url.params)["creator"] == "closeout-bot"


async def test_the_search_goes_through_all_pages_and_ends_where_older_issues_begin() -> None:
    following = answer(
        200, [issue(3)], link='<https://api.github.example/repos/acme/payments/issues?page=2>; rel="next"'
    )
    older = answer(200, [issue(2, created_at="2026-03-01T00:00:00Z")])
    world = Scripted({**USER, LIST: [following, older]})

    assert await github(world).find(draft()) is None
    assert world.count("GET") == 3


async def test_a_quoted_mark_in_a_pull_request_is_not_the_ticket() -> None:
    wanted = draft()
    pull = issue(1, body=mark_of(wanted.mark), pull_request={"url": "https://api.github.example/pulls/1"})
    assert await github(Scripted({**USER, LIST: answer(200, [pull])})).find(wanted) is None


@pytest.mark.parametrize(
    "said",
    [answer(500), refusal(404, "Not Found"), httpx.Response(200, content=b"<html>"), answer(200, {"no": "list"})],
    ids=["500", "404", "HTML", "no list"],
)
async def test_a_look_that_saw_nothing_for_certain_says_so(said: httpx.Response) -> None:
    with pytest.raises(Retryable):
        await github(Scripted({**USER, LIST: said})).find(draft())


# Reading


@pytest.mark.parametrize(
    ("state", "reason", "means"),
    [
        ("open", None, TicketState.OPEN),
        ("open", "reopened", TicketState.OPEN),
        ("closed", "completed", TicketState.COMPLETED),
        ("closed", None, TicketState.COMPLETED),
        ("closed", "not_planned", TicketState.WONT_DO),
        ("closed", "duplicate", TicketState.DUPLICATE),
        ("closed", "some-reason-of-tomorrow", TicketState.WONT_DO),
    ],
)
async def test_closed_is_read_for_what_it_means(state: str, reason: str | None, means: TicketState) -> None:
    read = await github(Scripted({READ: answer(200, issue(state=state, state_reason=reason))})).read(HERE)

    assert isinstance(read.seen, SeenTicket)
    assert read.seen.state is means


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (refusal(410, "This issue was deleted"), Gone),
        (refusal(404, "Not Found"), Missing),
        (refusal(403, "Resource not accessible"), Missing),
        (refusal(451, "Blocked"), Missing),
    ],
    ids=["410", "404", "403", "451"],
)
async def test_a_ticket_that_is_not_there_is_an_answer(said: httpx.Response, kind: type) -> None:
    assert isinstance((await github(Scripted({READ: said})).read(HERE)).seen, kind)


async def test_a_transferred_ticket_is_followed() -> None:
    there = issue(5, repository_url="https://api.github.example/repos/acme/checkout")
    world = Scripted(
        {
            READ: answer(301, location="https://api.github.example/repositories/6/issues/5"),
            "GET /repositories/6/issues/5": answer(200, there),
        }
    )

    read = await github(world).read(HERE)

    assert isinstance(read.seen, Moved)
    assert read.seen.to.place.project == "acme/checkout"


async def test_what_has_not_changed_is_asked_for_by_its_etag_and_not_told_again() -> None:
    world = Scripted({READ: httpx.Response(304)})

    read = await github(world).read(HERE, etag='"abc"')

    assert read.seen is None
    assert read.etag == '"abc"'
    assert world.asked[0].headers["if-none-match"] == '"abc"'


async def test_the_changes_of_a_project_come_whole_and_without_pull_requests() -> None:
    following = answer(
        200,
        [issue(1), issue(2, pull_request={})],
        link='<https://api.github.example/repos/acme/payments/issues?page=2>; rel="next"',
    )
    world = Scripted({LIST: [following, answer(200, [issue(3)])]})

    changes = await github(world).changed_since("acme/payments", WANTED_SINCE)

    assert changes.seen is not None
    assert [one.place.number for one in changes.seen] == [1, 3]
    assert dict(world.asked[0].url.params)["since"] == "2026-03-03T12:00:00Z"


# Writing on a ticket


async def test_a_comment_is_written_once() -> None:
    comments = "repos/acme/payments/issues/1/comments"
    mark = "11111111-1111-1111-1111-111111111111"
    world = Scripted(
        {
            f"GET /{comments}": [answer(200, []), answer(200, [{"body": mark_of(mark)}])],
            f"POST /{comments}": answer(201),
        }
    )
    tracker = github(world)

    for _ in range(2):
        await tracker.say(HERE, "It came back. @dana-engineer #1", mark)

    [sent] = world.bodies()
    assert mark_of(mark) in sent["body"]
    assert "@dana-engineer" not in sent["body"], "nobody is called by accident"


async def test_what_is_closed_already_keeps_its_own_reason() -> None:
    world = Scripted({READ: answer(200, issue(state="closed", state_reason="completed"))})

    await github(world).close_as_not_planned(HERE)

    assert world.count("PATCH") == 0


async def test_a_withdrawn_promise_closes_its_ticket_as_not_planned() -> None:
    world = Scripted({READ: answer(200, issue()), "PATCH /repos/acme/payments/issues/1": answer(200, issue())})

    await github(world).close_as_not_planned(HERE)

    assert world.bodies("PATCH") == [{"state": "closed", "state_reason": "not_planned"}]


# Secrets


async def test_the_token_is_sent_and_never_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    echo = refusal(422, f"Bad header: Bearer {SECRET}")
    world = Scripted({CREATE: echo})

    with pytest.raises(Rejected) as raised:
        await github(world).create(draft(), soon())

    assert world.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    told = str(raised.value) + caplog.text + json.dumps([vars(record) for record in caplog.records], default=str)
    assert SECRET not in told
