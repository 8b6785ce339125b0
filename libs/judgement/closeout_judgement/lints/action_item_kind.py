"""What an action item asks for: a change, a direction or study; and what in its words says so."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise, takewhile

from closeout_judgement.language import lexicon, nouns, phrases
from closeout_judgement.language.promise import Form, Promise, promises_of
from closeout_judgement.language.verbs import base_of
from closeout_judgement.language.words import word_set


class Kind(StrEnum):
    """What an action item asks for: a change that is there or not, a direction, or study."""

    TESTABLE = "testable"
    VAGUE = "vague"
    INVESTIGATE = "investigate"


class Why(StrEnum):
    """What in the words makes an action item one that nobody can complete."""

    NONE = "none"
    STUDY = "study"
    QUESTION = "question"
    IDEA = "idea"
    DIRECTION = "direction"
    COMPARISON = "comparison"
    AREA = "area"
    NO_SIGNAL = "no-signal"
    HABIT = "habit"
    HEDGE = "hedge"
    SHORT = "short"


KINDS = {
    Why.NONE: Kind.TESTABLE,
    Why.STUDY: Kind.INVESTIGATE,
    Why.QUESTION: Kind.INVESTIGATE,
    Why.IDEA: Kind.INVESTIGATE,
}
IDENTIFIER = re.compile(r"[a-z]\w*[_/.:]\w+|[a-z]+[A-Z]\w*|`[^`]+`|\"[^\"]{3,}\"|“[^”]{3,}”|\d+(?:\.\d+)*\s*%?|--\w+")
# How much: a number that is no version and no name.
MEASURE = re.compile(
    r"(?<![\w.#-])\d+(?:[.,]\d+)?\s?(?:%|[a-z]{1,3}\b|percent|minutes?|seconds?|hours?|days?|weeks?)?(?![\w.-])", re.I
)
# What follows tells what for; it is judged no more.
PURPOSE = re.compile(
    r"\s(?:so(?:\s+that)?|in\s+order\s+to|such\s+that|which|to\s+(?:ensure|make\s+sure|avoid|help|prevent|allow|"
    r"reduce)|because|since|"
    r"this\s+(?:will|would|should|could)|that\s+would)\s|[.;]\s"
)
STUDIES = re.compile(
    r"^\W*(?:to\s+)?(?:do|perform|conduct|carry\s+out|run|make|start|continue|complete|hold)(?:ing)?\s+(?:an?\s+|"
    r"the\s+|further\s+|more\s+)?"
    r"(?:[\w-]+\s+){0,3}(?:spike|investigation|analysis|audit|study|assessment|evaluation|research|rca|"
    r"retrospective|discussion)\b"
)
STUDY_HEADING = re.compile(
    r"^\W*(?:spike|investigation|investigate|research|discussion|question|rfc|explore|idea)s?(?:\s*[:–-]|\s+(?:for|on|about|into))\s"
)
IDEAS = re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases.IDEAS))})\b")
HEDGES = re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases.HEDGES))})\b")
ADDRESS = re.compile(r"https?://\S+|<URL>|\[?#\d+\]?|\[link[^\]]*\]|@\w+|\b[A-Z]{2,8}-\d+\b")
OTHER_WAY = re.compile(
    r"\b(?:different|alternative|new|another)\s+(?:\w+\s+){0,3}(?:strategy|approach|way|method|solution|mechanism)s?\b",
    re.I,
)
ENSURED_HABIT = re.compile(
    r"\b(?:that\s+)?(?:we|everyone|everybody|people|teams?|engineers|developers|admins)\s+"
    r"(?!(?:have|has|get|gets|can)\b)(?:\w+ly\s+|always\s+)?[a-z]+\b",
    re.I,
)
ADDITIONAL = re.compile(r"(?:additional|further|extra|various|several|some|other)\b")
UP_TO_DATE = re.compile(r"\bup[\s-]to[\s-]date\b")
SETTING = re.compile(r"`[^`]+`|\b[a-z]+_\w+")
# To avoid doing these is to remember not to.
BY_PEOPLE = word_set("make do use deploy run rely change work merge push release perform touch edit schedule")
VAGUELY = word_set(
    "fix update add set setup implement create have keep provide ensure use upgrade enable introduce establish review"
)
# Study that ends in one of these leaves something behind.
ENDS = word_set("fix implement add remove apply change configure deploy disable enable upgrade replace resolve update")
# Making something that watches: what it watches must be said. A bare thing is to be made, too.
MAKES = word_set(
    """
    add create implement set setup introduce establish have need enable build develop put configure deploy install
    get be provide define start extend expand use
    """
) | {""}
# They set a value, even where it is not said which.
TURNS = word_set("increase decrease raise lower extend expand reduce limit shorten double halve boost grow adjust")
# What they leave behind is a text.
WRITES = word_set("document write describe publish define automate codify")
PREPOSITIONS = word_set("for of in on at to from with about across around into via by when if that so to as during")
STOP = word_set(
    """
    the a an our their its this that these those all any some of in on at to for with from by and or as is are be we
    it so into up out over across when if about such more most which who where issue pr here see link github ticket
    """
)


def kind_of(text: str) -> Kind:
    """What `text` asks for."""
    return KINDS.get(why_not(text), Kind.VAGUE)


def why_not(text: str) -> Why:
    """What keeps `text` from being completed, `Why.NONE` where nothing does."""
    plain = ADDRESS.sub(" ", text)
    promises = promises_of(plain)
    if not promises:
        return Why.SHORT
    first = _why(promises[0], plain)
    if first is Why.STUDY and _ends_in_a_change(promises[0]):
        return Why.NONE
    return first


def _ends_in_a_change(promise: Promise) -> bool:
    """Whether study is followed by what comes of it: “investigate … and fix …”."""
    words = promise.words()
    return any(word == "and" and base_of(following, ENDS) == following for word, following in pairwise(words))


def _why(promise: Promise, text: str) -> Why:
    words = promise.words()
    main = re.sub(r"\([^)]*\)", " ", PURPOSE.split(text.lower(), maxsplit=1)[0])
    if main.lstrip(" *-{[").startswith(("something about", "something like", "somehow")):
        return Why.DIRECTION
    if promise.form is Form.QUESTION:
        return _of_question(promise, words)
    if promise.form is Form.DEED and promise.verb in WRITES and len(words) > 1:
        return Why.COMPARISON if words[0] in ("better", "more", "improved") else Why.NONE
    if IDEAS.search(main):
        return Why.IDEA
    if STUDIES.search(main) or STUDY_HEADING.match(main):
        return Why.STUDY
    phrase = " ".join([promise.verb, *words])
    if promise.form is Form.DEED and phrase.startswith(phrases.HABITS):
        return Why.HABIT
    if promise.form is Form.DEED and not promise.past and _studies(promise, phrase):
        improves = words[:1] == ["and"] and len(words) > 1 and words[1] in lexicon.DIRECTION
        return Why.DIRECTION if improves else Why.STUDY
    if promise.form is Form.THING and set(_head(words)) & nouns.INQUIRY:
        return Why.STUDY
    if len(words) + bool(promise.verb) < 2:
        return Why.SHORT
    return _of_change(promise, words, main, text)


def _of_question(promise: Promise, words: list[str]) -> Why:
    if words and words[0] in lexicon.ASKING:
        return Why.QUESTION
    if promise.verb in lexicon.DIRECTION or (not promise.verb and len(words) < 5):
        return Why.DIRECTION
    return Why.QUESTION


def _studies(promise: Promise, phrase: str) -> bool:
    if promise.verb in ("continue", "start", "keep", "begin", "try"):
        inner = phrase.split()[1:3]
        return any(base_of(word, lexicon.STUDY) for word in inner[:1] if word != "to") or (
            inner[:1] == ["to"] and bool(base_of(inner[-1], lexicon.STUDY))
        )
    if any(phrase.startswith(one + " ") or phrase == one for one in phrases.STUDY_PHRASES):
        return True
    return promise.verb in lexicon.STUDY


def _of_change(promise: Promise, words: list[str], main: str, text: str) -> Why:
    named = bool(IDENTIFIER.search(text))
    ahead = [token for token in words if token in main]
    if HEDGES.search(main):
        return Why.HEDGE
    if promise.form is Form.STATE and promise.verb == "be":
        return Why.COMPARISON if _compares(ahead) and not MEASURE.search(text) else Why.NONE
    if promise.verb in ("teach", "train") and not set(words[:5]) & (nouns.PEOPLE | {"everybody", "everyone", "us"}):
        return Why.NONE
    if promise.verb in lexicon.DIRECTION and promise.verb not in lexicon.CHANGE:
        return Why.NONE if _is_setting(promise, words, text) else Why.DIRECTION
    if promise.verb == "avoid" and not named and "by" not in words:
        return (
            Why.DIRECTION if not words[0].endswith("ing") else Why.HABIT if base_of(words[0], BY_PEOPLE) else Why.NONE
        )
    if promise.verb == "keep" and UP_TO_DATE.search(main):
        return Why.HABIT
    if promise.verb in ("reduce", "limit") and not _is_setting(promise, words, text):
        return Why.DIRECTION
    if (_compares(ahead) and not MEASURE.search(text)) or OTHER_WAY.search(main):
        return Why.COMPARISON
    if promise.verb in lexicon.ENSURE and ENSURED_HABIT.search(main):
        return Why.HABIT
    if promise.habit and not named:
        return Why.HABIT
    if promise.verb in ("start", "keep", "continue") and words and words[0].endswith("ing"):
        return Why.HABIT
    return _of_object(promise, words, named)


def _is_setting(promise: Promise, words: list[str], text: str) -> bool:
    if MEASURE.search(text):
        return True
    if promise.verb in TURNS and (SETTING.search(text) or ("number" in words[:3] and set(words[3:7]) & nouns.NUMBERED)):
        return True
    return promise.verb in TURNS and bool({*_head(words), *_counted(words)} & nouns.SETTABLE)


def _counted(words: list[str]) -> list[str]:
    """What follows “number of”, “size of”: that is what is set."""
    return [word for place, word in enumerate(words) if "of" in words[max(0, place - 3) : place]][:3]


# “Nothing refers to it any more”: that something has ended compares nothing.
ENDED = {("any", "more"), ("no", "more"), ("once", "more"), ("no", "longer"), ("any", "longer")}


def _compares(words: list[str]) -> bool:
    return any(
        word in lexicon.COMPARATIVE
        and words[place + 1 : place + 2] != ["than"]
        and tuple(words[max(0, place - 1) : place + 1]) not in ENDED
        for place, word in enumerate(words)
    )


def _of_object(promise: Promise, words: list[str], named: bool) -> Why:
    content = [word for word in words if word not in STOP]
    if promise.verb in WRITES and len(content) > 1:
        return Why.NONE
    watching = promise.verb in ("monitor", "watch") or (
        promise.verb in MAKES and bool(set(_head(words)) & nouns.WATCHING)
    )
    if watching and not named and not any(word in nouns.SIGNAL for word in content) and not _conditional(words):
        return Why.NO_SIGNAL
    if _is_field(promise, words, content, named):
        return Why.AREA
    return Why.NONE


def _is_field(promise: Promise, words: list[str], content: list[str], named: bool) -> bool:
    """Whether it names a whole field, or things of a kind and none in particular."""
    head = set(_head(words))
    if promise.form is Form.THING and head & (nouns.SOFT | (nouns.AREA - nouns.COUNTABLE)) and not named:
        return True
    if promise.form is Form.THING and head & nouns.SOFT:
        return True
    if named or not content:
        return False
    if ADDITIONAL.match(" ".join(words)) and head & (nouns.AREA | nouns.KINDS):
        return True
    if promise.verb in VAGUELY and len(content) < 3 and content[-1] in (nouns.AREA - nouns.COUNTABLE) | nouns.KINDS:
        return True
    return all(word in nouns.AREA for word in content[:2]) and len(content) < 4


def _head(words: list[str]) -> list[str]:
    """The noun that is meant, and what it is joined with: “logging and alerting” of “logging and alerting for X”."""
    before = list(takewhile(lambda word: word not in PREPOSITIONS, words))
    return before[-1:] + [before[place - 1] for place, word in enumerate(before) if word in ("and", "or") and place]


def _conditional(words: list[str]) -> bool:
    if bool({"when", "if", "whenever", "before", "after", "unless", "that"} & set(words)):
        return True
    return any(
        before == "to" and word in ("warn", "tell", "notify", "alert", "page", "detect", "catch", "check")
        for before, word in pairwise(words)
    )
