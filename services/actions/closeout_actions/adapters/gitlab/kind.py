"""GitLab, as the service connects to it."""

from __future__ import annotations

from pydantic import SecretStr

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.gitlab.reading import Reader
from closeout_actions.adapters.gitlab.tracker import GitLab
from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.port import Budget
from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor


def reader(settings: ActionsSettings) -> Reader:
    """The reader of its issues."""
    return Reader(Names.of(settings.wont_do_names, settings.duplicate_names))


def connect(settings: ActionsSettings, token: SecretStr, budget: Budget) -> GitLab:
    """The tracker, nothing sent yet."""
    return GitLab(
        settings.gitlab_url,
        token,
        budget,
        reader=reader(settings),
        wont_do_label=settings.gitlab_wont_do_label or None,
        timeout=settings.request_timeout_seconds,
    )


GITLAB = Kind(
    vendor=Vendor.GITLAB,
    access=lambda settings: (settings.gitlab_url, settings.gitlab_token) if settings.gitlab_token else None,
    connect=connect,
    hear=lambda settings: reader(settings).hear,
)
