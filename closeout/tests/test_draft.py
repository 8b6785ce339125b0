"""How `closeout draft` understands which incident is meant."""

from __future__ import annotations

import pytest
import typer

from closeout.commands.draft import incident_of
from closeout_schemas.vocabulary import derived_id

INCIDENT = derived_id("incident", "pagerduty", "Q1ABC")


@pytest.mark.parametrize(
    "text", [str(INCIDENT), f"http://127.0.0.1:7400/incidents/{INCIDENT}#timeline", "pagerduty:Q1ABC"]
)
def test_an_incident_is_named_by_its_id_its_address_or_its_pager(text: str) -> None:
    assert incident_of(text) == INCIDENT


@pytest.mark.parametrize("text", ["", "what?", "pagerduty:", "nagios:7", "Q1ABC"])
def test_what_names_no_incident_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="pager:id"):
        incident_of(text)
