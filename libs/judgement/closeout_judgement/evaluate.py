"""How well a judgement agrees with labels: scores with their bootstrap intervals. Values in, values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any, TypeVar

T = TypeVar("T")
# (what the label says, what the judgement says), one a record.
Pair = tuple[str, str]

RESAMPLES = 1000
CONFIDENCE = 0.95


class BadRecord(Exception):
    """A labelled record cannot be used: which file and line, and why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a file of labels. `file` is the file's name."""

    file: str
    line: int
    fields: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A field that must be there, and must be text."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise BadRecord(f"{self.file}:{self.line}: needs “{name}”, as text")
        return value

    def texts(self, name: str) -> list[str]:
        """A field that must be a list of texts."""
        value = self.fields.get(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadRecord(f"{self.file}:{self.line}: needs “{name}”, as a list of texts")
        return value

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """A field whose value is one of `allowed`."""
        value = self.text(name)
        if value not in allowed:
            raise BadRecord(f"{self.file}:{self.line}: “{name}” is “{value}”, not one of {', '.join(allowed)}")
        return value


# The records of a folder, by the name of their file without `.jsonl`.
Folder = Mapping[str, Sequence[Record]]


@dataclass(frozen=True, slots=True)
class Score:
    """One figure. `low` and `high` bound it with 95 % confidence; `n` records were scored."""

    judgement: str
    metric: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement that can be scored: the files it must find, and the figures to reach on unseen text, by metric."""

    name: str
    files: tuple[str, ...]
    judge: Callable[[Folder], list[Score]]
    # (name of the score's judgement, metric) → at least so much.
    targets: Mapping[tuple[str, str], float] = field(default_factory=dict)


def scores_of(judgement: str, items: Sequence[T], metrics: Mapping[str, Callable[[Sequence[T]], float]]) -> list[Score]:
    """Each metric over `items`, with its percentile bootstrap interval. Without items there is nothing to score.

    All metrics share the same draws, so that their intervals can be compared.
    """
    if not items:
        return []
    drawn = [list(sample) for sample in _resamples(items)]
    return [_score(judgement, name, metric, items, drawn) for name, metric in metrics.items()]


def _score(
    judgement: str, name: str, metric: Callable[[Sequence[T]], float], items: Sequence[T], drawn: Sequence[Sequence[T]]
) -> Score:
    values = sorted(metric(sample) for sample in drawn)
    aside = round((1 - CONFIDENCE) / 2 * len(values))
    return Score(judgement, name, metric(items), values[aside], values[-1 - aside], len(items))


def _resamples(items: Sequence[T]) -> Iterator[Iterator[T]]:
    count = len(items)
    numbers = _numbers(count)
    for _ in range(RESAMPLES):
        yield (items[next(numbers) * count >> 32] for _ in range(count))


def _numbers(seed: int) -> Iterator[int]:
    """The same 32-bit numbers for the same seed: Knuth's 64-bit linear congruence (MMIX), its upper half."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        yield state >> 32


# --- a label and an answer ----------------------------------------------------------------------------------------


def precision(pairs: Sequence[Pair], label: str) -> float:
    """Of those that were said to be `label`, how many are. 0 where nothing was said."""
    said = [truth for truth, answer in pairs if answer == label]
    return said.count(label) / len(said) if said else 0.0


def recall(pairs: Sequence[Pair], label: str) -> float:
    """Of those that are `label`, how many were found. 0 where there are none."""
    meant = [answer for truth, answer in pairs if truth == label]
    return meant.count(label) / len(meant) if meant else 0.0


def f1(pairs: Sequence[Pair], label: str) -> float:
    """The harmonic mean of precision and recall.

    >>> f1([("bad", "bad"), ("bad", "good"), ("good", "good")], "bad")
    0.6666666666666666
    """
    counts = Counter(pairs)
    hit = counts[label, label]
    missed = sum(n for (truth, answer), n in counts.items() if truth == label != answer)
    wrong = sum(n for (truth, answer), n in counts.items() if answer == label != truth)
    return 2 * hit / (2 * hit + missed + wrong) if hit else 0.0


def macro_f1(pairs: Sequence[Pair]) -> float:
    """The mean F1 over the labels that occur."""
    labels = sorted({truth for truth, _ in pairs})
    return sum(f1(pairs, label) for label in labels) / len(labels) if labels else 0.0


def accuracy(pairs: Sequence[Pair]) -> float:
    """How many answers are right."""
    return sum(truth == answer for truth, answer in pairs) / len(pairs) if pairs else 0.0


def found(label: str) -> dict[str, Callable[[Sequence[Pair]], float]]:
    """Precision, recall and F1 of one label, as metrics for `scores_of`."""
    return {
        "precision": lambda pairs: precision(pairs, label),
        "recall": lambda pairs: recall(pairs, label),
        "f1": lambda pairs: f1(pairs, label),
    }


# --- an order -----------------------------------------------------------------------------------------------------


def recall_at(k: int, ranked: Sequence[str], relevant: Sequence[str]) -> float:
    """How many of `relevant` are among the first `k`; of at most `k`, since no more fit in there."""
    most = min(k, len(set(relevant)))
    return len(set(ranked[:k]) & set(relevant)) / most if most else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: Sequence[str]) -> float:
    """1 for a relevant first one, 1/2 where the second is the first relevant one, and so on."""
    return next((1 / place for place, one in enumerate(ranked, 1) if one in set(relevant)), 0.0)


def ndcg_at(k: int, ranked: Sequence[str], relevant: Sequence[str]) -> float:
    """Normalised discounted cumulative gain, each relevant one worth 1 (Järvelin and Kekäläinen, 2002)."""
    gain = sum(1 / log2(place + 1) for place, one in enumerate(ranked[:k], 1) if one in set(relevant))
    best = sum(1 / log2(place + 1) for place in range(1, min(k, len(set(relevant))) + 1))
    return gain / best if best else 0.0


def mean(values: Sequence[float]) -> float:
    """The mean, as a metric over values that were computed record by record."""
    return sum(values) / len(values) if values else 0.0
