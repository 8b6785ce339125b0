"""A team's own failure modes, for commands that read files and ask no service."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from closeout_judgement.taxonomy import Taxonomy, published

OwnModes = Annotated[
    Path | None,
    typer.Option("--failure-modes", metavar="FILE", help="YAML: failure modes of your own.", show_default=False),
]


@cache
def taxonomy_of(file: Path | None) -> Taxonomy:
    """The published taxonomy, with the file's words and modes. Raises SettingsError."""
    if file is None:
        return published()
    # The service reads the same file; without one, nothing of it is loaded.
    from closeout_review.settings import ReviewSettings

    return ReviewSettings.model_construct(failure_modes_file=file).taxonomy
