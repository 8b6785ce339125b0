"""A deed of people that is told without them: what allowed it stays hidden with whoever did it.

“The change was pushed” hides who pushed it and what let them; “requests are routed” hides nobody. Points out the
passive verb of a human deed, finding or omission, its clipped form (“cluster upgraded”), and a deed that goes wrong
by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.language import deeds, lexicon, nouns
from closeout_judgement.language.passives import BE, SUBORDINATORS, Passive, passives_of
from closeout_judgement.language.things import Signs, signs_in, thing_as_doer
from closeout_judgement.language.verbs import PAST, base_of, is_gerund, is_participle, is_past
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
# The verbs that a particle turns into others.
PHRASAL = frozenset(verb.partition("-")[0] for verb in VERBS if "-" in verb)
HELPERS = word_set(
    "also then had have has did do not didn't will would can could may must should again on call duty first still"
)
ACTS = lexicon.STUDY | lexicon.CHANGE | lexicon.DIRECTION | deeds.TELLING | deeds.DEEDS | deeds.FINDINGS


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    """Where a deed of people is told without them, one place a sentence."""
    signs = signs_in(text)
    for start, end in sentences_of(text):
        found = _in_sentence(text[start:end], start, signs)
        if found:
            yield found


def _in_sentence(sentence: str, offset: int, signs: Signs) -> tuple[int, int] | None:
    tokens = tokens_of(sentence, offset)
    people = _people_who_act(tokens)
    for passive in passives_of(tokens):
        if _hides_somebody(passive, tokens, people):
            return tokens[passive.auxiliary].start, tokens[passive.verb].end
    if people:
        return None
    thing = thing_as_doer(sentence, signs)
    if thing:
        return thing[0] + offset, thing[1] + offset
    return _gerund_as_doer(tokens) or _clipped(tokens) or _being(tokens)


# --- who acts -----------------------------------------------------------------------------------------------------


SOMEBODY = nouns.PEOPLE - {"nobody"}


ONE_PERSON = word_set(
    """
    vendor provider supplier attacker hacker customer user owner dba sre engineer developer operator admin administrator
    maintainer reviewer responder manager colleague contributor person member community team
    """
)


def _people_who_act(tokens: Sequence[Token]) -> list[int]:
    """Where a person, a role or an organisation is told to act."""
    return [place for place in range(len(tokens)) if _is_person(tokens, place) and _acts(tokens, place)]


def _is_person(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if "'" in token.low and not token.low.endswith("'s"):
        return token.low.partition("'")[0] in SOMEBODY
    return token.low in SOMEBODY or (token.text[0] == "@" and len(token.text) > 1)


def _acts(tokens: Sequence[Token], place: int) -> bool:
    for at, token in enumerate(tokens[place + 1 : place + 5]):
        if token.low in BE:
            return False
        if token.low in HELPERS or token.low.endswith("ly"):
            continue
        if token.low in PAST or is_participle(token.low):
            return True
        # “the admin port”: right after one person stands no bare verb.
        is_bare = token.low in ACTS and at == 0 and tokens[place].low in ONE_PERSON
        return not is_bare and (base_of(token.low, ACTS) or "") in ACTS
    return False


# --- passives -----------------------------------------------------------------------------------------------------


def _hides_somebody(passive: Passive, tokens: Sequence[Token], people: Sequence[int]) -> bool:
    if passive.has_doer or _subject(passive, tokens) in THEMSELVES:
        return False
    if (people or _is_told(passive, tokens)) and (passive.subordinate or _depends_on(people, passive, tokens)):
        return False
    verb = _verb(passive, tokens)
    if passive.by_deed and not passive.negated and not passive.modal:
        return True
    if passive.adverbs & deeds.BY_ACCIDENT or (_has_mishap(passive, tokens) and not passive.modal):
        return True
    if passive.adverbs & deeds.BY_ITSELF or passive.relative:
        return False
    if _is_left(passive, tokens):
        return True
    if passive.should_have or (passive.negated and verb in deeds.CONTROLS and not passive.modal):
        return True
    if passive.modal or _is_supposed(passive, tokens):
        return False
    if passive.adverbs & deeds.ON_PURPOSE and not passive.present:
        return True
    if verb in deeds.STATES:
        if verb in PICKED and STALE & {
            token.low for token in tokens[max(0, passive.auxiliary - 5) : passive.auxiliary]
        }:
            return not passive.present
        return any(token.low in deeds.STEPS for token in tokens[max(0, passive.auxiliary - 5) : passive.auxiliary])
    if (
        _subject(passive, tokens) in deeds.FLOWS
        and verb in deeds.BY_MACHINES
        and not passive.adverbs & deeds.ON_PURPOSE
    ):
        return False
    if verb in deeds.EITHER:
        return _is_told_of_once(passive, tokens)
    if passive.present and verb in deeds.HOW_THINGS_ARE and not _is_narrated(passive, tokens):
        return False
    return verb in DONE or verb in deeds.OMISSIONS


def _verb(passive: Passive, tokens: Sequence[Token]) -> str:
    """The base of its verb, with the particle where that makes it another verb: “fail over”, “narrow down”."""
    particle = tokens[passive.verb + 1].low if passive.verb + 1 < len(tokens) else ""
    phrasal = f"{base_of(passive.word, PHRASAL) or ''}-{particle}"
    return phrasal if phrasal in VERBS else base_of(passive.word, VERBS) or ""


def _has_mishap(passive: Passive, tokens: Sequence[Token]) -> bool:
    after = [token.low for token in tokens[passive.verb + 1 : passive.verb + 9]]
    return any(pair in deeds.MISHAP for pair in pairwise(after))


def _is_left(passive: Passive, tokens: Sequence[Token]) -> bool:
    """“was left open”, “was allowed to lapse”: somebody did not see to it."""
    after = [token.low for token in tokens[passive.verb + 1 : passive.verb + 3]]
    if passive.word == "left":
        return bool(after) and after[0] in LEFT
    return passive.word == "allowed" and len(after) == 2 and after[0] == "to" and after[1] in LAPSES


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
        once = passive.adverbs & deeds.ON_PURPOSE or after & {"again", "once"}
        return bool(once) or _is_narrated(passive, tokens)
    return not passive.subordinate and tokens[passive.auxiliary].low != "being"


def _is_narrated(passive: Passive, tokens: Sequence[Token]) -> bool:
    """“10:02: the flag is set”, “an hour later a ticket is created”: the present of a timeline."""
    before = [token.low for token in tokens[: passive.auxiliary]]
    if passive.subordinate:
        return False
    return any(CLOCK.fullmatch(word) for word in before) or bool(LATER & set(before) and not EVER & set(before))


def _is_supposed(passive: Passive, tokens: Sequence[Token]) -> bool:
    """“If the policy was set to …”: nothing was done."""
    before = [token.low for token in tokens[: passive.auxiliary]]
    return "if" in before[-12:] and "," not in before[-6:]


# --- things that act, and clipped passives ------------------------------------------------------------------------


PARTICLES = word_set("off up down back out over manually")
LEFT = word_set(
    """
    on off open enabled disabled running unattended in out behind unlocked shut down exposed accessible unprotected
    unpatched unsecured stopped undone unfinished incomplete blank empty uncommitted unmerged unchanged unfixed stale
    active unmonitored untested orphaned disconnected detached broken lying
    """
)
LAPSES = word_set("lapse expire grow accumulate drift fill rot linger go run continue remain slip fall build pile age")
# Somebody picked the wrong one.
STALE = word_set("wrong incorrect outdated old stale obsolete bad invalid mistaken")
PICKED = word_set("use pass supply provide serve load")
CLOCK = re.compile(r"\d{1,2}[:.h]\d\d(?:[:.]\d\d)?")
LATER = word_set(
    "later shortly afterwards eventually finally meanwhile minutes hours immediately thereafter subsequently"
)
EVER = word_set("when whenever every each usually normally typically always if once by within per")
THEMSELVES = word_set("we i you they he she us")


DONE = deeds.DEEDS | deeds.FINDINGS
CLIPPED = (DONE | {"detect", "execute", "perform"}) - deeds.BY_ITSELF_TOO - {"attempt", "try", "schedule"}
FOLLOWS_CLIPPED = word_set(
    """
    one to in on at from for with and or + , . ; ( ) | / via into as - – — again after before but because due so then
    across until following without successfully once through since yesterday today
    """
)
# Before a participle that tells a state, belongs to an active verb, or to another reading.
STAYS = word_set("being and or but then remained remains stayed stays seemed appeared became looked kept while")
# “decision taken”, where other things “taken” are but named: “the time taken”, “actions taken”.
TAKEN = word_set("decision decisions snapshot snapshots backup backups")
FINITE = word_set(
    """
    be been is are was were has have had do does did will would can could should may might must isn't aren't wasn't
    weren't hasn't haven't hadn't don't doesn't didn't won't wouldn't can't couldn't cannot
    """
)
PRONOUNS = word_set("we i you they he she it this that these those which who")
WRONG = word_set("wrong incorrect")
GERUNDS = deeds.DEEDS | deeds.EITHER | word_set("kill terminate increase reduce allow disable rerun delete")
# What became of a deed.
RESULTED = word_set(
    """
    was were did didn't had fixed resolved solved cleared revived restored helped brought caused led took made seemed
    appeared failed worked required triggered showed allowed reduced increased stopped returned got proved mitigated
    confirmed alleviated recovered freed unblocked created broke introduced meant gave turned
    """
)
DETERMINERS = word_set("the a an all any these those of with to some our that which each every previously more less")
BREAKS = word_set(", ; and but so . : –")


def _clipped(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """“CoreDNS upgraded”: a thing, then a participle, and no other verb but in a clause of its own."""
    end = next((at for at, token in enumerate(tokens) if at > 1 and token.low in SUBORDINATORS), len(tokens))
    main = tokens[:end]
    if any(token.low in FINITE for token in main) or is_participle(tokens[0].low):
        return None
    for place, token in enumerate(main[1:], 1):
        if not is_participle(token.low) or not _may_be_clipped(main[place - 1], token):
            continue
        verb = base_of(token.low, VERBS) or ""
        following = _after_particle(tokens, place + 1)
        if verb in CLIPPED and following in FOLLOWS_CLIPPED and not _has_object(tokens, place):
            return token.start, token.end
    return None


def _may_be_clipped(before: Token, participle: Token) -> bool:
    if before.low.partition("'")[0] in PRONOUNS or before.low in SUBORDINATORS or before.low in STAYS:
        return False
    if participle.low == "taken" and before.low not in TAKEN:
        return False
    return before.text[-1].isalnum() or before.text in ")+,"


def _being(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """“new server being set up”; “due to the wrong table being dropped”: a deed that is but named."""
    for place, token in enumerate(tokens[1:-1], 1):
        if token.low != "being" or tokens[place - 1].low in BE:
            continue
        verb = place + 1 + (tokens[place + 1].low.endswith("ly") and place + 2 < len(tokens))
        if not is_participle(tokens[verb].low) or (base_of(tokens[verb].low, DONE) or "") not in DONE:
            continue
        around = {token.low for token in tokens[max(0, place - 4) : verb]}
        alone = not any(token.low in FINITE or is_past(token.low) for token in tokens[:place]) and place < 9
        if _after_particle(tokens, verb + 1) != "by" and (around & (deeds.BY_ACCIDENT | WRONG) or alone):
            return token.start, tokens[verb].end
    return None


def _gerund_as_doer(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """“Restarting the node fixed it”: the deed is the subject, and whoever did it is not told."""
    first = next((at for at, token in enumerate(tokens[:3]) if token.is_word and not token.low.endswith("ly")), 0)
    if (
        not is_gerund(tokens[first].low)
        or tokens[first + 1 : first + 2] == []
        or tokens[first + 1].low == "out"
        or (base_of(tokens[first].low, GERUNDS) or "") not in GERUNDS
    ):
        return None
    for place in range(first + 1, min(first + 16, len(tokens))):
        word = tokens[place].low
        if word in SUBORDINATORS or word in BREAKS - {"and"}:
            return None
        if word in RESULTED and place > first + 1 and tokens[place - 1].low not in DETERMINERS:
            return tokens[first].start, tokens[first].end
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
