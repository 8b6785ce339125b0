"""Who and by when, of an action item that is written as one sentence."""

from __future__ import annotations

from datetime import date

import pytest

from closeout_judgement.documents.dates import Order
from closeout_judgement.documents.item_parts import parts_of

WEEK_12, JUNE_1 = date(2026, 3, 22), date(2026, 6, 1)


@pytest.mark.parametrize(
    ("written", "owner", "due_on"),
    [
        ("Cap the retries of the gateway at 3, @sam, 2026-W12", "@sam", WEEK_12),
        ("Cap the retries of the gateway at 3 (@sam) 2026-06-01", "@sam", JUNE_1),
        ("Cap the retries of the gateway at 3 (@sam, 2026-W12) OPS-3", "@sam", WEEK_12),
        ("Cap the retries of the gateway at 3 (@sam), 2026-W12, acme/shop#14", "@sam", WEEK_12),
        ("Cap the retries of the gateway at 3 – 2026-06-01.", "", JUNE_1),
        ("Cap the retries of the gateway at 3 @sam 2026-W12 https://git.example.org/x/y/issues/4", "@sam", WEEK_12),
    ],
)
def test_a_day_or_week_that_ends_an_item_is_when_it_is_due(written: str, owner: str, due_on: date) -> None:
    parts = parts_of(written, (), Order.UNKNOWN)

    assert (parts.owner, parts.due_on) == (owner, due_on)


@pytest.mark.parametrize(
    "written",
    [
        "Bring back the dashboards that were lost on 2026-06-01",
        "Alert on what the release of 2026-W12 left behind",
        "Remove what stands in backups/2026-06-01",
    ],
)
def test_a_day_that_the_sentence_tells_of_is_not(written: str) -> None:
    assert parts_of(written, (), Order.UNKNOWN).due_on is None
