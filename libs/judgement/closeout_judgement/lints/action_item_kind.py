"""What an action item asks for: a change, a direction or study; and what in its words says so."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise, takewhile

from closeout_judgement.language import intentions, lexicon, nouns, phrases
from closeout_judgement.language.promise import Form, Promise, promise_of
from closeout_judgement.language.verbs import base_of
from closeout_judgement.lints import item_signs as signs
from closeout_judgement.lints.item_object import (
    compares,
    counted,
    head_of,
    is_a_measure,
    is_conditional,
    is_field,
    is_in_place,
    is_more_or_less,
    is_setting,
)


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
# What has no end by itself has one where it is said by which change.
ENDED_BY_MEANS = {Why.DIRECTION, Why.COMPARISON, Why.NO_SIGNAL, Why.AREA}


def kind_of(text: str) -> Kind:
    """What `text` asks for."""
    return KINDS.get(why_not(text), Kind.VAGUE)


def why_not(text: str) -> Why:
    """What keeps `text` from being completed, `Why.NONE` where nothing does."""
    plain = signs.SUBJECT_ADDRESS.sub("it", text)
    plain = signs.ADDRESS.sub(" ", plain)
    promise = promise_of(plain)
    if promise is None:
        return Why.NONE if signs.UNSPACED.search(text) else Why.SHORT
    first = _why(promise, plain[promise.start :])
    if first is Why.NONE and promise.form is Form.THING and signs.OPEN.search(plain.lower()):
        return Why.QUESTION
    if first is Why.STUDY and _ends_in_a_change(promise):
        return Why.NONE
    if first in ENDED_BY_MEANS and _has_means(promise):
        return Why.NONE
    return first


def _has_means(promise: Promise) -> bool:
    """“Harden the store by requiring a password”, “tighten the check with a test of both paths”."""
    about = " ".join(token.low for token in promise.about)
    means = signs.MEANS.search(about)
    if means and base_of(means["verb"], signs.MEANS_OF) and why_not(means["how"]) is Why.NONE:
        return True
    artefact = signs.WITH_ARTEFACT.search(about)
    return artefact is not None and not set(head_of(artefact["what"].split())).isdisjoint(intentions.ARTEFACTS)


def _ends_in_a_change(promise: Promise) -> bool:
    """Whether study is followed by what comes of it: “investigate … and fix …”."""
    words = ["and" if token.low == "&" else token.low for token in promise.about if token.is_word or token.low == "&"]
    words = [word for place, word in enumerate(words) if word != "then" or words[place - 1 : place] != ["and"]]
    pairs = pairwise(words)
    return any(word in ("and", "then") and base_of(following, signs.ENDS) == following for word, following in pairs)


def _why(promise: Promise, text: str) -> Why:
    words = promise.words()
    main = re.sub(r"\([^)]*\)", " ", signs.PURPOSE.split(text.lower(), maxsplit=1)[0])
    if promise.past:
        main = signs.GOES_ON.split(main, maxsplit=1)[0]
    if main.lstrip(" *-{[").startswith(("something about", "something like", "somehow")):
        return Why.DIRECTION
    if promise.form is Form.QUESTION:
        return _of_question(promise, words)
    if promise.occasion and promise.form is Form.DEED and promise.verb in intentions.REMEMBERED:
        return Why.HABIT
    if promise.form is Form.DEED and promise.verb in signs.WRITES and len(words) > 1:
        return Why.COMPARISON if words[0] in ("better", "more", "improved") else Why.NONE
    return _of_talk(promise, words, main) or _of_bearing(promise, words) or _of_change(promise, words, main, text)


def _of_talk(promise: Promise, words: list[str], main: str) -> Why | None:
    """Whether it asks for study, talk or thought."""
    proposes = promise.form is Form.DEED and promise.verb in ("suggest", "recommend")
    if proposes or (signs.IDEAS.search(main) and not promise.past):
        return Why.IDEA
    wanted = signs.WANTED.search(main)
    if wanted:
        return Why.DIRECTION if wanted["what"] in signs.WANTED_MORE else Why.STUDY
    if _is_regular(promise, words, main):
        return Why.HABIT
    phrase = " ".join([promise.verb, *words])
    if signs.STUDIES.search(main) or signs.STUDIES.match(phrase) or signs.STUDY_HEADING.match(main):
        return Why.STUDY
    if _convenes(promise, words):
        return Why.STUDY
    if promise.passive:
        return Why.STUDY if promise.verb in signs.STUDIED and not promise.past and not _is_rule(words) else None
    if promise.form is not Form.DEED:
        needs = set(head_of(words)) & nouns.INQUIRY
        return Why.STUDY if needs and (promise.form is Form.THING or promise.verb == "be") else None
    if promise.verb == "work" and words[:1] == ["with"]:
        return _of_work_with(words)
    if promise.verb == "clarify" and not set(words[:2]) & lexicon.ASKING:
        return None
    if promise.past or not _studies(promise, phrase):
        return None
    improves = words[:1] == ["and"] and bool(base_of("".join(words[1:2]), lexicon.DIRECTION))
    return Why.DIRECTION if improves else Why.STUDY


def _is_regular(promise: Promise, words: list[str], main: str) -> bool:
    """“Regular audits of …”, “conduct regular audits”; not a machine's, nor at a rate that can be seen to be kept."""
    if signs.MACHINES & set(words) or promise.form is Form.STATE:
        return False
    found = signs.REGULAR.search(main)
    first = found is not None and (promise.form is Form.THING or len(main[: found.start()].split()) < 4)
    more = words[-2:-1] == ["more"] and words[-1].endswith("ly")
    return first or (more and promise.form is Form.DEED and promise.verb in intentions.REMEMBERED)


