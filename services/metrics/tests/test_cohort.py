"""The share shipped by its age, against what one counts by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_metrics.domain.action_item import OPEN, SHIPPED
from closeout_metrics.domain.cohort import Cohort, CohortTally, Fate, cohorts, cohorts_of

AGES = st.dictionaries(st.integers(0, 120), st.integers(1, 20), max_size=8)


def test_the_textbook_example_of_kaplan_and_meier() -> None:
    # Of ten, one ships on day 5; two are open since 6 days; one ships on day 10, when seven were still watched.
    cohort = Cohort("2026-Q4", shipped={5: 1, 10: 1}, open={6: 2, 40: 6})

    assert dict(cohort.curve) == pytest.approx({5: 0.1, 10: 1 - 0.9 * 6 / 7})


def test_what_nobody_was_watched_for_so_long_is_not_known() -> None:
    cohort = Cohort("2026-Q4", shipped={5: 1}, open={40: 1})

    assert (cohort.shipped_by(30), cohort.shipped_by(60)) == (0.5, None)


def test_a_withdrawn_promise_never_ships() -> None:
    cohort = Cohort("2026-Q3", shipped={5: 1}, withdrawn=1)

    assert [cohort.shipped_by(days) for days in (4, 30, 90)] == [0, 0.5, 0.5]
    assert (cohort.quantile(0.5), cohort.quantile(0.9)) == (5, None)


def test_nothing_promised_is_no_share() -> None:
    assert Cohort("2026-Q4").shipped_by(30) is None


def test_a_clock_that_runs_ahead_loses_nobody() -> None:
    ages = {SHIPPED: (-2, -1, 0, 4), OPEN: (-3, -1, 0)}
    fates = [Fate("all", "2026-Q4", fate, age, 1) for fate, some in ages.items() for age in some]
    [of_rows] = cohorts_of(fates)["all"]
    since = {"2026-11-05": 1, "2026-11-04": 1, "2026-11-01": 1}
    [of_tallies] = cohorts([CohortTally("2026-Q4", "unshipped", since)], date(2026, 11, 1))

    assert (of_rows.shipped, of_rows.open) == ({0: 3, 4: 1}, {0: 3})
    assert of_tallies.open == {0: 3}


@given(shipped=AGES, withdrawn=st.integers(0, 20))
def test_where_nobody_is_open_it_is_the_plain_share(shipped: dict[int, int], withdrawn: int) -> None:
    cohort = Cohort("2026-Q3", shipped, {}, withdrawn)
    for age in (0, 30, 60, 90, 200):
        plain = sum(count for at, count in shipped.items() if at <= age)
        share = cohort.shipped_by(age)
        assert share is None if not cohort.committed else share == pytest.approx(plain / cohort.committed)


@given(shipped=AGES, still=AGES, withdrawn=st.integers(0, 20))
def test_the_share_never_falls_and_stays_a_share(
    shipped: dict[int, int], still: dict[int, int], withdrawn: int
) -> None:
    cohort = Cohort("2026-Q4", Counter(shipped), Counter(still), withdrawn)
    shares = [share for _, share in cohort.curve]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 + 1e-9 for share in shares)
