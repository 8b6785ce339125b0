"""`closeout audit` over many files, against reading the same files and parsing each as Markdown, and nothing else.

Both as commands of their own, from start to end, the base line on as many processes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from markdown_it import MarkdownIt

from bench.old_postmortems import Writer
from bench.rows import Row, latency

MANY, FEW = 5000, 500
# Issue 6: five thousand documents in under a minute on two cores.
TARGET_MS_EACH = 60_000 / MANY


def rows(quick: bool) -> Sequence[Row]:
    """How long an audit takes, whole, with its page written."""
    count = FEW if quick else MANY
    with TemporaryDirectory() as name:
        folder = Path(name) / "postmortems"
        Writer().write(folder, count)
        baseline_ms = _timed([sys.executable, "-m", "bench.audit", "--baseline", str(folder)])
        page = Path(name) / "audit.html"
        audit_ms = _timed([sys.executable, "-m", "closeout", "audit", str(folder), "--json", "--html", str(page)])
        page_kb = page.stat().st_size / 1000
    return [
        latency(f"audit of {count:,} documents", audit_ms, baseline_ms, TARGET_MS_EACH * count),
        Row("audit, its page", page_kb, "kB", None, None, 200, page_kb <= 200),
    ]


def _timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - began)


def _parse(path: Path) -> int:
    return len(MarkdownIt("commonmark").enable("table").parse(path.read_text()))


def _baseline(folder: Path) -> int:
    with multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1) as pool:
        return sum(pool.imap_unordered(_parse, [path for path in folder.rglob("*") if path.is_file()], chunksize=24))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{FEW} documents instead of {MANY}")
    parser.add_argument("--baseline", type=Path, help="only parse the files of this folder as Markdown")
    given = parser.parse_args()
    if given.baseline:
        print(_baseline(given.baseline), "tokens")
    else:
        print(json.dumps([row.as_dict() for row in rows(given.quick)], indent=2))
