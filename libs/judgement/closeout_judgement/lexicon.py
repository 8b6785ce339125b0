"""The lexicons that are shipped: named groups of phrases in `knowledge/*.yaml`, to be read and reviewed there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

# libyaml's, where it is there, reads them in a tenth of the time: every command waits for it.
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SET = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Group:
    """Phrases that speak for the same thing, each as strongly as `weight` says."""

    phrases: tuple[str, ...]
    weight: float = 1.0


def shipped(name: str) -> Mapping[str, Any]:
    """The content of `knowledge/<name>.yaml`."""
    written = files(__package__).joinpath(f"knowledge/{name}.yaml").read_bytes()
    content: Mapping[str, Any] = yaml.load(written, Loader=LOADER)  # noqa: S506 - it is a safe loader
    return content


def lexicon(name: str) -> dict[str, Group]:
    """The groups of `knowledge/<name>.yaml`, by name."""
    content = shipped(name)
    sets = sets_of(content)
    return {
        group: Group(
            tuple(with_sets(str(phrase), sets) for phrase in fields["phrases"]), float(fields.get("weight", 1.0))
        )
        for group, fields in content["groups"].items()
    }


def sets_of(content: Mapping[str, Any]) -> dict[str, str]:
    """The sets of words below “sets”, as alternatives of a phrase."""
    return {str(name): "|".join(str(words).split()) for name, words in content.get("sets", {}).items()}


def with_sets(phrase: str, sets: Mapping[str, str]) -> str:
    """The phrase with each `$name` replaced by the words of that set. Raises ValueError for an unknown name."""

    def words(match: re.Match[str]) -> str:
        if match[1] not in sets:
            raise ValueError(f"“{phrase}” names a set of words, “{match[1]}”, that is not there")
        return sets[match[1]]

    return SET.sub(words, phrase)
