"""A deed told in few words: “CoreDNS upgraded”, “new server being set up”, “restarting it helped”."""

from __future__ import annotations

from collections.abc import Sequence

from closeout_judgement.language import deeds
from closeout_judgement.language.deeds import DONE, VERBS
from closeout_judgement.language.passives import BE, SUBORDINATORS
from closeout_judgement.language.verbs import base_of, is_gerund, is_participle, is_past
from closeout_judgement.language.words import Token, word_set

PARTICLES = word_set("off up down back out over manually")
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


def clipped(tokens: Sequence[Token]) -> tuple[int, int] | None:
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


def being(tokens: Sequence[Token]) -> tuple[int, int] | None:
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


def gerund_as_doer(tokens: Sequence[Token]) -> tuple[int, int] | None:
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
