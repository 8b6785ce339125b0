"""Findings in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.kinds.durations import THAN_TO_FIX
from closeout_judgement.patterns.kinds.on_duty import PAGED
from closeout_judgement.patterns.kinds.traits import ALL

MANY_QUARTERS = 10_000
# A change of what, where the vocabulary's word is not that.
CHANGES = {"deploy": "a deployed version", "data": "data"}


def sentence(finding: Finding) -> str:
    """What was seen, what was expected, and how often chance alone would do that.

    “4 of 9 incidents opened on a Friday between 12 and 18; 0.9 expected; …”
    """
    candidate = finding.candidate
    if candidate.kind is Kind.RENAMED_SERVICE:
        return _rename(candidate)
    return f"{seen(candidate)}; {number(candidate.expected)} expected; {chance(finding.tested.by_chance)}."


def seen(candidate: Candidate) -> str:
    """What was observed, as “4 of 9 incidents …”."""
    incidents = "incident" if candidate.of == 1 else "incidents"
    return f"{candidate.observed} of {candidate.of} {incidents} {WHAT[candidate.kind](candidate)}"


def chance(by_chance: float) -> str:
    """How many quarters one would wait for something as striking where nothing is the matter."""
    if by_chance >= 0.75:
        return "as striking a thing arises by chance in most quarters"
    quarters = 1 / by_chance if by_chance else MANY_QUARTERS
    if quarters >= MANY_QUARTERS:
        return f"would arise by chance less than once in {MANY_QUARTERS:,} quarters"
    return f"would arise by chance once in {_round(quarters)} quarters"


def interval(candidate: Candidate) -> str:
    """The share with its exact 95 % interval."""
    low, high = (bound / candidate.of if candidate.of else 0.0 for bound in candidate.interval)
    return f"{candidate.observed / max(1, candidate.of):.0%}, between {low:.0%} and {high:.0%} with 95 % confidence"


def title(candidate: Candidate) -> str:
    """The pattern's name, for a headline or a cell."""
    return TITLES[candidate.kind](candidate)


def duration(minutes: float) -> str:
    """Minutes as hours and minutes.

    >>> duration(135)
    '2 h 15 min'
    """
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def number(value: float) -> str:
    """An expected count, as exactly as it helps.

    >>> number(0.9), number(0.04), number(12.3)
    ('0.9', '0.04', '12')
    """
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.095 else f"{value:.1g}"


def _rename(candidate: Candidate) -> str:
    old, new = candidate.details["old"], candidate.details["new"]
    counted = "they are counted as one" if candidate.details["counted_as_one"] else "they are counted apart"
    return (
        f"Is {new} the new name of {old}? One team, the same dependencies, the one begins after the other; {counted}."
    )


def _round(value: float) -> str:
    return f"{value:.0f}" if value < 100 else f"{int(float(f'{value:.2g}')):,}"


def _block(candidate: Candidate) -> str:
    day, hours = str(candidate.details["weekday"]).capitalize(), candidate.details["hours"]
    if not isinstance(hours, list) or hours == [0, 24]:
        return f"on a {day}"
    return f"on a {day} between {hours[0]} and {hours[1]}"


def _dependency(candidate: Candidate) -> str:
    services = candidate.details.get("services")
    among = f", in {len(services)} services" if isinstance(services, list) and len(services) > 1 else ""
    return f"involve the dependency {candidate.value}{among}"


def _on_call(candidate: Candidate) -> str:
    whose = "" if candidate.value == ALL else f" of {candidate.value}'s services"
    return f"{whose} had nobody of the service's own team on call".strip()


def _control(candidate: Candidate) -> str:
    promised, shipped = candidate.details.get("promised", 0), candidate.details.get("shipped", 0)
    often = f" (promised {promised} times in five quarters, shipped {shipped})" if promised else ""
    return f"would have been caught by {spoken(candidate.value)}{often}"


def _than_usual(candidate: Candidate, to_do: str) -> str:
    return f"took longer to {to_do} than {duration(_number(candidate.details['median_minutes']))}, the median of a year"


def _to_detect(candidate: Candidate) -> str:
    if candidate.value == THAN_TO_FIX:
        return "took longer to detect than to fix"
    return _than_usual(candidate, "detect")


