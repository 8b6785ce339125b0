"""A home-made tracker, as the service connects to it."""

from __future__ import annotations

from pydantic import SecretStr

from closeout_actions.adapters.homemade.protocol import hear
from closeout_actions.adapters.homemade.tracker import Homemade
from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.port import Budget
from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor


def connect(settings: ActionsSettings, token: SecretStr, budget: Budget) -> Homemade:
    """The tracker, nothing sent yet."""
    return Homemade(settings.homemade_url, token, budget, timeout=settings.request_timeout_seconds)


HOMEMADE = Kind(
    vendor=Vendor.HOMEMADE,
    access=lambda settings: (settings.homemade_url, settings.homemade_token) if settings.homemade_token else None,
    connect=connect,
    hear=lambda _: hear,
)
