"""Taking words out: which passages are looked for elsewhere, how they may be written there, and a text without them.

The words themselves are gone when this is done: nothing here keeps them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Any

SAME_EVERYWHERE = re.compile(r"[A-Za-z0-9 _.,:;!?()+*@#$%=-]+")
# What stands where words were taken out.
TAKEN_OUT = "[redacted]"
# A sentence that is shorter is said in other places by others. Some scripts have no blanks between words.
SHORTEST_PASSAGE, FEWEST_WORDS = 20, 5
# Somebody pasted it and nothing else: one word with a digit or a sign in it.
BARE_SECRET = re.compile(r"(?=\S*[\d\W_])\S{6,}")
# A quotation may be cut short: so much of a passage's beginning is enough to know it by.
BEGINNING = 40
SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|\n+")
# What is a secret or says who somebody is wherever it stands, also without the sentence around it.
ALONE = (
    re.compile(
        r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ASIA|sk-|pk_|rk_|eyJ|lin_api_|hvs\.)[\w.+/=-]{8,}"
    ),
    re.compile(
        r"(?i)\b(?:pass(?:word|phrase|wd|code)?|pwd|secret|token|credentials?|(?:api|access|private)[ _-]?key|pin)"
        r"(?:\s+(?:is|was|of)|\s*[:=])\s*[\"'`]?([^\s\"'`,;]{4,})"
    ),
    re.compile(r"(?<=://)[^\s/@:]+:([^\s/@]{3,})(?=@)"),
    # From where a run of such signs begins, only: of a key of 20 kB each sign would be a beginning.
    re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<![\w.])\+?\d[\d ()/-]{7,}\d(?![\w.]\d)"),
    re.compile(r"(?<![\w+/=-])(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])(?=[\w+/=-]*\d)[\w+/=-]{16,}(?!\w)"),
)
# A date or a time is said everywhere.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d.*|[\d:. ]{1,10}")


def alone(text: str) -> tuple[str, ...]:
    """What in `text` is a secret, or names somebody, by itself: tokens, passwords called so, addresses, numbers."""
    found = (match.group(match.lastindex or 0).strip(".,:;()") for one in ALONE for match in one.finditer(text))
    return tuple(dict.fromkeys(one for one in found if not MOMENT.fullmatch(one)))


def distinctive(text: str, named: Iterable[str] = (), known: Collection[str] = ()) -> tuple[str, ...]:
    """What of `text` says the same secret wherever it stands: what was named, what stands alone, and a long text whole.

    `known`: names and addresses in lower case that stand elsewhere for other reasons, and stay there.
    """
    whole = text.strip()
    told = [*(one.strip() for one in named), *(one for one in alone(text) if one.lower() not in known)]
    if _is_long(whole) or BARE_SECRET.fullmatch(whole):
        told.append(whole)
    return tuple(dict.fromkeys(one for one in told if one))


def passages_of(text: str, named: Iterable[str] = (), known: Collection[str] = ()) -> tuple[str, ...]:
    """What is looked for elsewhere when `text` is taken out: what is distinctive of it, and its longer sentences.

    A short sentence is said by others too, and stays there. The longest come first, so that of a quotation nothing
    is left around a part of it. `known` as above.
    """
    sentences = [one.strip() for one in SENTENCE_ENDS.split(text)]
    bare = [one.rstrip(".!?;…") for one in sentences]
    told = [*(one for one in (*sentences, *bare) if _is_long(one)), *distinctive(text, named, known)]
    both = [way for one in told for way in (one, " ".join(one.split()))]
    return tuple(sorted(dict.fromkeys(both), key=lambda one: (-len(one), one)))


def says(text: str, passage: str) -> bool:
    """Whether the passage stands in `text`, as words of its own."""
    return _without_one(text, passage) != text


def _is_long(text: str) -> bool:
    return len(text) >= SHORTEST_PASSAGE and (len(text.split()) >= FEWEST_WORDS or not text.isascii())


def without(value: Any, passages: Sequence[str]) -> Any:
    """`value`, a text or what JSON can hold, without these passages; a text that is JSON itself is read as such."""
    match value:
        case str():
            return _text_without(value, passages)
        case list() | tuple():
            return [without(one, passages) for one in value]
        case dict():
            return {_text_without(name, passages): without(one, passages) for name, one in value.items()}
        case _:
            return value


def changed(cells: Iterable[tuple[object, bytes]], passages: Sequence[str]) -> Iterator[tuple[object, bytes]]:
    """Those of these cells (place, what is written) that hold one of the passages, with what is left of each."""
    for place, written in cells:
        try:
            text = written.decode()
        except UnicodeDecodeError:
            continue  # no text that was made from a timeline
        left = written_without(text, passages)
        if left != text:
            yield place, left.encode()


def written_without(written: str, passages: Sequence[str]) -> str:
    """A text that may be a JSON document, without these passages; what is not concerned stays as it was written."""
    inner = json_in(written)
    if inner is None:
        return _text_without(written, passages)
    cleaned = without(inner, passages)
    return written if cleaned == inner else json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))


def _text_without(text: str, passages: Sequence[str]) -> str:
    inner = json_in(text)
    if inner is not None:
        return written_without(text, passages)
    for passage in passages:
        for way in dict.fromkeys((passage, html.escape(passage, quote=False), html.escape(passage))):
            text = _without_one(text, way)
    return text


def _without_one(text: str, passage: str) -> str:
    """`text` without the passage, and without as much of its beginning as is quoted; never a part of another word."""
    beginning = passage[:BEGINNING]
    kept, done, look = [], 0, 0
    while (at := text.find(beginning, look)) >= 0:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(islice(text, at, None), passage, strict=False))
        end = at + sum(1 for _ in alike)
        if _inside_word(text, at) or (end - at == len(passage) and _inside_word(text, end)):
            look = at + 1
            continue
        kept += [text[done:at], TAKEN_OUT]
        done = look = end
    return "".join([*kept, text[done:]])


def _inside_word(text: str, at: int) -> bool:
    around = text[max(at - 1, 0) : at + 1]
    # Scripts without blanks have no such edges.
    return 0 < at < len(text) and around.isascii() and around.isalnum()


def json_in(text: str) -> Any:
    """The object or list that `text` is, None where it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def traces_of(passages: Collection[str]) -> list[str]:
    """By which whatever may hold one of these passages is found: the longest piece that is written the same everywhere.

    In JSON, in JSON within JSON and in HTML other characters are written otherwise.
    """
    return sorted({trace for passage in passages for trace in _traces_of(passage[:BEGINNING])})


def _traces_of(beginning: str) -> Iterator[str]:
    pieces = SAME_EVERYWHERE.findall(beginning)
    if pieces:
        yield max(pieces, key=len)
    else:
        # As it is, and as JSON may write it: \\uXXXX, with one backslash or several.
        yield from (beginning, json.dumps(beginning).strip('"').replace("\\", " ").split()[0])
