"""Signs in the words of an action item: what its patterns and classes of words give away."""

from __future__ import annotations

import re

from closeout_judgement.language import intentions, lexicon, nouns, phrases
from closeout_judgement.language.words import word_set

IDENTIFIER = re.compile(r"[a-z]\w*[_/.:]\w+|[a-z]+[A-Z]\w*|`[^`]+`|\"[^\"]{3,}\"|“[^”]{3,}”|\d+(?:\.\d+)*\s*%?|--\w+")
# Several signs of a writing that parts no words by blanks (Thai, Lao, Khmer, Chinese, Japanese, Korean): what looks
# like one word may be a sentence, and its wording is not judged.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{4}")
# How much: a number that is no version and no name.
MEASURE = re.compile(
    r"(?<![\w.#-])\d+(?:[.,]\d+)?\s?(?:%|[a-z]{1,3}\b|percent|minutes?|seconds?|hours?|days?|weeks?)?(?![\w.-])", re.I
)
# What follows tells what for; it is judged no more.
PURPOSE = re.compile(
    r"(?<!\bneed)(?<!\bneeds)(?<!\bhas)(?<!\bhave)(?<!\bought)\s(?:so(?:\s+that)?|in\s+order\s+to|such\s+that|"
    r"which|to\s+(?:ensure|make\s+sure|avoid|help|prevent|allow|"
    r"reduce)|because|since|"
    r"this\s+(?:will|would|should|could)|that\s+would|to\s+(?:better|more\s+\w+ly|further|improve|minimi[sz]e|"
    r"mitigate|enhance|"
    r"simplify|speed\s+up|make\s+it\s+easier))\s|[.;]\s"
)
# What is still to come is told after what has been done.
GOES_ON = re.compile(r"\s(?:and|but)\s+(?:we\s+)?(?:are|will|plan|continue)\b")
STUDIES = re.compile(
    r"^\W*(?:to\s+)?(?:do|perform|conduct|carry\s+out|undertake|initiate|commission|schedule|run|make|start|continue|"
    r"complete|hold)(?:ing)?\s+(?:an?\s+|"
    r"the\s+|further\s+|more\s+)?"
    r"(?:[\w-]+\s+){0,3}(?:spike|investigation|analysis|audit|study|assessment|evaluation|research|rca|"
    r"retrospective|discussion|inspection|poc|proof[\s-]of[\s-]concept|feasibility\s+study|walk-?through|"
    r"deep[\s-]dive|(?<!code\s)reviews?)\b"
    r"(?!\s+(?:checklist|page|template|step|process|board|bot|tool|job)\b)"
)
STUDY_HEADING = re.compile(
    r"^\W*(?:poc|proof[\s-]of[\s-]concept|deep[\s-]dive)\b|^\W*(?:spike|investigation|investigate|research|"
    r"discussion|question|"
    r"rfc|explore|idea)s?(?:\s*[:–-]|\s+(?:for|on|about|into))\s|^\W*(?:possible|potential|"
    r"suggested)\s+(?:[\w-]+\s*){1,2}:\s"
)
IDEAS = re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases.IDEAS))})\b")
HEDGES = re.compile(rf"(?<![\w/])(?:{'|'.join(map(re.escape, phrases.HEDGES + intentions.HEDGES))})\b")
# An open question, however it is put.
OPEN = re.compile(
    r"\b(?:questions?\s+(?:is|are|remains?|about|around)|unclear|not\s+(?:yet\s+)?clear|undecided|unsure|"
    r"wonder(?:ing)?|"
    r"(?:to\s+be|not\s+yet)\s+decided)\b[^.]{0,20}?\b(?:if|whether|how|what|why|which|who)\b"
)
WANTED = re.compile(
    r"\b(?P<what>investigation|analysis|research|discussion|review|audit|assessment|work|thought|attention|testing|"
    r"improvements?)\s+"
    r"(?:(?:of|into|on|about)\s+(?:[\w-]+\s+){1,6}?)?"
    r"(?:is|are|will\s+be|may\s+be)\s+(?:still\s+)?(?:needed|required|necessary|planned|scheduled|ongoing|"
    r"under\s?way|in\s+progress)\b(?!\s+(?:to|on|towards)\s)"
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
    r"(?:\w+(?:'\w)?\s+){1,6}?(?:recur(?:s|ring)?|re-?occur(?:s|ring)?|happen(?:s|ing)?\s+(?:again|"
    r"in\s+(?:the\s+)?future))\b)"
)
IN_PLACE = re.compile(
    r"(?:sure\s+)?(?:that\s+)?(?P<what>(?:[\w-]+\s+){1,4})(?:is|are)\s+(?:all\s+)?(?:in\s+place|available|"
    r"there|working|set\s+up)\b"
)
REGULARLY = re.compile(
    r"\b(?:regularly|periodically|routinely|on\s+a\s+regular\s+basis|from\s+time\s+to\s+time|more\s+often|"
    r"from\s+now\s+on|"
    r"at\s+all\s+times|(?:every|each)\s+time|whenever)\b"
)
OTHER_WAY = re.compile(
    r"\b(?:different|alternative|new|another)\s+(?:(?:strategy|approach|way|solution)|"
    r"(?:\w+\s+){0,3}(?:strategy|approach|way))s?\b|"
    r"\b(?:different|alternative|another)\s+(?:\w+\s+){0,3}(?:method|solution|mechanism)s?\b",
    re.I,
)
ENSURED_HABIT = re.compile(
    r"(?:sure\s+)?(?:that\s+)?(?:(?:all|any|our|the|new|every|other)\s+){0,2}(?:we|everyone|everybody|people|"
    r"teams?|engineers|developers|admins)\s+"
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
    investigate explore consider reconsider evaluate re-evaluate reevaluate assess reassess analyze analyse examine
    study research discuss debate review revisit re-visit rethink decide determine diagnose weigh understand
    """
)
HEIGHTENS = word_set(
    "raise build gain create spread grow boost promote develop bring increase foster provide give offer deliver hold "
    "conduct run organise organize schedule arrange do plan establish"
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
    r"\b(?:on\s+(?:an?\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:on|over|at)\s+(?:the\s+)?weekends?|"
    r"without\s+(?:\w+\s+){0,2}"
    r"(?:reviews?|tests?|testing|approval|asking|checking|permission|notice)|by\s+hand|manually|directly|"
    r"late\s+in|during\s+peak)\b"
)
# They remember by themselves.
MACHINES = word_set("ci pipeline pipelines automatically automated workflow hook job cron bot script scheduler")
# What people set about again and again; a check before or after it depends on whoever remembers.
ROLLOUT = re.compile(
    r"\b(?:before|prior\s+to|when|after)\s+(?:(?:deploy|merg|releas|upgrad|migrat|push|switch|promot|shipp|"
    r"publish|chang|mak|"
    r"perform|roll|go|putt|mov|patch|reboot|restart|onboard|schedul|approv)\w*ing\b(?!\s+the\b)|(?:any|every|"
    r"each)\s|(?:we|you)\b|"
    r"(?:[\w-]+\s+)?(?:launche|release|deploy|deployment|migration|upgrade|change|rollout|roll-out)s\b|"
    r"(?:deployment|release|merge)\b)"
)
REGULAR = re.compile(
    r"\b(?:regular|periodic|periodical|routine|frequent|recurring|ongoing|continuous|continual|constant|repeated)\s+"
    r"(?:[\w-]+\s+){0,4}?(?:audit|review|check|check-?up|inspection|training|drill|exercise|test|testing|"
    r"meeting|maintenance|"
    r"sync|sync-?up|retrospective|communication|assessment|update|optimi[sz]ation|improvement|evaluation|"
    r"refresher|session|"
    r"walk-?through|rehearsal)s?\b"
)
CURRENT = re.compile(r"\b(?:current|in\s+sync|updated|posted|fresh|accurate|clean|tidy|informed|aligned)\W*$")
IN_TIME = re.compile(
    r"\b(?:quickly|promptly|swiftly|in\s+a\s+timely\s+(?:manner|fashion)|timely|in\s+time|right\s+away|"
    r"immediately|clearly|"
    r"openly|transparently|as\s+(?:early|quickly|soon)\s+as\s+\w+)\b"
)
REACHES = word_set("adapt extend expand widen broaden")
CUSTOMERS = word_set("users customers clients tenants subscribers admins administrators hosts")
# Study that ends in one of these leaves something behind.
ENDS = word_set(
    """
    fix implement add remove apply change configure deploy disable enable upgrade replace resolve update document
    write publish create delete set move migrate switch automate rotate block revert patch correct drop
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


STUDY_PHRASES = tuple(phrase + " " for phrase in (*phrases.STUDY_PHRASES, *intentions.STUDY_PHRASES))
MEANS = re.compile(r"\b(?:by|via|through)\s+(?P<how>(?:\w+ly\s+)?(?P<verb>[a-z-]+ing)\b[^.;]*)")
WITH_ARTEFACT = re.compile(r"\b(?:with|via|through|using)\s+(?:an?|one|two|three|\d+)\s+(?P<what>[^.,;()]*)")
# “Nothing refers to it any more”: that something has ended compares nothing.
ENDED = {("any", "more"), ("no", "more"), ("once", "more"), ("no", "longer"), ("any", "longer")}


# “An earlier version”, “the lower environments” are told apart by it; “a lower limit” is set.
TOLD_APART = nouns.SETTABLE | word_set(
    "version versions release environment environments case letter letters bound revision commit"
)
OF_DEGREE = word_set("higher lower earlier greater")

# --- classes that are made of others ------------------------------------------------------------------------------
SOFT = nouns.SOFT | intentions.SOFT
WHOLE_FIELDS = nouns.AREA - nouns.COUNTABLE
FIELDS = nouns.SOFT | WHOLE_FIELDS
WHOLE_KINDS = WHOLE_FIELDS | nouns.KINDS
ANY_FIELD = nouns.AREA | SOFT
MORE_OR_LESS = (lexicon.DIRECTION - lexicon.CHANGE) | {"reduce", "limit"}
ENSURES = lexicon.ENSURE - {"make", "verify", "validate", "confirm"}
BRINGS = MAKES | {"roll", "ship", "deliver", "release", "bring", "plan"}
MEANS_OF = lexicon.CHANGE | TURNS
