"""What an action item asks for: a change, a direction or study; and what in its words says so."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise, takewhile

from closeout_judgement.language import intentions, lexicon, nouns, phrases
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
    r"(?<!\bneed)(?<!\bneeds)(?<!\bhas)(?<!\bhave)(?<!\bought)\s(?:so(?:\s+that)?|in\s+order\s+to|such\s+that|which|to\s+(?:ensure|make\s+sure|avoid|help|prevent|allow|"
    r"reduce)|because|since|"
    r"this\s+(?:will|would|should|could)|that\s+would|to\s+(?:better|more\s+\w+ly|further|improve|minimi[sz]e|mitigate|enhance|"
    r"simplify|speed\s+up|make\s+it\s+easier))\s|[.;]\s"
)
# What is still to come is told after what has been done.
GOES_ON = re.compile(r"\s(?:and|but)\s+(?:we\s+)?(?:are|will|plan|continue)\b")
STUDIES = re.compile(
    r"^\W*(?:to\s+)?(?:do|perform|conduct|carry\s+out|undertake|initiate|commission|schedule|run|make|start|continue|"
    r"complete|hold)(?:ing)?\s+(?:an?\s+|"
    r"the\s+|further\s+|more\s+)?"
    r"(?:[\w-]+\s+){0,3}(?:spike|investigation|analysis|audit|study|assessment|evaluation|research|rca|"
    r"retrospective|discussion|inspection|poc|proof[\s-]of[\s-]concept|feasibility\s+study|walk-?through|deep[\s-]dive|(?<!code\s)reviews?)\b"
    r"(?!\s+(?:checklist|page|template|step|process|board|bot|tool|job)\b)"
)
STUDY_HEADING = re.compile(
    r"^\W*(?:poc|proof[\s-]of[\s-]concept|deep[\s-]dive)\b|^\W*(?:spike|investigation|investigate|research|discussion|question|rfc|explore|idea)s?(?:\s*[:–-]|\s+(?:for|on|about|into))\s"
)
IDEAS = re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases.IDEAS))})\b")
HEDGES = re.compile(rf"(?<![\w/])(?:{'|'.join(map(re.escape, phrases.HEDGES + intentions.HEDGES))})\b")
# An open question, however it is put.
OPEN = re.compile(
    r"\b(?:questions?\s+(?:is|are|remains?|about|around)|unclear|not\s+(?:yet\s+)?clear|undecided|unsure|wonder(?:ing)?|"
    r"(?:to\s+be|not\s+yet)\s+decided)\b[^.]{0,20}?\b(?:if|whether|how|what|why|which|who)\b"
)
WANTED = re.compile(
    r"\b(?P<what>investigation|analysis|research|discussion|review|audit|assessment|work|thought|attention|testing|improvements?)\s+"
    r"(?:(?:of|into|on|about)\s+(?:[\w-]+\s+){1,6}?)?"
    r"(?:is|are|will\s+be|may\s+be)\s+(?:still\s+)?(?:needed|required|necessary|planned|scheduled|ongoing|under\s?way|in\s+progress)\b"
)
WANTED_MORE = word_set("work thought attention testing improvement improvements")
ADDRESS = re.compile(r"https?://\S+|<URL>|\[?#\d+\]?|\[link[^\]]*\]|@[\w-]+|\b[A-Z]{2,8}-\d+\b")
# The ticket that a sentence begins with is what it tells of.
SUBJECT_ADDRESS = re.compile(rf"^\W*(?:{ADDRESS.pattern})(?=\s+(?:is|are|was|were|has|have|will|should|must|needs)\b)")
# That it will not come back is what is hoped for; by what it is kept off is not said.
OUTCOME = re.compile(
    r"(?:sure\s+)?(?:that\s+)?(?:(?:any|all|more|further|against)\s+)*"
    r"(?:(?:similar|future|such|these|this|the\s+same|another)\s+(?:(?:kinds?|types?|sorts?)\s+of\s+)?(?:\w+\s+){0,2}?"
    r"(?:incident|outage|issue|problem|failure|mistake|situation|event|disruption|occurrence|thing)s?\b|recurrences?\b|"
    r"(?:\w+(?:'\w)?\s+){1,6}?(?:recur(?:s|ring)?|re-?occur(?:s|ring)?|happen(?:s|ing)?\s+(?:again|in\s+(?:the\s+)?future))\b)"
)
IN_PLACE = re.compile(
    r"(?:sure\s+)?(?:that\s+)?(?P<what>(?:[\w-]+\s+){1,4})(?:is|are)\s+(?:all\s+)?(?:in\s+place|available|there|working|set\s+up)\b"
)
# Who does it each time remembers it, or not.
BEFORE_DOING = re.compile(
    r"\b(?:before|prior\s+to|when|after)\s+(?:[a-z]+ing\b(?!\s+the\b)|(?:any|every|each)\s|we\b|you\b)"
)
REGULARLY = re.compile(
    r"\b(?:regularly|periodically|routinely|on\s+a\s+regular\s+basis|from\s+time\s+to\s+time|more\s+often|from\s+now\s+on|"
    r"at\s+all\s+times|(?:every|each)\s+time|whenever)\b"
)
OTHER_WAY = re.compile(
    r"\b(?:different|alternative|new|another)\s+(?:(?:strategy|approach|way|solution)|(?:\w+\s+){0,3}(?:strategy|approach|way))s?\b|"
    r"\b(?:different|alternative|another)\s+(?:\w+\s+){0,3}(?:method|solution|mechanism)s?\b",
    re.I,
)
ENSURED_HABIT = re.compile(
    r"(?:sure\s+)?(?:that\s+)?(?:(?:all|any|our|the|new|every|other)\s+){0,2}(?:we|everyone|everybody|people|teams?|engineers|developers|admins)\s+"
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
# Said of what is done to something, these are study; the others may tell what a machine does to it.
STUDIED = word_set(
    """
    investigate explore consider reconsider evaluate re-evaluate reevaluate assess reassess analyze analyse examine study
    research discuss debate review revisit re-visit rethink decide determine diagnose weigh understand
    """
)
HEIGHTENS = word_set(
    "raise build gain create spread grow boost promote develop bring increase foster provide give offer deliver hold "
    "conduct run organise organize schedule arrange do plan"
)
OUTCOMES = word_set("prevent avoid ensure guarantee make stop eliminate assure insure")
# Something that tells when it comes back is no hope.
TELLING = word_set(
    "alert alerts page pages fail fails notify notifies test tests ci check checks log logs block blocks"
)
CHECKED = word_set(
    "check verify test review validate confirm double-check doublecheck announce communicate ask discuss look"
)
AT_TIMES = re.compile(
    r"\b(?:on\s+(?:an?\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:on|over|at)\s+(?:the\s+)?weekends?|without\s+(?:\w+\s+){0,2}"
    r"(?:reviews?|tests?|testing|approval|asking|checking|permission|notice)|by\s+hand|manually|directly|late\s+in|during\s+peak)\b"
)
# They remember by themselves.
MACHINES = word_set("ci pipeline pipelines automatically automated workflow hook job cron bot script scheduler")
# Each of these may be put off; with it, one of the others is done first.
ROLLOUT = re.compile(
    r"\bbefore\s+(?:deploy|merg|releas|upgrad|migrat|push|switch|promot|shipp|publish|chang|mak|perform|roll|go)\w*ing\b|"
    r"\bbefore\s+(?:(?:any|every|each)\s+(?:[\w-]+\s+){0,2}?|(?:[\w-]+\s+)?)"
    r"(?:launche|release|deploy|deployment|migration|upgrade|change|rollout|roll-out)s\b|"
    r"\bbefore\s+(?:any|every|each)\b"
)
REGULAR = re.compile(
    r"\b(?:regular|periodic|periodical|routine|frequent|recurring|ongoing|continuous|continual|constant|repeated)\s+"
    r"(?:[\w-]+\s+){0,4}?(?:audit|review|check|check-?up|inspection|training|drill|exercise|test|testing|meeting|maintenance|"
    r"sync|sync-?up|retrospective|communication|assessment|update|optimi[sz]ation|improvement|evaluation|refresher|session|"
    r"walk-?through|rehearsal)s?\b"
)
CURRENT = re.compile(r"\b(?:current|in\s+sync|fresh|accurate|clean|tidy|informed|aligned)\W*$")
IN_TIME = re.compile(
    r"\b(?:quickly|promptly|swiftly|in\s+a\s+timely\s+(?:manner|fashion)|timely|in\s+time|right\s+away|immediately|clearly|"
    r"openly|transparently|as\s+(?:early|quickly|soon)\s+as\s+\w+)\b"
)
REACHES = word_set("adapt extend expand widen broaden")
CUSTOMERS = word_set("users customers clients tenants subscribers admins administrators hosts")
# Study that ends in one of these leaves something behind.
ENDS = word_set(
    """
    fix implement add remove apply change configure deploy disable enable upgrade replace resolve update document write
    publish create delete set move migrate switch automate rotate block revert patch correct drop
    """
)
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


STUDY_PHRASES = phrases.STUDY_PHRASES + intentions.STUDY_PHRASES


def kind_of(text: str) -> Kind:
    """What `text` asks for."""
    return KINDS.get(why_not(text), Kind.VAGUE)


def why_not(text: str) -> Why:
    """What keeps `text` from being completed, `Why.NONE` where nothing does."""
    plain = SUBJECT_ADDRESS.sub("it", text)
    plain = ADDRESS.sub(" ", plain)
    promises = promises_of(plain)
    if not promises:
        return Why.SHORT
    first = _why(promises[0], plain[promises[0].start :])
    if first is Why.NONE and promises[0].form is Form.THING and OPEN.search(plain.lower()):
        return Why.QUESTION
    if first is Why.STUDY and _ends_in_a_change(promises[0]):
        return Why.NONE
    if first in ENDED_BY_MEANS and _has_means(promises[0]):
        return Why.NONE
    return first


# What has no end by itself has one where it is said by which change.
ENDED_BY_MEANS = {Why.DIRECTION, Why.COMPARISON, Why.NO_SIGNAL, Why.AREA}
MEANS = re.compile(r"\b(?:by|via|through)\s+(?P<how>(?:\w+ly\s+)?(?P<verb>[a-z-]+ing)\b[^.;]*)")
WITH_ARTEFACT = re.compile(r"\b(?:with|via|through|using)\s+(?:an?|one|two|three|\d+)\s+(?P<what>[^.,;()]*)")


def _has_means(promise: Promise) -> bool:
    """“Harden the store by requiring a password”, “tighten the check with a test of both paths”."""
    about = " ".join(token.low for token in promise.about)
    means = MEANS.search(about)
    if means and base_of(means["verb"], lexicon.CHANGE | TURNS) and why_not(means["how"]) is Why.NONE:
        return True
    artefact = WITH_ARTEFACT.search(about)
    return artefact is not None and not set(_head(artefact["what"].split())).isdisjoint(intentions.ARTEFACTS)


def _ends_in_a_change(promise: Promise) -> bool:
    """Whether study is followed by what comes of it: “investigate … and fix …”."""
    words = ["and" if token.low == "&" else token.low for token in promise.about if token.is_word or token.low == "&"]
    words = [word for place, word in enumerate(words) if word != "then" or words[place - 1 : place] != ["and"]]
    return any(word in ("and", "then") and base_of(following, ENDS) == following for word, following in pairwise(words))


def _why(promise: Promise, text: str) -> Why:
    words = promise.words()
    main = re.sub(r"\([^)]*\)", " ", PURPOSE.split(text.lower(), maxsplit=1)[0])
    if promise.past:
        main = GOES_ON.split(main, maxsplit=1)[0]
    if main.lstrip(" *-{[").startswith(("something about", "something like", "somehow")):
        return Why.DIRECTION
    if promise.form is Form.QUESTION:
        return _of_question(promise, words)
    if promise.occasion and promise.form is Form.DEED and promise.verb in intentions.REMEMBERED:
        return Why.HABIT
    if promise.form is Form.DEED and promise.verb in WRITES and len(words) > 1:
        return Why.COMPARISON if words[0] in ("better", "more", "improved") else Why.NONE
    return _of_talk(promise, words, main) or _of_bearing(promise, words) or _of_change(promise, words, main, text)


def _of_talk(promise: Promise, words: list[str], main: str) -> Why | None:
    """Whether it asks for study, talk or thought."""
    if IDEAS.search(main) or promise.verb in ("suggest", "recommend") and promise.form is Form.DEED:
        return Why.IDEA
    wanted = WANTED.search(main)
    if wanted:
        return Why.DIRECTION if wanted["what"] in WANTED_MORE else Why.STUDY
    if _is_regular(promise, words, main):
        return Why.HABIT
    if (
        STUDIES.search(main)
        or STUDIES.match(" ".join([promise.verb, *words]))
        or STUDY_HEADING.match(main)
        or _convenes(promise, words)
    ):
        return Why.STUDY
    if promise.passive:
        return Why.STUDY if promise.verb in STUDIED and not promise.past and not _is_rule(words) else None
    if promise.form is not Form.DEED:
        needs = set(_head(words)) & nouns.INQUIRY
        return Why.STUDY if needs and (promise.form is Form.THING or promise.verb == "be") else None
    if promise.verb == "work" and words[:1] == ["with"]:
        return _of_work_with(words)
    if promise.verb == "clarify" and not set(words[:2]) & lexicon.ASKING:
        return None
    if promise.past or not _studies(promise, " ".join([promise.verb, *words])):
        return None
    improves = words[:1] == ["and"] and bool(base_of("".join(words[1:2]), lexicon.DIRECTION))
    return Why.DIRECTION if improves else Why.STUDY


def _is_regular(promise: Promise, words: list[str], main: str) -> bool:
    """“Regular audits of …”, “conduct regular audits”; not a machine's, nor at a rate that can be seen to be kept."""
    if MACHINES & set(words) or promise.form is Form.STATE:
        return False
    found = REGULAR.search(main)
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
    before = list(takewhile(lambda word: word not in PREPOSITIONS - {"up", "together"}, words))
    return tuple(before[-2:]) in intentions.GATHERED or before[-1:] and before[-1] in intentions.GATHERINGS


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
    if promise.form is Form.DEED and phrase.startswith(intentions.PHRASES) or promise.verb in intentions.VERBS:
        return Why.DIRECTION
    if (
        promise.passive
        and promise.verb in ("put", "take", "implement", "introduce")
        and set(_head(words)) & intentions.MEASURES
    ):
        return Why.DIRECTION
    if promise.verb in lexicon.ENSURE - {"make"} and set(_head(words)) & intentions.QUALITIES:
        return Why.DIRECTION
    if promise.verb in OUTCOMES and OUTCOME.match(" ".join(words)) and not set(words[:9]) & TELLING:
        return Why.DIRECTION
    if promise.verb in HEIGHTENS and {*_head(words), *_counted(words)} & (nouns.SOFT | intentions.SOFT):
        return Why.DIRECTION
    made = promise.form is Form.THING or (promise.form is Form.DEED and promise.verb in MAKES)
    if made and set(_head(words)) & intentions.BETTERMENTS:
        return Why.DIRECTION
    return Why.SHORT if len(words) + bool(promise.verb) < 2 else None


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
    if any(phrase.startswith(one + " ") or phrase == one for one in STUDY_PHRASES):
        return True
    return promise.verb in lexicon.STUDY


