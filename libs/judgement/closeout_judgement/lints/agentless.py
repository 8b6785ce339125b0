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
from closeout_judgement.language.clipped import BREAKS, being, clipped, gerund_as_doer
from closeout_judgement.language.passives import BE, Passive, passives_of
from closeout_judgement.language.things import Signs, signs_in, thing_as_doer
from closeout_judgement.language.verbs import PAST, base_of, is_participle
from closeout_judgement.language.words import Token, sentences_of, tokens_of, word_set

CODE = "language-agentless"
REASON = "It hides who or what did it, and so what allowed it."
ASK = "Who or what did it, by which path, and what let it through?"

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
    return gerund_as_doer(tokens) or clipped(tokens) or being(tokens)


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
    return verb in deeds.DONE or verb in deeds.OMISSIONS


def _verb(passive: Passive, tokens: Sequence[Token]) -> str:
    """The base of its verb, with the particle where that makes it another verb: “fail over”, “narrow down”."""
    particle = tokens[passive.verb + 1].low if passive.verb + 1 < len(tokens) else ""
    phrasal = f"{base_of(passive.word, deeds.PHRASAL) or ''}-{particle}"
    return phrasal if phrasal in deeds.VERBS else base_of(passive.word, deeds.VERBS) or ""


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
    before = [token.low for token in tokens[max(0, passive.auxiliary - 30) : passive.auxiliary]]
    if passive.subordinate:
        return False
    return any(CLOCK.fullmatch(word) for word in before) or bool(LATER & set(before) and not EVER & set(before))


def _is_supposed(passive: Passive, tokens: Sequence[Token]) -> bool:
    """“If the policy was set to …”: nothing was done."""
    before = [token.low for token in tokens[: passive.auxiliary]]
    return "if" in before[-12:] and "," not in before[-6:]


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