def _is_rule(words: list[str]) -> bool:
    """“All changes must be reviewed”, “… reviewed by two people”: that is a rule, which holds or does not."""
    return words[:1] in (["all"], ["any"], ["every"], ["each"]) or bool({"by", "before"} & set(words))


def _convenes(promise: Promise, words: list[str]) -> bool:
    """“Form a working group”, “set up a call”: what they agree on is not said."""
    if promise.form is not Form.DEED or promise.verb not in intentions.CONVENES:
        return False
    before = list(takewhile(lambda word: word not in signs.PREPOSITIONS - {"up", "together"}, words))
    return tuple(before[-2:]) in intentions.GATHERED or bool(set(before[-1:]) & intentions.GATHERINGS)


def _of_work_with(words: list[str]) -> Why:
    """Working with somebody comes to what it is for: “… to raise the quota”."""
    if "to" not in words[1:]:
        return Why.STUDY
    purpose = words[words.index("to", 1) + 1 :]
    ends = why_not(" ".join(purpose))
    return Why.DIRECTION if ends is Why.NONE and purpose[0] in lexicon.ENSURE | {"prevent", "avoid"} else ends


def _of_bearing(promise: Promise, words: list[str]) -> Why | None:
    """Whether it is a habit, a direction or an outcome by its first words, or too short to be anything."""
    phrase = " ".join([promise.verb, *words])
    if promise.form is Form.DEED and phrase.startswith(phrases.HABITS):
        return Why.HABIT
    if (promise.form is Form.DEED and phrase.startswith(intentions.PHRASES)) or is_more_or_less(promise, words):
        return Why.DIRECTION
    if promise.verb in signs.OUTCOMES and signs.OUTCOME.match(" ".join(words)) and not set(words[:9]) & signs.TELLING:
        return Why.DIRECTION
    is_short = len(words) + bool(promise.verb) < 2 and not signs.UNSPACED.search(phrase)
    return Why.SHORT if is_short else None


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
    return promise.verb in lexicon.STUDY or f"{phrase} ".startswith(signs.STUDY_PHRASES)


