"""What a ticket said before somebody changed it, which trackers tell along with the change: nobody here needs it.

A text is written anew in a tracker when a secret was taken out of it. What is kept of that must not bring it back.
"""

from __future__ import annotations

import json
from typing import Any

from closeout_ingest.adapters.reading import dicts_of
from closeout_schemas.deliveries import json_object

# GitHub's, Gitea's and GitLab's; Linear's; Jira's.
SIGNS = (b'"changes"', b'"updatedFrom"', b'"changelog"')
TEXTS = ("title", "body", "description", "summary")
BEFORE = ("from", "previous", "fromString")


def without_earlier(body: bytes) -> bytes:
    """A tracker's delivery without earlier titles and texts; as it was received where it tells none."""
    if not any(sign in body for sign in SIGNS):
        return body
    told = json_object(body)
    told_before = [part for part in _parts(told) for name in BEFORE if part.pop(name, None) is not None]
    linear = told.get("updatedFrom")
    told_before += [linear for name in TEXTS if isinstance(linear, dict) and linear.pop(name, None) is not None]
    return json.dumps(told).encode() if told_before else body


def _parts(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What is told of each text that was changed."""
    changes, log = told.get("changes"), told.get("changelog")
    by_name = [changes.get(name) for name in TEXTS] if isinstance(changes, dict) else []
    items = log.get("items") if isinstance(log, dict) else None
    listed = dicts_of(items)
    return [*dicts_of(by_name), *(one for one in listed if one.get("field") in TEXTS)]
