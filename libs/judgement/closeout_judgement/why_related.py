"""Why an earlier postmortem is related to a page, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from heapq import nlargest
from math import exp

from closeout_judgement.phrases import words_of
from closeout_judgement.searchable import CONCEPT, Page, Searchable
from closeout_judgement.stems import stem

# The most words, and concepts, that are given as a reason, and from which share on a failure mode is one.
MOST_REASONS = 5
SAID_MODE = 0.25
# See `confidence`.
CONFIDENCE_BASE, CONFIDENCE_SAID, SERVICE_SURE, ALERT_SURE = -4.45, 2.81, 1.0, 2.0
SHOWN = 0.3


@dataclass(frozen=True, slots=True)
class Why:
    """Why a document is related. Words are as the page says them."""

    words: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    same_service: bool = False
    same_alert: bool = False
    # Services of the document that the page's service depends on, or that depend on it.
    beside: tuple[str, ...] = ()
    # How many incidents were the same again, as people said.
    came_back: int = 0


@dataclass(frozen=True, slots=True)
class Related:
    """An earlier postmortem, how sure it is that it is related (0 to 1), and why. `alike`: others that say the same."""

    id: str
    score: float
    confidence: float
    why: Why
    alike: tuple[str, ...] = ()


def why_related(
    page: Page,
    asked: Searchable,
    shared: Mapping[str, float],
    modes: Mapping[str, float],
    services: Set[str],
    alerts: Set[str],
) -> Why:
    """The reasons: the page's terms that the document has, by how rare they are, and what else is known of it."""
    concepts = [term for term in shared if term.startswith(CONCEPT)]
    return Why(
        words=words_behind(page, shared),
        concepts=tuple(one.removeprefix(CONCEPT) for one in nlargest(MOST_REASONS, concepts, key=shared.__getitem__)),
        modes=tuple(mode for mode, share in asked.modes.items() if min(share, modes.get(mode, 0.0)) >= SAID_MODE),
        same_service=page.service.casefold() in services,
        same_alert=page.alert.casefold() in alerts,
        beside=tuple(sorted(services & page.beside)),
    )


def confidence(said: float, why: Why) -> float:
    """How likely a first answer is to be related, from how much of the page it says, rare words most.

    Fitted to the first answers to 59 labelled queries, each asked of all documents, of those without the relevant
    ones, and of other organisations' only: 177, of which 54 were right. Held out by organisation, the right one of a
    right and a wrong first answer has the higher figure 80 times in 100. What the same service and the same alert add
    is judged, not measured: the labelled queries name neither.
    """
    logit = CONFIDENCE_BASE + CONFIDENCE_SAID * said + SERVICE_SURE * why.same_service + ALERT_SURE * why.same_alert
    return 1 / (1 + exp(-logit))


def worth_showing(answers: Iterable[Related], least: float = SHOWN) -> list[Related]:
    """The answers that are sure enough to wake nobody in vain. None is better than noise."""
    return [one for one in answers if one.confidence >= least]


def words_behind(page: Page, shared: Mapping[str, float]) -> tuple[str, ...]:
    """The page's own words whose stems are shared, those that say most first."""
    said = {
        stem(word): word
        for word in reversed(words_of(f"{page.text} {page.service} {page.alert}"))
        if stem(word) in shared
    }
    return tuple(said[term] for term in nlargest(MOST_REASONS, said, key=lambda term: shared[term]))
