"""Which database and broker a command talks to: of the system that runs in the folder, where that is named or the
settings say nothing; else the settings'."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from closeout.commands.up import settings_with
from closeout.embedded import Embedded
from closeout.settings import is_set
from closeout.supervisor import running
from closeout_chassis.db import Database
from closeout_chassis.errors import CloseoutError, StartError
from closeout_chassis.settings import DatabaseSettings, KafkaSettings, read
from closeout_review.settings import ReviewSettings

# Who types a command wants to hear soon that nothing is there; services wait longer for what starts with them.
QUICKLY_SECONDS = 3.0


def embedded_here(data: Path | None) -> Embedded | None:
    """The embedded system, where it runs in the folder."""
    settings = settings_with(data)
    return Embedded(settings, with_sandbox=False) if running(settings.data) is not None else None


def database_of(data: Path | None) -> DatabaseSettings:
    """Raises SettingsError where the settings are wrong, CloseoutError where nothing runs in a folder that is named."""
    here = _meant(data, "CLOSEOUT_DATABASE_URL")
    return DatabaseSettings(url=SecretStr(here.running_database_url())) if here else read(DatabaseSettings)


def broker_of(data: Path | None) -> KafkaSettings:
    """Raises SettingsError where the settings are wrong, CloseoutError where nothing runs in a folder that is named."""
    here = _meant(data, "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS")
    return KafkaSettings(bootstrap_servers=here.running_bootstrap(), embedded=True) if here else read(KafkaSettings)


def database_soon(data: Path | None) -> DatabaseSettings:
    """As `database_of`, for who does not wait until it is there."""
    return database_of(data).model_copy(update={"start_timeout_seconds": QUICKLY_SECONDS})


@asynccontextmanager
async def opened(data: Path | None, service: str) -> AsyncIterator[Database]:
    """The service's own database, while a command needs it. Raises as `database_of` does, and StartError."""
    db = Database(database_soon(data), service)
    try:
        await db.open()
    except StartError as error:
        if is_set("CLOSEOUT_DATABASE_URL") or embedded_here(data) is not None:
            raise
        folder = settings_with(data).data
        hint = f"No address is set, and nothing runs in the folder {folder}: `closeout up` starts it there."
        raise StartError(f"{error} {hint}") from None
    try:
        yield db
    finally:
        await db.close()


def review_settings(data: Path | None) -> ReviewSettings:
    """The review service's, with the address at which its pages are in the folder, unless one is set."""
    settings = read(ReviewSettings)
    here = running(settings_with(data).data)
    if here is None or not here.at or is_set("CLOSEOUT_REVIEW_PUBLIC_URL"):
        return settings
    return settings.model_copy(update={"public_url": here.at})


def gives_way(data: Path | None, setting: str) -> bool:
    """Whether what is set counts, and not what runs in the folder, which nobody named."""
    return data is None and is_set(setting)


def _meant(data: Path | None, setting: str) -> Embedded | None:
    if gives_way(data, setting):
        return None
    here = embedded_here(data)
    if here is None and data is not None and not is_set(setting):
        raise CloseoutError(
            f"Nothing runs in the folder {data}, and {setting} is not set. "
            f"Start it with `closeout up --data {data}`, or name the folder in which it runs."
        )
    return here
