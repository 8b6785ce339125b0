"""Which database and broker a command talks to: those of the system that runs in the folder, else the settings'."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from closeout.commands.up import settings_with
from closeout.embedded import Embedded
from closeout.settings import is_set
from closeout.supervisor import running
from closeout_chassis.errors import CloseoutError
from closeout_chassis.settings import DatabaseSettings, KafkaSettings, read


def embedded_here(data: Path | None) -> Embedded | None:
    """The embedded system, where it runs in the folder."""
    settings = settings_with(data)
    return Embedded(settings, with_sandbox=False) if running(settings.data) is not None else None


def database_of(data: Path | None) -> DatabaseSettings:
    """Raises SettingsError where the settings are wrong, CloseoutError where nothing runs in a folder that is named."""
    here = embedded_here(data)
    if here is None and data is not None and not is_set("CLOSEOUT_DATABASE_URL"):
        raise CloseoutError(
            f"Nothing runs in the folder {data}, and CLOSEOUT_DATABASE_URL is not set. "
            f"Start it with `closeout up --data {data}`, or name the folder in which it runs."
        )
    return DatabaseSettings(url=SecretStr(here.running_database_url())) if here else read(DatabaseSettings)


def broker_of(data: Path | None) -> KafkaSettings:
    """Raises SettingsError where the settings are wrong."""
    here = embedded_here(data)
    return KafkaSettings(bootstrap_servers=here.running_bootstrap()) if here else read(KafkaSettings)
