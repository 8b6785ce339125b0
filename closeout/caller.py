"""Who runs a command."""

from __future__ import annotations

import os
from getpass import getuser


def caller() -> str:
    """The user's name, or the number where there is no name for it, as in a container that runs as one."""
    try:
        return getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
