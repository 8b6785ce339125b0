"""What the ingest service can be told."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from closeout_chassis.settings import ServiceSettings
from closeout_chassis.yaml_file import read_yaml
from closeout_schemas.mapping import Mapping
from closeout_schemas.vocabulary import Vendor

Secrets = Annotated[tuple[SecretStr, ...], NoDecode]

CARRIED = (
    ", separated by commas: as a bearer token, as the password of basic authentication, or as the last part of the "
    "path. At least 20 characters each; `openssl rand -hex 32` makes a good one."
)
SHORTEST_CARRIED = 20


class IngestSettings(ServiceSettings):
    """The door."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_INGEST_", frozen=True)

    port: int = Field(7401, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    pagerduty_secrets: Secrets = Field(
        (),
        description="Signing secrets of the PagerDuty webhook subscriptions, separated by commas. "
        "Any of them may sign: add the new one, change the subscription, take the old one away.",
    )
    github_secrets: Secrets = Field(
        (), description="Secrets of the GitHub webhooks, separated by commas. Any of them may sign."
    )
    jira_secrets: Secrets = Field(
        (), description="Secrets with which Jira signs, or that one that does not sign may carry" + CARRIED
    )
    linear_secrets: Secrets = Field(
        (), description="Signing secrets of the Linear webhooks, separated by commas. Any of them may sign."
    )
    gitlab_secrets: Secrets = Field(
        (), description="Signing or secret tokens of the GitLab webhooks, separated by commas. Any of them may vouch."
    )
    gitea_secrets: Secrets = Field(
        (), description="Secrets of the Gitea or Forgejo webhooks, separated by commas. Any of them may sign."
    )
    homemade_secrets: Secrets = Field(
        (),
        description="Secrets with which a tracker that speaks Closeout's own protocol signs (Standard Webhooks; "
        "`whsec_…` or any text), separated by commas. Any of them may sign.",
    )
    alertmanager_secrets: Secrets = Field((), description="Secrets that Alertmanager may carry" + CARRIED)
    grafana_secrets: Secrets = Field(
        (),
        description="Secrets with which Grafana signs (HMAC, since Grafana 12), or that it or OnCall may carry"
        + CARRIED,
    )
    opsgenie_secrets: Secrets = Field(
        (), description="Secrets that Opsgenie's webhook integrations may carry" + CARRIED
    )
    jsm_secrets: Secrets = Field(
        (), description="Secrets that webhooks of Jira Service Management Operations may carry" + CARRIED
    )
    generic_secrets: Secrets = Field(
        (),
        description="Secrets with which a home-made pager signs (Standard Webhooks; `whsec_…` or any text), or that it "
        "may carry" + CARRIED,
    )
    slack_secrets: Secrets = Field(
        (), description="Signing secrets of the Slack apps, separated by commas. Any of them may sign."
    )
    mapping_file: Path | None = Field(
        None, description="YAML: which chat channel is an incident's, part `chat`. The same file as review's."
    )
    pagerduty_api_url: str = Field("https://api.pagerduty.com", description="PagerDuty's REST API; EU: api.eu.…")
    pagerduty_api_token: SecretStr | None = Field(
        None,
        description="Read-only REST key. With it people are joined to trackers' accounts by their e-mail, log entries "
        "and notes are fetched when an incident is resolved, and what webhooks lost is found.",
    )
    pagerduty_from: str = Field(
        "",
        description="E-mail address of a PagerDuty user. With it, and a key that may write, the 3 a.m. card is posted "
        "as a note on the incident.",
    )
    opsgenie_api_url: str = Field(
        "https://api.opsgenie.com/v2", description="Opsgenie's REST API; EU: https://api.eu.opsgenie.com/v2."
    )
    opsgenie_api_key: SecretStr | None = Field(
        None, description="Read-only API key. With it logs, notes and what webhooks lost are fetched."
    )
    opsgenie_cards: bool = Field(
        False, description="The key may write: the 3 a.m. card is posted as a note on the alert."
    )
    jsm_cards: bool = Field(
        False, description="The account may write: the 3 a.m. card is posted as a note on the alert."
    )
    jsm_api_url: str = Field(
        "",
        description="REST API of Jira Service Management Operations: "
        "https://api.atlassian.com/jsm/ops/api/<cloudId>/v1.",
    )
    jsm_api_user: str = Field("", description="E-mail address of the account whose API token is used there.")
    jsm_api_token: SecretStr | None = Field(
        None, description="API token of that account. With it logs, notes and what webhooks lost are fetched."
    )
    slack_api_url: str = Field("https://slack.com/api", description="Slack's Web API.")
    slack_api_token: SecretStr | None = Field(
        None,
        description="Bot token (xoxb-…). With it a channel's history is fetched when its incident is resolved, people "
        "are known by their names, and cards and notices are said in channels and to people.",
    )
    slack_page_size: int = Field(
        200, ge=1, le=999, description="Messages asked for at once; 15 for an app that Slack limits to that."
    )
    smtp_host: str = Field(
        "", description="Mail server. With it people are written to by e-mail whom the chat does not reach."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port: 587 with STARTTLS, 465 with TLS.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls`: the connection becomes encrypted or nothing is sent; `tls`: it begins so."
    )
    smtp_user: str = Field("", description="Who signs in there; empty: nobody has to.")
    smtp_password: SecretStr | None = Field(None, description="Their password.")
    smtp_from: str = Field("", description="Whom mail is from: Closeout <closeout@example.com>.")
    smtp_ca_file: Path | None = Field(None, description="CA certificates (PEM) to trust in place of the system's.")
    people_seconds: float = Field(5, gt=0, description="Pause between look-ups of people whom the pager has named.")
    history_seconds: float = Field(5, gt=0, description="Pause between looks at whose history is to be fetched.")
    services_hours: float = Field(
        6, gt=0, description="Pause between readings of the pager's services, their teams and dependencies."
    )
    reconcile_minutes: float = Field(
        15, gt=0, description="Pause between askings of each pager for what no webhook told. The first is at the start."
    )
    body_limit_bytes: int = Field(
        1024 * 1024,
        ge=1024,
        le=1024 * 1024,
        description="Longest webhook that is taken. PagerDuty sends at most 256 KB.",
    )
    queue_limit: int = Field(5_000, ge=1, description="Deliveries that may wait for a commit before the door says 503.")

    @field_validator(
        "pagerduty_secrets",
        "github_secrets",
        "jira_secrets",
        "linear_secrets",
        "gitlab_secrets",
        "gitea_secrets",
        "homemade_secrets",
        "alertmanager_secrets",
        "generic_secrets",
        "grafana_secrets",
        "opsgenie_secrets",
        "jsm_secrets",
        "slack_secrets",
        mode="before",
    )
    @classmethod
    def _by_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(SecretStr(part.strip()) for part in value.split(",") if part.strip())

    @field_validator(
        *("alertmanager_secrets", "generic_secrets", "grafana_secrets", "opsgenie_secrets", "jsm_secrets"),
        *("jira_secrets", "gitlab_secrets"),
    )
    @classmethod
    def _hard_to_guess(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(secret.get_secret_value()) < SHORTEST_CARRIED for secret in secrets):
            raise ValueError(f"a secret that is carried needs {SHORTEST_CARRIED} characters; `openssl rand -hex 32`")
        return secrets

    @model_validator(mode="after")
    def _mail_can_be_sent(self) -> Self:
        if self.smtp_host and "@" not in self.smtp_from:
            raise ValueError("CLOSEOUT_INGEST_SMTP_HOST needs CLOSEOUT_INGEST_SMTP_FROM, an e-mail address")
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("CLOSEOUT_INGEST_SMTP_SECURITY is none: a password would travel unencrypted")
        return self

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping file; an empty one where none is named. Raises SettingsError with each mistake's line."""
        return read_yaml(self.mapping_file, Mapping) if self.mapping_file else Mapping()

    def secrets_of(self, vendor: Vendor) -> tuple[SecretStr, ...]:
        """Every secret that may vouch for a webhook of `vendor`; none: its door is shut."""
        secrets: tuple[SecretStr, ...] = getattr(self, f"{vendor.value}_secrets")
        return secrets
