"""A person who is blamed: one person or role, and a fault. What somebody did is told; that it was a fault is not.

What made the step likely can be mended; the person cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.language.words import sentences_of, word_set

CODE = "language-blames-person"
REASON = "It looks for the fault in a person. The process let it happen."
ASK = "What made this possible: which confirmation, right, hour or second pair of eyes was missing?"

ROLE = (
    r"(?:engineer|developer|programmer|deployer|dev|operator|admin(?:istrator)?|sysadmin|dba|contractor|consultant|"
    r"intern|"
    r"trainee|newcomer|manager|lead|"
    r"on-?call(?:er)?|maintainer|committer|contributor|colleague|employee|technician|analyst|responder|author|"
    r"reviewer|tester|architect|"
    r"person|individual|staff\s+member|team\s+member|member\s+of\s+(?:the\s+)?(?:\w+\s+)?(?:team|staff)|commander|"
    r"specialist|junior|freelancer|"
    r"somebody|someone|one\s+of\s+(?:the|our)\s+(?:[\w-]+\s+){0,2}[\w-]+s)"
)
WHO = rf"(?:\b{ROLE}\b(?:\s+on\s+(?:duty|call|shift))?|@[\w.-]+|\b(?:he|she)\b)"
ITS_WHO = rf"(?:(?:the|an?|our)\s+(?:[\w-]+\s+){{0,2}}?)?{WHO}"
# What of a role stands before its noun.
ITS_ARTICLE = re.compile(r"(?:\b(?:the|an?|our|one\s+of\s+(?:the|our))\s+)(?:[\w-]+\s+){0,2}$", re.IGNORECASE)
# A name: capitalised, and one of the things below that no machine does.
NAME = (
    r"(?<![\w-])(?!(?:The|This|That|It|We|They|There|These|Those|When|After|Before|If|As|Our|Nobody|"
    r"No)\b)[A-Z][a-zà-ÿ]+(?:\s[A-Z][a-zà-ÿ]+)?"
)

# Between who it was and what is held against them.
_SO = (
    r"(?:\s+(?:responsible|involved|concerned|in\s+charge|"
    r"in\s+question))?(?:,[^,.;]{1,40},)?(?:\s+who(?:se)?\s+[^,.;]{3,60}?)?"
    r"(?:\s+(?:had|has|have|was|were|then|also|again|simply|just|clearly|obviously|is|too|very|so|rather|"
    r"quite)){0,3}\s+"
)
OF_ANYBODY_NAMED = (
    r"(?:forgot(?:ten)?\s+to|neglected|mistyped|fat-?fingered|misjudged|panicked|mis-?clicked|was\s+(?:careless|"
    r"negligent|sloppy|at\s+fault|to\s+blame)|"
    r"did(?:n['’]t|\s+not)\s+(?:bother|think|pay\s+attention|care)|should(?:n['’]t|\s+not)?\s+have\s+(?:known|asked|"
    r"noticed|read|checked|been\s+more)|"
    r"made\s+(?:a|an|the|another)\s+(?:\w+\s+)?(?:mistake|blunder|slip)|(?:carelessly|blindly|thoughtlessly|"
    r"recklessly|stupidly)\b)"
)
WITHOUT_PERSON = (
    r"\bwithout\s+(?:even\s+|first\s+)?(?:reading|asking|looking|thinking|telling|consulting|permission|approval|"
    r"authori[sz]ation)\b"
)
ONLY_PEOPLE = (
    r"(?:forgot(?:ten)?|neglected|slept|dozed|fell\s+asleep|dawdled|misread|mistyped|fat-?fingered|misjudged|"
    r"misunderstood|overlooked|panicked|rushed|"
    r"mis-?clicked|"
    r"(?:negligent|careless(?:ly)?|sloppy|lazy|reckless(?:ly)?|incompetent|inattentive|inexperienced|hasty|"
    r"irresponsible|at\s+fault|to\s+blame|"
    r"distracted|unqualified|overconfident|complacent)\b|"
    r"should(?:n['’]t|\s+not)?\s+have|ought\s+to\s+have|could\s+have\s+(?:easily\s+)?(?:known|checked|asked|noticed|"
    r"prevented|avoided)|"
    r"(?:did\s+not|didn['’]t|had\s+not|hadn['’]t|never|failed\s+to|does\s+not|"
    r"doesn['’]t)\s+(?:even\s+)?(?:bother|think|pay\s+attention|"
    r"care|realis|realiz|understand|"
    r"(?:double-?)?check|read|follow|notice|test|verify|remember|look|ask|listen|communicate|consult)\w*|"
    r"(?:not|wasn['’]t|isn['’]t|weren['’]t)\s+(?:fully\s+|really\s+)?(?:aware|paying\s+attention|careful|qualified|"
    r"competent|familiar|following|listening)|"
    r"(?:lacked|lacks)\s+(?:the\s+)?(?:experience|skills?|knowledge|attention|care|discipline)|"
    r"made\s+(?:a|an|the|another)\s+(?:\w+\s+)?(?:mistake|error|blunder|slip|wrong)|"
    r"(?:blindly|thoughtlessly|wrongly|wilfully|willfully|foolishly|stupidly|mistakenly)\b|"
    r"assumed\s+(?:wrongly|incorrectly)|(?:wrongly|incorrectly)\s+assumed)"
)
# A role did it: that alone is a fault, where a machine could do it too.
OF_A_ROLE = (
    r"(?:ignored|dismissed|disregarded|skipped|bypassed|violated|broke|disobeyed|circumvented|failed\s+to|missed|"
    r"(?:had\s+)?reused\s+(?:their|his|her)|"
    r"[\w-]+\s+(?:[\w-]+\s+){0,3}(?:the\s+)?wrong\b)"
)
WITHOUT = (
    r"\bwithout\s+(?:even\s+|first\s+|properly\s+)?(?:reading|checking|testing|asking|looking|thinking|verifying|"
    r"following|consulting|telling|"
    r"understanding|reviewing|approval|permission|authori[sz]ation)\b"
)
BY_MISTAKE = r"\b(?:by\s+(?:a\s+)?mistake|by\s+accident|accidentally|mistakenly|in\s+error)\b"
THEIR_FAULT = (
    r"\b(?:careless(?:ness)?|stupid|negligent|sloppy|silly|human|operator|user|foolish|rookie|inexcusable|"
    r"avoidable)\s+(?:mistake|error|slip|behaviou?r)s?\s+"
    r"(?:\(?\s*(?:by|from|of|on)\b)|"
    r"\b(?:(?:his|her|their|my|@?[\w.-]+['’]s)\s+(?:own\s+)?(?:fault|negligence|carelessness|incompetence|"
    r"inattention|mistake|lack\s+of\s+(?:care|attention|experience)))|"
    r"\b(?:fault|negligence|carelessness|incompetence|inattention|inexperience|mistake|blunder)\s+(?:of|by|"
    r"on\s+the\s+part\s+of)\s+"
    rf"(?:{ITS_WHO}|{NAME})|"
    r"\b(?:blame|responsible)\s+(?:lies|rests)\s+with\b|\bhuman\s+error\b|\bis\s+(?:solely\s+|"
    r"personally\s+)?to\s+blame\b"
)
IF_ONLY = (
    rf"\b(?i:if|had)\s+(?:only\s+)?(?:{ITS_WHO}|{NAME})\s+(?:had\s+)?(?:not\s+)?(?:\w+ly\s+)?(?:followed|checked|read|"
    rf"tested|asked|known|noticed|listened|waited|looked|paid|done|used|been)\b"
)

# Whether it speaks of a person at all; and, with that, whether the pattern can be found without one.
SOMEBODY = re.compile(WHO, re.IGNORECASE)
OF_SOMEBODY, OF_ANYTHING = True, False
PATTERNS = tuple(
    (of_whom, re.compile(pattern, flags))
    for of_whom, pattern, flags in (
        (OF_SOMEBODY, rf"{WHO}{_SO}?\s*(?:{ONLY_PEOPLE}|{OF_A_ROLE})", re.IGNORECASE),
        (OF_ANYTHING, rf"{NAME}(?:\s+(?:had|has|was|then|also|simply|again|just)){{0,2}}\s+(?:{OF_ANYBODY_NAMED})", 0),
        (OF_SOMEBODY, rf"(?:{WHO})\s[^.;]{{3,90}}?{WITHOUT}", re.IGNORECASE),
        (OF_ANYTHING, rf"{NAME}\s[^.;]{{3,60}}?{WITHOUT_PERSON}", 0),
        (OF_SOMEBODY, rf"(?:{WHO})\s[^.;]{{0,120}}?{BY_MISTAKE}", re.IGNORECASE),
        (
            OF_SOMEBODY,
            rf"\b(?:inexperienced|careless|incompetent|negligent|sloppy|untrained|unqualified|lazy|"
            rf"inattentive)\s+(?:\w+\s+)?{ROLE}\b",
            re.IGNORECASE,
        ),
        (OF_ANYTHING, THEIR_FAULT, re.IGNORECASE),
        (OF_ANYTHING, IF_ONLY, 0),
    )
)


# Of Kubernetes: a program that is called an operator.
OPERATOR_IS_SOFTWARE = re.compile(
    r"kubernetes|k8s|reconcil|\bcrds?\b|\bpods?\b|custom\s+resource|annotation|"
    r"namespace|helm",
    re.IGNORECASE,
)
# A word of each pattern above: without one, a sentence blames nobody, and most sentences have none. Searching for plain
# words one after the other takes a sixth of the time that one pattern of all takes.
TRIGGERS = word_set(
    """
    forgot forget neglec slept doze asleep dawdle untrained misread mistyp finger misjudg misunder overlook panick rush
    click negligen careless sloppy lazy reckless incompet inattent inexperi hasty irrespon fault blame distract unqualif
    overconf complacen should ought could n't n’t never fail does lack mistake error blind thoughtless wrong wilful
    willful foolish stupid incorrect ignor dismiss disregard skip bypass violat broke disobey circumvent missed reused
    without accident slip behavio responsible blunder
    """
)
SMALL_TRIGGER = re.compile(r"\b(?:not?|if|had)\b")


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    """Where a person is blamed, one place a sentence."""
    for start, end in sentences_of(text):
        sentence = text[start:end]
        low = sentence.lower()
        if not (any(word in low for word in TRIGGERS) or SMALL_TRIGGER.search(low)):
            continue
        found = _first(sentence)
        if found and not ("perator" in found[0] and OPERATOR_IS_SOFTWARE.search(sentence)):
            article = ITS_ARTICLE.search(sentence, 0, found.start())
            yield start + (article or found).start(), start + found.end()


def _first(sentence: str) -> re.Match[str] | None:
    somebody = SOMEBODY.search(sentence) is not None
    searched = (pattern.search(sentence) for of_somebody, pattern in PATTERNS if somebody or not of_somebody)
    return next((match for match in searched if match), None)


def find(text: str) -> Iterator[Finding]:
    """Each person who is blamed."""
    for start, end in spans_of(text):
        yield Finding(CODE, LINT.name, start, end, text[start:end], REASON, ASK)


LINT = Lint(
    "blame",
    (CODE,),
    find,
    passing=(
        "Kim ran the cleanup at 10:02; the script asks for no confirmation.",
        "The on-call engineer restarted the replica, whose lag the page does not show.",
        "The scheduler ignored the taint.",
        "They merged it themselves after a few hours.",
    ),
    failing={
        "Kim forgot to run the cleanup.": CODE,
        "The operator restarted the wrong host.": CODE,
        "It was a careless mistake by the administrator.": CODE,
        "If Kim had read the page, nothing would have happened.": CODE,
    },
)
