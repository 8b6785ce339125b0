"""What a check's result makes of a ticket that was closed as completed: shipped, not verified, regressed."""

from __future__ import annotations

from closeout_actions.domain.mirror import Change, Kind, Next
from closeout_actions.domain.ticket import Ticket
from closeout_schemas.checks import Evidence
from closeout_schemas.vocabulary import TicketState

# What had shipped is looked at twice before it counts as regressed: a restart is no regression.
FAILURES_UNTIL_REGRESSED = 2


def checked(ticket: Ticket, evidence: Evidence) -> Next:
    """`evidence` of a ticket that is closed as completed. What could not be looked at changes no state."""
    before = ticket.snapshot
    if not before.state.is_claimed:
        return Next(ticket)
    passed_before = bool(evidence.passes) or bool(before.evidence and before.evidence.passed_before)
    evidence = evidence.model_copy(update={"passed_before": passed_before})
    failures = 0 if evidence.passes is not False else ticket.check_failures + 1
    state, kind, reason = _became(before.state, evidence, failures)
    known = before.evidence
    is_news = (
        state is not before.state or known is None or (known.passes, known.says) != (evidence.passes, evidence.says)
    )
    snapshot = before.model_copy(
        update={"evidence": evidence, "state": state, "revision": before.revision + (1 if is_news else 0)}
    )
    changes = (Change(kind, snapshot, reason),) if is_news else ()
    return Next(ticket.model_copy(update={"snapshot": snapshot, "check_failures": failures}), changes)


def _became(before: TicketState, evidence: Evidence, failures: int) -> tuple[TicketState, Kind, str]:
    if evidence.passes:
        is_new = before is not TicketState.COMPLETED
        return TicketState.COMPLETED, Kind.COMPLETED if is_new else Kind.CHANGED, f"Its check passes: {evidence.says}"
    if evidence.passes is None:
        return before, Kind.CHANGED, f"Its check could not be run: {evidence.says}"
    why = f"Its check does not pass: {evidence.says}"
    if before is TicketState.COMPLETED:
        is_sure = failures >= FAILURES_UNTIL_REGRESSED
        return (TicketState.REGRESSED if is_sure else before), Kind.CHANGED, why
    return (TicketState.NOT_VERIFIED if before is TicketState.CLAIMED else before), Kind.CHANGED, why
