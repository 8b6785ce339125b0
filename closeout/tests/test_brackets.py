"""What stands in brackets in people's and vendors' words is printed as it is: it is no markup of a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of
from closeout.commands import dlq, doctor, notices, trackers
from closeout.dead_letters import DeadLetter
from closeout.finding import Finding

WORDS = "[urgent] see [/docs] and [data.0]"
NOW = datetime.now(UTC)
LETTER = DeadLetter(
    *(UUID(int=7), "ingest", "closeout.delivery.pager.v1", 0, 0, None, b"{}", None, "uninterpretable", WORDS, "h"),
    *(NOW, 0, None, None, None),
)
NOTICE = {
    **dict.fromkeys(("channel", "said_at", "dropped_because", "not_before")),
    **{"wanted_at": NOW - timedelta(hours=1), "kind": "nudge", "name": "Sam", "subject": WORDS, "trouble": "away"},
}


def answering(answer: Any) -> Any:
    async def asked(*_: Any, **__: Any) -> Any:
        return answer

    return asked


@pytest.mark.parametrize(
    ("module", "asked", "answer", "words"),
    [
        (dlq, "_found", [LETTER], ["dlq", "list"]),
        (notices, "_listed", [NOTICE], ["notices"]),
        (doctor, "examine", [Finding("settings", "ok", WORDS)], ["doctor"]),
        (trackers, "_check_all", [trackers.Checked("jira:PAY", ok=True, says=WORDS)], ["trackers", "check"]),
    ],
    ids=["dlq", "notices", "doctor", "trackers"],
)
def test_brackets_are_words(
    module: Any, asked: str, answer: Any, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, asked, answering(answer))

    result = CliRunner().invoke(app_of([words[0]]), words, env={"COLUMNS": "250"})

    assert WORDS in result.output