def _of_change(promise: Promise, words: list[str], main: str, text: str) -> Why:
    named = bool(IDENTIFIER.search(text))
    ahead = [token for token in words if token in main]
    # What has been done is done, whatever comes later.
    if HEDGES.search(main) and not promise.past:
        return Why.HEDGE
    if promise.form is Form.STATE and promise.verb == "be":
        return Why.COMPARISON if _compares(ahead) and not MEASURE.search(text) else Why.NONE
    if promise.verb in ("teach", "train") and not set(words[:5]) & (nouns.PEOPLE | {"everybody", "everyone", "us"}):
        return Why.NONE
    if _is_direction(promise, words, text):
        return Why.DIRECTION
    if promise.verb == "avoid" and not named and "by" not in words:
        return (
            Why.DIRECTION if not words[0].endswith("ing") else Why.HABIT if base_of(words[0], BY_PEOPLE) else Why.NONE
        )
    if (_compares(ahead) and not MEASURE.search(text)) or OTHER_WAY.search(main):
        return Why.COMPARISON
    if _is_habit(promise, words, main, named):
        return Why.HABIT
    return _of_object(promise, words, named)


def _is_direction(promise: Promise, words: list[str], text: str) -> bool:
    if promise.verb == "empower" and set(words[:2]) & CUSTOMERS and "to" in words[:4]:
        return False  # What a product lets its users do, it does or not.
    if promise.verb in REACHES and {"to", "with"} & set(words):
        # Extended to something, it reaches it or not; a field of work always reaches further.
        return bool({*_head(words), *_counted(words)} & (nouns.AREA | nouns.SOFT | intentions.SOFT))
    if promise.verb in lexicon.DIRECTION - lexicon.CHANGE or promise.verb in ("reduce", "limit"):
        return not _is_setting(promise, words, text)
    return False


