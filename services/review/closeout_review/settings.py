"""What the review service can be told."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import Field, HttpUrl, SecretStr, TypeAdapter, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from closeout_chassis.errors import SettingsError
from closeout_chassis.settings import ServiceSettings
from closeout_chassis.yaml_file import read_yaml
from closeout_judgement.taxonomy import BadTaxonomy, Taxonomy, published
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.mapping import Mapping
from closeout_schemas.vocabulary import Severity


class SignIn(StrEnum):
    """How people show who they are."""

    OPEN = "open"
    LINK = "link"
    OIDC = "oidc"


class ReviewSettings(ServiceSettings):
    """Postmortems."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_REVIEW_", frozen=True)

    port: int = Field(7400, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str = Field(
        "http://127.0.0.1:7400",
        description="Where people reach the pages. Links in tickets begin with it; forms are taken from there only.",
    )
    wall_url: str = Field(
        "", description="Where the metrics service shows the wall, as https://metrics.example.com/wall; pages link it."
    )
    time_zone: str = Field(
        "UTC",
        description="The organisation's time zone, as in Europe/Berlin: weeks, night hours and month four go by it.",
    )
    mildest_severity: Severity = Field(
        Severity.UNKNOWN,
        description="The mildest severity that earns a postmortem: sev1 … sev5; with unknown, every incident does.",
    )
    default_project: str = Field(
        "", description="Project of action items that name none, as tracker:project, e.g. github:acme/payments."
    )
    failure_modes_file: Path | None = Field(
        None,
        description="YAML: words and failure modes of your own beside the published ones. "
        "docs/reference/failure-modes.md; the service does not start with a mistake in it.",
    )
    mapping_file: Path | None = Field(
        None,
        description="YAML: which incidents earn a review, what depends on what, where action items go. "
        "docs/howto/mapping.md; `closeout mapping check FILE` says what is wrong with one.",
    )
    link_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="Signs the links of the card, which need no sign-in. Without it there are none.",
    )
    sign_in: SignIn = Field(
        SignIn.OPEN,
        validate_default=True,
        description="open: nobody signs in, everybody who reaches it is its operator; on loopback addresses only. "
        "link: a one-time link (`closeout link` makes one) opens it, API tokens for programs. oidc: OpenID Connect.",
    )
    oidc_issuer: str = Field(
        "",
        validate_default=True,
        description="The provider, exactly as its /.well-known/openid-configuration names its issuer.",
    )
    oidc_client_id: str = Field("", validate_default=True, description="What the provider calls Closeout.")
    oidc_client_secret: SecretStr | None = Field(None, description="The client's secret; none for a public client.")
    oidc_scope: str = Field("openid profile email", description="What is asked of the provider; some want groups here.")
    oidc_groups_claim: str = Field("groups", description="The claim that names somebody's groups.")
    oidc_readers: str = Field("*", description="Groups whose members may read, with commas; * is whoever signs in.")
    oidc_responders: str = Field("", description="Groups whose members may also write drafts and annotations.")
    oidc_reviewers: str = Field("", description="Groups whose members may also publish and restrict.")
    oidc_admins: str = Field("", description="Groups whose members may also read the audit log and revoke tokens.")
    session_hours: float = Field(12, gt=0, le=24 * 30, description="How long somebody stays signed in.")
    keep_answers_hours: float = Field(
        24, gt=0, le=24 * 30, description="How long the answer to a request with an Idempotency-Key is kept."
    )
    project_stale_after_hours: float = Field(
        24, gt=0, description="A tracker project that was not read for so long is not promised anything in."
    )
    draft_limit_bytes: int = Field(512 * 1024, ge=16 * 1024, description="Longest request body that is taken.")

    @field_validator("sign_in")
    @classmethod
    def _not_open_to_a_network(cls, value: SignIn, others: ValidationInfo) -> SignIn:
        if value is SignIn.OPEN and not _is_loopback(others.data.get("host", "")):
            raise ValueError(
                "without sign-in it listens on a loopback address only; set it to link or oidc, "
                "or CLOSEOUT_REVIEW_HOST to 127.0.0.1"
            )
        return value

    @field_validator("oidc_issuer", "oidc_client_id")
    @classmethod
    def _there_for_oidc(cls, value: str, others: ValidationInfo) -> str:
        if others.data.get("sign_in") is SignIn.OIDC and not value:
            raise ValueError("CLOSEOUT_REVIEW_SIGN_IN=oidc needs it")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _over_tls(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
            raise ValueError("the provider must be reached over TLS: https://…")
        return value

    attachment_limit_bytes: int = Field(
        2 * 1024 * 1024, ge=16 * 1024, le=32 * 1024 * 1024, description="Longest image that is attached to an entry."
    )

    @field_validator("public_url")
    @classmethod
    def _a_url(cls, value: str) -> str:
        TypeAdapter(HttpUrl).validate_python(value)
        return value.rstrip("/")

    @field_validator("wall_url")
    @classmethod
    def _a_url_or_none(cls, value: str) -> str:
        if value:
            TypeAdapter(HttpUrl).validate_python(value)
        return value

    @field_validator("time_zone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone; write it as in Europe/Berlin") from None
        return value

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The published taxonomy of failure modes, with the team's own words and modes. Raises SettingsError."""
        if self.failure_modes_file is None:
            return published()
        try:
            written = yaml.safe_load(self.failure_modes_file.read_text())
            return published().extended(written if isinstance(written, dict) else {})
        except (OSError, ValueError, yaml.YAMLError, BadTaxonomy) as error:
            said = " ".join(str(error).split())
            raise SettingsError([f"{self.failure_modes_file}: {said}"]) from None

    @property
    def own_modes(self) -> list[tuple[str, str]]:
        """The team's own failure modes: name and title."""
        known = set(published().modes)
        return [(mode.name, mode.title) for mode in self.taxonomy.modes.values() if mode.name not in known]

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping file; an empty one where none is named. Raises SettingsError with each mistake's line."""
        return read_yaml(self.mapping_file, Mapping) if self.mapping_file else Mapping()

    def project_for(self, incident: IncidentSnapshot) -> str:
        """Where the action items of `incident` go that name no project; empty where nothing says."""
        about = self.mapping.service(incident)
        return (about.project if about else None) or self.default_project

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.time_zone)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
