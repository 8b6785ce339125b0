"""What is Jira's own: screens, required fields, workflows, documents, hints. The rest is in the conformance suite."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from closeout_actions.adapters.client import Manners
from closeout_actions.adapters.jira import adf, limits, wiki
from closeout_actions.adapters.jira.reading import current_sprint
from closeout_actions.adapters.jira.tracker import MANNERS
from closeout_actions.adapters.letter import letter
from closeout_actions.domain.creation import Stage
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.testing import Actions, actions, delivered, item, reassigned
from closeout_chassis.http_out import Answer
from closeout_schemas.postmortems import Target
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

from .github_stub import draft
from .stands import KINDS, Stand

CLOUD, DATA_CENTER = [kind for kind in KINDS if kind.vendor is Vendor.JIRA]
both = pytest.mark.parametrize("stand", [CLOUD, DATA_CENTER], indirect=True, ids=["cloud", "data_center"])
cloud = pytest.mark.parametrize("stand", [CLOUD], indirect=True, ids=["cloud"])

HOSTILE = "Ask @sam in [~sam] {code}rm{code} h1. !x.png! <b> https://evil.example\n* not a list"


WANTED = """
projects:
  jira:PAY:
    type: Task
    labels: [reliability]
    components: [payments-api]
    template: |
      Runbook: see the wiki of {service}, due {due}, {unknown}
