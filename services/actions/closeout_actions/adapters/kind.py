"""What the service has to know of a vendor of trackers; each vendor's folder has one in its `kind.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from closeout_actions.adapters.port import Budget, Hear, Tracker
from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor


@dataclass(frozen=True, slots=True)
class Kind:
    """A vendor whose trackers can be connected.

    `access(settings)`: its address and token, None while no token is set. `hear(settings)`: the reader of its webhooks.
    """

    vendor: Vendor
    access: Callable[[ActionsSettings], tuple[str, SecretStr] | None]
    connect: Callable[[ActionsSettings, SecretStr, Budget], Tracker]
    hear: Callable[[ActionsSettings], Hear]
