"""How to read what each pager said when it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from closeout_ingest.adapters import opsgenie_history, pagerduty_history, slack_history
from closeout_ingest.domain.fact import Fact
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import Vendor

HISTORIES: Mapping[Vendor, Callable[[Delivery], Sequence[Fact]]] = {
    Vendor.PAGERDUTY: pagerduty_history.interpret,
    Vendor.OPSGENIE: opsgenie_history.interpret,
    Vendor.JSM: opsgenie_history.interpret,
    Vendor.SLACK: slack_history.interpret,
}
