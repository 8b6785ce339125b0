"""GitHub Issues, as the service connects to it."""

from __future__ import annotations

from pydantic import SecretStr

from closeout_actions.adapters.github import reading
from closeout_actions.adapters.github.app_auth import AsInstallation, wrong_with
from closeout_actions.adapters.github.tracker import GitHub
from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.port import Budget
from closeout_actions.settings import ActionsSettings
from closeout_chassis.errors import SettingsError
from closeout_schemas.vocabulary import Vendor


def access(settings: ActionsSettings) -> tuple[str, SecretStr] | None:
    """A token, or the key of an app."""
    secret = settings.github_token or settings.github_app_key
    return (settings.github_api_url, secret) if secret else None


def connect(settings: ActionsSettings, token: SecretStr, budget: Budget) -> GitHub:
    """The tracker, nothing sent yet. Raises SettingsError for an app's key that is none."""
    return GitHub(
        settings.github_api_url,
        token,
        budget,
        timeout=settings.request_timeout_seconds,
        board_of=lambda project: settings.mapping.project(Vendor.GITHUB.value, project).board,
        transport=None if settings.github_token else as_app(settings, token),
    )


def as_app(settings: ActionsSettings, key: SecretStr) -> AsInstallation:
    """What signs in as the app."""
    wrong = wrong_with(key)
    if wrong is not None:
        raise SettingsError([f"CLOSEOUT_ACTIONS_GITHUB_APP_KEY: {wrong}"])
    return AsInstallation(settings.github_api_url, settings.github_app_id, key, settings.github_app_installation)


GITHUB = Kind(
    vendor=Vendor.GITHUB,
    access=access,
    connect=connect,
    hear=lambda _: reading.hear,
)
