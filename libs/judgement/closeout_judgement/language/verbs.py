"""Verb forms: from what is written back to the base form, and what form it is."""

from __future__ import annotations

from functools import cache

from closeout_judgement.language.words import word_set

# base past participle, where they are not regular, or where the participle needs no second form
_IRREGULAR = """
arise arose arisen|awake awoke awoken|be was been|bear bore borne|beat beat beaten|become became become|
begin began begun|bend bent bent|
bind bound bound|bite bit bitten|blow blew blown|break broke broken|bring brought brought|
build built built|burn burnt burnt|buy bought bought|catch caught caught|choose chose chosen|come came come|
cut cut cut|deal dealt dealt|dig dug dug|do did done|draw drew drawn|drive drove driven|eat ate eaten|
fall fell fallen|feed fed fed|feel felt felt|fight fought fought|find found found|forbid forbade forbidden|
forget forgot forgotten|freeze froze frozen|get got gotten|give gave given|go went gone|grow grew grown|
hang hung hung|have had had|hear heard heard|hide hid hidden|hit hit hit|hold held held|keep kept kept|
know knew known|lay laid laid|lead led led|learn learnt learnt|leave left left|let let let|lie lay lain|
lose lost lost|make made made|mean meant meant|meet met met|misread misread misread|overlook overlooked overlooked|
override overrode overridden|overrun overran overrun|oversee oversaw overseen|overwrite overwrote overwritten|
pay paid paid|put put put|quit quit quit|read read read|rebuild rebuilt rebuilt|redo redid redone|rerun reran rerun|
re-run re-ran re-run|reset reset reset|ride rode ridden|ring rang rung|rise rose risen|roll rolled rolled|run ran run|
say said said|see saw seen|seek sought sought|sell sold sold|send sent sent|set set set|shake shook shaken|
shrink shrank shrunk|shut shut shut|spend spent spent|spin spun spun|split split split|spread spread spread|
stand stood stood|steal stole stolen|stick stuck stuck|strike struck struck|take took taken|teach taught taught|
tear tore torn|tell told told|think thought thought|throw threw thrown|undergo underwent undergone|
understand understood understood|undo undid undone|uphold upheld upheld|wake woke woken|wear wore worn|
win won won|withdraw withdrew withdrawn|write wrote written|rewrite rewrote rewritten|mistake mistook mistaken
"""
_FORMS = [tuple(entry.split()) for entry in _IRREGULAR.replace("\n", "").split("|")]
PAST = {past: base for base, past, _ in _FORMS}
PARTICIPLES = {participle: base for base, _, participle in _FORMS} | {"got": "get"}
_BASES = frozenset(base for base, _, _ in _FORMS)
# They end like a participle or a gerund and are none.
NOT_A_PARTICIPLE = word_set(
    """
    speed need feed seed exceed proceed succeed indeed embed shed red bed led fed hundred based unused related
    dedicated advanced limited detailed complicated sophisticated distributed so-called aged unexpected
    increased-latency aforementioned interested unaffected concerned united naked sacred wicked kindred infrared
    shared-nothing
    """
)
NOT_A_GERUND = word_set(
    """
    thing something anything nothing everything string king ring spring wing morning evening during according
    ceiling ping bring sing sling swing cling fling sting wring
    """
)


@cache
def base_of(word: str, known: frozenset[str]) -> str | None:
    """The base form of the verb form `word` (lower case), if it is a form of a verb in `known`.

    >>> base_of("stopped", frozenset({"stop"})), base_of("releases", frozenset({"release"}))
    ('stop', 'release')
    """
    return next((form for form in _candidates(word) if form in known), None)


def _candidates(word: str) -> list[str]:
    found = [word]
    found += [forms[word] for forms in (PARTICIPLES, PAST) if word in forms]
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            found += _without(word, ending)
    if word.endswith("ies") or word.endswith("ied"):
        found.append(word[:-3] + "y")
    return found


def _without(word: str, ending: str) -> list[str]:
    stem = word[: -len(ending)]
    stems = [stem]
    if ending != "s":
        stems.append(stem + "e")
    if ending in ("ing", "ed") and len(stem) > 2 and stem[-1] == stem[-2]:
        stems.append(stem[:-1])
    return stems


def is_gerund(word: str) -> bool:
    """Whether `word` looks like an -ing form of a verb."""
    return len(word) > 4 and word.endswith("ing") and word not in NOT_A_GERUND


@cache
def is_participle(word: str) -> bool:
    """Whether `word` looks like a past participle; regular ones look like a past tense too."""
    if word in PARTICIPLES:
        return True
    return len(word) > 3 and word.endswith("ed") and not word.endswith("eed") and word not in NOT_A_PARTICIPLE


def is_past(word: str) -> bool:
    """Whether `word` looks like a past tense."""
    return word in PAST or is_participle(word)
