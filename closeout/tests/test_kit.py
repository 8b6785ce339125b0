"""The published kit against a tracker that does all that it asks for: the home-made one, at its stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from pydantic import SecretStr

from closeout.testing import Budget, TrackerConformance
from closeout_actions.adapters.homemade.tracker import Homemade
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.testing import RunningSandbox, serving
from closeout_schemas.vocabulary import TicketState

SOMEBODY = "sam-oncall"
OUTCOMES = {
    TicketState.COMPLETED: "completed",
    TicketState.WONT_DO: "not_planned",
    TicketState.DUPLICATE: "duplicate",
}


class Desk:
    """What people do in it."""

    project, account, label = "PAY", "dana-engineer", "postmortem"

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.board = sandbox.state.trackers["homemade"].desk.board
        url = f"{sandbox.tracker_api('homemade')}/closeout"
        self.tracker = Homemade(url, SecretStr("sandbox-homemade-secret"), Budget(), timeout=20)

    async def titles(self) -> Sequence[str]:
        return [one["title"] for one in self.board.tickets()]

    async def comments(self, remote_id: str) -> Sequence[str]:
        return [one["body"] for one in self.board.ticket(remote_id)["comments"]]

    async def close(self, remote_id: str, state: TicketState) -> None:
        self.board.close(remote_id, OUTCOMES[state], by=SOMEBODY)

    async def reopen(self, remote_id: str) -> None:
        self.board.reopen(remote_id, by=SOMEBODY)

    async def assign(self, remote_id: str, *accounts: str) -> None:
        self.board.change(remote_id, "assigned", by=SOMEBODY, assignees=list(accounts))

    async def delete(self, remote_id: str) -> None:
        self.board.delete(remote_id, by=SOMEBODY)

    async def move(self, remote_id: str) -> None:
        self.board.move(remote_id, "OPS", by=SOMEBODY)


class TestHomemade(TrackerConformance):
    @pytest.fixture
    async def stand(self) -> AsyncIterator[Desk]:
        async with serving(SandboxSettings()) as sandbox:
            desk = Desk(sandbox)
            yield desk
            await desk.tracker.close()
