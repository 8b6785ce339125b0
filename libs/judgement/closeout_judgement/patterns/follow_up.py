"""Whether a pattern fell: how often it was seen in one quarter and in a later one, by the days that each has had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from closeout_judgement.patterns.exact import clopper_pearson
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.quarter import Quarter

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Incidents of a pattern in two quarters, with the days of each that had passed."""

    before: int
    after: int
    days_before: float
    days_after: float

    @property
    def times(self) -> float | None:
        """How many times as often it happens a day now; None where it was never seen before."""
        if not self.before or not self.days_after:
            return None
        return (self.after / self.days_after) / (self.before / self.days_before)

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, exact: of all incidents of both quarters, so many fall into the later one by its rate."""
        if not self.days_after or not self.before + self.after:
            return 0.0, float("inf")
        low, high = clopper_pearson(self.after, self.before + self.after)
        return self._rate(low), self._rate(high)

    def _rate(self, share: float) -> float:
        if share >= 1:
            return float("inf")
        return share / (1 - share) * self.days_before / self.days_after

    @property
    def verdict(self) -> str:
        """fell, rose, or not told: the interval holds 1."""
        low, high = self.interval
        return "fell" if high < 1 else "rose" if low > 1 else "not told"

    def sentence(self) -> str:
        """In plain words.

        >>> BeforeAfter(8, 1, 92, 91).sentence()
        '8 before, 1 since: 0.13 times as often a day, between 0.0028 and 0.94 with 95 % confidence: it fell.'
        """
        counts = f"{self.before} before, {self.after} since"
        if self.times is None:
            return f"{counts}: there is nothing to compare."
        low, high = self.interval
        words = {"fell": "it fell", "rose": "it rose", "not told": "too few to tell whether it fell"}
        above = "any number" if high == float("inf") else f"{high:.2g}"
        share = f"{self.times:.2g} times as often a day, between {low:.2g} and {above} with 95 % confidence"
        return f"{counts}: {share}: {words[self.verdict]}."


def days_of(quarter: Quarter, history: History, now: datetime) -> float:
    """How many days of the quarter had passed."""
    begin, end = quarter.begins(history.zone), quarter.ends(history.zone)
    return max(0.0, (min(end, max(now, begin)) - begin) / DAY)
