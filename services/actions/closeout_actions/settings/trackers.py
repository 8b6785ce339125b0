"""What the actions service can be told of trackers: where each is, with what credential, and how tickets are wanted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from closeout_chassis.settings import ServiceSettings

Names = Annotated[tuple[str, ...], NoDecode]
Seconds = Annotated[tuple[float, ...], NoDecode]

WONT_DO = (
    *("Won't Do", "Won't Fix", "Wontfix", "Not Planned", "Cannot Reproduce", "Declined", "Rejected", "Not a Bug"),
    *("Incomplete", "Canceled", "Cancelled", "Invalid", "Obsolete", "resolution::wontfix", "resolution::wont-do"),
)


class TrackerSettings(ServiceSettings):
    """Where trackers are."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_ACTIONS_", frozen=True)

    github_token: SecretStr | None = Field(
        None,
        description="Token of the account that makes the issues: fine-grained, with Issues (read, write) and Metadata "
        "(read) on each repository. Without it tickets wait.",
    )
    github_app_id: str = Field("", description="In place of a token: the id, or the client id, of a GitHub App.")
    github_app_key: SecretStr | None = Field(
        None, description="The app's private key: the text of the .pem file. The app has Issues (read, write)."
    )
    github_app_installation: str = Field(
        "", pattern=r"^[0-9]*$", description="The number of the app's installation in the organisation."
    )
    github_api_url: str = Field(
        "https://api.github.com", description="GitHub's REST API; Enterprise Server: https://HOST/api/v3."
    )
    github_projects: Names = Field(
        (), description="Repositories that the gate may promise work in, as owner/name, separated by commas."
    )
    github_label: str = Field("postmortem", description="Label of the issues; empty: none.")
    jira_url: str = Field(
        "", description="Jira's address, e.g. https://acme.atlassian.net or https://jira.acme.example."
    )
    jira_site_url: str = Field(
        "", description="Where people open tickets, where that is not jira_url (a scoped token's API address)."
    )
    jira_flavour: Literal["cloud", "data_center"] = Field("cloud", description="Which Jira it is.")
    jira_email: str = Field(
        "", description="Cloud: the account that an API token belongs to. Empty: the token is sent as a bearer token."
    )
    jira_token: SecretStr | None = Field(
        None,
        description="Cloud: API token or OAuth token. Data Center: personal access token. Without it tickets wait.",
    )
    jira_projects: Names = Field(
        (), description="Keys of the Jira projects that the gate may promise work in, separated by commas: PAY,OPS."
    )
    jira_label: str = Field("postmortem", description="Label of the Jira issues, without spaces; empty: none.")
    jira_issue_type: str = Field("Task", description="Type of the Jira issues.")
    jira_priority: str = Field("", description="Priority of the Jira issues; empty: the project's own default.")
    jira_fields: Annotated[dict[str, Any], NoDecode] = Field(
        {}, description='Further fields, as JSON in Jira\'s own form: {"components": [{"name": "payments-api"}]}.'
    )
    jira_settle_seconds: Seconds = Field(
        (0, 10, 60, 300), description="settle_seconds for Jira, whose search shows a new issue after minutes at worst."
    )
    linear_api_url: str = Field("https://api.linear.app", description="Linear's API.")
    linear_token: SecretStr | None = Field(
        None, description="Linear's API key or OAuth token, with read and write. Without it tickets wait."
    )
    linear_projects: Names = Field(
        (), description="Keys of the Linear teams that the gate may promise work in, separated by commas: PAY,OPS."
    )
    linear_label: str = Field("postmortem", description="Label of the Linear issues; empty: none.")
    gitlab_url: str = Field("https://gitlab.com", description="GitLab's address.")
    gitlab_token: SecretStr | None = Field(
        None, description="Token of a project, a group or an account with the scope api. Without it tickets wait."
    )
    gitlab_projects: Names = Field(
        (), description="Projects that the gate may promise work in, by their full paths, separated by commas."
    )
    gitlab_label: str = Field("postmortem", description="Label of the GitLab issues; empty: none.")
    gitlab_wont_do_label: str = Field(
        "resolution::wontfix", description="Label that an issue gets whose promise was withdrawn; empty: none."
    )
    gitea_url: str = Field("", description="Address of Gitea or Forgejo, e.g. https://git.acme.example.")
    gitea_token: SecretStr | None = Field(
        None, description="Token with write:issue, read:repository and read:user. Without it tickets wait."
    )
    gitea_projects: Names = Field(
        (), description="Repositories that the gate may promise work in, as owner/name, separated by commas."
    )
    gitea_label: str = Field("postmortem", description="Label of the Gitea issues; empty: none.")
    gitea_wont_do_label: str = Field(
        "wontfix", description="Label that an issue gets whose promise was withdrawn, where the repository has it."
    )
    homemade_url: str = Field("", description="Address of a tracker that speaks Closeout's own protocol.")
    homemade_token: SecretStr | None = Field(
        None,
        description="Secret with which questions to it are signed (`whsec_…` or any text). Without it tickets wait.",
    )
    homemade_projects: Names = Field(
        (), description="Its projects that the gate may promise work in, separated by commas."
    )
    homemade_label: str = Field("postmortem", description="Label of its tickets; empty: none.")
    more_projects: Names = Field(
        (),
        description="Projects of trackers that other packages bring, as x-tracker:project, separated by commas. "
        "docs/howto/tracker-adapter.md",
    )
    more_label: str = Field("postmortem", description="Label of the tickets in those; empty: none.")
    wont_do_names: Names = Field(
        WONT_DO,
        description="Resolutions, statuses and labels by which trackers without a reason for closing say that a closed "
        "ticket was not done. Compared without case and punctuation.",
    )
    duplicate_names: Names = Field(
        ("Duplicate", "resolution::duplicate"), description="The same for duplicates of another ticket."
    )
