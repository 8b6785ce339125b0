"""What is said when a person is blamed, as patterns, and the words without which none of them is found."""

from __future__ import annotations

import re

from closeout_judgement.language.faults import (
    ADJECTIVES,
    ADVERBS,
    BEHAVIOUR,
    BY_ACCIDENT,
    DUTIES,
    GROUP,
    MENDED,
    OF_BEHAVIOUR,
    OUGHT,
    QUALITIES,
    ROLE,
    UNSKILLED,
)

WHO = rf"(?:\b{ROLE}\b(?:\s+on\s+(?:duty|call|shift))?|@[\w.-]+|\b(?:he|she)\b)"
ITS_WHO = rf"(?:(?:the|an?|our)\s+(?:[\w-]+\s+){{0,2}}?)?{WHO}"
# A name: capitalised, and one of the things below that no machine does.
NAME = (
    r"(?<![\w-])(?!(?:The|This|That|It|We|They|There|These|Those|When|After|Before|If|As|Our|Nobody|"
    r"No|I|An?|In|On|At|By|For)\b)[A-Z][\w-]*[a-zà-ÿ\d](?:\s[A-Z][a-zà-ÿ]+)?"
)
ONE_SELF = r"\bI(?:['’]d|['’]ve)?\b"
BUT = r"(?:had|has|have|was|were|then|also|again|simply|just|clearly|obviously|is|too|very|so|rather|quite|even|both)"

