"""The lists of decisions and runbooks, from their first lines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
HEADS = {
    "decisions": "# Decisions\n\nWhat is costly to undo, and why it is so. A record is superseded, never edited.\n",
    "runbooks": "# Runbooks\n\nOne for each alert of `deploy/prometheus/alerts.yml`.\n",
}


def index(folder: str) -> str:
    """The page that lists this folder."""
    pages = sorted(path for path in (DOCS / folder).glob("*.md") if path.name != "index.md")
    return "\n".join([HEADS[folder], *(f"- [{_title(path)}]({path.name})" for path in pages)]) + "\n"


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ").strip()


def main(arguments: Sequence[str]) -> int:
    """The command."""
    wanted = {DOCS / folder / "index.md": index(folder) for folder in HEADS}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"docs/{path.relative_to(DOCS)} is stale. Run `make schemas`, and commit what it writes.")
        else:
            path.write_text(wanted[path], encoding="utf-8")
            print(f"wrote docs/{path.relative_to(DOCS)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
