"""Each architecture lint against a sample that passes and one that fails, and all of them against the whole tree.

A sample holds several files: `# as: <path>` begins one. A line that ends in `# !` breaks the rule; `# times N: x` is
the line x, N times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lints.manners import chassis_size
from tools.lints.run import ROOT, RULES, findings
from tools.lints.source import Source, source, sources

SAMPLES = Path(__file__).parents[1] / "lints" / "samples"
AS = re.compile(r"^# as: (\S+)\n", re.MULTILINE)
TIMES = re.compile(r"^# times (\d+): (.*\n)", re.MULTILINE)

each_rule = pytest.mark.parametrize("rule", RULES)


def files_of(sample: Path) -> Iterator[Source]:
    parts = AS.split(sample.read_text(encoding="utf-8"))[1:]
    for path, text in zip(parts[::2], parts[1::2], strict=True):
        yield source(path, TIMES.sub(lambda found: found[2] * int(found[1]), text))


def broken(rule: str, file: Source) -> set[int]:
    return {line for line, _ in RULES[rule](file)}


@each_rule
def test_the_passing_sample_passes(rule: str) -> None:
    for file in files_of(SAMPLES / f"{rule}.pass.txt"):
        assert broken(rule, file) == set(), file.path


@each_rule
def test_the_failing_sample_fails_at_the_marked_lines_and_nowhere_else(rule: str) -> None:
    for file in files_of(SAMPLES / f"{rule}.fail.txt"):
        marked = {n for n, line in enumerate(file.text.splitlines(), 1) if line.endswith("# !")}
        assert marked
        assert broken(rule, file) == marked, file.path


def test_every_sample_belongs_to_a_rule() -> None:
    assert {file.name.partition(".")[0] for file in SAMPLES.iterdir()} == set(RULES)


def test_a_chassis_that_grows_beyond_its_limit_is_pointed_out_at_its_largest_file() -> None:
    small = source("libs/chassis/closeout_chassis/db.py", "x = 1\n" * 2)
    large = source("libs/chassis/closeout_chassis/bus.py", "x = 1\n" * 3)
    elsewhere = source("services/review/closeout_review/app.py", "x = 1\n" * 9)

    assert list(chassis_size([small, large, elsewhere], limit=5)) == []
    (finding,) = chassis_size([small, large, elsewhere], limit=4)
    assert str(finding).startswith("libs/chassis/closeout_chassis/bus.py:1: chassis-size: the chassis has 5 lines")


def test_the_whole_tree_keeps_to_the_rules() -> None:
    files = list(sources(ROOT))
    assert {file.package for file in files} >= {"closeout", "closeout_chassis", "closeout_review", "closeout_metrics"}

    assert [str(finding) for finding in findings(files)] == []
