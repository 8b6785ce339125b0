"""A deed of people that is told without them: what allowed it stays hidden with whoever did it.

“The change was pushed” hides who pushed it and what let them; “requests are routed” hides nobody. Points out the
passive verb of a human deed, finding or omission, its clipped form (“cluster upgraded”), and a deed that goes wrong
by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.language import deeds, lexicon, nouns
from closeout_judgement.language.passives import BE, SUBORDINATORS, Passive, passives_of
from closeout_judgement.language.verbs import PAST, base_of, is_gerund, is_participle
from closeout_judgement.language.words import Token, sentences_of, tokens_of, word_set

CODE = "language-agentless"
REASON = "It hides who or what did it, and so what allowed it."
ASK = "Who or what did it, by which path, and what let it through?"

VERBS = (
    frozenset({"fail", "failover"})
    | deeds.DEEDS
    | deeds.OMISSIONS
    | deeds.FINDINGS
    | deeds.CONTROLS
    | deeds.EITHER
    | deeds.STATES
)
HELPERS = word_set(
    "also then had have has did do not didn't will would can could may must should again on call duty first still"
)
ACTS = lexicon.STUDY | lexicon.CHANGE | lexicon.DIRECTION | deeds.TELLING | deeds.DEEDS | deeds.FINDINGS
PERSON = re.compile(r"@\w")
WENT = re.compile(
    r"\b(?:(?:went|goes|go)\s+(?:wrong|awry|bad|badly|out|live|ahead|through|sideways)|(?:beg[ai]ns?|commence[sd]?|"
    r"took\s+place|happened|"
    r"occurred|rolled\s+back|(?:start(?:s|ed))(?!\s+\w+ing))\b)",
    re.I,
)
ACCIDENT = re.compile(r"\b(?:accidental|inadvertent|unintentional|mistaken|erroneous)\s+(\w+)", re.I)
OVERSIGHT = re.compile(
    r"\b(?:due\s+to|because\s+of|caused\s+by|result\s+of)\s+\W?(?:an?\s+|the\s+)?(?:\w+\s+)?"
    r"(?:oversight|mistake|mix-?up|miscommunication|typo|mis-?configuration)\b",
    re.I,
)


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    """Where a deed of people is told without them, one place a sentence."""
    for start, end in sentences_of(text):
        found = _in_sentence(text[start:end], start)
        if found:
            yield found


def _in_sentence(sentence: str, offset: int) -> tuple[int, int] | None:
    tokens = tokens_of(sentence, offset)
    people = _people_who_act(tokens)
    for passive in passives_of(tokens):
        if _hides_somebody(passive, tokens, people):
            return tokens[passive.auxiliary].start, tokens[passive.verb].end
    if people:
        return None
    return _thing_as_doer(sentence, offset) or _clipped(tokens)


# --- who acts -----------------------------------------------------------------------------------------------------


SOMEBODY = nouns.PEOPLE - {"nobody"}


def _people_who_act(tokens: Sequence[Token]) -> list[int]:
    """Where a person, a role or an organisation is told to act."""
    return [place for place in range(len(tokens)) if _is_person(tokens, place) and _acts(tokens, place)]


def _is_person(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    return token.low in SOMEBODY or bool(PERSON.match(token.text))


def _acts(tokens: Sequence[Token], place: int) -> bool:
    for token in tokens[place + 1 : place + 5]:
        if token.low in BE:
            return False
        if token.low in HELPERS or token.low.endswith("ly"):
            continue
        return token.low in PAST or is_participle(token.low) or (base_of(token.low, ACTS) or "") in ACTS
    return False


# --- passives -----------------------------------------------------------------------------------------------------


def _hides_somebody(passive: Passive, tokens: Sequence[Token], people: Sequence[int]) -> bool:
    if passive.has_doer or _subject(passive, tokens) in THEMSELVES:
        return False
    if (people or _is_told(passive, tokens)) and (passive.subordinate or _depends_on(people, passive, tokens)):
        return False
    verb = base_of(passive.word, VERBS) or ""
    if passive.word == "failed" and passive.verb + 1 < len(tokens) and tokens[passive.verb + 1].low == "over":
        verb = "failover"
    if passive.adverbs & deeds.BY_ACCIDENT:
        return True
    if passive.adverbs & deeds.BY_ITSELF or passive.relative:
        return False
    if passive.word == "left" and passive.verb + 1 < len(tokens) and tokens[passive.verb + 1].low in LEFT:
        return True
    if passive.should_have or (passive.negated and verb in deeds.CONTROLS and not passive.modal):
        return True
    if passive.modal or _is_supposed(passive, tokens):
        return False
    if verb in deeds.STATES:
        return any(token.low in deeds.STEPS for token in tokens[max(0, passive.auxiliary - 5) : passive.auxiliary])
    if (
        _subject(passive, tokens) in deeds.FLOWS
        and verb in deeds.BY_MACHINES
        and not passive.adverbs & deeds.ON_PURPOSE
    ):
        return False
    if verb in deeds.EITHER:
        return _is_told_of_once(passive, tokens)
    if passive.present and verb in deeds.HOW_THINGS_ARE:
        return False
    return verb in deeds.DEEDS | deeds.FINDINGS | deeds.OMISSIONS


def _depends_on(people: Sequence[int], passive: Passive, tokens: Sequence[Token]) -> bool:
    """“The team found the pod was terminated”: what somebody saw."""
    return any(
        place < passive.auxiliary and not any(token.low in BREAKS for token in tokens[place : passive.auxiliary])
        for place in people
    )


def _subject(passive: Passive, tokens: Sequence[Token]) -> str:
    """The noun right before the verb."""
    before = [token.low for token in tokens[max(0, passive.auxiliary - 4) : passive.auxiliary]]
    return next(
        (word for word in reversed(before) if word not in ("has", "have", "had") and not word.endswith("ly")), ""
    )


def _is_told(passive: Passive, tokens: Sequence[Token]) -> bool:
    """Whether somebody or something told or showed it: “the vendor notified us that …”."""
    before = tokens[: passive.auxiliary]
    thats = [place for place, token in enumerate(before) if token.low == "that" and place]
    return any(
        (base_of(token.low, deeds.TELLING) or "") in deeds.TELLING and not _is_passive(tokens, at)
        for place in thats
        for at, token in enumerate(tokens[max(0, place - 3) : place], max(0, place - 3))
    )


def _is_passive(tokens: Sequence[Token], at: int) -> bool:
    return is_participle(tokens[at].low) and any(token.low in BE for token in tokens[max(0, at - 3) : at])


def _is_told_of_once(passive: Passive, tokens: Sequence[Token]) -> bool:
    """Whether a verb of either kind tells what happened, rather than how things are."""
    if passive.present:
        after = {token.low for token in tokens[passive.verb : passive.verb + 4]}
        return bool(passive.adverbs & deeds.ON_PURPOSE or after & {"again", "once"})
    return not passive.subordinate and tokens[passive.auxiliary].low != "being"


def _is_supposed(passive: Passive, tokens: Sequence[Token]) -> bool:
    """“If the policy was set to …”: nothing was done."""
    before = [token.low for token in tokens[: passive.auxiliary]]
    return "if" in before[-12:] and "," not in before[-6:]


# --- things that act, and clipped passives ------------------------------------------------------------------------


def _thing_as_doer(sentence: str, offset: int) -> tuple[int, int] | None:
    went = WENT.search(sentence)
    if went and _is_deed(re.findall(r"[a-z][\w-]*", sentence[: went.start()].lower())):
        return went.start() + offset, went.end() + offset
    accident = ACCIDENT.search(sentence)
    if accident and (is_gerund(accident[1].lower()) or accident[1].lower() in deeds.DEED_NOUNS):
        return accident.start() + offset, accident.end() + offset
    oversight = OVERSIGHT.search(sentence)
    return (oversight.start() + offset, oversight.end() + offset) if oversight else None


PARTICLES = word_set("off up down back out over manually")
LEFT = word_set("on off open enabled disabled running unattended in out behind unlocked")
THEMSELVES = word_set("we i you they he she us")


def _is_deed(before: list[str]) -> bool:
    """Whether the subject is a deed: “the upgrade”, “the planned upgrade of the cluster”."""
    words = [word for word in before if not word.endswith("ly")][-5:]
    head = words[: words.index("of")] if "of" in words else words
    return bool(head) and (head[-1] in deeds.DEED_NOUNS or head[-1].rstrip("s") in deeds.DEED_NOUNS)


CLIPPED = (deeds.DEEDS | deeds.FINDINGS) - deeds.BY_ITSELF_TOO - {"attempt", "try", "schedule"}
FOLLOWS_CLIPPED = word_set("one to in on at from for with and or + , . ; ( ) via into as - – again")
FINITE = word_set(
    """
    be been is are was were has have had do does did will would can could should may might must isn't aren't wasn't
    weren't hasn't haven't hadn't don't doesn't didn't won't wouldn't can't couldn't cannot
    """
)
PRONOUNS = word_set("we i you they he she it this that these those which who")
BREAKS = word_set(", ; and but so . : –")


def _clipped(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """“CoreDNS upgraded”: a thing, then a participle, and no other verb."""
    if any(token.low in FINITE for token in tokens):
        return None
    for place, token in enumerate(tokens[1:], 1):
        if not is_participle(token.low) or is_participle(tokens[0].low):
            continue
        following = _after_particle(tokens, place + 1)
        verb = base_of(token.low, VERBS) or ""
        before = tokens[place - 1]
        if (
            before.low in PRONOUNS
            or before.low in SUBORDINATORS
            or not (before.text[-1].isalnum() or before.text in ")+,")
        ):
            continue
        if verb in CLIPPED and token.low != "taken" and following in FOLLOWS_CLIPPED and not _has_object(tokens, place):
            return token.start, token.end
    return None


def _after_particle(tokens: Sequence[Token], place: int) -> str:
    while place < len(tokens) and tokens[place].low in PARTICLES:
        place += 1
    return tokens[place].low if place < len(tokens) else "."


def _has_object(tokens: Sequence[Token], place: int) -> bool:
    """“downloaded and executed code”: the verb is active."""
    for at in range(place + 1, min(place + 3, len(tokens) - 1)):
        if tokens[at].low in ("and", "or", "+") and is_participle(tokens[at + 1].low):
            return at + 2 < len(tokens) and tokens[at + 2].low not in FOLLOWS_CLIPPED
    return False


def find(text: str) -> Iterator[Finding]:
    """Each sentence that hides whose deed it tells."""
    for start, end in spans_of(text):
        yield Finding(CODE, LINT.name, start, end, text[start:end], REASON, ASK)


LINT = Lint(
    "agentless",
    (CODE,),
    find,
    passing=(
        "We pushed the change at 10:02.",
        "Requests are routed to the nearest region.",
        "The worker was killed by the kernel.",
        "The pod was automatically restarted.",
        "When we noticed that the flag had been flipped, we flipped it back.",
    ),
    failing={
        "The change was pushed at 10:02.": CODE,
        "The runbook was not followed.": CODE,
        "Cluster upgraded to 1.30": CODE,
        "The migration went wrong.": CODE,
        "It was decided to wait.": CODE,
    },
)
