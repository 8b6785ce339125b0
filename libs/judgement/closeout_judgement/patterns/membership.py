"""Whether one incident is of a pattern: the rule of each kind that can be counted incident by incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from closeout_judgement.patterns.calendar import is_day_after
from closeout_judgement.patterns.candidate import Kind
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.kinds import durations
from closeout_judgement.patterns.kinds.clock import BLOCKS, has_hour, is_night, slot_of
from closeout_judgement.patterns.kinds.on_duty import PAGED, Duty, is_third_on_call
from closeout_judgement.patterns.kinds.traits import ALL, on_call_from_other_team, runbook_missing, runbook_unused
from closeout_judgement.patterns.occurrence import Occurrence

SATURDAY = 5
# Between the two things of a pair, in its value.
AND = " + "


@dataclass(frozen=True)
class Membership:
    """The rules, for the incidents of one history."""

    history: History

    def has(self, occurrence: Occurrence, kind: str, value: str) -> bool | None:
        """Whether an incident is of a pattern; None where nothing told says so, or no rule knows the kind."""
        if kind == Kind.PAIR:
            return self._has_both(occurrence, value)
        rule = RULES.get(kind)
        return rule(self, occurrence, value) if rule else None

    def _has_both(self, occurrence: Occurrence, value: str) -> bool | None:
        told = [self.has(occurrence, *part.split(" ", 1)) for part in value.split(AND, 1)]
        return None if None in told else all(told)

    @cached_property
    def duty(self) -> Duty:
        """Who was on call when."""
        return Duty(self.history)


Rule = Callable[[Membership, Occurrence, str], bool | None]


def _in_block(_: Membership, one: Occurrence, value: str) -> bool | None:
    block = BLOCK_NAMED.get(value)
    return block.has(slot_of(one)) if block is not None and has_hour(one) else None


def _at_night(_: Membership, one: Occurrence, _value: str) -> bool | None:
    return is_night(slot_of(one)) if has_hour(one) else None


def _in_window(of: Membership, one: Occurrence, _value: str) -> bool | None:
    calendar = of.history.calendar
    return calendar.is_window(slot_of(one)) if calendar.windows and has_hour(one) else None


def _other_team(_: Membership, one: Occurrence, value: str) -> bool | None:
    if value not in (ALL, one.records[0].service_team):
        return False
    return on_call_from_other_team(one)


def _runbook(_: Membership, one: Occurrence, value: str) -> bool | None:
    return runbook_missing(one) if value == "missing" else runbook_unused(one)


def _third_night(of: Membership, one: Occurrence, value: str) -> bool | None:
    return of.duty.is_third_paged(one) if value == PAGED else is_third_on_call(one)


def _slow_to_detect(_: Membership, one: Occurrence, value: str) -> bool | None:
    # What is longer than usual moves with the usual: it cannot be counted over quarters.
    return durations.is_longer_to_detect(one) if value == durations.THAN_TO_FIX else None


BLOCK_NAMED = {block.value: block for block in BLOCKS}
RULES: Mapping[str, Rule] = {
    Kind.DEPENDENCY: lambda _, one, value: value in one.dependencies if one.tells_dependencies else None,
    Kind.SERVICE: lambda _, one, value: value in one.services,
    Kind.FAILURE_MODE: lambda _, one, value: value in one.failure_modes if one.failure_modes else None,
    Kind.CONTROL: lambda _, one, value: value in one.controls if one.controls else None,
    Kind.ALERT: lambda _, one, value: value in one.alerts if one.alerts else None,
    Kind.CHANGE_TYPE: lambda _, one, value: value in one.changes if one.tells_change else None,
    Kind.VENDOR: lambda _, one, value: value in one.vendors if one.tells_vendors else None,
    Kind.WEEKDAY_HOUR: _in_block,
    Kind.DEPLOY_WINDOW: _in_window,
    Kind.NIGHT: _at_night,
    Kind.WEEKEND: lambda _, one, _value: one.opened_at.weekday() >= SATURDAY,
    Kind.DAY_AFTER_RELEASE: lambda of, one, _: is_day_after(one.opened_at.date(), of.history.calendar.releases),
    Kind.DAY_AFTER_HOLIDAY: lambda of, one, _: is_day_after(one.opened_at.date(), of.history.calendar.holidays),
    Kind.ON_CALL: _other_team,
    Kind.ON_CALL_NEW: lambda of, one, _: of.duty.is_new(one),
    Kind.THIRD_NIGHT: _third_night,
    Kind.TIME_TO_DETECT: _slow_to_detect,
    Kind.RUNBOOK: _runbook,
}
