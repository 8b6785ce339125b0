"""What would have caught an incident earlier: which control a sentence names, if any."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from closeout_judgement.lexicon import lexicon
from closeout_judgement.phrases import Phrases, words_of
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
# A further phrase for the same control adds so much of its weight: three weak words are not one strong.
FURTHER = 0.3


@cache
def _phrases() -> Phrases[tuple[Catch, float]]:
    return Phrases(
        (phrase, (Catch(name), group.weight))
        for name, group in lexicon("earlier_catch").items()
        for phrase in group.phrases
    )


def earlier_catch(text: str) -> Catch:
    """The control that `text` names. Words without any known sign are taken for another control, if they are any."""
    words = words_of(text)
    if not words:
        return Catch.NOT_ACTIONABLE
    scores = _scores(words)
    if not scores:
        return Catch.OTHER_CONTROL
    order = list(Catch)
    return max(scores, key=lambda catch: (scores[catch], -order.index(catch)))


def _scores(words: list[str]) -> dict[Catch, float]:
    found: dict[Catch, dict[str, float]] = {}
    for hit in _phrases().find(words):
        catch, weight = hit.meaning
        found.setdefault(catch, {})[hit.phrase] = weight
    return {
        catch: max(weights.values()) + FURTHER * (sum(weights.values()) - max(weights.values()))
        for catch, weights in found.items()
    }
