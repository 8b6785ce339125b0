"""Rules by which each outside thing enters at one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.lints.source import Source

Found = Iterator[tuple[int, str]]  # line, what to do

ENVIRONMENT = {"os.environ", "os.getenv", "os.environb"}
SQL = re.compile(
    r"\s*(SELECT\s|INSERT INTO\s|UPDATE \w+ |DELETE FROM\s|WITH \w+ AS|CREATE (TABLE|INDEX|SCHEMA)|ALTER TABLE|DROP |"
    r"TRUNCATE\s|LOCK TABLE|LISTEN |NOTIFY )"
)
# Where the vendors' APIs are. Pages of documentation may be linked anywhere.
VENDOR_HOSTS = re.compile(
    r"\b(api\.(eu\.)?pagerduty\.com|events\.(eu\.)?pagerduty\.com|api\.github\.com|api\.(eu\.)?opsgenie\.com|"
    r"api\.atlassian\.com|[a-z*-]+\.atlassian\.net|api\.linear\.app|slack\.com/api|hooks\.slack\.com)\b"
)
METRIC_DEFINITIONS = re.compile(r"closeout_metrics/domain/([a-z]+_)?definitions\.py$")
METRIC_NAME = re.compile(r"closeout_[a-z0-9_]+")
PACKAGES = re.compile(r"closeout_(schemas|chassis|judgement|sandbox|ingest|review|actions|metrics)")


def environment(file: Source) -> Found:
    """The environment is read in settings.py."""
    if file.package is None or file.path.name == "settings.py":
        return
    for line, name in file.imports():
        if name in ENVIRONMENT:
            yield line, "read the environment in settings.py, as a field with a description"
    for node in file.nodes():
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ENVIRONMENT:
            yield node.lineno, "read the environment in settings.py, as a field with a description"


def sql_in_files(file: Source) -> Found:
    """A service's SQL is in sql/queries.sql."""
    if not file.is_service:
        return
    for line, text in file.strings():
        if SQL.match(text):
            yield line, "put the statement into sql/queries.sql, under a name and with a sentence"


def database_driver(file: Source) -> Found:
    """asyncpg is for the chassis and the stores."""
    if file.package in (None, "closeout_chassis") or file.path.name == "store.py" or "store" in file.path.parts:
        return
    for line, name in file.imports():
        if name.partition(".")[0] == "asyncpg":
            yield line, "use closeout_chassis.db, or put this into store.py"


def faststream(file: Source) -> Found:
    """FastStream is known in one file."""
    if file.path.parts[-2:] == ("closeout_chassis", "bus.py"):
        return
    for line, name in file.imports():
        if name.partition(".")[0] == "faststream":
            yield line, "say what you need of the broker in closeout_chassis/bus.py; its policies are chosen there"


def acknowledgement(file: Source) -> Found:
    """Every subscriber seeks back when its handler raises: other policies lose the record."""
    for node in file.nodes():
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "subscriber"):
            continue
        policies = [ast.unparse(one.value) for one in node.keywords if one.arg == "ack_policy"]
        if policies != ["AckPolicy.NACK_ON_ERROR"]:
            yield node.lineno, "give ack_policy=AckPolicy.NACK_ON_ERROR; every other one loses what a handler raised on"


def vendor_hosts(file: Source) -> Found:
    """Where a vendor's API is stands in its adapter and in the settings."""
    is_settings = file.path.name == "settings.py" or file.path.parent.name == "settings"
    if file.package in (None, "closeout_sandbox") or file.is_adapter or is_settings:
        return
    for line, text in file.strings():
        if VENDOR_HOSTS.search(text):
            yield line, "take the address from the settings, or do this in adapters/"


def metric_names(file: Source) -> Found:
    """Metrics are named in telemetry.py and in the metrics service's definitions."""
    if file.package is None or file.path.name == "telemetry.py" or METRIC_DEFINITIONS.search(file.path.as_posix()):
        return
    for line, text in file.strings():
        if METRIC_NAME.fullmatch(text) and not PACKAGES.fullmatch(text):
            yield line, f"name {text} in telemetry.py or in the metrics service's definitions.py, and use that"
