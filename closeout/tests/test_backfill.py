"""`closeout backfill`: days of which there can be no incidents are said before anybody is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of
from closeout.commands.backfill import BEGAN, SourceName, _span

NOW = datetime(2026, 11, 30, 21, 0, tzinfo=UTC)
MARCH, APRIL, NEXT_YEAR = (datetime(*day, tzinfo=UTC) for day in ((2026, 3, 1), (2026, 4, 1), (2027, 1, 1)))


@pytest.mark.parametrize(
    ("given", "says", "to_do"),
    [
        (["--since", "0001-01-01"], "--since 0001-01-01 is before there was any pagerduty", "write 2009-01-01"),
        (["--since", "2008-12-31"], "--since 2008-12-31 is before there was any pagerduty", "write 2009-01-01"),
        (["--since", "9999-12-31"], "--since 9999-12-31 is not before today, 20", "write a day that is past"),
        (["--since", "2026-03-01", "--until", "2026-03-01"], "is not before --until 2026-03-01", "an earlier day"),
        (["--since", "yesterday"], "“yesterday” is no day", "write it as 2026-01-31"),
        (["--since", "0000-01-01"], "“0000-01-01” is no day", "write it as 2026-01-31"),
        (["--since", "2026-03-01", "--until", "2026-02-30"], "“2026-02-30” is no day", "write it as 2026-01-31"),
    ],
)
def test_a_day_that_no_pager_can_have_is_said_with_what_to_write(given: list[str], says: str, to_do: str) -> None:
    words = ["backfill", "--source", "pagerduty", *given]

    ended = CliRunner().invoke(app_of(["backfill"]), words, env={"COLUMNS": "250"})

    assert ended.exit_code == 2
    assert says in ended.output
    assert to_do in ended.output


@pytest.mark.parametrize("source", SourceName)
def test_the_first_day_of_a_pager_is_taken(source: SourceName) -> None:
    assert _span(source, BEGAN[source], None, NOW) == (BEGAN[source], NOW)


def test_a_span_ends_where_it_was_told_to_and_never_behind_now() -> None:
    assert _span(SourceName.PAGERDUTY, MARCH, APRIL, NOW) == (MARCH, APRIL)
    assert _span(SourceName.PAGERDUTY, MARCH, NEXT_YEAR, NOW) == (MARCH, NOW)
