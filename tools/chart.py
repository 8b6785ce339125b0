"""The chart's schema, README and files, from its values.yaml, from deploy/ and from the catalogue of topics.

A comment above a value is its meaning. At its end: `(a|b)` are the only values, `{minimum: 2}` goes into the schema.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from closeout_chassis.topic_layout import wanted
from closeout_schemas.catalogue import TOPICS

ROOT = Path(__file__).parents[1]
CHART = ROOT / "deploy" / "helm" / "closeout"
# Maps whose keys the user chooses, and lists of objects of Kubernetes' own.
OPEN = {"settings", "labels", "annotations", "nodeSelector", "limits", "requests"}
OPEN_ITEMS = {"tolerations", "parentRefs", "from"}
CHOICE = re.compile(r"\s*\(([A-Za-z0-9_|-]+\|[A-Za-z0-9_|-]+)\)$")
BOUND = re.compile(r"\s*(\{[a-z]+: \d+\})$")
INNER = {
    "enabled": "Make it.",
    "kind": "Which kind.",
    "minReplicas": "Fewest pods.",
    "maxReplicas": "Most pods.",
    "cpuPercent": "Share of the requested CPU that is aimed at.",
    "lag": "Records behind, for each pod, that are aimed at (KEDA).",
    "requests": "What is set aside for a pod.",
    "limits": "What it may take at most.",
    "interval": "How often it is scraped.",
    "labels": "Labels, by which it is found.",
    "folder": "Grafana's folder.",
    "name": "Its name.",
}
CHOICES = {"autoscaling.kind": ["hpa", "keda"], "storeRef.kind": ["SecretStore", "ClusterSecretStore"]}


@dataclass(frozen=True)
class Value:
    """One value: where it is, what it is, what it means."""

    path: tuple[str, ...]
    default: Any
    meaning: str
    extra: Mapping[str, Any]
    children: tuple[Value, ...] = ()


def read_values(text: str) -> tuple[Value, ...]:
    """The values in `text`, with their comments. Raises ValueError for one without."""
    return tuple(_values(yaml.compose(text), yaml.safe_load(text), text.splitlines(), ()))


def _values(node: yaml.Node, data: Any, lines: Sequence[str], path: tuple[str, ...]) -> Iterator[Value]:
    assert isinstance(node, yaml.MappingNode)
    for key, inner in node.value:
        here = (*path, key.value)
        meaning, extra = _meaning(lines, key.start_mark.line, here, is_flow=bool(node.flow_style))
        default = data[key.value]
        is_open = key.value in OPEN
        inside = isinstance(inner, yaml.MappingNode) and not is_open
        children = tuple(_values(inner, default, lines, here)) if inside else ()
        yield Value(here, default, meaning, extra, children)


def _meaning(lines: Sequence[str], line: int, path: tuple[str, ...], *, is_flow: bool) -> tuple[str, Mapping[str, Any]]:
    choices = CHOICES.get(".".join(path[-2:]))
    if is_flow or (path[-1] in INNER and path[-2] == "resources"):
        return INNER[path[-1]], {"enum": choices} if choices else {}
    said: list[str] = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        said.insert(0, lines[line].lstrip("# ").rstrip())
    if not said:
        raise ValueError(f"{'.'.join(path)} has no comment that says what it means")
    meaning = " ".join(said)
    if choice := CHOICE.search(meaning):
        return meaning[: choice.start()], {"enum": choice[1].split("|")}
    if bound := BOUND.search(meaning):
        return meaning[: bound.start()], yaml.safe_load(bound[1])
    return meaning, {}


def schema(values: Sequence[Value]) -> dict[str, Any]:
    """JSON Schema of values.yaml: closed, so that a misspelt name is refused."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the Closeout chart",
        **_object(values, {"global": {"description": "Given by a parent chart; not used.", "type": "object"}}),
    }


def _object(values: Sequence[Value], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    properties = {value.path[-1]: _property(value) for value in values}
    return {"type": "object", "additionalProperties": False, "properties": {**properties, **(more or {})}}


def _property(value: Value) -> dict[str, Any]:
    about: dict[str, Any] = {"description": value.meaning}
    if value.children:
        return {**about, **_object(value.children)}
    name = value.path[-1]
    match value.default:
        case bool():
            own: dict[str, Any] = {"type": "boolean"}
        case int():
            own = {"type": "integer", "minimum": 0}
        case list():
            item = "object" if name in OPEN_ITEMS else "integer" if name.endswith("Ports") else "string"
            own = {"type": "array", "items": {"type": item}}
        case dict():
            # Variables are text: 1 and "1" are the same to whoever reads them.
            own = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
            if name == "settings":
                own["propertyNames"] = {"pattern": "^(CLOSEOUT|OTEL|HTTPS?|NO)_[A-Z0-9_]+$"}
        case _:
            own = {"type": "string"}
    return {**about, **own, **value.extra}


def readme(values: Sequence[Value]) -> str:
    """The chart's README, with a row for each value."""
    head = (CHART / "README.md.tmpl").read_text(encoding="utf-8").rstrip()
    lines = [head, "", "## Values", "", "| value | default | meaning |", "|---|---|---|"]
    for value in _leaves(values):
        choices = f" One of {', '.join(f'`{one}`' for one in value.extra['enum'])}." if "enum" in value.extra else ""
        default = json.dumps(value.default, ensure_ascii=False)
        lines.append(f"| `{'.'.join(value.path)}` | `{default}` | {value.meaning}{choices} |")
    return "\n".join(lines) + "\n"


def _leaves(values: Sequence[Value]) -> Iterator[Value]:
    for value in values:
        if value.children:
            yield from _leaves(value.children)
        else:
            yield value


def topics() -> str:
    """What Strimzi's operator is told."""
    all_topics = [
        {"name": one.name, "partitions": one.partitions, "config": dict(one.settings)} for one in wanted(TOPICS)
    ]
    return yaml.safe_dump({"topics": all_topics}, sort_keys=False)


def generated() -> dict[Path, str]:
    """Every file that is made, with what has to be in it."""
    values = read_values((CHART / "values.yaml").read_text(encoding="utf-8"))
    copied = [*sorted((ROOT / "deploy/grafana").glob("*.json")), *sorted((ROOT / "deploy/prometheus").glob("*.yml"))]
    return {
        CHART / "values.schema.json": json.dumps(schema(values), indent=2, ensure_ascii=False) + "\n",
        CHART / "README.md": readme(values),
        CHART / "files" / "topics.yaml": topics(),
        # A chart can read only what is in its own folder.
        **{CHART / "files" / path.name: path.read_text(encoding="utf-8") for path in copied},
    }


def main(arguments: Sequence[str]) -> int:
    """The command."""
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale. Run `make chart`, and commit what it writes.")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(generated()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
