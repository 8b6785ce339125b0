"""What the gate is told of a project of which our account may see a part."""

from __future__ import annotations

from typing import Any

import pytest

from closeout_actions.testing import Actions, actions

from .stands import KINDS, Stand

MILESTONES = {
    "github": "/repos/acme/payments/milestones",
    "gitlab": "/api/v4/projects/acme*payments/milestones",
    "gitea": "/api/v1/repos/acme/payments/milestones",
}
pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("stand", [one for one in KINDS if one.system in MILESTONES], indirect=True),
]


async def described(team: Actions) -> list[Any]:
    return [one.data for one in await team.directory() if one.type.startswith("closeout.directory.project")]


async def test_what_is_closed_to_our_account_is_why_nothing_can_be_promised_and_holds_up_no_other_project(
    database: str, stand: Stand
) -> None:
    projects = {f"{stand.kind.system}_projects": ("acme/payments", stand.kind.elsewhere)}
    await stand.fault("status", method="GET", path=MILESTONES[stand.kind.system], status=403, times=None)
    async with actions(database, "", **stand.settings | projects) as team:
        await team.describer.run()
        closed, other = await described(team)

        await stand.mend()
        await team.describer.run()
        opened = (await described(team))[-1]

    assert (closed.key, closed.can_create, closed.is_readable) == ("acme/payments", False, False)
    assert "give our account access" in closed.why_not
    assert other.key == stand.kind.elsewhere
    assert (opened.key, opened.can_create) == ("acme/payments", True)
