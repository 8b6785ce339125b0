"""The readers of every tracker over payloads that vendors publish and people captured, where ../shared is present."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from closeout_actions.adapters.port import Heard
from closeout_actions.adapters.trackers import TRACKERS
from closeout_actions.domain.seen import Gone, Seen, SeenTicket
from closeout_actions.settings import ActionsSettings
from closeout_actions.testing import delivered
from closeout_schemas.vocabulary import TicketState, Vendor

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
HEADERS = {"x-gitea-event": "issues", "x-hub-signature": "checked at the door"}
OPEN, DONE, WONT_DO, DUPLICATE = (
    TicketState.OPEN,
    TicketState.COMPLETED,
    TicketState.WONT_DO,
    TicketState.DUPLICATE,
)

WEBHOOKS: list[tuple[str, TicketState | type[Gone] | None]] = [
    ("jira/webhook/issue_created.cloud.json", OPEN),
    ("jira/webhook/issue_created.cloud_many_fields.json", OPEN),
    ("jira/webhook/issue_updated.assigned.json", OPEN),
    ("jira/webhook/issue_updated.unassigned.json", OPEN),
    ("jira/webhook/issue_updated.in_progress.json", OPEN),
    ("jira/webhook/issue_updated.issue_type.json", OPEN),
    ("jira/webhook/issue_updated.moved.json", DONE),
    ("jira/webhook/issue_updated.reopened.json", OPEN),
    ("jira/webhook/issue_updated.resolved_done.json", DONE),
    ("jira/webhook/issue_updated.resolved_wont_do.json", WONT_DO),
    ("jira/webhook/issue_updated.sprint.json", OPEN),
    ("jira/webhook/issue_deleted.json", Gone),
    ("linear/webhook/Issue.create.json", OPEN),
    ("linear/webhook/Issue.create.2023.json", OPEN),
    ("linear/webhook/Issue.update.assignee_due_cycle.json", OPEN),
    ("linear/webhook/Issue.update.by_own_integration.json", OPEN),
    ("linear/webhook/Issue.update.canceled.json", TicketState.CANCELLED),
    ("linear/webhook/Issue.update.completed.json", DONE),
    ("linear/webhook/Issue.update.moved_team.json", OPEN),
    ("linear/webhook/Issue.update.reopened.json", OPEN),
    ("linear/webhook/Issue.update.title.2023.json", OPEN),
    ("linear/webhook/Issue.remove.json", Gone),
    ("linear/webhook/Issue.remove.2023.json", Gone),
    ("gitea/webhook/issues.opened.json", OPEN),
    ("gitea/webhook/issues.assigned.json", OPEN),
    ("gitea/webhook/issues.closed.json", DONE),
    ("gitea/webhook/issues.reopened.json", OPEN),
]
HINTS = [
    "gitlab/webhook/issue.open.json",
    "gitlab/webhook/issue.close.json",
    "gitlab/webhook/issue.close.2016.json",
    "gitlab/webhook/issue.close.duplicate.json",
    "gitlab/webhook/issue.close.wontfix_label.json",
    "gitlab/webhook/issue.reopen.json",
    "gitlab/webhook/issue.update.2016.json",
    "gitlab/webhook/issue.update.moved.json",
    "gitlab/webhook/work_item.incident.open.2026.json",
]


def sample(path: str) -> Any:
    found = SAMPLES / path
    if not found.exists():
        pytest.skip("needs the vendors' sample payloads in ../shared/samples")
    return json.loads(found.read_text())


def heard(path: str, **settings: Any) -> Heard | None:
    vendor = Vendor(path.partition("/")[0])
    hear = next(kind for kind in TRACKERS if kind.vendor is vendor).hear(ActionsSettings(**settings))
    return hear(delivered(vendor, HEADERS, sample(path)).data)


def kind_of(seen: Seen) -> object:
    return seen.state if isinstance(seen, SeenTicket) else type(seen)


@pytest.mark.parametrize(("path", "means"), WEBHOOKS, ids=[path for path, _ in WEBHOOKS])
def test_a_captured_webhook_means_what_it_says(path: str, means: object) -> None:
    found = heard(path)

    assert (kind_of(found.seen) if found else None) is means
    if found and isinstance(found.seen, SeenTicket):
        assert found.seen.title
        assert found.seen.place.key
        assert found.seen.updated_at >= found.seen.created_at
        assert (found.seen.closed_at is None) is (found.seen.state is OPEN)


@pytest.mark.parametrize("path", HINTS)
def test_a_captured_webhook_of_gitlab_says_which_issue_is_to_be_read(path: str) -> None:
    found = heard(path)

    assert found is not None
    assert found.is_hint
    assert found.remote_id == str(sample(path)["object_attributes"]["id"])


def test_a_captured_webhook_of_a_comment_in_jira_says_which_issue_is_to_be_read_and_who_wrote() -> None:
    found = heard("jira/webhook/comment_created.cloud.json")

    assert found is not None
    assert (found.remote_id, found.seen, found.is_hint, found.by) == ("10040", None, True, "Test User")


@pytest.mark.parametrize("name", ["resolved", "closed"])
def test_a_captured_webhook_of_data_center_is_read_by_names_instead_of_ids(name: str) -> None:
    found = heard(f"jira/webhook/issue_updated.{name}.datacenter.json", jira_flavour="data_center")

    assert found is not None
    assert kind_of(found.seen) in (DONE, WONT_DO)


def test_a_move_in_jira_keeps_the_id_and_gives_another_key() -> None:
    found = heard("jira/webhook/issue_updated.moved.json")

    assert found is not None
    assert isinstance(found.seen, SeenTicket)
    assert (found.remote_id, found.seen.place.key) == ("10040", "OPS-7")


def test_a_sprint_in_jira_is_read_from_whichever_field_holds_it() -> None:
    found = heard("jira/webhook/issue_created.cloud_many_fields.json")

    assert found is not None
    assert isinstance(found.seen, SeenTicket)
    assert found.seen.milestone == "SCRUM1 Sprint 1"
    assert found.seen.milestone_due_on == date(2019, 6, 6)


def test_a_webhook_of_jira_that_does_not_show_the_sprint_it_is_about_makes_us_read() -> None:
    found = heard("jira/webhook/issue_updated.sprint.json")

    assert found is not None
    assert found.is_hint
    assert found.lacks_milestone


def test_a_cycle_and_a_due_date_in_linear_are_read() -> None:
    found = heard("linear/webhook/Issue.update.assignee_due_cycle.json")

    assert found is not None
    assert isinstance(found.seen, SeenTicket)
    assert found.seen.due_on == date.fromisoformat(
        sample("linear/webhook/Issue.update.assignee_due_cycle.json")["data"]["dueDate"]
    )
    assert found.seen.assignees
