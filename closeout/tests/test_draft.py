"""How `closeout draft` understands which incident is meant, and what the audit log says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from closeout.commands.draft import _draft, incident_of
from closeout.commands.records import Form
from closeout_chassis import testing
from closeout_review import testing as e
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings
from closeout_schemas import incidents
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


@pytest.mark.integration
async def test_who_opened_a_draft_by_the_command_is_in_the_audit_log_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", database_url)
    async with testing.migrated(database_url, "review") as db:
        await testing.deliver(db, subscriptions(ReviewSettings()), incidents.TOPIC, [e.opened()])
        for _ in range(2):
            await _draft(tmp_path, e.INCIDENT, Form.MARKDOWN, with_restricted=False)
        async with db.reading() as conn:
            deeds = await conn.fetch("SELECT deed, about, signed_in_by FROM audit_entry")

    about = {"incident_id": str(e.INCIDENT)}
    assert [tuple(row) for row in deeds] == [("opened a postmortem", about, "command line")]
