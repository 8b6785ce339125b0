"""What a ticket said before it was changed is not kept; everything else of a tracker's delivery is, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from closeout_ingest.adapters.earlier import without_earlier

SECRET = "Okapi-Tapir-0815"
TOLD: dict[str, dict[str, Any]] = {
    "GitHub": {"action": "edited", "issue": {"title": "New"}, "changes": {"title": {"from": SECRET}}},
    "Gitea": {"action": "edited", "issue": {"title": "New"}, "changes": {"body": {"from": f"a {SECRET}"}}},
    "GitLab": {"changes": {"description": {"previous": SECRET, "current": "New"}, "labels": {"previous": []}}},
    "Jira": {"changelog": {"items": [{"field": "summary", "fromString": SECRET, "toString": "New"}]}},
    "half of a character": {"changes": {"title": {"from": SECRET}}, "issue": {"title": "New \ud83d"}},
    "Linear": {"data": {"title": "New"}, "updatedFrom": {"title": SECRET, "updatedAt": "2026-03-03T03:14:00Z"}},
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_the_earlier_text_is_gone_and_the_rest_is_there(told: dict[str, Any]) -> None:
    left = without_earlier(json.dumps(told).encode()).decode()
    assert SECRET not in left
    assert "New" in left
    assert set(json.loads(left)) == set(told)


@pytest.mark.parametrize(
    "body",
    [
        b'{"action": "opened",  "issue": {"title": "changes"}}',
        b'{"changes": {"labels": {"previous": [1]}} }',
        b'{"changelog": {"items": [{"field": "Sprint", "fromString": "3"}]} }',
        b'{"changes": "none"}',
        b'{"changelog": {"items": 5}}',
        b'{"changelog": {"items": [{"field": ["summary"], "fromString": "3"}]}}',
        b'["changes", "updatedFrom"]',
        b'{"changes": ',
        b"\xff",
    ],
)
def test_what_tells_no_earlier_text_stays_as_it_was_received(body: bytes) -> None:
    assert without_earlier(body) == body
