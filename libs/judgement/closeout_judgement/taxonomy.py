"""The taxonomy of failure modes: what there is, what each means, and the words by which it is recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, cached_property
from hashlib import sha256
from typing import Any

from closeout_judgement.lexicon import sets_of, shipped, with_sets
from closeout_judgement.phrases import Phrases


class BadTaxonomy(Exception):
    """A taxonomy cannot be used: which mode and phrase, why, and what to write instead."""


class Strength(StrEnum):
    """How far a phrase speaks for its mode."""

    STRONG = "strong"  # by itself
    PLAIN = "plain"  # usually
    HINT = "hint"  # nothing alone


@dataclass(frozen=True, slots=True)
class Mode:
    """One failure mode. `second_only`: never the first of a review's modes."""

    name: str
    title: str
    meaning: str
    phrases: Mapping[Strength, tuple[str, ...]]
    second_only: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """What a phrase of a lexicon says: for which mode, and how strongly."""

    mode: str
    strength: Strength


class Taxonomy:
    """Modes by name, with their phrases ready to be found."""

    def __init__(self, version: int, modes: Sequence[Mode], sets: Mapping[str, str]) -> None:
        self.version = version
        self.sets = sets
        self.modes = {mode.name: mode for mode in modes}
        self.phrases = Phrases(
            (with_sets(phrase, sets), Word(mode.name, strength))
            for mode in modes
            for strength, phrases in mode.phrases.items()
            for phrase in phrases
        )

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same modes with the same words, in every process; another for others."""
        modes = [f"{one.name} {one.second_only} {sorted(one.phrases.items())}" for one in self.modes.values()]
        return sha256("\n".join([*sorted(modes), *map(str, sorted(self.sets.items()))]).encode()).hexdigest()[:16]

    def extended(self, written: Mapping[str, Any]) -> Taxonomy:
        """This one with a team's own: further words for the modes it names, and its new modes.

        Raises BadTaxonomy.
        """
        _only_known("the file", written, ("version", "sets", "modes"))
        merged = dict(self.modes)
        for mode in _modes(written):
            known = merged.get(mode.name)
            merged[mode.name] = _joined(known, mode) if known else mode
        return _checked(self.version, list(merged.values()), {**self.sets, **_sets(written)})


@cache
def published() -> Taxonomy:
    """The taxonomy that is shipped, `knowledge/failure_modes.yaml`."""
    return taxonomy_from(shipped("failure_modes"))


def taxonomy_from(written: Mapping[str, Any]) -> Taxonomy:
    """A taxonomy as it is written in YAML. Raises BadTaxonomy."""
    version = written.get("version")
    if not isinstance(version, int):
        raise BadTaxonomy("“version” is missing: write a whole number, such as “version: 1”")
    return _checked(version, _modes(written), _sets(written))


def _sets(written: Mapping[str, Any]) -> dict[str, str]:
    sets = written.get("sets", {})
    if not isinstance(sets, Mapping):
        raise BadTaxonomy("“sets”: write a name with words behind it, one set a line")
    return sets_of(written)


def _checked(version: int, modes: Sequence[Mode], sets: Mapping[str, str]) -> Taxonomy:
    try:
        return Taxonomy(version, modes, sets)
    except ValueError as error:
        raise BadTaxonomy(f"{error}; write plain words, `word*`, `one|other`, and `..` for a gap") from error


def _modes(written: Mapping[str, Any]) -> list[Mode]:
    modes = written.get("modes")
    if not isinstance(modes, Mapping) or not modes:
        raise BadTaxonomy("“modes” is missing: write each mode's name with its title, meaning and words below it")
    return [_mode(str(name), fields) for name, fields in modes.items()]


def _mode(name: str, fields: object) -> Mode:
    if not isinstance(fields, Mapping):
        raise BadTaxonomy(f"{name}: write title, meaning and words below it")
    _only_known(name, fields, (*Strength, "title", "meaning", "second_only"))
    return Mode(
        name,
        title=str(fields.get("title", name.replace("_", " ").capitalize())),
        meaning=str(fields.get("meaning", "")),
        phrases={strength: _phrases(name, strength, fields.get(strength, ())) for strength in Strength},
        second_only=fields.get("second_only") is True,
    )


def _only_known(where: str, written: Mapping[str, Any], known: Sequence[str]) -> None:
    for field in written:
        if field not in known:
            raise BadTaxonomy(f"{where}: “{field}” means nothing here; what can be written is {', '.join(known)}")


def _phrases(name: str, strength: Strength, phrases: object) -> tuple[str, ...]:
    if not isinstance(phrases, Sequence) or isinstance(phrases, str):
        raise BadTaxonomy(f"{name}: “{strength}” is a list of phrases, one a line after a dash")
    # YAML reads an unquoted 502 as a number.
    return tuple(str(phrase) for phrase in phrases)


def _joined(known: Mode, more: Mode) -> Mode:
    both = {strength: known.phrases[strength] + more.phrases[strength] for strength in Strength}
    return replace(known, meaning=more.meaning or known.meaning, phrases=both)
