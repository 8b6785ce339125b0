"""Action items that come back in other words: the same promise, made again after another incident."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[^\W\d_][^\W_]{2,}(?:[.-][^\W_]+)*")
# Addresses and tickets differ from one promise to the next, whatever they are about.
URL = re.compile(r"https?://\S+|`|\b[a-z]{2,10}-\d+\b")
# To stop doing something is no promise to do it, however much the words agree.
NEGATED = re.compile(r"\W*(?:we\s+(?:should|must|will)\s+)?(?:do\s+not|don['’]t|stop|never|avoid|no\s+longer|not)\b")
NOT = "not"
# Words of which action items are made whatever they are about.
COMMON_WORDS = """
able about action add added adding after again all also and any are been before being better can case come
consider could create created creating done during each ensure etc every follow following for from get had has
have how improve improved improving instead into investigate issue item its let lets look made make makes may
more most must need needs new next not one only order other our out over own per please raise raised same set
should some something such support sure task team than that the their them then there these they this those
ticket todo two under update updated updating use used using via was way were what when where whether which who
why will with work works would your see know knows every setup setting not don
"""
COMMON = frozenset(COMMON_WORDS.split())
# Different words for the same thing, as promises use them.
SAME_WORDS = {
    "alert": "alarm alerting alerts notify notification page",
    "monitor": "monitoring watch",
    "document": "docs documentation documented runbook playbook write",
    "remove": "delete deletion drop",
    "kubernetes": "k8s",
    "database": "db",
    "postgresql": "postgres",
    "certificate": "certs cert certificates tls ssl",
    "expire": "expiry expiration expiring expires",
    "revert": "rollback",
    "production": "prod",
    "configuration": "config configs",
    "rate-limit": "ratelimit throttle",
    "test": "tests testing",
    "automatic": "automate automated automatically",
    "backup": "backups",
    "dashboard": "dashboards",
    "repository": "repo",
    "authentication": "auth",
    "performance": "perf",
    "limit": "limits quota quotas",
    "depth": "deep deeper",
    "before": "ahead",
    "metric": "metrics",
    "disk": "storage",
    "usage": "utilisation utilization",
}
SAME = {word: meant for meant, words in SAME_WORDS.items() for word in words.split()}
# What many promises ask for; what they ask it of has to agree too.
GENERIC = frozenset(
    ["alert", "monitor", "document", "metric", "dashboard", "test", "usage", "limit", "automatic", "not", "before"]
)
# Cosine of idf-weighted words, above which two promises are taken for one. Chosen by eye on real postmortems:
# what is shown as one promise should be one.
ALIKE = 0.4
FEWEST_WORDS_IN_COMMON = 2
# As if so many other promises had been seen before: among twenty, no word is rare yet.
KNOWN_BEFORE = 300
# Two words in common are enough where they are half of what the shorter one says.
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Group:
    """Promises (by their place in what was given) that say the same. `words` are those in which they agree."""

    members: tuple[int, ...]
    words: tuple[str, ...]


def words_of(text: str) -> frozenset[str]:
    """The words that tell one promise from another, without their endings.

    >>> sorted(words_of("Add alerting on certificate expiry")) == sorted(words_of("Alarm when certs are expiring"))
    True
    """
    lower = URL.sub(" ", text.lower())
    words = {_stem(SAME.get(word, word)) for word in WORD.findall(lower) if word not in COMMON}
    return frozenset(words | {NOT} if NEGATED.match(lower) else words)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    if word in SAME_WORDS:
        return word
    for ending, kept in (
        ("ies", "y"),
        ("ments", "ment"),
        ("ings", ""),
        ("ing", ""),
        ("ers", "er"),
        ("ed", ""),
        ("es", "e"),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= (3 if ending == "s" else 4) and not word.endswith("ss"):
            word = word.removesuffix(ending) + kept
            break
    return SAME.get(word, word.removesuffix("e") if len(word) > 5 else word)


def likeness(one: frozenset[str], other: frozenset[str], known: Mapping[str, int], of: int) -> float:
    """How far two promises say the same by their words, 0 to 1; 0 where they agree in too little to be taken for one.

    `known`: in how many of `of` promises each word is. What is alike enough to be told is at least `ALIKE`.
    """
    common = one & other
    if len(common) < FEWEST_WORDS_IN_COMMON or common <= GENERIC or (NOT in one) != (NOT in other):
        return 0.0
    rarity = {word: math.log(1 + (of + KNOWN_BEFORE) / (known.get(word, 0) + 1)) for word in one | other}
    lengths = [sum(rarity[word] for word in words) for words in (one, other)]
    agreed = sum(rarity[word] for word in common)
    if len(common) == FEWEST_WORDS_IN_COMMON and agreed < HALF * min(lengths):
        return 0.0
    return agreed / math.sqrt(lengths[0] * lengths[1])


def groups(texts: Sequence[str]) -> list[Group]:
    """Which of the texts say the same, two and more together; the largest groups first.

    Each text joins the group of the earlier text that it resembles most (leader clustering): groups do not creep from
    one meaning to another by way of texts in between.
    """
    words = [words_of(text) for text in texts]
    rarity = _rarity(words)
    leaders: dict[str, list[int]] = defaultdict(list)
    members: dict[int, list[int]] = {}
    norms = [math.sqrt(sum(rarity[word] for word in each)) for each in words]
    exact: dict[frozenset[str], int] = {}
    for index, each in enumerate(words):
        leader = exact.get(each) if each else None
        if leader is None and len(each) >= FEWEST_WORDS_IN_COMMON:
            leader = _nearest(each, norms[index], leaders, words, norms, rarity)
        if leader is None:
            leader = index
            members[index] = []
            for word in each:
                leaders[word].append(index)
        exact.setdefault(each, leader)
        members[leader].append(index)
    found = [_group(group, texts, words, rarity) for group in members.values() if len(group) > 1]
    return sorted(found, key=lambda one: (-len(one.members), one.members))


def _rarity(words: Sequence[frozenset[str]]) -> dict[str, float]:
    counts = Counter(word for each in set(words) for word in each)
    total = len(set(words)) + KNOWN_BEFORE
    return {word: math.log(1 + total / (count + 1)) for word, count in counts.items()}


# Words by which candidates are looked up: the rarest ones of a text, of which a similar text shares some.
LOOKED_UP = 6
MOST_CANDIDATES = 2000
# Of a group so many texts are read again for the forms in which its words are written.
READ_AGAIN = 50


def _nearest(
    each: frozenset[str], norm: float, leaders: dict[str, list[int]], words: Sequence[frozenset[str]],
    norms: Sequence[float], rarity: dict[str, float],
) -> int | None:  # fmt: skip
    best, nearest = ALIKE, None
    rarest = sorted(each, key=lambda word: (-rarity[word], word))[:LOOKED_UP]
    for candidate in {leader for word in rarest for leader in leaders[word][:MOST_CANDIDATES]}:
        common = each & words[candidate]
        if len(common) < FEWEST_WORDS_IN_COMMON or common <= GENERIC or (NOT in each) != (NOT in words[candidate]):
            continue
        agreed = sum(rarity[word] for word in common)
        if len(common) == FEWEST_WORDS_IN_COMMON and agreed < HALF * min(norm, norms[candidate]) ** 2:
            continue
        cosine = agreed / (norm * norms[candidate])
        if cosine > best or (cosine == best and nearest is not None and candidate < nearest):
            best, nearest = cosine, candidate
    return nearest


def _group(
    members: Sequence[int], texts: Sequence[str], words: Sequence[frozenset[str]], rarity: dict[str, float]
) -> Group:
    counts = Counter(word for index in members for word in words[index])
    shared = [word for word, count in counts.items() if count * 2 > len(members) and word != NOT]
    shared.sort(key=lambda word: (-counts[word] * rarity[word], word))
    return Group(tuple(members), tuple(_as_written(word, members, texts) for word in shared[:4]))


def _as_written(stem: str, members: Sequence[int], texts: Sequence[str]) -> str:
    """The form in which most of the texts have the word."""
    written = (form for index in members[:READ_AGAIN] for form in WORD.findall(texts[index].lower()))
    forms = Counter(form for form in written if _stem(SAME.get(form, form)) == stem)
    return forms.most_common(1)[0][0] if forms else stem
