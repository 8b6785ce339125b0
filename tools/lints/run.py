"""The architecture lints.

python tools/lints/run.py    print `file:line: rule: what to do` for each broken rule; exit 1 if there is any
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from tools.lints import manners, places
from tools.lints.source import Finding, Source, sources

ROOT = Path(__file__).parents[2]

Rule = Callable[[Source], Iterator[tuple[int, str]]]

RULES: Mapping[str, Rule] = {
    "environment": places.environment,
    "sql-in-files": places.sql_in_files,
    "database-driver": places.database_driver,
    "faststream": places.faststream,
    "acknowledgement": places.acknowledgement,
    "vendor-hosts": places.vendor_hosts,
    "metric-names": places.metric_names,
    "broad-except": manners.broad_except,
    "pure-domain": manners.pure_domain,
    "file-names": manners.file_names,
    "file-length": manners.file_length,
    "function-length": manners.function_length,
}


def inspect(file: Source) -> Iterator[Finding]:
    """What the rules say about one file."""
    for name, rule in RULES.items():
        yield from (Finding(file.path, line, name, advice) for line, advice in rule(file))


def findings(files: Iterable[Source]) -> list[Finding]:
    """What the rules say about all files, in order of place."""
    everything = list(files)
    found = [finding for file in everything for finding in inspect(file)]
    return sorted([*found, *manners.chassis_size(everything)], key=lambda one: (one.path, one.line, one.rule))


def main() -> int:
    """The command."""
    found = findings(sources(ROOT))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
