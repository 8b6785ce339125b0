"""What `closeout doctor` says of the settings, and the settings themselves as far as they can be read."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from closeout.finding import Finding
from closeout.settings import ImportSettings, UpSettings, names_set
from closeout_chassis.errors import SettingsError
from closeout_chassis.settings import SHARED, ServiceSettings, Settings, read

S = TypeVar("S", bound=Settings)

# Read by the sandbox, and by Docker Compose.
OF_OTHERS = ("CLOSEOUT_SANDBOX_", "CLOSEOUT_ENV_FILE")
NEAR = 0.8  # how alike two names are, at least, of which one may be a slip of the other: all begin alike


def service_groups() -> list[type[ServiceSettings]]:
    from closeout_actions.settings import ActionsSettings
    from closeout_ingest.settings import IngestSettings
    from closeout_metrics.settings import MetricsSettings
    from closeout_review.settings import ReviewSettings

    return [IngestSettings, ReviewSettings, ActionsSettings, MetricsSettings]


def of_settings() -> list[Finding]:
    """Those of each service; and of what all share, what is wrong."""
    lines: dict[str, None] = {}  # a set that keeps its order: each service names what all share
    groups: list[type[Settings]] = [UpSettings, ImportSettings, *SHARED, *service_groups()]
    for group in groups:
        try:
            read(group)
        except SettingsError as error:
            lines.update(dict.fromkeys(error.lines))
    findings = []
    for group in groups:
        wrong = [line for line in lines if line.startswith(group.prefix())]
        if wrong:
            to_do = "Mend or unset these variables."
            findings.append(Finding(f"settings {group.prefix()}…", "failed", "; ".join(wrong), to_do))
        elif issubclass(group, ServiceSettings):
            findings.append(_connected(group))
    return [*findings, *_of_no_group(groups)]


def _of_no_group(groups: list[type[Settings]]) -> list[Finding]:
    """Names that begin as ours do, and that nobody reads."""
    ours = (*OF_OTHERS, *(group.prefix() for group in groups))
    settings = [f"{group.prefix()}{field}".upper() for group in groups for field in group.model_fields]
    return [_unread(name, settings) for name in names_set() if not name.startswith(ours)]


def _unread(name: str, settings: list[str]) -> Finding:
    near = get_close_matches(name, settings, n=1, cutoff=NEAR)
    to_do = f"Is {near[0]} meant?" if near else "Mend or unset it: docs/reference/settings.md has all names."
    return Finding(f"setting {name}", "warning", "no setting begins so; it is not read", to_do)


def _connected(group: type[ServiceSettings]) -> Finding:
    name = f"settings {group.prefix()}…"
    settings = own(group)
    missing = _unset_secrets(settings) if settings is not None else []
    if missing:
        names = ", ".join(missing)
        return Finding(name, "warning", f"not set: {names}", "Set them to connect that vendor: docs/howto/.")
    return Finding(name, "ok", "valid")


def own(group: type[ServiceSettings]) -> ServiceSettings | None:
    """A service's own settings, whatever is wrong in those that all share."""
    shared = {name: field.annotation for name, field in group.model_fields.items() if field.annotation in SHARED}
    return readable(group, **{name: kind.model_construct() for name, kind in shared.items() if kind})


def readable(group: type[S], **told: Any) -> S | None:
    """With the default in place of each value that is wrong; None where those that are there do not go together."""
    try:
        return group(**told)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors(include_input=False, include_url=False) if one["loc"]}
    defaults = {name: group.model_fields[name].get_default(call_default_factory=True) for name in wrong}
    try:
        return group(**{**told, **defaults})
    except ValidationError:
        return None


def _unset_secrets(settings: Settings) -> list[str]:
    """What would connect a vendor, where none is connected: any one will do."""
    fields = type(settings).model_fields
    secrets = [name for name in fields if name.endswith("_secrets")]
    tokens = [f"{name.removesuffix('_projects')}_token" for name in fields if name.endswith("_projects")]
    tokens = [name for name in tokens if name in fields]
    return [
        f"{settings.prefix()}<vendor>_{kind}".upper()
        for kind, names in (("secrets", secrets), ("token", tokens))
        if names and not any(getattr(settings, name) for name in names)
    ]
