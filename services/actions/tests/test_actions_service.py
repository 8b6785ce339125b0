"""The service against the stand-in for GitHub, on a real Postgres."""

from __future__ import annotations

from typing import Any

from closeout_actions.domain.creation import Stage
from closeout_actions.testing import Actions, delivery
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.vocabulary import TicketState


def issues(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    return sandbox.state.store.all("github.issue")


async def deed(sandbox: RunningSandbox, path: str, **body: Any) -> dict[str, Any]:
    answer = await sandbox.control.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def webhooks(sandbox: RunningSandbox, service: Actions) -> None:
    """Hand what the sandbox would have sent to the service, as the door does."""
    for one in sandbox.state.store.all("github.delivery"):
        await service.hear(delivery(one["body"], one["event"], one["guid"]))


async def test_a_promise_becomes_a_ticket_and_a_completed_ticket_ships_it(
    sandbox: RunningSandbox, service: Actions
) -> None:
    await sandbox.control.put("/webhooks", json={"github": {"url": "http://127.0.0.1:9/", "secret": "s"}})
    kept = await service.made()

    await deed(sandbox, "/github/issues/1/close", reason="completed", at="2030-01-01T00:00:00Z")
    await webhooks(sandbox, service)

    assert kept.creation.stage is Stage.CREATED
    assert len(issues(sandbox)) == 1
    issue = issues(sandbox)[0]
    assert issue["title"] == kept.committed.item.text
    assert issue["assignees"] == ["dana-engineer"]
    assert issue["labels"] == ["postmortem"]
    assert f"<!-- closeout:item={kept.item_id} -->" in issue["body"]
    assert await service.told() == ["created", "completed"]
    created, completed = await service.tickets()
    assert created.data.ticket.key == "acme/payments#1"
    assert created.data.ticket.assignee == "dana-engineer"
    assert completed.data.ticket.state is TicketState.COMPLETED
    assert completed.subject == str(kept.item_id)
    assert completed.data.ticket.revision == 2
