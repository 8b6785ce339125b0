"""What the gate answers: which rule was broken, where, by what words, why, and what would pass."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from closeout_judgement.finding import Finding


@dataclass(frozen=True, slots=True)
class Mend:
    """The way out: a rewrite, `value` being the whole new text of the place, or a question that leads to one.

    `choices` are whole new texts, too, taken from facts: any of them would pass, and none is chosen for the writer.
    """

    kind: Literal["rewrite", "question"]
    text: str
    value: str | None = None
    choices: tuple[str, ...] = ()


def rewrite(value: str) -> Mend:
    """A mend that replaces the whole text of the place."""
    return Mend("rewrite", value, value)


def question(text: str) -> Mend:
    """A mend that only the writer can make."""
    return Mend("question", text)


def mend_of(finding: Finding, whole: str) -> Mend:
    """The way out of `finding` in the text `whole`."""
    rewritten = finding.rewritten(whole)
    return question(finding.ask) if rewritten is None else rewrite(rewritten)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the gate stays shut. `code` never changes its meaning; what is `dismissible` is settled by a reason."""

    code: str
    rule: str
    where: str
    text: str
    reason: str
    mend: Mend
    dismissible: bool = False

    def as_json(self) -> dict[str, Any]:
        """As the API answers it."""
        return asdict(self)


THREE_ITEMS = "At most three action items, each a change that is really promised."
ONE_PERSON = "Each action item is owned by one known person."
REAL_TARGET = (
    "Each action item has a target that exists, in the future, at most 13 weeks away and before month four begins."
)
TRUE_OR_FALSE = "Each criterion is true or false when the work is done."
DOABLE = "Each action item is a thing that can be completed."
REAL_PROJECT = "Each action item belongs to a tracker project in which its ticket can be created."
FIELDS_FILLED = "Each action item fills the fields that its tracker requires."
DEMANDED = "A mandated ticket exists already, and names who demands it and by what."
EARLIER_CATCH = "It says what would have caught this earlier, or that nothing would have, and why."
FAILURE_MODE = "It names at least one failure mode, so that it can be found again."
LANGUAGE = "What is found in the language is mended, or dismissed with a reason."
TITLED = "It has a title."
ANSWERED = "The questions that the team requires are answered."
ONE_VERSION = "Where two people wrote at once, one version was chosen."