# Between who it was and what is held against them.
_SO = (
    r"(?:\s+(?:responsible|involved|concerned|in\s+charge|in\s+question))?"
    r"(?:\s+(?:on|in|at|from|of|for|performing|running|doing|handling|making|deploying)\s+(?:[\w-]+\s+){0,3}?[\w-]+)?"
    r"(?:,[^,.;]{1,40},)?"
    rf"(?:\s+who(?:se)?\s+[^,.;]{{3,60}}?)?(?:\s+{BUT}){{0,3}}\s+"
)
# “The engineer was skipped” faults somebody else.
_ACTIVE = r"(?<!was\s)(?<!were\s)(?<!is\s)(?<!been\s)"
_NOT = r"(?:did\s+not|didn['’]t|had\s+not|hadn['’]t|never|does\s+not|doesn['’]t)\s+(?:even\s+)?"
_SHOULD = r"(?:should(?:n['’]t|\s+not)?\s+(?:have|of)|should['’]ve|ought\s+to\s+have)"
# Nobody but people does it, and no telling of it is neutral.
FORGOT = (
    r"(?:forgot(?:ten)?\s+(?:to|about|that|the|a)\b|neglect(?:ed|s)\s+to|mistyped|fat-?fingered|overlooked|misread|"
    r"misunderstood|misinterpreted|misjudged|panicked|"
    r"mis-?clicked|fell\s+asleep|dozed|"
    rf"{_NOT}(?:(?:ask|consult|tell|realis|realiz|understand|think|remember|double[\s-]?check)\w*\b|(?:read|follow|obey)\s+(?:the|our|any)\s+"
    r"(?:\w+\s+)?(?:docs?|documentation|runbook|procedures?|process|checklist|polic(?:y|ies)|instructions?|guide\w*|rules?|manual)\b|"
    rf"(?:test|check|verify|review)\s+(?:his|her|their|my)\b)|{_NOT}(?:bother|pay\s+attention|care)|couldn['’]t\s+be\s+bothered|{_SHOULD}\s+{OUGHT}|"
    r"failed\s+to\s+(?:communicate|consult|ask|tell|read|remember|reali[sz]e|understand|think|pay|listen|double-?check|follow)\b|(?:messed|screwed|fucked|cocked|botched|stuffed)\s+(?:it\s+|this\s+|things\s+)?up|botched|"
    r"blundered|went\s+rogue|took\s+it\s+upon|"
    r"ma[dk]es?\s+(?:a|an|the|another|this|that)\s+(?:\w+\s+)?(?:mistake|blunder|slip|error\s+(?:of|in)\s+judge?ment)|"
    r"(?:had|has)\s+no\s+(?:idea|clue)\s+what\s+(?:he|she|they|I)\s+(?:was|were)|had\s+the\s+bright\s+idea|"
    r"thought\s+(?:it\s+)?(?:would|might|was)\s+(?:be\s+)?a\s+(?:good|great|clever|brilliant)\s+idea|"
    r"decided\s+(?:that\s+)?(?:it\s+)?(?:would|was)\s+(?:be\s+)?a\s+(?:good|great|clever|brilliant)\s+idea|"
    r"(?:somehow\s+)?managed\s+to\s+(?:\w+ly\s+)?(?:break|push|delete|destroy|wipe|bring\s+down|take\s+down|lock\s+\w+\s+out|"
    r"crash|corrupt|lose|nuke|drop|overwrite|expose|leak|knock)|"
    r"(?:broke|breaks)\s+(?:the\s+(?:build|site|server)|prod(?:uction)?|master|main|everything)\b|"
    rf"(?:was|is|were|acted|been|being|got)\s+(?:\w+ly\s+|so\s+|too\s+|very\s+)?(?:{ADJECTIVES}|at\s+fault|to\s+blame)\b|"
    rf"(?:was|is|were)\s+responsible\s+for\s+(?:the|this|that)\s+(?:\w+\s+)?(?:outage|incident|failure|mistake|error|"
    rf"breakage|mess|loss)|{ADVERBS}\b)"
)
# Of a role or a pronoun it is a fault; a name may be a program's.
ONLY_PEOPLE = (
    rf"(?:forgot(?:ten)?|neglected|slept|dawdled|misread|misunderstood|misinterpreted|overlooked|rushed|{FORGOT}|"
    rf"(?:{ADJECTIVES}|{UNSKILLED})\b|could\s+have\s+(?:easily\s+)?(?:known|checked|asked|noticed|"
    r"prevented|avoided)|"
    rf"{_NOT}(?:think|realis|realiz|understand|(?:double-?)?check|read|follow|notice|test|verify|remember|look|ask|"
    r"listen|communicate|consult|know\s+what)\w*|"
    r"unaware|oblivious|took\s+(?:far\s+|way\s+|much\s+)?too\s+long|(?:not|wasn['’]t|isn['’]t|weren['’]t)\s+(?:fully\s+|really\s+)?(?:aware|paying\s+attention|careful|qualified|"
    r"competent|familiar|following|listening)|"
    r"(?:lacked|lacks)\s+(?:the\s+)?(?:\w+\s+)?(?:experience|skills?|knowledge|attention|care|discipline|training)|"
    r"made\s+(?:a|an|the|another)\s+(?:\w+\s+)?(?:error|wrong)|"
    r"(?:wrongly|incorrectly|mistakenly|improperly)\b|assumed\s+(?:wrongly|incorrectly)|"
    rf"failed\s+to\s+{DUTIES}\b|{_ACTIVE}(?:ignored|dismissed|disregarded|misconfigured|mishandled|mismanaged|misused|skipped|bypassed|violated|broke|disobeyed|circumvented|missed)|"
    r"(?:had\s+)?reused\s+(?:their|his|her))"
)
UNHEEDED = (
    r"(?:ignored|dismissed|disregarded|brushed\s+off)\s+(?:[\w-]+\s+){0,3}?(?:warnings?|pages?|alerts?|alarms?|advice|"
    r"instructions?|messages?|calls?|runbook|checklist|polic(?:y|ies)|procedures?|process|rules?)\b"
)
# What is done to the wrong thing, or without meaning it: each once told of an accident, each once of a mistake.
WRONG = (
    rf"{_ACTIVE}(?!{MENDED}\b)[a-z][\w-]*(?:ed|s|an|t|ke|ve|ose|ew|ck)\s+(?:(?!that\b)[\w'’-]+\s+){{0,3}}?(?:the|an?)\s+"
    r"(?:\w+\s+)?wrong\s+\w+"
)
ACCIDENT = rf"{_ACTIVE}(?:(?:had|has|have|then|also|who)\s+){{0,2}}{BY_ACCIDENT}\s+(?!\w+ing\b)[a-z][\w-]+"
BY_MISTAKE = (
    r"\b(?:by\s+(?:a\s+)?mistake|by\s+accident|accidentally|mistakenly|unintentionally|inadvertently|in\s+error)\b"
)
# Told of a person only: it was known to them, and they did it all the same.
DEFYING = (
    r"\b(?:despite|in\s+spite\s+of)\s+(?:being\s+|having\s+been\s+|the\s+|clear\s+|repeated\s+|explicit\s+|our\s+|several\s+|"
    r"multiple\s+)*(?:told|warned|warnings?|instructed|instructions?|advised|reminded|reminders?)\b|"
    r"\b(?:against|contrary\s+to|in\s+(?:violation|breach|defiance)\s+of)\s+(?:all\s+|the\s+|our\s+|explicit\s+|company\s+|"
    r"clear\s+|better\s+)*(?:policy|policies|advice|instructions?|orders?|rules?|judge?ment|procedures?|guidelines?)\b"
)
WITHOUT = (
    r"\bwithout\s+(?:even\s+|first\s+|properly\s+|actually\s+|ever\s+|any\s+)?(?:bothering|reading|(?:double-?)?checking|"
    r"testing|asking|looking|thinking|verifying|following|consulting|telling|informing|notifying|coordinating|"
    r"understanding|reviewing|knowing|considering|caring|paying|realising|realizing|regard|thought|care|(?:code\s+|peer\s+|a\s+)*review\b|approval|permission|"
    r"authori[sz]ation)\b"
)
WITHOUT_PERSON = (
    r"\bwithout\s+(?:even\s+|first\s+|bothering\s+to\s+)?(?:reading|read|asking|looking|thinking|telling|consulting|caring|"
    r"permission|approval|authori[sz]ation)\b"
)
# Not where it is something to guard against: “prone to human error”.
HUMAN_ERROR = (
    r"(?:(?:due|down|owing|attributed|attributable)\s+to|(?:because|result|case|consequence)\s+of|caused\s+by|was|is|by|an?)\s+"
    r"(?:an?\s+|simple\s+|pure\s+|plain\s+)*human\s+error\b(?!\s+(?:or|from|rates?))|^\W*(?:\w+:\s+)?human\s+error\b(?!\s+is\s+not)"
)
ERRORS = (
    rf"\b(?:{ADJECTIVES}|human|operator|user|rookie|inexcusable|avoidable|silly|unforgivable)\s+(?:mistake|error|slip|"
    r"behaviou?r)s?\s+(?:\(?\s*(?:by|from|of|on)\b)|"
    rf"(?:{HUMAN_ERROR})|"
    rf"\b(?:errors?|oversight|failure)\s+(?:by|on\s+the\s+part\s+of)\s+{ITS_WHO}|"
    r"\b(?:due\s+to|caused\s+by|because\s+of|result\s+of|was)\s+(?:an?\s+|simple\s+|pure\s+)*(?:operator|pilot|"
    r"admin(?:istrator)?|engineer|developer|technician)\s+errors?\b|^\W*(?:operator|pilot|admin(?:istrator)?)\s+error\b"
)
THEIR_FAULT = (
    rf"\b(?:his|her|my|(?!(?:it|that|there|what|here|let|this|he|she)['’])@?[\w.-]+['’]s)\s+(?:own\s+)?(?:\w+\s+)?"
    rf"{QUALITIES}\b|\btheir\s+own\s+{QUALITIES}\b|"
    rf"\b{QUALITIES}\s+(?:(?:of|by|on\s+the\s+part\s+of)\s+{ITS_WHO}|(?:by|on\s+the\s+part\s+of)\s+(?-i:{NAME}))|"
    rf"\b(?:an?\s+act|out)\s+of\s+(?:pure\s+|sheer\s+)?{QUALITIES}\b"
)
SAID_OUTRIGHT = (
    r"\b(?:(?:my|his|her)\s+(?:bad|screw-?up|fuck-?up|cock-?up)|mea\s+culpa|"
    r"(?:blame|responsibility|fault|responsible)\s+(?:lies|rests)\s+(?:\w+ly\s+)?with|"
    r"is\s+(?:solely\s+|personally\s+)?to\s+blame|some\s+genius|in\s+(?:his|her|their)\s+infinite\s+wisdom|"
    r"(?:rogue|disgruntled)\s+(?:\w+\s+)?(?:employee|insider|engineer|developer|admin(?:istrator)?|contractor|sysadmin|"
    rf"maintainer)|(?:culprit|guilty\s+(?:party|person))\s+(?:was|is)\s+(?:{ITS_WHO}))\b"
)
SAID_TO_BE = (
    rf"\b(?:{ADJECTIVES}|inexperienced|untrained|unqualified)\s+(?:and\s+\w+\s+)?(?:[\w-]+\s+)?(?:{ROLE}|{GROUP}|team)s?\b|"
    rf"\b{OF_BEHAVIOUR}\s+(?:(?:working|coding|engineering|operational|management)\s+)?{BEHAVIOUR}\b"
)
IF_ONLY = (
    rf"\b(?i:if|had)\s+(?:only\s+)?(?:(?i:{ITS_WHO})|{NAME})\s+(?:had\s+)?(?:not\s+)?(?:\w+ly\s+)?(?:followed|checked|read|"
    rf"tested|asked|known|noticed|listened|waited|looked|paid|done|used|been)\b"
)
# The fault is told as the second of two things that one did.
_AND = r"[^.]{3,120}?(?:\band|\bbut|\byet|,|;)\s*(?:(?:\w+ly|then|also|just|even),?\s+){0,2}"
# Two things of one person that a person alone can own up to.
OF_ONE_SELF = (
    rf"{ONE_SELF}(?:\s+{BUT}){{0,2}}\s+(?:(?:\w+ly|only|once)\s+)?"
    rf"(?:{FORGOT}|overlooked|misread|misunderstood|broke\s|stupid|dumb|{ACCIDENT}|{WRONG})|"
    r"\bI(?:['’]m|\s+am|\s+was)\s+(?:\w+\s+)?(?:an?\s+)?(?:idiot|moron|fool)\b|"
    r"\b[Ii]t\s+was\s+me\b|\bme\s+(?:not\s+\w+ing|forgetting|messing|screwing)\b"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in text.split("|"))


