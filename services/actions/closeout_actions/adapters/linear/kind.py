"""Linear, as the service connects to it."""

from __future__ import annotations

from pydantic import SecretStr

from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.linear import reading
from closeout_actions.adapters.linear.tracker import Linear
from closeout_actions.adapters.port import Budget
from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor


def connect(settings: ActionsSettings, token: SecretStr, budget: Budget) -> Linear:
    """The tracker, nothing sent yet."""
    return Linear(settings.linear_api_url, token, budget, timeout=settings.request_timeout_seconds)


LINEAR = Kind(
    vendor=Vendor.LINEAR,
    access=lambda settings: (settings.linear_api_url, settings.linear_token) if settings.linear_token else None,
    connect=connect,
    hear=lambda _: reading.hear,
)
