"""Every vendor that may knock."""

from __future__ import annotations

from closeout_ingest.adapters import (
    alertmanager,
    generic,
    gitea,
    github,
    gitlab,
    grafana,
    homemade,
    jira,
    linear,
    opsgenie,
    pagerduty,
    slack,
)
from closeout_ingest.adapters.source import Source
from closeout_schemas.vocabulary import Vendor

_PAGERS = (
    pagerduty.SOURCE,
    opsgenie.SOURCE,
    opsgenie.JSM_SOURCE,
    alertmanager.SOURCE,
    grafana.SOURCE,
    generic.SOURCE,
    slack.SOURCE,
)
_TRACKERS = (github.SOURCE, jira.SOURCE, linear.SOURCE, gitlab.SOURCE, gitea.SOURCE, homemade.SOURCE)

SOURCES: dict[Vendor, Source] = {source.vendor: source for source in (*_PAGERS, *_TRACKERS)}
