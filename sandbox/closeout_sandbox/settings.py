"""What the sandbox can be told before it starts. Every name begins with CLOSEOUT_SANDBOX_."""

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CLOSEOUT_SANDBOX_"


class SandboxSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    host: str = Field(
        "127.0.0.1", description="Address to listen on. The sandbox knows no real secrets; keep it local."
    )
    port: int = Field(8900, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_base_url: str = Field("", description="Address that links carry; empty: made from host and port.")
    data_file: Path | None = Field(None, description="SQLite file with all state; empty: memory only.")
    id_offset: int = Field(
        0, ge=0, description="Added to every made-up id, so that two sandboxes can feed one Closeout without a clash."
    )
    repository: str = Field(
        "acme/payments", pattern=r"^[\w.-]+/[\w.-]+$", description="The repository with the issues."
    )
    github_token: SecretStr = Field(SecretStr("sandbox-github-token"), description="The token that is let in.")
    github_login: str = Field("closeout-bot", description="The account that the token belongs to.")
    github_webhook_url: str = Field("", description="Where issue webhooks go; empty: nowhere.")
    github_webhook_secret: SecretStr = Field(
        SecretStr("sandbox-github-webhook-secret"), description="Signs issue webhooks; empty: unsigned."
    )
    jira_token: SecretStr = Field(SecretStr("sandbox-jira-token"), description="The Jira token that is let in.")
    jira_email: str = Field("closeout-bot@example.com", description="The account that the Jira token belongs to.")
    linear_token: SecretStr = Field(SecretStr("lin_api_sandbox"), description="The Linear key that is let in.")
    gitlab_token: SecretStr = Field(SecretStr("sandbox-gitlab-token"), description="The GitLab token that is let in.")
    gitea_token: SecretStr = Field(SecretStr("sandbox-gitea-token"), description="The Gitea token that is let in.")
    homemade_secret: SecretStr = Field(
        SecretStr("sandbox-homemade-secret"), description="Signs the questions that the home-made tracker answers."
    )
    slack_token: SecretStr = Field(SecretStr("xoxb-sandbox-slack"), description="The bot token that Slack lets in.")
    pagerduty_token: SecretStr = Field(SecretStr("sandbox-pagerduty-token"), description="The REST key that is let in.")
    pagerduty_webhook_url: str = Field("", description="Where V3 webhooks go; empty: nowhere.")
    pagerduty_webhook_secrets: list[SecretStr] = Field(
        [SecretStr("sandbox-pagerduty-webhook-secret")],
        description="Sign V3 webhooks, as a JSON list; several at once while a secret is being rotated.",
    )

    @property
    def base_url(self) -> str:
        return self.public_base_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown_names(cls, values: Any) -> Any:
        known = {(PREFIX + name).upper() for name in cls.model_fields}
        unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
        if unknown:
            raise ValueError(f"unknown setting {', '.join(unknown)}")
        return values
