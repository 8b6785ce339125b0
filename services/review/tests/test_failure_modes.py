"""Failure modes: a team's own beside the published ones, confirmed by people, and kept beside what was suggested."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_chassis.errors import SettingsError
from closeout_review import testing as e
from closeout_review.commands.exporting import confirmed_modes
from closeout_review.settings import ReviewSettings
from closeout_schemas.postmortems import PostmortemPublished

OWN = """
modes:
  depot_power:
    title: Power in the depot
    meaning: A depot lost its power.
    strong: [depot .. power]
  dns:
    strong: [zonefile lost]
"""


@pytest.fixture
def settings(tmp_path: Path) -> ReviewSettings:
    file = tmp_path / "modes.yaml"
    file.write_text(OWN)
    return ReviewSettings(
        public_url="http://closeout.test",
        default_project=e.PROJECT,
        failure_modes_file=file,
        project_stale_after_hours=24,
    )


@pytest.mark.integration
async def test_a_teams_own_mode_is_suggested_confirmed_and_kept_with_the_evidence(
    hear: Callable[..., Awaitable[None]],
    http: httpx.AsyncClient,
    said: Callable[..., Awaitable[list[object]]],
    now: datetime,
    db: Database,
    drafted: None,
) -> None:
    await hear(e.noted("The depot in Lyon lost its power because of the storm.", 9, 3))
    url = f"/api/v1/postmortems/{e.POSTMORTEM}"
    [suggested] = (await http.get(url)).json()["suggestions"]["own_failure_modes"]
    assert (suggested["mode"], suggested["evidence"][:9]) == ("depot_power", "The depot")
    assert "Power in the depot" in (await http.get(f"/postmortems/{e.POSTMORTEM}")).text

    draft = e.draft(now, e.item(now), failure_modes=[], own_failure_modes=["depot_power"])
    saved = await http.put(f"{url}/draft", json=draft, headers={"If-Match": '"0"'})
    assert saved.json()["refusals"] == [], "a mode of the team's own is a mode"
    assert (await http.post(f"{url}/publish")).status_code == 200

    [published] = [one for one in await said() if isinstance(one, PostmortemPublished)]
    assert published.data.own_failure_modes == ("depot_power",)
    async with db.reading() as conn, conn.transaction():
        [record] = [one async for one in confirmed_modes(conn)]
    assert record["labels"]["failure_modes"] == ["depot_power"]
    assert "depot_power" in [one["mode"] for one in record["suggested"]]
    assert "The depot in Lyon" in record["text"]


def test_a_mistake_in_the_file_is_said_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "modes.yaml"
    file.write_text("modes:\n  dns: [a, b]\n")

    with pytest.raises(SettingsError, match=r"modes.yaml: dns: write title, meaning and words below it"):
        ReviewSettings(public_url="http://closeout.test", failure_modes_file=file).taxonomy  # noqa: B018
