"""A timeline in parts: by how much a page carries, each entry in exactly one of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from closeout_review import testing as e
from closeout_review.domain.parts import MOST_ROWS, part_from, part_with
from closeout_review.domain.strip import Row, rows_of, strip_of


def rows(*texts: str) -> list[Row]:
    return rows_of([e.entry("note", text, n) for n, text in enumerate(texts)], ZoneInfo("UTC"))


def sizes(told: list[Row]) -> list[int]:
    found, begin = [], 0
    while True:
        part = part_from(told, begin)
        assert part.begin == begin
        assert part.earlier == (None if begin == 0 else begin - found[-1])
        found.append(len(part.rows))
        if part.later is None:
            return found
        begin = part.later


def test_a_short_timeline_is_one_part() -> None:
    assert sizes(rows(*["short"] * 40)) == [40]
    assert sizes([]) == [0]


def test_short_entries_come_so_many_at_a_time_and_long_ones_fewer() -> None:
    assert sizes(rows(*["short"] * 2 * MOST_ROWS))[0] > sizes(rows(*["long " * 400] * 2 * MOST_ROWS))[0]
    assert max(sizes(rows(*["short"] * 500))) <= MOST_ROWS


def test_an_entry_that_fills_a_page_is_a_part_of_its_own() -> None:
    assert sizes(rows("short", "x" * 90_000, "short", "short")) == [1, 1, 2]


def test_a_place_within_a_part_opens_that_part_and_one_beyond_the_end_the_last() -> None:
    told = rows(*["short"] * 300)
    second = part_from(told, 0).later
    assert second is not None
    assert part_from(told, second + 3).begin == second
    assert part_with(told, str(told[second + 3].entry.id)).begin == second
    assert part_from(told, 10**9).later is None
    assert part_with(told, "no such entry").begin == 0


def test_what_stands_beside_entries_counts() -> None:
    told = rows(*["short"] * 100)
    assert len(part_from(told, 0, lambda _: 2_000).rows) < len(part_from(told, 0).rows)


def test_a_redaction_long_after_stretches_no_strip_and_breaks_no_silence() -> None:
    night = [e.entry("opened", "", 0), e.entry("note", "It is the cache", 5), e.entry("resolved", "", 30)]
    late = [e.entry("note", "Sleep well", 45), e.entry("redacted", "A token was pasted", 60 * 24 * 40)]

    strip, alone = strip_of([*night, *late], ZoneInfo("UTC")), strip_of([*night, late[0]], ZoneInfo("UTC"))

    assert strip == alone
    assert strip is not None
    assert strip.end == late[0].occurred_at
    assert rows_of([*night, *late], ZoneInfo("UTC"))[-1].gap is None
    much_later = e.entry("note", "Two weeks on, it is clear what it was", 60 * 24 * 14)
    assert strip_of([*night, much_later], ZoneInfo("UTC")) == strip_of(night, ZoneInfo("UTC"))


def test_a_long_timeline_is_jumped_through_by_the_hours_in_which_something_was_said() -> None:
    told = [e.entry("note", "", minute) for minute in (*range(0, 90, 2), 300, 301)]

    strip, short = strip_of(told, ZoneInfo("UTC")), strip_of(told[-40:], ZoneInfo("UTC"))

    assert strip is not None
    assert short is not None
    assert short.jumps == ()
    by_id = {one.id: one for one in told}
    began = told[0].occurred_at
    full_hours = {one.occurred_at.hour for one in told if one.occurred_at.hour != began.hour}
    assert {by_id[jump.entry_id].occurred_at.hour for jump in strip.jumps} == full_hours
    for jump in strip.jumps:
        first = by_id[jump.entry_id].occurred_at
        assert jump.label == f"{first:%H}:00"
        assert first == min(one.occurred_at for one in told if one.occurred_at.hour == first.hour)


def test_where_another_day_begins_the_day_is_said() -> None:
    told = [e.entry("note", "", minute) for minute in (0, 5, 60 * 24, 60 * 24 + 1)]

    days = [row.new_day for row in rows_of(told, ZoneInfo("UTC"))]

    assert days == [None, None, told[2].occurred_at.date(), None]
