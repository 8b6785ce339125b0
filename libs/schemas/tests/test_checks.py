"""A check as people write it."""

from __future__ import annotations

import pytest

from closeout_schemas.checks import Check, CheckKind


def test_a_line_says_what_is_looked_at_and_keeps_every_colon_after_the_first() -> None:
    check = Check.parse("http:  https://checkout.acme.example:8443/healthz 204 ")

    assert check == Check(kind=CheckKind.HTTP, what="https://checkout.acme.example:8443/healthz 204")
    assert str(check) == "http: https://checkout.acme.example:8443/healthz 204"


@pytest.mark.parametrize("line", ["", "alert", "alert:", "alrt: CheckoutBudgetBurns", ": x"])
def test_what_is_no_check_is_told_what_one_looks_like(line: str) -> None:
    with pytest.raises(ValueError, match="alert: CheckoutBudgetBurns"):
        Check.parse(line)
