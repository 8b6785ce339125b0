"""What `closeout up` and `closeout demo` can be told, and the environment that they hand to the services."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from closeout_chassis.settings import Settings


class UpSettings(Settings):
    """The whole system on one machine."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_UP_", frozen=True)

    data: Path = Field(Path(".closeout"), description="Folder for everything that is kept.")
    first_port: int = Field(
        7400,
        ge=1024,
        le=65000,
        description="The pages listen here, ingest, actions, metrics and the sandbox on the next four.",
    )
    start_timeout_seconds: float = Field(60, gt=0, description="How long to wait until all is ready.")


class ImportSettings(Settings):
    """Where old postmortems are read from, beside files."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_IMPORT_", frozen=True)

    confluence_user: str = Field(
        "", description="On Confluence Cloud, the e-mail address that the token belongs to; empty on Data Center."
    )
    confluence_token: SecretStr | None = Field(
        None, description="API token of Confluence Cloud, or personal access token of Data Center; reading is enough."
    )
    opsgenie_api_key: SecretStr | None = Field(None, description="Key of an Opsgenie API integration that may read.")


def environment_with(own: Mapping[str, str]) -> dict[str, str]:
    """This process' environment for a child: what is set by the user wins over what we would choose."""
    return {**own, **os.environ, "PYTHONUNBUFFERED": "1"}


def is_set(name: str) -> bool:
    """Whether the user has set this variable to something."""
    return bool(os.environ.get(name))


def names_set() -> list[str]:
    """The variables that the user has set whose names begin as those of Closeout do."""
    return sorted(name for name in os.environ if name.startswith("CLOSEOUT_"))


def value_of(name: str, default: str) -> str:
    """The variable as the user has set it."""
    return os.environ.get(name) or default


def of_libpq(option: str) -> str:
    """What PostgreSQL's own variable for this option of a URL says: PGSSLROOTCERT for `sslrootcert`; or nothing."""
    return os.environ.get(f"PG{option.upper()}", "")
