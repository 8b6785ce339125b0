"""Jira, as the service connects to it."""

from __future__ import annotations

from pydantic import SecretStr

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.jira.dialect import Cloud, DataCenter
from closeout_actions.adapters.jira.projects import Wishes
from closeout_actions.adapters.jira.reading import Reader
from closeout_actions.adapters.jira.tracker import Jira
from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.port import Budget
from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor


def reader(settings: ActionsSettings) -> Reader:
    """The reader of one Jira's issues."""
    dialect = Cloud() if settings.jira_flavour == "cloud" else DataCenter()
    names = Names.of(settings.wont_do_names, settings.duplicate_names)
    return Reader(dialect, settings.jira_site_url or settings.jira_url, names)


def wishes(settings: ActionsSettings, project: str) -> Wishes:
    """How the team wants its issues: by the mapping file, else by the settings."""
    team = settings.mapping.project(Vendor.JIRA.value, project)
    components = {"components": [{"name": name} for name in team.components]} if team.components else {}
    fields = {**settings.jira_fields, **components, **team.fields}
    return Wishes(team.type or settings.jira_issue_type, settings.jira_priority or None, fields, team.board)


def connect(settings: ActionsSettings, token: SecretStr, budget: Budget) -> Jira:
    """The tracker, nothing sent yet."""
    return Jira(
        settings.jira_url,
        settings.jira_email,
        token,
        budget,
        reader=reader(settings),
        wishes=lambda project: wishes(settings, project),
        timeout=settings.request_timeout_seconds,
    )


JIRA = Kind(
    vendor=Vendor.JIRA,
    access=lambda settings: (settings.jira_url, settings.jira_token) if settings.jira_token else None,
    connect=connect,
    hear=lambda settings: reader(settings).hear,
)
