"""SQL in files: each query is written as `-- name`, a sentence on the next `--` line, then the statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

NAME = re.compile(r"^-- ([a-z][a-z0-9_]*)$", re.MULTILINE)


@cache
def load_queries(package: str, file: str = "sql/queries.sql") -> Mapping[str, str]:
    """The named queries of a package's file."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    parts = NAME.split(text)[1:]
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}
