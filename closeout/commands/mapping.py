"""`closeout mapping`: the YAML file in which an organisation says what its pagers do not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from closeout_chassis.yaml_file import read_yaml
from closeout_schemas.catalogue import SERVICES
from closeout_schemas.mapping import Mapping, ReviewRule

app = typer.Typer(
    help="The YAML file that says which incidents earn a review, what depends on what, and where action items go.",
    no_args_is_help=True,
)
SETTINGS = ", ".join(f"CLOSEOUT_{service}_MAPPING_FILE" for service in map(str.upper, SERVICES))
File = Annotated[Path, typer.Argument(help="The YAML file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON: the file as it is understood.")]


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Say what FILE means, or each mistake with its line. Exit code 2 when there is one."""
    mapping = read_yaml(file, Mapping)
    if as_json:
        print(mapping.model_dump_json())
        return
    console = Console(highlight=False, markup=False)
    console.print(_rules(mapping))
    console.print(_services(mapping))
    console.print(f"{file} is valid. Each service reads it: name it in {SETTINGS}.", soft_wrap=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the file, for an editor."""
    print(json.dumps(mapping_schema(), indent=2))


def mapping_schema() -> dict[str, object]:
    """JSON Schema 2020-12 of the file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Mapping.model_json_schema()}


def _rules(mapping: Mapping) -> Table:
    table = Table("", "an incident with", "earns a review", box=None, padding=(0, 2, 0, 0))
    for number, rule in enumerate(mapping.reviews, 1):
        table.add_row(f"{number}.", _conditions(rule), "yes" if rule.review else "no")
    table.add_row("", "any other", "by CLOSEOUT_REVIEW_MILDEST_SEVERITY")
    return table


def _conditions(rule: ReviewRule) -> str:
    named = (("severity", rule.severity), ("service", rule.service), ("team", rule.team))
    said = [f"{name} {' or '.join(values)}" for name, values in named if values]
    return ", ".join(said) or "anything"


def _services(mapping: Mapping) -> Table:
    table = Table("service", "action items go to", "depends on", box=None, padding=(0, 2, 0, 0))
    for name, about in mapping.services.items():
        table.add_row(name, about.project or "CLOSEOUT_REVIEW_DEFAULT_PROJECT", ", ".join(about.depends_on))
    return table
