"""What the actions service can be told."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, SecretStr, TypeAdapter, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from closeout_actions.settings.trackers import Names, Seconds, TrackerSettings
from closeout_chassis.yaml_file import read_yaml
from closeout_schemas.mapping import Mapping
from closeout_schemas.vocabulary import Vendor


class ActionsSettings(TrackerSettings):
    """Trackers."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_ACTIONS_", frozen=True)

    port: int = Field(7402, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    reconcile_seconds: float = Field(
        120, gt=0, description="Pause between two readings of what no webhook told. A lost ticket takes three."
    )
    describe_seconds: float = Field(300, gt=0, description="Pause between two descriptions of the projects.")
    settle_seconds: Seconds = Field(
        (0, 5, 30, 120),
        description="After a creation of which nobody knows whether it took effect: seconds at which to look for it, "
        "rising, separated by commas. Only after the last one it is created again; trackers' lists lag.",
    )
    write_interval_seconds: float = Field(
        1.0, ge=0, description="Least time from one write with a credential to the next. GitHub asks for 1 s."
    )
    request_timeout_seconds: float = Field(10, gt=0, le=60, description="Longest that one request may take.")
    retry_seconds: float = Field(5, gt=0, description="Pause after a failed try; doubles up to a quarter of an hour.")
    pause_seconds: float = Field(
        60,
        gt=0,
        description="Pause after the tracker refused the credential, or named a limit without a time. GitHub: 60.",
    )
    check_prometheus_url: str = Field("", description="Prometheus that checks ask, e.g. http://prometheus:9090.")
    check_prometheus_token: SecretStr | None = Field(None, description="Bearer token for it.")
    check_flags_url: str = Field(
        "", description="OpenFeature provider that checks ask by OFREP, e.g. http://flagd:8016."
    )
    check_flags_token: SecretStr | None = Field(None, description="Bearer token for it.")
    check_hosts: Names = Field(
        (),
        description="Hosts whose HTTP answers may be looked at by checks, with their port where it is not the usual "
        "one, separated by commas. Everything else is refused.",
    )
    check_seconds: float = Field(300, gt=0, description="Pause between two runs of a check that does not pass.")
    check_again_seconds: float = Field(
        21_600, gt=0, description="Pause between two runs of a check that passes: whether it still does."
    )
    check_timeout_seconds: float = Field(10, gt=0, le=60, description="Longest that one question of a check may take.")
    nudge_seconds: float = Field(60, gt=0, description="Pause between two looks for whom to remind.")
    mapping_file: Path | None = Field(
        None,
        description="YAML: how teams want their tickets, who hears of those that are not done, when; parts `projects` "
        "and `nudges`. The same file as review's.",
    )
    time_zone: str = Field(
        "UTC", description="The organisation's time zone, as in Europe/Berlin: give all services the same."
    )
    public_url: str = Field(
        "", description="Where people reach this service, for the links in nudges. Empty: there are none."
    )
    link_secret: SecretStr | None = Field(
        None, min_length=16, description="Signs those links, which need no sign-in. Without it there are none."
    )
    public_review_url: str = Field(
        "", description="Where people reach the review service, for links to postmortems that came without one."
    )

    @cached_property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping file; an empty one where none is named. Raises SettingsError with each mistake's line."""
        return read_yaml(self.mapping_file, Mapping) if self.mapping_file else Mapping()

    @property
    def lease(self) -> timedelta:
        """How long whoever claimed a piece of work is held to be at it.

        Nothing is sent later than two request timeouts after the claim, and a request ends within one.
        """
        return timedelta(seconds=self.request_timeout_seconds * 3.5)

    def projects(self, tracker: Vendor) -> tuple[str, ...]:
        """The projects of one tracker that are described."""
        of_ours: tuple[str, ...] | None = getattr(self, f"{tracker.value}_projects", None)
        if of_ours is not None:
            return of_ours
        named = [name.partition(":") for name in self.more_projects]
        return tuple(key for vendor, _, key in named if vendor == tracker.value)

    def label(self, tracker: Vendor) -> str | None:
        """The label that tickets get in one tracker."""
        label: str = getattr(self, f"{tracker.value}_label", self.more_label)
        return label or None

    def settle(self, tracker: Vendor) -> tuple[float, ...]:
        """When to look for a ticket in doubt: as long as that tracker's search may lag."""
        seconds: tuple[float, ...] = getattr(self, f"{tracker.value}_settle_seconds", self.settle_seconds)
        return seconds

    @field_validator(
        *("github_projects", "jira_projects", "linear_projects", "wont_do_names", "duplicate_names", "settle_seconds"),
        *("gitlab_projects", "gitea_projects", "homemade_projects", "check_hosts", "more_projects"),
        "jira_settle_seconds",
        mode="before",
    )
    @classmethod
    def _by_commas(cls, value: object) -> object:
        return _parts(value)

    @field_validator("jira_fields", mode="before")
    @classmethod
    def _as_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value or "{}")
        except ValueError as error:
            raise ValueError(f'no JSON ({error}); write it as {{"components": [{{"name": "payments-api"}}]}}') from None

    @field_validator("github_projects", "gitea_projects")
    @classmethod
    def _owner_and_name(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            owner, slash, repository = name.partition("/")
            if not (owner and slash and repository) or "/" in repository:
                raise ValueError(f"{name!r} is no repository; write it as acme/payments")
        return value

    @field_validator("jira_projects", "linear_projects")
    @classmethod
    def _keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            # https://support.atlassian.com/jira-software-cloud/docs/what-is-an-issue
            if not re.fullmatch(r"[A-Z][A-Z0-9_]+", key):
                raise ValueError(f"{key!r} is no key of a project or team; write it as PAY")
        return value

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        for name in ("jira", "gitea", "homemade"):
            if getattr(self, f"{name}_token") and not getattr(self, f"{name}_url"):
                setting = f"CLOSEOUT_ACTIONS_{name.upper()}_URL"
                raise ValueError(f"{name}_token is set, and {name}_url is not: set {setting}")
        of_app = (self.github_app_id, self.github_app_key, self.github_app_installation)
        if any(of_app) and not all(of_app):
            raise ValueError("a GitHub App is github_app_id, github_app_key and github_app_installation: set all three")
        if " " in self.jira_label:
            raise ValueError("jira_label: Jira's labels have no spaces")
        return self

    @field_validator("time_zone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no time zone is called that; write it as Europe/Berlin") from None
        return value

    @field_validator("settle_seconds", "jira_settle_seconds")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or value[0] < 0 or list(value) != sorted(value):
            raise ValueError("at least one number, none below 0, rising, as in 0,5,30,120")
        return value

    @field_validator(
        "github_api_url",
        "linear_api_url",
        "jira_url",
        "jira_site_url",
        "gitlab_url",
        "gitea_url",
        "homemade_url",
        "public_review_url",
        "public_url",
        "check_prometheus_url",
        "check_flags_url",
    )
    @classmethod
    def _a_url(cls, value: str) -> str:
        if value:
            TypeAdapter(HttpUrl).validate_python(value)
        return value.rstrip("/")


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())
