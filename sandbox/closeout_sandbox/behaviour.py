"""How strict, how slow and how forgetful the stand-ins are: what can be changed while they run."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from closeout_sandbox.store import Store


class Behaviour(BaseModel):
    model_config = ConfigDict(extra="forbid")

    search_lag_seconds: float = Field(5.0, ge=0, description="GitHub's search shows a change only after this long.")
    list_lag_seconds: float = Field(0.0, ge=0, description="A new issue is missing from the list for this long.")
    read_lag_seconds: float = Field(0.0, ge=0, description="A new issue answers 404 for this long.")
    unknown_assignee: Literal["drop", "refuse"] = Field(
        "refuse",
        description="Answer 422 as GitHub does to a caller with push access, or drop as for one without.",
    )
    unknown_label: Literal["refuse", "create"] = Field(
        "refuse", description="Answer 422, or create the label as GitHub does for a caller with push access."
    )
    github_hourly_limit: int = Field(5000, gt=0, description="Requests an hour and token (GitHub: 5,000).")
    github_search_per_minute: int = Field(30, gt=0, description="Searches a minute (GitHub: 30).")
    github_content_per_minute: int = Field(80, gt=0, description="Creations a minute (GitHub: about 80).")
    github_webhook_timeout_seconds: float = Field(10.0, gt=0, description="GitHub: 10 s.")
    tracker_webhook_timeout_seconds: float = Field(5.0, gt=0, description="Jira, Linear, GitLab, Gitea: 5 to 10 s.")
    tracker_retry_seconds: float = Field(
        1.0, ge=0, description="First pause before one of them repeats a webhook; theirs are minutes."
    )
    shows_webhooks: bool = Field(True, description="Whether our account may see the webhooks of trackers.")
    pagerduty_per_minute: int = Field(960, gt=0, description="Requests a minute and key (PagerDuty: 960).")
    pagerduty_webhook_timeout_seconds: float = Field(5.0, gt=0, description="PagerDuty: 5 s.")
    pagerduty_retry_seconds: float = Field(1.0, ge=0, description="First pause before a retry; doubles each time.")
    pagerduty_retry_most_seconds: float = Field(30.0, ge=0, description="Longest pause before a retry.")
    pagerduty_give_up_seconds: float = Field(48 * 3600.0, gt=0, description="PagerDuty: 48 h of retries.")
    pagerduty_drops_to_disable: int = Field(3, gt=0, description="PagerDuty: 3 drops in a row.")
    pagerduty_disabled_seconds: float = Field(24 * 3600.0, gt=0, description="PagerDuty: disabled for 24 h.")


def read(store: Store) -> Behaviour:
    return Behaviour.model_validate(store.get("behaviour", "only") or {})


def change(store: Store, changes: dict[str, object]) -> Behaviour:
    """Change the named fields. Raises pydantic's ValidationError and then changes nothing."""
    changed = Behaviour.model_validate({**read(store).model_dump(), **changes})
    store.put("behaviour", "only", changed.model_dump())
    return changed
