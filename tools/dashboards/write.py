"""Generates deploy/grafana/*.json: the dashboards, from the panels that are written down beside this file.

python tools/dashboards/write.py            write them
python tools/dashboards/write.py --check    write nothing; exit 1 where one is stale
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.dashboards.closure import CLOSURE
from tools.dashboards.itself import ITSELF
from tools.dashboards.panels import Dashboard
from tools.dashboards.recurrence import RECURRENCE
from tools.dashboards.wall import WALL

ROOT = Path(__file__).parents[2]
FOLDER = Path("deploy/grafana")
DASHBOARDS: tuple[Dashboard, ...] = (WALL, CLOSURE, RECURRENCE, ITSELF)


def files() -> dict[Path, str]:
    """Each file, relative to the repository, and what is to stand in it."""
    return {
        FOLDER / f"{one.uid.removeprefix('closeout-')}.json": json.dumps(one.json(), indent=2, ensure_ascii=False)
        + "\n"
        for one in DASHBOARDS
    }


def main(arguments: Sequence[str]) -> int:
    """The command."""
    wanted = files()
    stale = {
        path: text
        for path, text in wanted.items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if "--check" in arguments:
            print(f"{path} is stale. Run `make schemas`, and commit what it writes.")
            continue
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