"""


def board(stand: Stand) -> Any:
    return stand.state.trackers[stand.kind.system].desk.board


async def described(team: Actions) -> Any:
    await team.describer.run()
    return [one.data for one in await team.directory() if one.type.startswith("closeout.directory.project")][-1]


@both
async def test_fields_that_the_project_requires_are_asked_for_before_anything_is_promised_and_filled(
    team: Actions, stand: Stand
) -> None:
    array, areas = {"type": "array", "items": "option"}, [{"value": "A"}, {"value": "B"}]
    required = [
        {"id": "customfield_10100", "name": "Team", "allowedValues": [{"id": "7", "value": "SRE"}]},
        {"id": "customfield_10101", "name": "Effort", "schema": {"type": "number"}},
        {
            "id": "customfield_10102",
            "name": "Areas",
            "schema": array,
            "allowedValues": areas,
        },
    ]
    board(stand).change_project("PAY", required=required)
    project = await described(team)

    written = {"customfield_10100": "SRE", "customfield_10101": "3", "customfield_10102": "A\nB"}
    kept = await team.settled(await team.promise(**stand.promise(fields=written)))

    assert project.can_create, project.why_not
    assert [(one.name, one.kind.value, one.allowed) for one in project.required_fields] == [
        ("Team", "choice", ("SRE",)),
        ("Effort", "number", ()),
        ("Areas", "choices", ("A", "B")),
    ]
    assert kept.creation.stage is Stage.CREATED


@both
async def test_a_required_field_that_no_words_can_fill_is_named_before_anything_is_promised(
    team: Actions, stand: Stand
) -> None:
    field = {"id": "customfield_10100", "name": "Approver", "schema": {"type": "user"}}
    board(stand).change_project("PAY", required=[field])

    project = await described(team)

    assert not project.can_create
    assert "Approver (customfield_10100)" in project.why_not
    assert "CLOSEOUT_ACTIONS_JIRA_FIELDS" in project.why_not


@both
async def test_a_team_says_in_one_file_how_it_wants_its_tickets(database: str, stand: Stand, tmp_path: Path) -> None:
    file = tmp_path / "closeout.yaml"
    file.write_text(WANTED)
    async with actions(database, "", **stand.settings, mapping_file=file) as team:
        await team.settled(await team.promise(**stand.promise()))

    (ticket,) = stand.tickets()
    text = str(ticket["body"])
    assert "reliability" in ticket["labels"]
    assert "Runbook: see the wiki" in text
    assert "Checkout API" in text
    assert "{unknown}" in text.replace("\\", ""), "what the template does not know stays"


@both
async def test_a_required_field_can_be_filled_from_the_settings(database: str, stand: Stand) -> None:
    board(stand).change_project("PAY", required=[{"id": "customfield_10100", "name": "Team"}])
    fields = {"customfield_10100": {"value": "SRE"}}
    async with actions(database, "", **stand.settings, jira_fields=fields) as team:
        project = await described(team)
        kept = await team.settled(await team.promise(**stand.promise()))

    assert project.can_create, project.why_not
    assert kept.creation.stage is Stage.CREATED


@both
async def test_a_field_that_became_required_is_refused_by_name_and_tried_again_when_it_is_not(
    team: Actions, stand: Stand
) -> None:
    await described(team)
    board(stand).change_project("PAY", required=[{"id": "customfield_10100", "name": "Team"}])
    event = await team.promise(**stand.promise())
    refused = await team.settled(event, Stage.REFUSED)
    await described(team)

    board(stand).change_project("PAY", required=[])
    await described(team)
    kept = await team.settled(event)

    assert "Team is required" in (refused.creation.why or "")
    assert kept.creation.stage is Stage.CREATED
    assert len(stand.tickets()) == 1


@both
async def test_a_sprint_whose_board_is_closed_to_our_account_is_not_said_to_be_over_for_certain(
    team: Actions, stand: Stand
) -> None:
    await stand.fault("status", method="GET", path="/rest/agile/1.0/board", status=403, times=None)
    sprint = Target(kind=TargetKind.MILESTONE, value="Sprint 2", due_on=date(2026, 12, 13))

    kept = await team.settled(await team.promise(**stand.promise(target=sprint)), Stage.REFUSED)

    assert "“Sprint 2”" in (kept.creation.why or "")
    assert "give our account access to the board" in (kept.creation.why or "")


@both
async def test_what_the_create_screen_lacks_is_left_out_and_said(team: Actions, stand: Stand) -> None:
    board(stand).change_project("PAY", screen=["project", "issuetype", "summary", "description", "labels"])

    kept = await team.settled(await team.promise(**stand.promise()))

    (ticket,) = stand.tickets()
    assert ticket["assignees"] == []
    assert ticket["due_on"] is None
    reason = (await team.tickets())[1].data.reason
    assert "Jira did not take assignee: Field 'assignee' cannot be set." in reason
    assert "Jira did not take duedate" in reason
    assert kept.creation.attempt == 1


@both
async def test_a_screen_without_labels_takes_no_promise(team: Actions, stand: Stand) -> None:
    board(stand).change_project("PAY", screen=["project", "issuetype", "summary", "description", "assignee"])

    project = await described(team)
    refused = await team.settled(await team.promise(**stand.promise()), Stage.REFUSED)

    assert "has no Labels field" in project.why_not
    assert "labels" in (refused.creation.why or "")
    assert stand.tickets() == []


@both
async def test_an_issue_that_was_made_and_cannot_be_read_yet_counts_as_made(team: Actions, stand: Stand) -> None:
    await stand.fault("status", method="GET", path="/rest/api/*/issue/*", status=503)

    kept = await team.settled(await team.promise(**stand.promise()))
    await team.reconciler.read_asked_for()
    await team.reconciler.run()

    assert kept.creation.attempt == 1
    assert await team.told() == ["created"]
    assert (await team.kept(kept.item_id)).ticket.assignees == ("dana-engineer",)


@both
async def test_a_webhook_that_nobody_signed_is_not_believed_but_makes_us_look(team: Actions, stand: Stand) -> None:
    await stand.listen()
    kept = await team.settled(await team.promise(**stand.promise()))
    await team.reconciler.read_asked_for()
    await stand.close("completed")
    told = stand.webhooks()[-1].data
    forged = json.loads(told.body)
    forged["issue"]["fields"]["summary"] = "Nothing to do here"
    unsigned = {name: value for name, value in told.headers.items() if name != "x-hub-signature"}

    await team.hear(delivered(Vendor.JIRA, unsigned, forged))
    before = await team.told()
    await team.reconciler.read_asked_for()

    assert before == ["created"]
    assert await team.told() == ["created", "completed"]
    assert (await team.kept(kept.item_id)).ticket.snapshot.title == kept.committed.item.text


@both
async def test_a_webhook_that_does_not_show_the_sprint_does_not_take_it_away(team: Actions, stand: Stand) -> None:
    await stand.listen()
    milestone = (await described(team)).milestones[0]
    target = Target(kind=TargetKind.MILESTONE, value=milestone.title, due_on=milestone.due_on)
    kept = await team.settled(await team.promise(**stand.promise(target=target)))
    await team.reconciler.read_asked_for()
    await stand.close("completed")
    told = stand.webhooks()[-1].data
    body = json.loads(told.body)
    del body["issue"]["fields"]["customfield_10020"]

    await team.hear(delivered(Vendor.JIRA, told.headers, body))
    await team.reconciler.read_asked_for()

    assert await team.told() == ["created", "completed"]
    assert (await team.kept(kept.item_id)).ticket.milestone == milestone.title


@both
async def test_one_who_may_not_ask_who_can_be_assigned_sees_no_leavers(team: Actions, stand: Stand) -> None:
    kept = await team.settled(await team.promise(**stand.promise()))
    for person in board(stand).people():
        board(stand).put("person", person["handle"], {**person, "assignable": False})

    await team.reconciler.run()

    assert (await team.kept(kept.item_id)).ticket.snapshot.problem is None
    assert await team.told() == ["created"]


@cloud
async def test_what_counts_as_not_done_is_the_teams_to_say(database: str, stand: Stand) -> None:
    async with actions(database, "", **stand.settings, wont_do_names=("Done",)) as team:
        kept = await team.settled(await team.promise(**stand.promise()))
        await stand.close("completed")
        await team.reconciler.run()

        assert (await team.kept(kept.item_id)).ticket.snapshot.state is TicketState.WONT_DO


@both
async def test_peoples_words_stay_words_in_jiras_own_syntax(team: Actions, stand: Stand) -> None:
    await team.settled(await team.promise(**stand.promise(criterion=HOSTILE)))

    body = stand.tickets()[0]["body"]
    if stand.kind is CLOUD:
        kinds = set(re.findall(r'"type": "(\w+)"', json.dumps(body)))
        assert kinds <= {"doc", "paragraph", "text", "hardBreak", "bulletList", "listItem", "rule", "strong", "link"}
        assert HOSTILE.splitlines()[0] in json.dumps(body)
    else:
        assert r"\[\~sam\] \{code\}rm\{code\}" in body
        assert r"\!x.png\!" in body


def test_a_document_is_read_for_its_words_whatever_is_in_it() -> None:
    mention = {"type": "mention", "attrs": {"id": "5c5f", "text": "@Sam Oncall"}}
    card = {"type": "inlineCard", "attrs": {"url": "https://closeout.example/postmortems/1"}}
    text = [{"type": "text", "text": "Blocked: ask "}, mention, {"type": "hardBreak"}, card]
    entry = {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]}
    document = {"type": "doc", "content": [{"type": "paragraph", "content": text}, {"type": "x", "content": [entry]}]}

    assert adf.words(document) == "Blocked: ask @Sam Oncall\nhttps://closeout.example/postmortems/1\none"
    for broken in (None, "text", {"content": 7}, {"type": "doc", "content": [7, {"type": "emoji", "attrs": None}]}):
        assert adf.words(broken) == ""


@both
async def test_what_of_a_changed_promise_the_edit_screen_lacks_is_said_and_asked_for_in_words(
    team: Actions, stand: Stand
) -> None:
    event = await team.promise(**stand.promise())
    kept = await team.settled(event)
    board(stand).change_project("PAY", screen=["project", "issuetype", "summary", "description", "labels", "duedate"])

    later = Target(kind=TargetKind.WEEK, value="2027-W02", due_on=date(2027, 1, 17))
    await team.hear(reassigned(event, 1, owner=stand.owner("sam-oncall"), target=later))
    for _ in range(3):
        await team.creator.run()

    (ticket,) = stand.tickets()
    assert ticket["due_on"] == "2027-01-17"
    assert ticket["assignees"] == ["dana-engineer"]
    assert "Please assign the ticket" in str(ticket["comments"])
    told = (await team.tickets())[-1].data
    assert "does not take its owner and target: Jira did not take assignee" in told.reason
    assert told.ticket.item_id == kept.item_id


def test_a_ticket_says_the_same_in_both_syntaxes() -> None:
    blocks = letter(draft(item()), "Closing it counts.")
    texts = re.findall(r'"text": "(.*?)"', json.dumps(adf.document(blocks), ensure_ascii=False))

    plain = wiki.text(blocks).replace("\\", "")
    for text in texts:
        assert text.strip(" ().") in plain, text


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"retry-after": "5"}, 5.0),
        (429, {}, None),
        (
            429,
            {"x-ratelimit-reset": "2026-05-02T10:00:30Z", "date": "Sat, 02 May 2026 10:00:00 GMT"},
            30.0,
        ),
        (503, {"retry-after": "7"}, 7.0),
    ],
)
def test_jira_is_left_alone_for_as_long_as_it_says(status: int, headers: dict[str, str], seconds: float | None) -> None:
    found = limits.limited(Answer(status, headers, b"{}", "https://jira.example/x"), "too many", 0.0)

    assert found is not None
    assert found.seconds == seconds


def test_a_plain_503_and_a_403_are_no_limits() -> None:
    for status in (200, 400, 403, 503):
        assert limits.limited(Answer(status, {}, b"{}", "https://jira.example/x"), "", 0.0) is None


def test_what_jira_says_is_told_field_by_field() -> None:
    manners: Manners = MANNERS
    body = b'{"errorMessages": ["No."], "errors": {"duedate": "not on the screen"}}'

    assert manners.said(Answer(400, {}, body, "")) == "No.; duedate: not on the screen"
    assert manners.said(Answer(502, {}, b"<html>", "")) == "no message"
    gateways = b'{"code": 401, "message": "Unauthorized; scope does not match"}'
    assert manners.said(Answer(401, {}, gateways, "")) == "Unauthorized; scope does not match"


@cloud
async def test_a_token_that_ran_out_loses_no_ticket_though_cloud_answers_as_it_answers_anybody(
    database: str, stand: Stand
) -> None:
    """It says that nothing is there, and in a header that it does not know who asks."""
    async with actions(database, "", **stand.settings) as before:
        kept = await before.made(**stand.promise())
    expired = stand.settings | {"jira_token": SecretStr("expired")}
    async with actions(database, "", **expired, pause_seconds=0.01) as after:
        for _ in range(MISSES_UNTIL_LOST + 1):
            await after.reconciler.run()
        event = await after.promise(**stand.promise(text="Promised while the token had run out"))
        await after.creator.run()

        assert (await after.kept(kept.item_id)).ticket.snapshot.state is TicketState.OPEN
        assert await after.told() == ["created"]
        waiting = (await after.kept(event)).creation
        assert waiting.stage is Stage.WANTED
        assert "CLOSEOUT_ACTIONS_JIRA_TOKEN" in (waiting.why or "")


@pytest.mark.parametrize(
    ("said", "is_unauthorized"),
    [("AUTHENTICATED_FAILED", True), ("AUTHENTICATION_DENIED", True), ("OK", False), ("OK, OK", False), ("", False)],
)
def test_jira_says_in_a_header_that_it_does_not_know_who_asks(said: str, is_unauthorized: bool) -> None:
    headers = {"x-seraph-loginreason": said} if said else {}

    assert limits.is_unauthorized(Answer(200, headers, b"[]", "")) is is_unauthorized


def test_a_sprint_whose_goal_has_several_lines_is_read_from_data_centers_text() -> None:
    text = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1c1d2d9[id=1,rapidViewId=1,state=ACTIVE,name=Sprint 2,"
        "endDate=2026-03-16T09:00:00.000+01:00,completeDate=<null>,sequence=1,goal=Pay fast\nPay once,synced=false]"
    )

    sprint = current_sprint({"customfield_10001": [text]})

    assert sprint is not None
    assert (sprint.name, sprint.due_on) == ("Sprint 2", date(2026, 3, 16))