# A word of each pattern below: without one, a sentence blames nobody, and most sentences have none. Looking for plain
# words one after the other takes a sixth of the time that one pattern of all takes.
LIGHTLY = _words(
    """
    without | despite | spite of | against | contrary | violation | breach | defiance | careless | blind | thoughtless |
    reckless | stupid | foolish | negligent | lazil | sloppil | clums | irrespons | hasti | naive | wilful | willful |
    ignorant | arrogant | minded | mindless
    """
)
SAID = _words(
    """
    negligent | careless | sloppy | lazy | reckless | incompet | inattent | irrespons | clums | forgetful | foolish |
    stupid | dumb | idiotic | ignorant | arrogant | clueless | undiscipl | unprofess | amateur | overconf | over-conf |
    complacent | thoughtless | shortsight | short-sight | lackadais | lax | cavalier | naive | impatient | inept |
    oblivious | incapable | inexperi | untrained | unqualif | boneheaded | brain-dead | braindead | inexcus | unforgiv
    """
)
HELD = (LIGHTLY | SAID) - {"without", "against"} | _words(
    """
    forgot | neglect | slept | asleep | dozed | dawdled | misread | mistyp | mis-typ | finger | misjudg | misunder |
    overlook | misinterpret | panick | rush | click | underqual | under-qual | hasty | distract | overzeal |
    over-eager | overeager | fault | blame | should | ought to | never | lacked | lacks | wrong | mistake | incorrect |
    improper | ignor | dismiss | disregard | brushed | skip | bypass | violat | broke | breaks | disobey | circumvent |
    missed | reused | accident | inadvert | unintention | unwit | unknow | premature | mistak | erroneous | messed |
    screwed | fucked | cocked | botch | stuffed | blunder | rogue | took it upon | managed to | idea | clue |
    responsible for |
    slip | idiot | moron | fool | bothered | could have | failed to | did not | didn't | didn’t | had not | hadn't |
    hadn’t | does not | doesn't | doesn’t | not aware | not fully | not really | not paying | not careful |
    not familiar | not competent | not qualified | not following | not listening | wasn't | wasn’t | isn't | isn’t |
    weren't | weren’t | error in | error of | unaware | misconfig | mishandl | mismanag | misus | too long | was me |
    me not | forgetting | made an error | another error
    """
)
MISTAKEN = _words("mistake | accident | unintention | inadvert | in error")
ERRING = (
    _words(
        """
    n error | r error | errors by | errors on | error by | error on | failure by | failure on | oversight by |
    oversight on | mistake by | mistake from | mistake of | mistake on | mistakes by | slip by | slip of | slip on |
    behavio
    """
    )
    | SAID
)
FAULTY = SAID | _words(
    """
    mistake | neglig | stupidity | ignorance | complacency | arrogance | sloppi | laziness | haste | hubris | lapse |
    blunder | judgement | judgment | fault of | fault by | fault on | 's fault | ’s fault | y fault | s fault |
    r fault | own fault | lack of | want of
    """
)
OUTRIGHT = _words(
    """
    culpa | guilty | culprit | genius | wisdom | rogue | disgruntled | blame | lies with | rests | lies solely | y bad |
    s bad | r bad | screw | k-up | ckup
    """
)
SUPPOSING = _words("if | had")
# Whether it speaks of a person at all; and, with that, whether the pattern can be found without one.
SOMEBODY = re.compile(WHO, re.IGNORECASE)
OF_SOMEBODY, OF_A_NAME, OF_ANYTHING = "somebody", "name", "anything"
PATTERNS = tuple(
    (of_whom, triggers, re.compile(pattern, flags))
    for of_whom, triggers, pattern, flags in (
        (OF_SOMEBODY, HELD, rf"{WHO}{_SO}?\s*(?:{ONLY_PEOPLE}|{WRONG}|{ACCIDENT})", re.IGNORECASE),
        (OF_SOMEBODY, HELD, rf"{WHO}{_AND}{FORGOT}", re.IGNORECASE),
        (OF_A_NAME, HELD, rf"{NAME}(?:\s+{BUT}){{0,2}}\s+(?:{FORGOT}|{ACCIDENT}|{WRONG}|{UNHEEDED})", 0),
        (OF_A_NAME, HELD, rf"{NAME}\s+[a-z][\w-]*(?:ed|s)\s{_AND}(?:{FORGOT}|{WRONG})", 0),
        (
            OF_ANYTHING,
            HELD,
            rf"\b(?:user|customer|{GROUP}){_SO}?\s*(?:{FORGOT}|failed\s+to\s+{DUTIES}\b)",
            re.IGNORECASE,
        ),
        (OF_ANYTHING, HELD, rf"\b(?:the|an?|one)\s+user{_AND}{FORGOT}", re.IGNORECASE),
        (OF_ANYTHING, HELD, OF_ONE_SELF, 0),
        (OF_SOMEBODY, LIGHTLY, rf"(?:{WHO})\s[^.;]{{3,90}}?(?:{WITHOUT}|{DEFYING}|\b{ADVERBS}\b)", re.IGNORECASE),
        (OF_A_NAME, LIGHTLY, rf"{NAME}\s[^.;]{{3,60}}?(?:{WITHOUT_PERSON}|{DEFYING})", 0),
        (
            OF_SOMEBODY,
            MISTAKEN,
            rf"(?:{WHO})(?!\s+(?:was|were|is|has\s+been|had\s+been)\s+(?:\w+ly\s+)?\w+ed\b)\s[^.;]{{0,120}}?{BY_MISTAKE}",
            re.IGNORECASE,
        ),
        (OF_ANYTHING, SAID, SAID_TO_BE, re.IGNORECASE),
        (OF_ANYTHING, ERRING, ERRORS, re.IGNORECASE),
        (OF_ANYTHING, FAULTY, THEIR_FAULT, re.IGNORECASE),
        (OF_ANYTHING, OUTRIGHT, SAID_OUTRIGHT, re.IGNORECASE),
        (OF_ANYTHING, SUPPOSING, IF_ONLY, 0),
    )
)

# A word of each of those of whom they speak.
SOMEBODYS_WORDS = _words(
    """
    engineer | developer | programmer | deployer | operator | admin | dba | sre | contractor | consultant | intern |
    trainee | newcomer | hire | director | executive | cto | ceo | founder | oncall | on-call | on call | committer |
    maintainer | contributor | collaborator | worker | colleague | employee | technic | electric | analyst | responder |
    author | reviewer | tester | architect | scientist | researcher | student | volunteer | moderator | steward | guy |
    person | individual | member | commander | specialist | junior | freelancer | manager | someone | somebody |
    whoever | one of | @
    """
) | {" dev", " lead", " he ", " she ", " he'", " she'", " he’", " she’"}
TRIGGERS = frozenset(triggers for _, triggers, _ in PATTERNS)
