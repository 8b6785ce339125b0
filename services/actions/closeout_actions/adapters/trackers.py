"""Every tracker that can be connected."""

from __future__ import annotations

from importlib.metadata import entry_points

from closeout_actions.adapters.gitea.kind import GITEA
from closeout_actions.adapters.github.kind import GITHUB
from closeout_actions.adapters.gitlab.kind import GITLAB
from closeout_actions.adapters.homemade.kind import HOMEMADE
from closeout_actions.adapters.jira.kind import JIRA
from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.linear.kind import LINEAR
from closeout_chassis.errors import SettingsError

TRACKERS: tuple[Kind, ...] = (
    GITHUB,
    JIRA,
    LINEAR,
    GITLAB,
    GITEA,
    HOMEMADE,
)

GROUP = "closeout.trackers"


def every_tracker() -> tuple[Kind, ...]:
    """Ours, and those that other installed packages bring by the entry point `closeout.trackers`.

    Raises SettingsError for one that cannot be loaded, is no `Kind`, or has a name that is taken or not `x-…`.
    """
    found, lines = list(TRACKERS), []
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            kind = point.load()
        except (ImportError, AttributeError) as error:
            lines.append(f"the tracker {point.name} ({point.value}) cannot be loaded: {error}")
            continue
        if not isinstance(kind, Kind):
            lines.append(f"the tracker {point.name} ({point.value}) is no closeout_actions.adapters.kind.Kind")
        elif not kind.vendor.value.startswith("x-") or kind.vendor in {one.vendor for one in found}:
            lines.append(f"the tracker {point.name} is called {kind.vendor.value}: it needs a name of its own, x-…")
        else:
            found.append(kind)
    if lines:
        raise SettingsError(lines)
    return tuple(found)
