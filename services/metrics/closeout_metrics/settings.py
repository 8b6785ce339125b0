"""What the metrics service can be told."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from closeout_chassis.settings import ServiceSettings
from closeout_chassis.yaml_file import read_yaml
from closeout_schemas.mapping import Mapping

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)


class MetricsSettings(ServiceSettings):
    """Numbers."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_METRICS_", frozen=True)

    port: int = Field(7403, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    time_zone: str = Field(
        "UTC",
        description="The organisation's time zone, as in Europe/Berlin: quarters and due days go by it. "
        "The same as the review service's.",
    )

    mapping_file: Path | None = Field(
        None,
        description="YAML: where each team reads its weekly digest, part `teams`, and what is counted without its "
        "service, part `restricted`. The same file as review's. Without it no digest is sent.",
    )
    digest_weekday: Weekday = Field(
        "monday", description="On which day the digest of the week before is sent, in the organisation's time zone."
    )
    digest_hour: int = Field(9, ge=0, le=23, description="From which hour on.")

    @field_validator("time_zone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone; write it as in Europe/Berlin") from None
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping file; an empty one where none is named. Raises SettingsError with each mistake's line."""
        return read_yaml(self.mapping_file, Mapping) if self.mapping_file else Mapping()
