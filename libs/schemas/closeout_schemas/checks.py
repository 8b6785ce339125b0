"""Checks: how Closeout itself sees whether a criterion is true, beside the ticket that says so."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime

from closeout_schemas.envelope import Fact


class CheckKind(StrEnum):
    """What is looked at."""

    PROMQL = "promql"  # an expression that has a result in Prometheus
    ALERT = "alert"  # an alerting rule of that name in Prometheus
    FILE = "file"  # acme/payments:deploy/canary.yaml, a file on a repository's main branch
    MERGED = "merged"  # acme/payments#42, a pull or merge request
    HTTP = "http"  # an address that answers 200, or another status where one follows it
    FLAG = "flag"  # a feature flag that the OpenFeature provider knows


class Check(Fact):
    """One thing to look at, in the words of its kind. It is read only, and only at hosts that an administrator named.

    People write it as one line, `alert: CheckoutBudgetBurns`.
    """

    kind: CheckKind
    what: str

    @classmethod
    def parse(cls, line: str) -> Check:
        """The check that a line says. Raises ValueError with what would be one."""
        kind, colon, what = line.partition(":")
        kinds = ", ".join(CheckKind)
        if not colon or kind.strip() not in set(CheckKind) or not what.strip():
            raise ValueError(
                f"{line[:80]!r} is no check: write a kind ({kinds}), a colon and what, as in alert: CheckoutBudgetBurns"
            )
        return cls(kind=CheckKind(kind.strip()), what=what.strip())

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.what}"


class Evidence(Fact):
    """What a check said when it was last run. `passes` is None where it could not be run; `says` then says why."""

    check: Check
    passes: bool | None
    says: str
    checked_at: AwareDatetime
    passed_before: bool = False  # whether it has ever passed
