"""The folder as a tracker, held to what every tracker has to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from closeout_folder_tracker import Folder

from closeout.testing import Budget, TrackerConformance
from closeout_schemas.vocabulary import TicketState


class Desk:
    """A folder, in which people work."""

    project, account, label = "PAY", "dana", "postmortem"

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "PAY").mkdir()
        (root / "people.json").write_text(json.dumps({"dana": {"name": "Dana Engineer", "email": "dana@example.com"}}))
        self.tracker = Folder(root, Budget())

    async def titles(self) -> Sequence[str]:
        return [json.loads(path.read_text())["title"] for path in (self.root / "PAY").glob("*.json")]

    async def comments(self, remote_id: str) -> Sequence[str]:
        return list(json.loads((self.root / remote_id).read_text())["comments"].values())

    async def close(self, remote_id: str, state: TicketState) -> None:
        self._change(remote_id, state=state.value, closed_at=datetime.now(UTC).isoformat())

    async def reopen(self, remote_id: str) -> None:
        self._change(remote_id, state="open", closed_at=None)

    async def assign(self, remote_id: str, *accounts: str) -> None:
        self._change(remote_id, assignees=list(accounts))

    async def delete(self, remote_id: str) -> None:
        (self.root / remote_id).unlink()

    def _change(self, remote_id: str, **changes: object) -> None:
        path = self.root / remote_id
        now = {"updated_at": datetime.now(UTC).isoformat()}
        path.write_text(json.dumps(json.loads(path.read_text()) | now | changes))


class TestFolder(TrackerConformance):
    @pytest.fixture
    def stand(self, tmp_path: Path) -> Desk:
        return Desk(tmp_path)
