"""What both pages say, in the same words."""

from __future__ import annotations

from collections.abc import Mapping

from closeout_judgement.patterns.discovery import Tested
from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.kinds.traits import runbook_missing, runbook_unused
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.proposals import Proposal
from closeout_judgement.patterns.review import MetaReview
from closeout_judgement.patterns.sentences import duration, title

# An id that is longer was made by a program for programs.
LONGEST_ID = 24
SILENCE = "No pattern stands out from what the hours, the services and the year before explain."
NO_QUESTION = "Nothing is suggestive enough to ask about."
QUESTIONS_ARE = "Suggestive, not established: worth a question to those who were there, not a change."


def summary(review: MetaReview) -> str:
    """What was read."""
    history = review.history
    incidents, pages = len(history.now), sum(len(one.records) for one in history.now)
    storms = f" ({pages} pages; storms are counted once)" if pages > incidents else ""
    base = f"{len(history.base)} in the {len(history.base_quarters)} quarters before as the base line"
    before = base if history.base else "no earlier quarter to compare with"
    return (
        f"{incidents} incident{'' if incidents == 1 else 's'}{storms}, {before}; {review.candidates} candidates tested"
    )


def compared(finding: Finding) -> str:
    """The null of a finding."""
    return f"Compared with: {finding.candidate.against}."


def inside(finding: Finding) -> str:
    """What it explains; empty where it explains nothing else."""
    names = ", ".join(f"{title(one)} ({one.observed})" for one in finding.inside)
    return f"Explains: {names}." if names else ""


def proposal_lines(proposal: Proposal) -> Mapping[str, str]:
    """The parts of a proposal under their names."""
    count = len(proposal.prevents)
    time = f", {duration(proposal.minutes)} from opened to resolved" if proposal.minutes else ""
    return {
        "From": title(proposal.finding.candidate),
        "Would have prevented, at most": f"{count} incident{'' if count == 1 else 's'}{time}",
        "Rough cost": f"{proposal.cost} of one team",
        "Proposed by the reader to": proposal.proposed_to,
    }


def runbook_told(one: Occurrence) -> str:
    """What was said of a runbook; empty where nobody said."""
    missing, unused = runbook_missing(one), runbook_unused(one)
    if missing is None:
        return ""
    return "none" if missing else {None: "there was one", True: "not used", False: "used"}[unused]


def marks(review: MetaReview) -> dict[str, list[int]]:
    """The numbers of the patterns that each incident is part of."""
    numbered: dict[str, list[int]] = {}
    for number, finding in enumerate(review.patterns, 1):
        for hit in finding.candidate.hits:
            numbered.setdefault(hit.id, []).append(number)
    return numbered


def strength(tested: Tested) -> str:
    """The false discovery rate, for those who ask."""
    return f"q = {tested.q_value:.2g}"


def called(one: Occurrence) -> str:
    """By what people know an incident: its id, or its day where the id is one that nobody has ever read."""
    return one.id if len(one.id) <= LONGEST_ID else f"{one.opened_at:%d %b}"


def untested(review: MetaReview) -> Mapping[str, str]:
    """What was not tested, by kinds that share a reason, with that reason."""
    kinds: dict[str, list[str]] = {}
    for one in review.not_tested:
        kinds.setdefault(one.why, []).append(one.kind.replace("_", " "))
    return {", ".join(names).capitalize(): why for why, names in kinds.items()}