def _is_habit(promise: Promise, words: list[str], main: str, named: bool) -> bool:
    """Whether it is to be done again and again, by whoever remembers."""
    if promise.verb == "keep" and (UP_TO_DATE.search(main) or CURRENT.search(main)):
        return True
    if promise.verb in lexicon.ENSURE and promise.form is Form.DEED and ENSURED_HABIT.match(" ".join(words)):
        return True
    if promise.verb in ("start", "keep", "continue") and words and words[0].endswith("ing"):
        return True
    if promise.habit and not named and promise.verb not in intentions.DONE_BY_MACHINES:
        return True
    if promise.form is not Form.DEED or promise.past or MACHINES & set(words):
        return False
    if promise.negated:
        return promise.verb in intentions.FORBORNE or (
            promise.verb in intentions.FORBORNE_AT_TIMES and bool(AT_TIMES.search(main))
        )
    if promise.verb in intentions.ANSWERS and IN_TIME.search(main):
        return True
    if promise.verb in ("run", "take", "use", "perform", "conduct", "do"):
        return bool(ROLLOUT.search(main))
    return promise.verb in CHECKED and bool(BEFORE_DOING.search(main) or REGULARLY.search(main))


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


# “An earlier version”, “the lower environments” are told apart by it; “a lower limit” is set.
TOLD_APART = nouns.SETTABLE | word_set(
    "version versions release environment environments case letter letters bound revision commit"
)
OF_DEGREE = word_set("higher lower earlier greater")


