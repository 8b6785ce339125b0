"""Passive verbs: where they stand, what they are, who did them, and in which clause. A small reading, not a parse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from closeout_judgement.language import deeds, nouns
from closeout_judgement.language.verbs import PARTICIPLES, PAST, base_of, is_gerund, is_participle
from closeout_judgement.language.words import Token, word_set

BE = word_set("is are was were be been being isn't aren't wasn't weren't")
# “got merged”: somebody did it, as after “was”.
GET = word_set("got gets getting gotten")
AUXILIARIES = BE | GET
PRESENT = frozenset({"is", "are", "isn't", "aren't", "gets"})
MODALS = word_set("can could will would should may might must shall need needs cannot can't couldn't won't wouldn't")
NEGATIONS = word_set("not never no n't isn't aren't wasn't weren't without hardly")
BETWEEN = word_set(
    """
    not never also then still now already just only again all both soon later often first even yet further being
    been back up
    """
)
RELATIVES = word_set("which that who whose where whom")
SUBORDINATORS = word_set(
    """
    that which who whose where because as since when after before while if although though until once unless whether
    why how
    """
)
NOT_A_DOER = word_set(
    """
    default design then now tomorrow monday tuesday wednesday thursday friday accident mistake hand error
    """
)
# After these a “by” still belongs to the verb: “found and fixed by the team”.
JOINS = word_set("and or , then +")
ENDS_A_NOUN = word_set(
    """
    of to in on at from for with into onto via during after before as that which who where when while being made done
    is are was were has had resulting causing affecting leading
    """
)
# A deed that has a doer after all, or that no person does.
NAMES_ITS_DOER = (nouns.PEOPLE - {"user", "users", "customer", "customers"}) | word_set(
    """
    our their his her my its upstream automatic automated scheduled nightly unattended third-party provider's vendor's
    """
)


@dataclass(frozen=True, slots=True)
class Passive:
    """A passive verb. `auxiliary` and `verb` are places in the sentence's tokens."""

    auxiliary: int
    verb: int
    word: str
    present: bool
    modal: bool
    should_have: bool
    negated: bool
    relative: bool
    subordinate: bool
    has_doer: bool
    by_deed: bool
    adverbs: frozenset[str]


def passives_of(tokens: Sequence[Token]) -> Iterator[Passive]:
    """Every finite or modal passive of the sentence."""
    for place, token in enumerate(tokens):
        if token.low in AUXILIARIES and not (token.low == "being" and not _is_going_on(tokens, place)):
            verb = _participle_after(tokens, place)
            if verb is not None:
                yield _read(tokens, place, verb)
                yield from _joined(tokens, place, verb)


def _is_going_on(tokens: Sequence[Token], place: int) -> bool:
    """“is being deleted” tells something, “the pod being deleted” only names it."""
    return any(token.low in BE for token in tokens[max(0, place - 3) : place])


def _participle_after(tokens: Sequence[Token], place: int) -> int | None:
    for at in range(place + 1, min(place + 6, len(tokens))):
        word = tokens[at].low
        if word in BE or word in BETWEEN or word == "to" or (word.endswith("ly") and tokens[at].is_word):
            if word in BE:
                return None
            continue
        return at if is_participle(word) else None
    return None


def _joined(tokens: Sequence[Token], auxiliary: int, verb: int) -> Iterator[Passive]:
    """“was identified and fixed”: the second participle shares the auxiliary."""
    for at in range(verb + 1, min(verb + 5, len(tokens) - 1)):
        if tokens[at].low in ("and", "or", "+", "then"):
            following = at + 1
            while following < len(tokens) - 1 and (
                tokens[following].low.endswith("ly") or tokens[following].low in BETWEEN
            ):
                following += 1
            if is_participle(tokens[following].low):
                yield _read(tokens, auxiliary, following)
            return


