"""What would have caught an incident earlier: which control a sentence names, if any."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from closeout_judgement.lexicon import lexicon
from closeout_judgement.phrases import Hit, Phrases, words_of
from closeout_schemas.vocabulary import Control


class Catch(StrEnum):
    """What a sentence names. Where two controls are named alike strongly, the one further up is meant."""

    FEATURE_FLAG = "feature_flag"
    CIRCUIT_BREAKER = "circuit_breaker"
    CANARY = "canary"
    SLO_ALERT = "slo_alert"
    NOT_ACTIONABLE = "not_actionable"
    OTHER_CONTROL = "other_control"

    @property
    def control(self) -> Control | None:
        """The control, in the words that all services share; None where none is named."""
        return CONTROLS.get(self)


CONTROLS = {
    Catch.FEATURE_FLAG: Control.FEATURE_FLAG,
    Catch.CIRCUIT_BREAKER: Control.CIRCUIT_BREAKER,
    Catch.CANARY: Control.CANARY,
    Catch.SLO_ALERT: Control.SLO_ALERT,
    Catch.OTHER_CONTROL: Control.GUARD_RAIL,
}
ORDER = tuple(Catch)
# A further phrase for the same control adds so much of its weight: three weak words are not one strong. Only saying
# nothing is said no more strongly by saying it twice: beside vague words a control may be named.
FURTHER = 0.3


@cache
def _phrases() -> Phrases[tuple[Catch, float]]:
    return Phrases(
        (phrase, (Catch(name.partition(".")[0]), group.weight))
        for name, group in lexicon("earlier_catch").items()
        for phrase in group.phrases
    )


def earlier_catch(text: str) -> Catch:
    """The control that `text` names. Words without any known sign name none."""
    scores = _scores(words_of(text))
    if not scores:
        return Catch.NOT_ACTIONABLE
    return max(scores, key=lambda catch: (scores[catch], -ORDER.index(catch)))


def _scores(words: list[str]) -> dict[Catch, float]:
    hits: dict[Catch, list[Hit[tuple[Catch, float]]]] = {}
    for hit in sorted(_phrases().find(words), key=lambda hit: -hit.meaning[1]):
        told = hits.setdefault(hit.meaning[0], [])
        # What is said in the same words, or in the same way, is said once.
        if all(hit.phrase != one.phrase and (hit.end <= one.start or one.end <= hit.start) for one in told):
            told.append(hit)
    return {catch: _strength(catch, [hit.meaning[1] for hit in told]) for catch, told in hits.items()}


def _strength(catch: Catch, weights: list[float]) -> float:
    strongest, *further = weights
    return strongest if catch is Catch.NOT_ACTIONABLE else strongest + FURTHER * sum(further)
