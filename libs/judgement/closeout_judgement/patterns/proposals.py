"""One or two structural proposals, each from a pattern: drafts for a reader who knows what the statistics do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.kinds.traits import ALL
from closeout_judgement.patterns.sentences import spoken

MOST_PROPOSALS = 2
# A second proposal about mostly the same incidents is the first one again.
MOST_OVERLAP = 0.5
# What is changed, as one says it; else the vocabulary's own word.
CHANGED = {"deploy": "each deploy", "data": "each change of data", "schema_migration": "each schema migration"}
DAYS, WEEKS, MONTHS = "days", "weeks", "months"


@dataclass(frozen=True, slots=True)
class Proposal:
    """`prevents` and `minutes` say the most that it could have prevented: what did happen where the pattern is.

    `cost` is a rough class of the work: days, weeks or months of one team.
    """

    finding: Finding
    change: str
    cost: str
    proposed_to: str

    @property
    def prevents(self) -> list[str]:
        return [hit.id for hit in self.finding.candidate.hits]

    @property
    def minutes(self) -> float:
        return sum(hit.minutes for hit in self.finding.candidate.hits)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What could be changed about a kind of pattern, at what rough cost, and who could decide that."""

    change: Callable[[Candidate], str]
    cost: str
    proposed_to: Callable[[Candidate], str]


def proposals(patterns: Sequence[Finding]) -> list[Proposal]:
    """At most two, those with the most minutes first."""
    drafts = sorted(
        map(_draft, patterns), key=lambda one: (-one.minutes, -len(one.prevents), bool(one.finding.candidate.parts))
    )
    taken: list[Proposal] = []
    for draft in drafts:
        if refusal(taken) is None and not any(_is_same_again(draft, other) for other in taken):
            taken.append(draft)
    return taken


def refusal(taken: Sequence[object]) -> str | None:
    """Why no further proposal is accepted in this quarter; None while there is room."""
    if len(taken) < MOST_PROPOSALS:
        return None
    return f"this quarter has its {MOST_PROPOSALS} structural proposals: withdraw one before you propose another"


def draft_of(finding: Finding) -> Proposal | None:
    """What could be changed about a finding; None where nobody could say by its kind."""
    return _draft(finding) if finding.candidate.kind in REMEDIES else None


def _draft(finding: Finding) -> Proposal:
    remedy, candidate = REMEDIES[finding.candidate.kind], finding.candidate
    return Proposal(finding, remedy.change(candidate), remedy.cost, remedy.proposed_to(candidate))


def _is_same_again(one: Proposal, other: Proposal) -> bool:
    return len(set(one.prevents) & set(other.prevents)) > MOST_OVERLAP * len(one.prevents)


def _shielded(candidate: Candidate) -> str:
    services = candidate.details.get("services")
    names = ", ".join(map(str, services)) if isinstance(services, list) else "the services that need it"
    return (
        f"Let {names} go on without {candidate.value}: a circuit breaker with a fallback at each caller; "
        f"or make {candidate.value} itself redundant."
    )


def _own_duty(candidate: Candidate) -> str:
    if candidate.value == ALL:
        return "Page the team that owns the service: each service names its rotation, and none is paged without one."
    return f"Give {candidate.value} a rotation of its own, or hand its services to the team that is paged for them."


def _runbook(candidate: Candidate) -> str:
    if candidate.value == "missing":
        return "No alert pages anybody before a runbook is linked in it; begin with the services listed here."
    return "Put the runbook's first steps into the page itself, and take out of each runbook what nobody does."


def _both(candidate: Candidate) -> str:
    first, second = (REMEDIES[one.kind].change(one) for one in candidate.parts)
    return f"{first} Or, where that is cheaper: {second}"


def _moved(candidate: Candidate) -> str:
    return (
        "Find what happens in these hours (releases, batch jobs, hand-overs), move it to hours in which those who "
        "know it are there, and keep these hours free of changes until then."
    )


