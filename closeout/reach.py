"""Which database and broker a command talks to: those of the system that runs in the folder, else the settings'."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from closeout.commands.up import settings_with
from closeout.embedded import Embedded
from closeout.supervisor import running
from closeout_chassis.settings import DatabaseSettings, KafkaSettings, read


def embedded_here(data: Path | None) -> Embedded | None:
    """The embedded system, where it runs in the folder."""
    settings = settings_with(data)
    return Embedded(settings, with_sandbox=False) if running(settings.data) is not None else None


def database_of(data: Path | None) -> DatabaseSettings:
    """Raises SettingsError where the settings are wrong."""
    here = embedded_here(data)
    return DatabaseSettings(url=SecretStr(here.running_database_url())) if here else read(DatabaseSettings)


def broker_of(data: Path | None) -> KafkaSettings:
    """Raises SettingsError where the settings are wrong."""
    here = embedded_here(data)
    return KafkaSettings(bootstrap_servers=here.running_bootstrap()) if here else read(KafkaSettings)