def _compares(words: list[str]) -> bool:
    return any(
        (word in lexicon.COMPARATIVE or (word == "enough" and words[place + 1 : place + 2] not in ([], ["to"])))
        and not (word in OF_DEGREE and TOLD_APART & set(words[place + 1 : place + 3]))
        and words[place + 1 : place + 2] != ["than"]
        and tuple(words[max(0, place - 1) : place + 1]) not in ENDED
        for place, word in enumerate(words)
    )


def _of_object(promise: Promise, words: list[str], named: bool) -> Why:
    content = [word for word in words if word not in STOP]
    if promise.verb in WRITES and len(content) > 1:
        return Why.NONE
    if promise.verb in lexicon.ENSURE and _is_in_place(words):
        return Why.AREA
    if promise.negated or _is_a_measure(words):
        return Why.NONE
    watching = promise.verb in ("monitor", "watch") or (
        promise.verb in MAKES and bool(set(_head(words)) & nouns.WATCHING)
    )
    if watching and not named and not any(word in nouns.SIGNAL for word in content) and not _conditional(words):
        return Why.NO_SIGNAL
    if _is_field(promise, words, content, named):
        return Why.AREA
    return Why.NONE


def _is_a_measure(words: list[str]) -> bool:
    """“A metric of open connections”: what is added is itself the signal, and it is said of what."""
    return bool({"metric", "metrics"} & set(_head(words))) and len([word for word in words if word not in STOP]) > 2


