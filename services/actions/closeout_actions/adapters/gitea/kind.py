"""Gitea and Forgejo, as the service connects to them."""

from __future__ import annotations

from pydantic import SecretStr

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.gitea.reading import Reader
from closeout_actions.adapters.gitea.tracker import Gitea
from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.port import Budget
from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor


def reader(settings: ActionsSettings) -> Reader:
    """The reader of its issues."""
    return Reader(Names.of(settings.wont_do_names, settings.duplicate_names))


def connect(settings: ActionsSettings, token: SecretStr, budget: Budget) -> Gitea:
    """The tracker, nothing sent yet."""
    return Gitea(
        settings.gitea_url,
        token,
        budget,
        reader=reader(settings),
        wont_do_label=settings.gitea_wont_do_label or None,
        timeout=settings.request_timeout_seconds,
    )


GITEA = Kind(
    vendor=Vendor.GITEA,
    access=lambda settings: (settings.gitea_url, settings.gitea_token) if settings.gitea_token else None,
    connect=connect,
    hear=lambda settings: reader(settings).hear,
)