def _number(value: object) -> float:
    return value if isinstance(value, float) else 0.0


def _third_night(candidate: Candidate) -> str:
    if candidate.value == PAGED:
        return "at night came to somebody who was paged in both nights before"
    return "at night came to somebody on call since two nights or more"


def _pair(candidate: Candidate) -> str:
    return " and ".join(WHAT[one.kind](one) for one in candidate.parts)


def _promise(candidate: Candidate) -> str:
    return f"ended with the promise “{candidate.details['text']}”, in these or other words, and it has not shipped"


def spoken(word: str) -> str:
    """A word of the vocabulary as people say it."""
    return word.replace("_", " ")


WHAT: Mapping[Kind, Callable[[Candidate], str]] = {
    Kind.DEPENDENCY: _dependency,
    Kind.SERVICE: lambda one: f"are {one.value}'s",
    Kind.FAILURE_MODE: lambda one: f"have the failure mode {spoken(one.value)}",
    Kind.WEEKDAY_HOUR: lambda one: f"opened {_block(one)}",
    Kind.NIGHT: lambda _: "opened at night, from 22 to 6",
    Kind.WEEKEND: lambda _: "opened at a weekend",
    Kind.DEPLOY_WINDOW: lambda _: "opened while a deploy window was open",
    Kind.DAY_AFTER_RELEASE: lambda _: "opened on the day after a release",
    Kind.DAY_AFTER_HOLIDAY: lambda _: "opened on the day after a holiday",
    Kind.ALERT: lambda one: f"began with the alert “{one.value}”",
    Kind.CHANGE_TYPE: lambda one: f"were set off by a change of {CHANGES.get(one.value, spoken(one.value))}",
    Kind.VENDOR: lambda one: f"came through {one.value}",
    Kind.ON_CALL_NEW: lambda _: "had nobody on call who had met the service in the three months before",
    Kind.THIRD_NIGHT: _third_night,
    Kind.TIME_TO_DETECT: _to_detect,
    Kind.TIME_TO_FIX: lambda one: _than_usual(one, "fix"),
    Kind.PAIR: _pair,
    Kind.ON_CALL: _on_call,
    Kind.RUNBOOK: lambda one: "had no runbook" if one.value == "missing" else "had a runbook that nobody used",
    Kind.CONTROL: _control,
    Kind.REPEATED_PROMISE: _promise,
}
TITLES: Mapping[Kind, Callable[[Candidate], str]] = {
    Kind.DEPENDENCY: lambda one: f"Through {one.value}",
    Kind.SERVICE: lambda one: one.value,
    Kind.FAILURE_MODE: lambda one: spoken(one.value).capitalize(),
    Kind.WEEKDAY_HOUR: lambda one: one.value.capitalize(),
    Kind.NIGHT: lambda _: "Nights",
    Kind.WEEKEND: lambda _: "Weekends",
    Kind.DEPLOY_WINDOW: lambda _: "Deploy windows",
    Kind.DAY_AFTER_RELEASE: lambda _: "The day after a release",
    Kind.DAY_AFTER_HOLIDAY: lambda _: "The day after a holiday",
    Kind.ALERT: lambda one: f"Alert: {one.value}",
    Kind.CHANGE_TYPE: lambda one: f"Change of {CHANGES.get(one.value, spoken(one.value))}",
    Kind.VENDOR: lambda one: f"Vendor: {one.value}",
    Kind.ON_CALL_NEW: lambda _: "On call, new to the service",
    Kind.THIRD_NIGHT: lambda one: f"Third night in a row {one.value}",
    Kind.TIME_TO_DETECT: lambda one: f"Time to detect: {one.value}",
    Kind.TIME_TO_FIX: lambda one: f"Time to fix: {one.value}",
    Kind.PAIR: lambda one: ", and ".join(title(part) for part in one.parts),
    Kind.ON_CALL: lambda one: "On call from another team" + ("" if one.value == ALL else f": {one.value}"),
    Kind.RUNBOOK: lambda one: f"Runbook {one.value}",
    Kind.CONTROL: lambda one: f"{spoken(one.value).capitalize()} would have caught it",
    Kind.REPEATED_PROMISE: lambda one: f"Promised again: {one.details['text']}",
    Kind.RENAMED_SERVICE: lambda one: f"Renamed? {one.value}",
}