def _is_in_place(words: list[str]) -> bool:
    """“Ensure that mitigations are in place.”"""
    found = IN_PLACE.match(" ".join(words))
    content = [word for word in found["what"].split() if word not in STOP] if found else []
    return bool(content) and len(content) < 4 and content[-1] in nouns.AREA | intentions.MEASURES


def _is_field(promise: Promise, words: list[str], content: list[str], named: bool) -> bool:
    """Whether it names a whole field, or things of a kind and none in particular."""
    head = set(_head(words))
    if (
        promise.form is Form.THING
        and head & {"documentation", "docs"}
        and len(content) > 2
        and not ADDITIONAL.match(words[0])
    ):
        return False  # A page on something that is named.
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
    words = words[1:] if words[:1] == ["that"] else words
    before = [word for word in takewhile(lambda word: word not in PREPOSITIONS, words) if not word.endswith("ly")]
    return before[-1:] + [before[place - 1] for place, word in enumerate(before) if word in ("and", "or") and place]


def _conditional(words: list[str]) -> bool:
    if bool({"when", "if", "whenever", "before", "after", "unless", "that"} & set(words)):
        return True
    return any(
        before == "to" and word in ("warn", "tell", "notify", "alert", "page", "detect", "catch", "check")
        for before, word in pairwise(words)
    )
