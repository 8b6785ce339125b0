"""What an action item says: the verb that leads it, and what that verb is about. A small reading, not a parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from closeout_judgement.language import intentions, lexicon, nouns, phrases
from closeout_judgement.language.verbs import base_of, is_gerund, is_participle
from closeout_judgement.language.words import Token, sentences_of, tokens_of, word_set

# What stands before the promise itself: marks, tickets, priorities, words of whoever keeps the list.
BEFORE = re.compile(
    r"""
    (?: \[[\w/.-]{0,16}\](?!\()\W+(?=[A-Za-z]) | [^\w\[]+ | \[ | \#\d+\W*
      | (?:high|medium|low|p[0-4]|prio(?:rity)?\s*\d|must|todo|to-do|ai|action(?:\s+item)?s?|task|done|tbd
        |wip)\b(?=\W*[A-Z:\[(-])[:\W]*
      | (?:a\s+)?(?:ticket|issue|card|story|pr)s?\s+(?:was\s+|has\s+been\s+)?(?:raised|created|opened|filed
        |logged)\s+(?:to|for|on)\s+
      | (?:the\s+)?team\s+(?:has\s+)?(?:discussed|talked)\s+(?:about\s+)?
      | leads?\s+to\s+ | (?:therefore|also|then|first(?:ly)?|finally|lastly|additionally|instead(?!\s+of)|next
        |furthermore|moreover|likewise|similarly|accordingly|consequently|hence|thus|eventually|secondly|thirdly
        |secondarily|and|so|already)\W+
      | (?:second|third|last|further|finally)\s*,\s+
      | in\s+the\s+(?:short|long|medium|near)(?:er)?[\s-]+(?:term|future)\W+ | (?:short|long|medium)[\s-]+term\W+
      | (?:going|moving)\s+forward\W+ | (?:in|as\s+a)\s+(?:addition|result|parallel|consequence|follow-?up)\s*,\s+
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
      (?:['’](?:ll|ve|re|d|m)|\s+(?:also\s+)?(?:should|will|must|shall|can|could|would\s+like\s+to
        |(?:may|might|should|could)\s+(?:also\s+)?want\s+to|need(?:s)?\s+to
        |want(?:s)?\s+to|have\s+to|
        has\s+to|ought\s+to|are|is|have|has|plan(?:s)?\s+to|intend(?:s)?\s+to|had\s+better|am|might))
      (?:\s+(?:also|now|already|currently|still|all|both|just|actively|immediately|further|soon|shortly|then|therefore
        |going\s+to|(?:plann|look|hop|aim|intend|start|beginn|continu)ing\s+to|working\s+(?:on|to(?:wards?)?)
        |in\s+the\s+(?:process|middle|course)\s+of|begun|started|(?:committed|resolved|decided|agreed)\s+to
        |be\s+able\s+to|been|to|be(?=\s+\w+ing)))*\s+
    | (?:our|the|one|a)\s+(?:[\w-]+\s+)?(?:aim|goal|intention|objective|plan|hope|step)\s+(?:is|will\s+be)\s+to\s+
    | (?:efforts?|work)\s+(?:is|are|has|have)\s+(?:already\s+)?(?:under\s?way|ongoing|begun|started|in\s+progress)
      \s+(?:to(?:wards?)?|on)\s+
    | (?:we|i)\s+(?=(?:take|continue|commit|strive|work)\s)
    | (?:we|i)\s+(?:(?:also|already|now|then|since|immediately)\s+)?(?=(?!need)[a-z]+ed\s)
    | let['’]?s\s+ | please\s+ | (?:need|needs|have|want|plan|planning|aim)\s+to\s+ | must\s+ | should\s+
    | to\s+(?=[a-z])
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Why, or when, before who is to act: “To avoid this in the future, we have …”, “Over the next weeks, the team is …”.
LEAD = re.compile(
    r"""
    (?:(?:in\s+order\s+)?to|so\s+as\s+to|because|since|as|while|whilst|although|though|given|due|following|after|before
      |prior|when|once|if|until|over|during|within|in|for|with|without|based|from|at|by|on|beyond|besides|apart|aside
      |despite|until|unless|instead|rather|thanks|alongside|together|similarly|where)\b
    (?:[^.;:?!]{2,200}?,|\s+the\s+(?:next|coming|following)(?:\s+\w+){1,3}?)\s+
    (?=(?:we|i|they|let['’]?s|please)\b|(?:the|our)\s+(?:[\w-]+\s+){0,3}(?:team|teams|engineers|developers)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# “There are two areas that we are …”, “One thing we want to …”.
PRESENTED = re.compile(
    r"(?:there\s+(?:is|are)|(?:the\s+)?(?:one|another|first|second|third|next|last|other|main|key|some|two|"
    r"three|several))\b"
    r"[^.;:,?!]{1,60}?\s(?=(?:we|i)(?:['’]|\s))",
    re.IGNORECASE,
)
# What people do whenever it comes up again: “When deploying, …”, “If you need …, …”, “Before a migration, …”.
OCCASION = re.compile(
    r"(?:when(?:ever)?|if|while|during|before|prior\s+to|after|every\s+time)\s+"
    r"(?:(?:you|we|people|anyone|somebody|someone)\b[^.;:?!]{2,120}?|(?:[a-z]+ing\b[^.;:?!,]{0,60}?)|"
    r"(?:(?:an?|any|each|every)\s+)?[\w-]+),\s+(?=[a-z])",
    re.IGNORECASE,
)
HEADING = re.compile(r"[^:.?!]{3,60}:\s+(?=\S+\s+\S+)")
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
    actor = ACTOR.match(rest) or _named(rest)
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
    skipped = BEFORE.match(sentence)
    begin = skipped.end() if skipped else 0
    heading = HEADING.match(sentence, begin)
    if heading and _leads(tokens_of(sentence[heading.end() :])):
        begin = heading.end()
    lead = LEAD.match(sentence, begin) or PRESENTED.match(sentence, begin)
    if lead:
        return lead.end(), lead.end(), False
    occasion = OCCASION.match(sentence, begin)
    if occasion and _leads(tokens_of(sentence[occasion.end() :])):
        return occasion.end(), occasion.end(), True
    return begin, 0, False


# “Daniel to look into …”, “Ops will review …”. A thing is for something, too (“Tool to analyse …”): it is no name.
NAMED = re.compile(r"(?:[A-Z][\w.’'-]*(?:\s*(?:,|/|&|\+|\band\b)\s*|\s+)){1,3}(?:to|will)\s+(?=[a-z])")
NAMES_A_THING = re.compile(
    r"(?:\w*(?:ity|ion|ment|ness|ing|ance|ence|ure|ism|sis|ty)|tools?|scripts?|alerts?|options?|ways?|plans?|"
    r"jobs?|bots?|"
    r"tests?|checks?|checklists?|quer(?:y|ies)|process|proposals?|projects?|time|steps?|work|efforts?|tasks?|next|"
    r"need|needs|want|have|has|dashboards?|reports?|runbooks?|pages?|docs?|logs?|metrics?|features?|commands?|how|what|"
    r"where|when|which|framework|system|service|workflow|pipeline|template|rfc|spike|[A-Z]*s)$",
    re.IGNORECASE,
)


def _named(rest: str) -> re.Match[str] | None:
    found = NAMED.match(rest)
    if found is None:
        return None
    *subject, _ = re.findall(r"[\w’'-]+", found[0])
    following = re.match(r"[a-z-]+", rest[found.end() :])
    if following is None or base_of(subject[0].lower(), VERBS) or NAMES_A_THING.match(subject[-1]):
        return None
    return found if following[0] in intentions.BY_SOMEBODY else None


# In a question without its mark the verb stands before who or what it is about.
INVERTED = word_set("we i you they it he she there the a an this that these those our your their any")
QUOTED = re.compile(r"\S\s+(?:\"[^\"]*\"|“[^”]*”|\([^()]*\))")


def _is_question(sentence: str, tokens: Sequence[Token]) -> bool:
    if not tokens:
        return False
    # What is quoted asks nothing here: “A page for “where do I start?””.
    asks = QUOTED.sub(" ", sentence).rstrip(" )\"'”*_").endswith("?")
    first, second = tokens[0].low, tokens[1].low if len(tokens) > 1 else ""
    if asks or first in ("how", "what", "why", "which", "who", "whether"):
        return asks or first != "what" or second != "if"
    if first == "any":  # “Any change must …” is a rule.
        return not {token.low for token in tokens} & lexicon.MODALS
    asked = second in INVERTED or (is_gerund(second) and second != "being")
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