REMEDIES: Mapping[Kind, Remedy] = {
    Kind.DEPENDENCY: Remedy(_shielded, WEEKS, lambda one: f"the owner of {one.value}, and its callers' teams"),
    Kind.SERVICE: Remedy(
        lambda one: f"Stop features on {one.value} until its open action items are done, and its design is reviewed.",
        MONTHS,
        lambda one: f"the owner of {one.value}",
    ),
    Kind.FAILURE_MODE: Remedy(
        lambda one: f"One guard against {spoken(one.value)} for all services, in the platform rather than in each.",
        WEEKS,
        lambda _: "the platform's owner",
    ),
    Kind.CONTROL: Remedy(
        lambda one: f"Make {spoken(one.value)} part of the standard path to production, so that no team has to add it.",
        WEEKS,
        lambda _: "the platform's owner",
    ),
    Kind.WEEKDAY_HOUR: Remedy(_moved, DAYS, lambda _: "the heads of the teams concerned"),
    Kind.NIGHT: Remedy(_moved, DAYS, lambda _: "the heads of the teams concerned"),
    Kind.WEEKEND: Remedy(_moved, DAYS, lambda _: "the heads of the teams concerned"),
    Kind.DEPLOY_WINDOW: Remedy(
        lambda _: "Deploy a little to few users first, and go on only while the numbers hold; no window without that.",
        WEEKS,
        lambda _: "whoever owns the way to production",
    ),
    Kind.DAY_AFTER_RELEASE: Remedy(
        lambda _: "Release a part at a time behind flags, and keep those who made it on duty the day after.",
        WEEKS,
        lambda _: "whoever owns the releases",
    ),
    Kind.DAY_AFTER_HOLIDAY: Remedy(
        lambda _: "Keep what piles up over a holiday (jobs, traffic, changes) from starting at once on the day after.",
        DAYS,
        lambda _: "the heads of the teams concerned",
    ),
    Kind.ALERT: Remedy(
        lambda one: f"Mend for good what fires “{one.value}”, or let the system do by itself what people do then.",
        WEEKS,
        lambda _: "the owner of the service that the alert is about",
    ),
    Kind.CHANGE_TYPE: Remedy(
        lambda one: f"Give {CHANGED.get(one.value, spoken(one.value))} a way to production that can stop and go back.",
        WEEKS,
        lambda _: "the platform's owner",
    ),
    Kind.VENDOR: Remedy(
        lambda one: f"Go on without {one.value} for as long as its outages last: a second vendor, or a fallback.",
        MONTHS,
        lambda one: f"whoever holds the contract with {one.value}",
    ),
    Kind.ON_CALL_NEW: Remedy(
        lambda _: "Nobody is on call alone for a service before a shift beside somebody who knows it.",
        DAYS,
        lambda _: "the heads of the teams concerned",
    ),
    Kind.THIRD_NIGHT: Remedy(
        lambda _: "After two nights with a page the third goes to somebody else, by rule.",
        DAYS,
        lambda _: "whoever makes the rotations",
    ),
    Kind.TIME_TO_DETECT: Remedy(
        lambda _: "An alert on what users feel, for each service listed here, before any other alert.",
        WEEKS,
        lambda _: "whoever owns the alerting rules",
    ),
    Kind.TIME_TO_FIX: Remedy(
        lambda _: "One step back that works without asking (roll back, fail over, switch off), for each service here.",
        WEEKS,
        lambda _: "the platform's owner",
    ),
    Kind.PAIR: Remedy(_both, WEEKS, lambda _: "the heads of the teams concerned"),
    Kind.ON_CALL: Remedy(_own_duty, WEEKS, lambda _: "the head of engineering"),
    Kind.RUNBOOK: Remedy(_runbook, DAYS, lambda _: "whoever owns the alerting rules"),
    Kind.REPEATED_PROMISE: Remedy(
        lambda one: f"Do once, with one owner and a date, what was promised again and again: {one.details['text']}",
        WEEKS,
        lambda _: "the head of engineering",
    ),
}
