"""Reading a YAML file that a person wrote: every mistake with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from closeout_chassis.errors import SettingsError
from closeout_schemas.misfits import words_of

M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path, model: type[M]) -> M:
    """The file as `model`; an empty file is a model of defaults.

    Raises SettingsError with a line for each mistake: `closeout.yaml:12:5: services.checkout.project: …`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError([f"{path}: cannot be read: {why}"]) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise SettingsError([f"{path}{at}: no YAML: {error.problem}"]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError([f"{path}: no YAML: {str(error).splitlines()[0]}"]) from None
    problems = [
        f"{path}:{_place(node)}: {name}: is there twice; the first would be lost" for node, name in _twice(root)
    ]
    try:
        if not problems:
            return model.model_validate({} if value is None else value)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in problem["loc"]) or "the file"
            problems.append(f"{path}:{_place(_node_at(root, problem['loc']))}: {name}: {words_of(problem)}")
    raise SettingsError(problems)


def _node_at(node: Node | None, place: tuple[int | str, ...]) -> Node | None:
    """The node that `place` names, or the nearest one around it; of a key that should not be there, the key."""
    for depth, part in enumerate(place, 1):
        inner: Node | None = None
        if isinstance(node, MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(part)]
            # Of a key's value the key is what one looks for.
            is_last = depth == len(place)
            inner = next((key if is_last or isinstance(value, ScalarNode) else value for key, value in pairs), None)
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
        if inner is None:
            return node
        node = inner
    return node


def _twice(node: Node | None) -> Iterator[tuple[Node, str]]:
    if isinstance(node, MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key, str(key.value)
            seen.add(key.value if isinstance(key, ScalarNode) else None)
            yield from _twice(value)
    elif isinstance(node, SequenceNode):
        for one in node.value:
            yield from _twice(one)


def _place(node: Node | None) -> str:
    return f"{node.start_mark.line + 1}:{node.start_mark.column + 1}" if node is not None else "1:1"
