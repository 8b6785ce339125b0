"""What an action item is about: a setting, a field of work, a signal; and whether it only compares."""

from __future__ import annotations

from itertools import pairwise, takewhile

from closeout_judgement.language import intentions, lexicon, nouns
from closeout_judgement.language.promise import Form, Promise
from closeout_judgement.lints import item_signs as signs


def is_setting(promise: Promise, words: list[str], text: str) -> bool:
    """Whether it sets a value, or says how far: there it ends."""
    if signs.MEASURE.search(text):
        return True
    if promise.verb not in signs.TURNS:
        return False
    numbered = "number" in words[:3] and set(words[3:7]) & nouns.NUMBERED
    return bool(signs.SETTING.search(text) or numbered or {*head_of(words), *counted(words)} & nouns.SETTABLE)


def counted(words: list[str]) -> list[str]:
    """What follows “number of”, “size of”: that is what is set."""
    return [word for place, word in enumerate(words) if "of" in words[max(0, place - 3) : place]][:3]


def compares(words: list[str]) -> bool:
    """Whether it says “better”, “safer”, “enough” and not than what, nor which of two by it."""
    return any(
        (word in lexicon.COMPARATIVE or (word == "enough" and words[place + 1 : place + 2] not in ([], ["to"])))
        and not (word in signs.OF_DEGREE and signs.TOLD_APART & set(words[place + 1 : place + 3]))
        and words[place + 1 : place + 2] != ["than"]
        and tuple(words[max(0, place - 1) : place + 1]) not in signs.ENDED
        for place, word in enumerate(words)
    )


def is_a_measure(words: list[str]) -> bool:
    """“A metric of open connections”: what is added is itself the signal, and it is said of what."""
    content = [word for word in words if word not in signs.STOP]
    return bool({"metric", "metrics"} & set(head_of(words))) and len(content) > 2


def is_in_place(words: list[str]) -> bool:
    """“Ensure that mitigations are in place.”"""
    found = signs.IN_PLACE.match(" ".join(words))
    content = [word for word in found["what"].split() if word not in signs.STOP] if found else []
    return bool(content) and len(content) < 4 and content[-1] in nouns.AREA | intentions.MEASURES


def is_field(promise: Promise, words: list[str], content: list[str], named: bool) -> bool:
    """Whether it names a whole field, or things of a kind and none in particular."""
    head = set(head_of(words))
    if promise.form is Form.THING and _is_a_page(words, content):
        return False
    if promise.form is Form.THING and head & signs.FIELDS and not named:
        return True
    if promise.form is Form.THING and head & signs.SOFT:
        return True
    if named or not content:
        return False
    if signs.ADDITIONAL.match(" ".join(words)) and head & (nouns.AREA | nouns.KINDS):
        return True
    if promise.verb in signs.VAGUELY and len(content) < 3 and content[-1] in signs.WHOLE_KINDS:
        return True
    return all(word in nouns.AREA for word in content[:2]) and len(content) < 4


def _is_a_page(words: list[str], content: list[str]) -> bool:
    """“Documentation of the restore”: a page on something that is named."""
    text = set(head_of(words)) & {"documentation", "docs"}
    return bool(text) and len(content) > 2 and not signs.ADDITIONAL.match(words[0])


def head_of(words: list[str]) -> list[str]:
    """The noun that is meant, and what it is joined with: “logging and alerting” of “logging and alerting for X”."""
    words = words[1:] if words[:1] == ["that"] else words
    before = [word for word in takewhile(lambda word: word not in signs.PREPOSITIONS, words) if not word.endswith("ly")]
    return before[-1:] + [before[place - 1] for place, word in enumerate(before) if word in ("and", "or") and place]


def is_conditional(words: list[str]) -> bool:
    """Whether it says upon what it tells: “when …”, “to warn of …”."""
    if bool({"when", "if", "whenever", "before", "after", "unless", "that"} & set(words)):
        return True
    return any(
        before == "to" and word in ("warn", "tell", "notify", "alert", "page", "detect", "catch", "check")
        for before, word in pairwise(words)
    )


def is_more_or_less(promise: Promise, words: list[str]) -> bool:
    """Whether what it says is only ever reached more or less: “raise awareness”, “steps were taken”."""
    head = set(head_of(words))
    if promise.verb in intentions.VERBS:
        return True
    if promise.passive and promise.verb in ("put", "take", "implement", "introduce") and head & intentions.MEASURES:
        return True
    if promise.verb in signs.ENSURES and head & intentions.QUALITIES:
        return True
    if promise.verb in signs.HEIGHTENS and {*head, *counted(words)} & signs.SOFT:
        return True
    made = promise.form is Form.THING or (promise.form is Form.DEED and promise.verb in signs.BRINGS)
    return made and bool(head & intentions.BETTERMENTS)