def _of_change(promise: Promise, words: list[str], main: str, text: str) -> Why:
    named = bool(signs.IDENTIFIER.search(text))
    ahead = [token for token in words if token in main]
    # What has been done is done, whatever comes later.
    if signs.HEDGES.search(main) and not promise.past:
        return Why.HEDGE
    if promise.form is Form.STATE and promise.verb == "be":
        return Why.COMPARISON if compares(ahead) and not signs.MEASURE.search(text) else Why.NONE
    if promise.verb in ("teach", "train") and not set(words[:5]) & (nouns.PEOPLE | {"everybody", "everyone", "us"}):
        return Why.NONE
    if _is_direction(promise, words, text):
        return Why.DIRECTION
    if promise.verb == "avoid" and not named and "by" not in words:
        return _of_avoiding(words[0])
    if (compares(ahead) and not signs.MEASURE.search(text)) or signs.OTHER_WAY.search(main):
        return Why.COMPARISON
    if _is_habit(promise, words, main, named):
        return Why.HABIT
    return _of_object(promise, words, named)


def _of_avoiding(word: str) -> Why:
    """To avoid what people do is to remember; to avoid what comes about names no change."""
    if not word.endswith("ing"):
        return Why.DIRECTION
    return Why.HABIT if base_of(word, signs.BY_PEOPLE) else Why.NONE


def _is_direction(promise: Promise, words: list[str], text: str) -> bool:
    if promise.verb == "empower" and set(words[:2]) & signs.CUSTOMERS and "to" in words[:4]:
        return False  # What a product lets its users do, it does or not.
    if promise.verb in signs.REACHES and {"to", "with"} & set(words):
        # Extended to something, it reaches it or not; a field of work always reaches further.
        return bool({*head_of(words), *counted(words)} & signs.ANY_FIELD)
    if promise.verb in signs.MORE_OR_LESS:
        return not is_setting(promise, words, text)
    return False


def _is_habit(promise: Promise, words: list[str], main: str, named: bool) -> bool:
    """Whether it is to be done again and again, by whoever remembers."""
    if promise.verb == "know" and promise.form is Form.DEED:
        return True
    if promise.verb == "keep" and (signs.UP_TO_DATE.search(main) or signs.CURRENT.search(main)):
        return True
    if promise.verb in lexicon.ENSURE and promise.form is Form.DEED and signs.ENSURED_HABIT.match(" ".join(words)):
        return True
    if promise.verb in ("start", "keep", "continue") and words and words[0].endswith("ing"):
        return True
    if promise.habit and not named and promise.verb not in intentions.DONE_BY_MACHINES:
        return True
    if promise.form is not Form.DEED or promise.past or signs.MACHINES & set(words):
        return False
    if promise.negated:
        return promise.verb in intentions.FORBORNE or (
            promise.verb in intentions.FORBORNE_AT_TIMES and bool(signs.AT_TIMES.search(main))
        )
    if promise.verb in intentions.ANSWERS and signs.IN_TIME.search(main):
        return True
    if promise.verb in ("run", "take", "use", "perform", "conduct", "do"):
        return bool(signs.ROLLOUT.search(main))
    return promise.verb in signs.CHECKED and bool(signs.ROLLOUT.search(main) or signs.REGULARLY.search(main))


def _of_object(promise: Promise, words: list[str], named: bool) -> Why:
    content = [word for word in words if word not in signs.STOP]
    if promise.verb in signs.WRITES and len(content) > 1:
        return Why.NONE
    if promise.verb == "put" and words[-2:] == ["in", "place"] and set(head_of(words)) & signs.ANY_FIELD:
        return Why.AREA
    if promise.verb in lexicon.ENSURE and is_in_place(words):
        return Why.AREA
    if promise.negated or is_a_measure(words):
        return Why.NONE
    watching = promise.verb in ("monitor", "watch") or (
        promise.verb in signs.MAKES and bool(set(head_of(words)) & nouns.WATCHING)
    )
    if watching and not named and not any(word in nouns.SIGNAL for word in content) and not is_conditional(words):
        return Why.NO_SIGNAL
    if is_field(promise, words, content, named):
        return Why.AREA
    return Why.NONE
