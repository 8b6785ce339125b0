"""What an action item says: the verb that leads it, and what that verb is about. A small reading, not a parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from closeout_judgement.language import intentions, lexicon, nouns, openings, phrases
from closeout_judgement.language.verbs import base_of, is_gerund, is_participle
from closeout_judgement.language.words import Token, sentences_of, tokens_of, word_set

HABITUALLY = lexicon.HABIT_ADVERBS | intentions.CARE
FLAT_ADVERBS = word_set("also then just simply please never not once again still even double")


class Form(Enum):
    """How an action item is put."""

    QUESTION = "question"
    DEED = "deed"  # "add …", "we will add …", "adding …"
    STATE = "state"  # "X should be added", "X must have …"
    THING = "thing"  # "runbook for …"


@dataclass(frozen=True, slots=True)
class Promise:
    """One clause of an action item. `verb` is the base form of its leading verb, "" for a bare thing.

    `about` is what follows the verb; of a state also what stands before it.
    """

    form: Form
    verb: str
    about: tuple[Token, ...]
    negated: bool = False
    habit: bool = False
    past: bool = False
    passive: bool = False
    occasion: bool = False  # said of whenever it comes up, not of once
    start: int = 0  # where it begins, after what tells only why or when

    def words(self) -> list[str]:
        """What it is about, in lower case, without marks."""
        return [token.low for token in self.about if token.is_word or token.low[0].isdigit()]


PHRASES = (*phrases.STUDY_PHRASES, *phrases.HABITS, *intentions.PHRASES, *intentions.STUDY_PHRASES)
PHRASE_VERBS = frozenset(phrase.split()[0] for phrase in PHRASES) - {"not", "don't"}
VERBS = (
    lexicon.STUDY
    | lexicon.DIRECTION
    | lexicon.CHANGE
    | intentions.CHANGES
    | intentions.VERBS
    | intentions.FORBORNE
    | intentions.ANSWERS
    | PHRASE_VERBS
    | {"begin", "propose", "recommend", "suggest"}
)


def promise_of(text: str) -> Promise | None:
    """What the first sentence of `text` that says anything promises; those after it often only explain."""
    for start, end in sentences_of(text):
        found = _read(text[start:end], start)
        if found is not None:
            return found
    return None


def _read(sentence: str, offset: int) -> Promise | None:
    begin, lead, occasion = _beginning(sentence)
    rest = sentence[begin:]
    if not rest.strip():
        return None
    tokens = tokens_of(rest, offset + begin)
    actor = openings.ACTOR.match(rest) or _named(rest)
    after = [token for token in tokens if token.start >= offset + begin + actor.end()] if actor else tokens
    if _is_question(sentence, tokens):
        asked = tokens if tokens[0].low in lexicon.ASKING else after
        return Promise(Form.QUESTION, _first_verb(after), tuple(asked))
    if not after:
        return None
    read = _deed(after, led=actor is not None) or _state(after) or Promise(Form.THING, "", tuple(after))
    return replace(read, occasion=occasion, start=offset + lead)


def _beginning(sentence: str) -> tuple[int, int, bool]:
    """Where the promise begins; where what tells only why or when ends; whether it is for whenever it comes up."""
    skipped = openings.BEFORE.match(sentence)
    begin = skipped.end() if skipped else 0
    heading = openings.HEADING.match(sentence, begin)
    if heading and _leads(tokens_of(sentence[heading.end() :])):
        begin = heading.end()
    lead = openings.LEAD.match(sentence, begin) or openings.PRESENTED.match(sentence, begin)
    if lead:
        return lead.end(), lead.end(), False
    occasion = openings.OCCASION.match(sentence, begin)
    if occasion and _leads(tokens_of(sentence[occasion.end() :])):
        return occasion.end(), occasion.end(), True
    return begin, 0, False


def _named(rest: str) -> re.Match[str] | None:
    found = openings.NAMED.match(rest)
    if found is None:
        return None
    *subject, _ = re.findall(r"[\w’'-]+", found[0])
    following = re.match(r"[a-z-]+", rest[found.end() :])
    if following is None or base_of(subject[0].lower(), VERBS) or openings.NAMES_A_THING.match(subject[-1]):
        return None
    return found if following[0] in intentions.BY_SOMEBODY else None


def _is_question(sentence: str, tokens: Sequence[Token]) -> bool:
    if not tokens:
        return False
    # What is quoted asks nothing here: “A page for “where do I start?””.
    asks = openings.QUOTED.sub(" ", sentence).rstrip(" )\"'”*_").endswith("?")
    first, second = tokens[0].low, tokens[1].low if len(tokens) > 1 else ""
    if asks or first in ("how", "what", "why", "which", "who", "whether"):
        return asks or first != "what" or second != "if"
    if first == "any":  # “Any change must …” is a rule.
        return not {token.low for token in tokens} & lexicon.MODALS
    asked = second in openings.INVERTED or (is_gerund(second) and second != "being")
    return asked and first in lexicon.ASKING - {"will", "when", "if", "where", "have"}


def _first_verb(tokens: Sequence[Token]) -> str:
    return next((verb for verb in (base_of(token.low, VERBS) for token in tokens[:3]) if verb), "")


def _leads(tokens: Sequence[Token]) -> bool:
    return _deed(tokens) is not None


def _deed(tokens: Sequence[Token], led: bool = False) -> Promise | None:
    """`tokens` as something to do, if a verb leads them; `led` where somebody who acts stands before."""
    negated = habit = False
    for place, token in enumerate(tokens[:5]):
        word = token.low
        if word in ("not", "never", "don't", "nobody", "no"):
            negated = True
            continue
        if word == "to" or (word == "do" and place + 1 < len(tokens) and tokens[place + 1].low in ("not", "never")):
            continue
        if word in HABITUALLY:
            habit = True
            continue
        verb = _leading_verb(tokens, place, led or habit or negated)
        if verb:
            past = is_participle(word) and not is_gerund(word) and word != verb
            return Promise(Form.DEED, verb, tuple(tokens[place + 1 :]), negated, habit, past)
        if not (word in FLAT_ADVERBS or word.endswith("ly")):
            return None
    return None


def _leading_verb(tokens: Sequence[Token], place: int, led: bool) -> str | None:
    """The verb at `place`, where the words around it do not make it a noun or an adjective."""
    token = tokens[place]
    written = token.low.partition("/")[0]
    verb = base_of(written, VERBS)
    if verb is None:
        return written if _is_unknown_verb(tokens, place) else None
    following = tokens[place + 1].low if place + 1 < len(tokens) else ""
    if not led and (_is_subject(tokens, place) or following in AFTER_A_NOUN):
        return None
    if written == verb:
        return None if verb in AMBIGUOUS and not led and not _takes_object(tokens, place) else verb
    if is_gerund(written):
        return verb
    # "Improved runbooks" is a thing; "Reverted the change" was done; "Fixes for X" is a thing.
    if is_participle(token.low):
        return (
            verb
            if led or following in DETERMINERS or following[:1].isdigit() or following in lexicon.ASKING
            else _adjective(verb)
        )
    return None


def _is_unknown_verb(tokens: Sequence[Token], place: int) -> bool:
    """“Pair each alert …”: what stands first, before an article, is a verb."""
    following = tokens[place + 1].low if place + 1 < len(tokens) else ""
    return tokens[place].text.isalpha() and tokens[place].low not in NO_VERBS and following in ARTICLES


def _is_subject(tokens: Sequence[Token], place: int) -> bool:
    """Whether what looks like a verb begins a subject: “review process should …”."""
    for token in tokens[place + 1 : place + 4]:
        ends = token.low in DETERMINERS or token.low in nouns.PEOPLE or token.low in lexicon.ASKING - lexicon.MODALS
        if ends or token.low in NOUN_AFTER_NOUN - lexicon.MODALS or not token.is_word:
            return False
        if token.low in ("should", "must", "needs", "need", "ought"):
            return True
    return False


def _adjective(verb: str) -> str | None:
    return None if verb in ("improve", "automate", "schedule", "need", "limit", "require", "share", "test") else verb


ARTICLES = word_set("the a an all each every our its their this these")
NO_VERBS = word_set(
    """
    the a an all each every our its their this these that those of in on to for with from by and or as so if when
    while because since before after during despite until than both not at into over under about without per plus
    """
)
DETERMINERS = word_set(
    """
    the a an all any our their its this that these those each every some both more up down to out on in
    """
)
# Base forms that are as often nouns: a thing, unless something follows that only a verb takes.
AMBIGUOUS = word_set(
    """
    alert test monitor design process log support issue access page plan change report review better measure
    exercise question list place record version work need audit focus help offer draft hook cache index package
    image backup note stage label ticket order patch release share supply set cap survey research debate scope
    estimate speed experiment
    """
)
# What stands before one of these is no verb.
AFTER_A_NOUN = word_set(": should must needs need is are will has have was were can might may")
NOUN_AFTER_NOUN = word_set("for of in to on at from with about is should must needs and or by")


def _takes_object(tokens: Sequence[Token], place: int) -> bool:
    following = tokens[place + 1].low if place + 1 < len(tokens) else ""
    if tokens[place].low in ("better", "access", "process", "page"):
        return following in DETERMINERS and tokens[place].low == "page"
    if tokens[place].low == "focus":
        return following == "on"
    if tokens[place].low == "work":
        return following in ("on", "with", "towards", "toward", "out")
    if tokens[place].low in ("alert", "report", "log", "page") and following in (
        "on",
        "when",
        "if",
        "the",
        "us",
        "for",
    ):
        return True
    if following == "and" and place + 2 < len(tokens):
        return tokens[place + 2].low in VERBS
    return bool(following) and following not in NOUN_AFTER_NOUN


def _state(tokens: Sequence[Token]) -> Promise | None:
    """`tokens` as something that is to hold, or holds now: "X should be tested", "X needs a limit"."""
    passive = _passive(tokens)
    if passive is not None:
        return passive
    for place, token in enumerate(tokens[:14]):
        if token.low in lexicon.MODALS and place:
            rest = tokens[place + 1 :]
            negated = bool(rest) and rest[0].low in ("not", "never")
            verb = next((verb for verb in (base_of(one.low, VERBS) for one in rest[:5]) if verb and verb != "be"), "be")
            return Promise(Form.STATE, verb, (*tokens[:place], *rest), negated)
    return None


BEING = word_set("be been being")
DONE = word_set("was were has have had")
AUXILIARY = lexicon.MODALS | DONE | {"to", "is", "are"}


def _passive(tokens: Sequence[Token]) -> Promise | None:
    """“X will be tuned”, “X was tuned”, “X needs tuning”: what stands before is what it is done to."""
    for place, token in enumerate(tokens[:18]):
        needs = token.low in ("needs", "need")
        if not place or not (token.low in BEING or token.low in ("was", "were") or needs):
            continue
        after = next((at for at in range(place + 1, min(place + 4, len(tokens))) if not _is_adverb(tokens[at].low)), 0)
        word = tokens[after].low if after else ""
        verb = base_of(word, VERBS)
        done = is_participle(word) and not is_gerund(word) and (verb != word or not needs)
        if verb and (is_gerund(word) if needs else done):
            before = list(tokens[:place])
            past = token.low in ("was", "were") or (token.low == "been" and before[-1].low in DONE)
            while before and (before[-1].low in AUXILIARY or _is_adverb(before[-1].low)):
                before.pop()
            return Promise(Form.STATE, verb, (*before, *tokens[after + 1 :]), past=past, passive=True)
    return None


def _is_adverb(word: str) -> bool:
    return word in FLAT_ADVERBS or word in ("already", "now", "further", "soon", "currently") or word.endswith("ly")
