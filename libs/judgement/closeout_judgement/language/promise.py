"""What an action item says: the verb that leads it, and what that verb is about. A small reading, not a parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from closeout_judgement.language import lexicon, nouns, phrases
from closeout_judgement.language.verbs import base_of, is_gerund, is_participle
from closeout_judgement.language.words import Token, sentences_of, tokens_of, word_set

# What stands before the promise itself: marks, tickets, priorities, words of whoever keeps the list.
BEFORE = re.compile(
    r"""
    (?: \W+
      | \[[^\]]{0,40}\]\W* | \#\d+\W*
      | (?:high|medium|low|p[0-4]|prio(?:rity)?\s*\d|must|todo|to-do|ai|action(?:\s+item)?s?|task|done|tbd
        |wip)\b(?=\W*[A-Z:\[(-])[:\W]*
      | (?:a\s+)?(?:ticket|issue|card|story|pr)s?\s+(?:was\s+|has\s+been\s+)?(?:raised|created|opened|filed
        |logged)\s+(?:to|for|on)\s+
      | (?:the\s+)?team\s+(?:has\s+)?(?:discussed|talked)\s+(?:about\s+)?
      | leads?\s+to\s+ | therefore\W+ | also\W+ | then\W+ | first(?:ly)?\W+ | finally\W+ | additionally\W+
        | instead\W+ | next\W+
      | in\s+the\s+(?:short|long|medium)(?:er)?[\s-]+term\W+ | (?:short|long|medium)[\s-]+term\W+ | eventually\W+
        | going\s+forward\W+
      | review\s+actions?\W+ | as\s+part\s+of\s+[\w\s]{3,40},\s+
    )+
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "We should", "Ops needs to", "let's": whoever is to act. The promise follows.
ACTOR = re.compile(
    r"""
    (?:(?:the\s+)?(?:we|i|they|you|everyone|everybody|(?:[\w-]+\s+){0,3}(?:team|teams|engineers?|admins?|developers?
      |on-?call|sre|ops)))
      (?:'(?:ll|ve|re|d)|\s+(?:also\s+)?(?:should|will|must|shall|can|could|would\s+like\s+to
        |(?:may|might|should|could)\s+(?:also\s+)?want\s+to|need(?:s)?\s+to
        |want(?:s)?\s+to|have\s+to|
        has\s+to|ought\s+to|are|is|have|has|plan(?:s)?\s+to|intend(?:s)?\s+to|had\s+better|am|might))
      (?:\s+(?:also|now|already|currently|still|all|both|just|going\s+to|planning\s+to|working\s+(?:on|to(?:wards?)?)
        |begun|started|
        be\s+able\s+to|been|to|be(?=\s+\w+ing)))*\s+
    | let'?s\s+ | please\s+ | (?:need|needs|have|want|plan|planning|aim)\s+to\s+ | must\s+ | should\s+ | to\s+(?=[a-z])
    """,
    re.VERBOSE | re.IGNORECASE,
)
HEADING = re.compile(r"[^:.?!]{3,60}:\s+(?=\S+\s+\S+)")
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

    def words(self) -> list[str]:
        """What it is about, in lower case, without marks."""
        return [token.low for token in self.about if token.is_word or token.low[0].isdigit()]


PHRASE_VERBS = frozenset(phrase.split()[0] for phrase in (*phrases.STUDY_PHRASES, *phrases.HABITS)) - {"not", "don't"}
VERBS = lexicon.STUDY | lexicon.DIRECTION | lexicon.CHANGE | PHRASE_VERBS | {"begin", "propose", "recommend", "suggest"}


def promises_of(text: str) -> list[Promise]:
    """Each sentence of `text`, read. The first is what was promised; those after it often only explain."""
    found = []
    for start, end in sentences_of(text):
        found += _read(text[start:end], start)
    return found


def _read(sentence: str, offset: int) -> list[Promise]:
    skipped = BEFORE.match(sentence)
    begin = skipped.end() if skipped else 0
    heading = HEADING.match(sentence, begin)
    if heading and _leads(tokens_of(sentence[heading.end() :])):
        begin = heading.end()
    rest = sentence[begin:]
    if not rest.strip():
        return []
    actor = ACTOR.match(rest)
    after = rest[actor.end() :] if actor else rest
    tokens = tokens_of(after, offset + begin + (actor.end() if actor else 0))
    if _is_question(sentence, tokens_of(rest)):
        return [Promise(Form.QUESTION, _first_verb(tokens), tuple(tokens))]
    return [_deed(tokens) or _state(tokens) or Promise(Form.THING, "", tuple(tokens))] if tokens else []


def _is_question(sentence: str, tokens: Sequence[Token]) -> bool:
    if not tokens:
        return False
    asks = sentence.rstrip(" )\"'”*_").endswith("?")
    if tokens[0].low == "do" and len(tokens) > 1 and tokens[1].low in ("not", "a", "an", "the"):
        return asks
    return asks or (tokens[0].low in lexicon.ASKING and tokens[0].low not in ("will", "when", "if", "where", "have"))


def _first_verb(tokens: Sequence[Token]) -> str:
    return next((verb for verb in (base_of(token.low, VERBS) for token in tokens[:3]) if verb), "")


def _leads(tokens: Sequence[Token]) -> bool:
    return _deed(tokens) is not None


def _deed(tokens: Sequence[Token]) -> Promise | None:
    """`tokens` as something to do, if a verb leads them."""
    negated = habit = False
    for place, token in enumerate(tokens[:5]):
        word = token.low
        if word in ("not", "never", "don't", "nobody", "no"):
            negated = True
            continue
        if word == "to" or (word == "do" and place + 1 < len(tokens) and tokens[place + 1].low in ("not", "never")):
            continue
        if word in lexicon.HABIT_ADVERBS:
            habit = True
            continue
        verb = _leading_verb(tokens, place)
        if verb:
            past = is_participle(word) and not is_gerund(word) and word != verb
            return Promise(Form.DEED, verb, tuple(tokens[place + 1 :]), negated, habit, past)
        if not (word in FLAT_ADVERBS or word.endswith("ly")):
            return None
    return None


def _leading_verb(tokens: Sequence[Token], place: int) -> str | None:
    """The verb at `place`, where the words around it do not make it a noun or an adjective."""
    token = tokens[place]
    written = token.low.partition("/")[0]
    verb = base_of(written, VERBS)
    if verb is None:
        return written if _is_unknown_verb(tokens, place) else None
    following = tokens[place + 1].low if place + 1 < len(tokens) else ""
    if _is_subject(tokens, place) or following in (
        "should",
        "must",
        "needs",
        "need",
        "is",
        "are",
        "will",
        "has",
        "have",
        "was",
        "were",
        "can",
        "might",
        "may",
    ):
        return None
    if written == verb:
        return None if verb in AMBIGUOUS and not _takes_object(tokens, place) else verb
    if is_gerund(written):
        return verb
    # "Improved runbooks" is a thing; "Reverted the change" was done; "Fixes for X" is a thing.
    if is_participle(token.low):
        return (
            verb
            if following in DETERMINERS or following[:1].isdigit() or following in lexicon.ASKING
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
NOUN_AFTER_NOUN = word_set("for of in to on at from with about is should must needs and or by")


def _takes_object(tokens: Sequence[Token], place: int) -> bool:
    following = tokens[place + 1].low if place + 1 < len(tokens) else ""
    if tokens[place].low in ("better", "access", "process", "page"):
        return following in DETERMINERS and tokens[place].low == "page"
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
    """`tokens` as something that is to hold: "X should be tested", "X needs a limit"."""
    for place, token in enumerate(tokens[:14]):
        if token.low in lexicon.MODALS and place:
            rest = tokens[place + 1 :]
            negated = bool(rest) and rest[0].low in ("not", "never")
            verb = next((verb for verb in (base_of(one.low, VERBS) for one in rest[:5]) if verb and verb != "be"), "be")
            return Promise(Form.STATE, verb, (*tokens[:place], *rest), negated)
    return None
