"""What ends a command in its middle and is not its own fault, as the one line that is printed."""

from __future__ import annotations

import errno

from aiokafka.errors import KafkaError

from closeout_chassis.db import AWAY

# By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
NO_PRIVILEGE, SYNTAX_OR_ACCESS = "42501", "42"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# OSError is more than that: a file that is not there is said where it is opened.
BROKE_OFF = (ConnectionError, TimeoutError, KafkaError, *(one for one in AWAY if one is not OSError))


def line_of(error: Exception) -> str:
    """What was not there, and what to do; empty where the fault may be ours."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return f"What is printed cannot be written: {error.strerror}."
    sqlstate = str(getattr(error, "sqlstate", None) or "")
    if sqlstate == NO_PRIVILEGE:
        return f"PostgreSQL does not let this user do it: {error.args[0]}. docs/howto/production.md says what it needs."
    if sqlstate.startswith(SYNTAX_OR_ACCESS):
        return f"The database is not of this release: {error.args[0]}. Run `closeout migrate`, or the newer release."
    if isinstance(error, BROKE_OFF) and not isinstance(error, ValueError):
        said = next(iter(str(error).splitlines()), "")
        told = f"{type(error).__name__}{f': {said}' if said else ''}"
        return f"PostgreSQL or Kafka broke it off ({told}). Run it again; `closeout doctor` says what is there."
    return ""
