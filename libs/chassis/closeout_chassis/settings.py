"""Settings every service has, read once at start from the environment. The only file of the chassis that reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from closeout_chassis.errors import SettingsError
from closeout_schemas.misfits import words_of

S = TypeVar("S", bound="Settings")


class Settings(BaseSettings):
    """A group of settings with one prefix. Frozen; a field's description becomes the reference page."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    @classmethod
    def prefix(cls) -> str:
        """What the names of this group's variables begin with."""
        return cls.model_config.get("env_prefix") or ""


class DatabaseSettings(Settings):
    """PostgreSQL."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_DATABASE_", frozen=True)

    url: SecretStr = Field(
        SecretStr("postgresql://postgres@127.0.0.1:5432/closeout"),
        description="Where PostgreSQL is: postgresql://user:password@host:port/database. "
        "The user must be a member of the roles closeout_ingest, closeout_review, closeout_actions, closeout_metrics.",
    )
    # Ingest never gives four back: of its relay, of its loops' turns, and of two who commit deliveries.
    pool_size: int = Field(10, ge=5, le=200, description="Most connections that one service holds.")
    start_timeout_seconds: float = Field(30, gt=0, description="How long a service waits for PostgreSQL at start.")


class KafkaSettings(Settings):
    """The broker: Apache Kafka, or anything that speaks its protocol."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_KAFKA_", frozen=True)

    bootstrap_servers: str = Field("127.0.0.1:9092", description="host:port, several with commas.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to speak to the broker."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = Field(
        "SCRAM-SHA-512", description="How to sign in, where the protocol is SASL_…."
    )
    sasl_username: str | None = Field(None, description="User for SASL.")
    sasl_password: SecretStr | None = Field(None, description="Password for SASL.")
    ssl_ca_file: Path | None = Field(None, description="CA certificates (PEM) to trust in place of the system's.")
    ssl_cert_file: Path | None = Field(None, description="Our certificate (PEM), where the broker asks for one.")
    ssl_key_file: Path | None = Field(None, description="Its key (PEM); without it, the certificate's file has both.")
    oauth_token_url: str | None = Field(
        None, description="Where OAUTHBEARER's tokens come from, by OAuth 2.0's client credentials grant."
    )
    oauth_client_id: str | None = Field(None, description="Who asks for the token.")
    oauth_client_secret: SecretStr | None = Field(None, description="Its secret.")
    oauth_scope: str | None = Field(None, description="The scope of the token, where the server wants one.")
    oauth_msk_region: str | None = Field(
        None, description="The region of an Amazon MSK cluster: OAUTHBEARER's tokens are IAM's. Needs the extra msk."
    )
    fetch_max_wait_ms: int = Field(
        500, ge=1, description="How long the broker may hold a fetch. 50 on the embedded broker, which sleeps it out."
    )
    session_timeout_ms: int = Field(
        15_000,
        ge=1_000,
        description="How long a consumer may be silent before its partitions go to another. The embedded broker makes "
        "a new member wait for half of it: 1000 there.",
    )
    batch_size: int = Field(500, ge=1, le=10_000, description="Most records handled in one transaction.")
    start_timeout_seconds: float = Field(30, gt=0, description="How long a service waits for the broker at start.")
    replication_factor: int = Field(1, ge=1, description="Copies of each partition of topics that Closeout creates.")
    embedded: bool = Field(
        False, description="The broker is the embedded one: it forgets topics when it restarts; they are filled again."
    )

    @model_validator(mode="after")
    def _has_what_it_signs_in_with(self) -> KafkaSettings:
        if not self.security_protocol.startswith("SASL"):
            return self
        if self.sasl_mechanism == "OAUTHBEARER":
            if not (self.oauth_msk_region or (self.oauth_token_url and self.oauth_client_id)):
                raise ValueError("OAUTHBEARER needs oauth_token_url and oauth_client_id, or oauth_msk_region")
        elif not (self.sasl_username and self.sasl_password):
            raise ValueError(f"{self.sasl_mechanism} needs sasl_username and sasl_password")
        return self


class LogSettings(Settings):
    """Logs go to standard error."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_LOG_", frozen=True)

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is written.")
    format: Literal["json", "text"] = Field("json", description="One JSON object a line, or text for people.")


class TracingSettings(Settings):
    """OpenTelemetry. Off until an endpoint is given."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_TRACING_", frozen=True)

    otlp_endpoint: str | None = Field(None, description="Where spans go: http://host:4318/v1/traces.")
    sample_ratio: float = Field(1.0, ge=0, le=1, description="Share of traces that is kept.")


class PushSettings(Settings):
    """Metrics, pushed by OTLP. Off until an endpoint is given: they are scraped."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_PUSH_", frozen=True)

    otlp_endpoint: str | None = Field(None, description="Where metrics go: http://host:4318/v1/metrics.")
    headers: SecretStr | None = Field(None, description="What else is sent along, as Name=value, several with commas.")
    every_seconds: float = Field(60, ge=1, description="Pause between two pushes.")

    def header_values(self) -> dict[str, str]:
        """The headers by name."""
        given = self.headers.get_secret_value() if self.headers else ""
        pairs = (one.partition("=") for one in given.split(",") if one.strip())
        return {name.strip(): value.strip() for name, _, value in pairs}


class ServiceSettings(Settings):
    """What every service's settings begin with."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(0, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    tracing: TracingSettings = Field(default_factory=TracingSettings)
    push: PushSettings = Field(default_factory=PushSettings)


SHARED: tuple[type[Settings], ...] = (DatabaseSettings, KafkaSettings, LogSettings, TracingSettings, PushSettings)


def read(settings: type[S]) -> S:
    """Read `settings` and all groups in it from the environment.

    Raises SettingsError with a line for each bad value and each CLOSEOUT_ name that no group has.
    """
    groups: tuple[type[Settings], ...] = (settings, *SHARED)
    lines = [*_unknown_names(groups), *(line for group in SHARED for line in _problems(group))]
    if lines:
        raise SettingsError([*lines, *_problems(settings)])
    try:
        return settings()
    except ValidationError as error:
        raise SettingsError(_lines(settings, error)) from None


def _problems(group: type[Settings]) -> list[str]:
    # The shared groups are asked one by one: a bad one inside another would hide that one's own problems.
    inner: dict[str, Any] = {name: type_.model_construct() for name, type_ in _shared_in(group)}
    try:
        group(**inner)
    except ValidationError as error:
        return _lines(group, error)
    return []


def _shared_in(group: type[Settings]) -> Iterator[tuple[str, type[Settings]]]:
    for name, field in group.model_fields.items():
        if field.annotation in SHARED:
            yield name, field.annotation


def _lines(group: type[Settings], error: ValidationError) -> list[str]:
    # The value itself is left out: it may be a secret.
    return [
        f"{group.prefix()}{'_'.join(str(part) for part in problem['loc']).upper() or '…'}: {words_of(problem)}"
        for problem in error.errors(include_input=False, include_url=False)
    ]


def _unknown_names(groups: tuple[type[Settings], ...]) -> Iterator[str]:
    for group in groups:
        prefix = group.prefix()
        # A group inside another has names of its own, and is none of the other's settings.
        known = {f"{prefix}{name}".upper() for name, of in group.model_fields.items() if of.annotation not in SHARED}
        for name in sorted(os.environ):
            if prefix and name.startswith(prefix) and name not in known:
                near = get_close_matches(name, known) or sorted(known)
                yield f"{name}: there is no such setting. Near to it: {', '.join(near)}"