def _read(tokens: Sequence[Token], auxiliary: int, verb: int) -> Passive:
    before = [token.low for token in tokens[max(0, auxiliary - 4) : auxiliary]]
    around = {token.low for token in tokens[max(0, auxiliary - 2) : verb + 3]}
    inner = {token.low for token in tokens[max(0, auxiliary - 2) : verb]}
    first = tokens[auxiliary].low
    doer = _doer_after(tokens, verb)
    by_deed = _is_by_deed(tokens, verb, doer)
    return Passive(
        auxiliary,
        verb,
        tokens[verb].low,
        first in PRESENT,
        _is_modal(before, first),
        "have" in before and bool({"should", "shouldn't", "ought"} & set(before)),
        bool(inner & NEGATIONS) or bool({"no", "nobody", "none", "nothing"} & set(before[-3:])),
        bool(before) and _skips(before) in RELATIVES,
        _subordinate(tokens, auxiliary),
        doer is not None and not by_deed,
        by_deed,
        frozenset(word for word in around if word.endswith("ly")),
    )


def _is_modal(before: list[str], first: str) -> bool:
    """“can be”, “has to be”, “could've been”: nothing is told to have happened."""
    if first == "be" and "to" in before[-2:]:
        return True
    return bool(set(before[-3:]) & MODALS) or any(word.endswith("'ve") for word in before[-2:])


def _skips(before: list[str]) -> str:
    while before and (before[-1] in ("have", "has", "had", "not") or before[-1].endswith("ly")):
        before = before[:-1]
    return before[-1] if before else ""


def _subordinate(tokens: Sequence[Token], auxiliary: int) -> bool:
    for at in range(auxiliary - 1, -1, -1):
        word = tokens[at].low
        if word in SUBORDINATORS and not (word == "that" and at == 0):
            return True
        if word in (";", ":") or (word in ("and", "but", "so") and at and tokens[at - 1].low == ","):
            return False
        if word == "," and at + 1 < auxiliary:
            return False
    return False


def _doer_after(tokens: Sequence[Token], verb: int) -> int | None:
    """Where the doer of “by …” begins, if there is one."""
    for at in range(verb + 1, min(verb + 14, len(tokens) - 1)):
        word, following = tokens[at].low, tokens[at + 1].low
        if word == "by" and not is_gerund(following) and not following[0].isdigit() and following not in NOT_A_DOER:
            return None if following.endswith("ly") or _is_of_another(tokens, verb, at) else at + 1
        if word in (";", ".") or (word in SUBORDINATORS and at > verb + 1):
            return None
    return None


def _is_of_another(tokens: Sequence[Token], verb: int, by: int) -> bool:
    """“was made readable by root”, “was set to the value used by the nodes”: it did something else."""
    last = tokens[by - 1].low
    if by - 1 == verb or not (last.endswith(("able", "ible")) or is_participle(last)):
        return False
    return tokens[by - 2].low not in JOINS


def _is_by_deed(tokens: Sequence[Token], verb: int, start: int | None) -> bool:
    """“was caused by the removal of …”: the deed is told, and not whose it was."""
    if start is None or base_of(tokens[verb].low, deeds.BROUGHT_ABOUT) not in deeds.BROUGHT_ABOUT:
        return False
    named = tokens[start : start + 9]
    end = next((at for at, token in enumerate(named) if token.low in ENDS_A_NOUN or not token.is_word), len(named))
    after = named[end].low if end < len(named) else ""
    if any(_names_its_doer(token) for token in (named[:end] if after == "of" else named)):
        return False
    is_of_a_rate = after == "in" and named[end - 1].low.startswith("change")
    return end > 0 and not is_of_a_rate and deeds.is_deed_noun(named[end - 1].low)


def _names_its_doer(token: Token) -> bool:
    return token.low in NAMES_ITS_DOER or token.text[0] == "@" or token.low.endswith("'s")


def is_finite(word: str) -> bool:
    """Whether `word` can be the verb of a clause by itself."""
    return word in BE or word in PAST or word in PARTICIPLES or is_participle(word)
