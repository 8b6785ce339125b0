"""What `closeout doctor` says of one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `to_do` is empty where nothing has to be done."""

    what: str
    state: State
    found: str
    to_do: str = ""
