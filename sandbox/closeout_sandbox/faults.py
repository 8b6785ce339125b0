"""What goes wrong, when it is asked for: in answers to callers and in webhooks on their way."""

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from closeout_sandbox.store import Store

System = Literal["github", "pagerduty", "jira", "jira_dc", "linear", "gitlab", "gitea", "homemade", "slack"]
AnswerKind = Literal[
    "slow", "disconnect", "half_body", "html", "status", "primary_limit", "secondary_limit", "rate_limit"
]
WebhookKind = Literal["webhook_twice", "webhook_late", "webhook_out_of_order", "webhook_lost"]


class Fault(BaseModel):
    """One rule; it is used up after `times` matches, and lets the first `skip` matches pass."""

    model_config = ConfigDict(extra="forbid")

    id: int = 0
    system: System
    kind: AnswerKind | WebhookKind
    method: str = "*"
    path: str = Field("*", description="Pattern with * over the vendor's path, or over the webhook's event type.")
    body: str = Field("", description="Strike only requests whose body holds this text; for GraphQL.")
    when: Literal["before", "after"] = Field("before", description="Whether the request takes effect first.")
    seconds: float = Field(1.0, ge=0, description="How slow or how late; for webhook_out_of_order too.")
    status: int | None = Field(None, ge=200, le=599, description="Instead of the kind's usual one.")
    headers: bool = Field(True, description="Whether a limit names itself in headers; it may come without.")
    retry_after: int | None = Field(60, ge=0, description="Seconds, for secondary_limit; null leaves it out.")
    times: int | None = Field(1, gt=0, description="null: until it is taken away.")
    skip: int = Field(0, ge=0)
    used: int = 0

    @property
    def is_webhook(self) -> bool:
        return self.kind.startswith("webhook_")

    def covers(self, system: str, method: str, path: str, body: bytes = b"") -> bool:
        return (
            self.system == system
            and self.method.upper() in ("*", method.upper())
            and fnmatchcase(path, self.path)
            and self.body.encode() in body
            and (self.times is None or self.used < self.times + self.skip)
        )


class Faults:
    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, fault: Fault) -> Fault:
        numbered = fault.model_copy(update={"id": self.store.next("fault"), "used": 0})
        self.store.put("fault", numbered.id, numbered.model_dump())
        return numbered

    def all(self) -> list[Fault]:
        return [Fault.model_validate(doc) for doc in self.store.all("fault")]

    def reset(self) -> None:
        self.store.delete("fault")

    def strike(self, system: str, method: str, path: str, body: bytes = b"", *, webhook: bool = False) -> Fault | None:
        """The first rule that applies now, counted as used; None when nothing goes wrong."""
        for fault in self.all():
            if fault.is_webhook is not webhook or not fault.covers(system, method, path, body):
                continue
            fault.used += 1
            self.store.put("fault", fault.id, fault.model_dump())
            if fault.used > fault.skip:
                return fault
        return None
