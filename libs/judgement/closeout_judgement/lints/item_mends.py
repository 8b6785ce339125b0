"""The way out of an action item that only speaks about a change: that change."""

from __future__ import annotations

import re

from closeout_judgement.language import lexicon
from closeout_judgement.language.verbs import base_of

_WE = (
    r"(?:(?:we|i|they|somebody|the\s+team)\s+(?:should|could|can|might|may|will|need\s+to|want\s+to)\s+|(?:maybe|"
    r"perhaps|possibly)\s*,?\s+|to\s+)*"
)
# Study of something that is itself a change: "consider adding …", "it might be worth adding …".
OF_A_CHANGE = re.compile(
    rf"^(?P<mark>\W*){_WE}(?:"
    r"(?:re)?consider(?:ing)?|explor(?:e|ing)|evaluat(?:e|ing)|investigat(?:e|ing)|discuss(?:ing)?|propos(?:e|ing)|"
    r"suggest(?:ing)?|"
    r"think(?:ing)?\s+about|look(?:ing)?\s+(?:into|at)|talk(?:ing)?\s+about|it\s+(?:might|may|could|"
    r"would)\s+be\s+(?:worth|good|nice|useful)(?:\s+to)?|"
    r"worth)\s+(?:(?:the\s+option|the\s+possibility|possibility)\s+of\s+)?(?P<verb>[a-z-]+)\b",
    re.IGNORECASE,
)
ASKED = re.compile(
    r"^(?P<mark>\W*)(?:should|can|could|shall|would\s+it\s+help\s+to|why\s+not|why\s+don['’]t|how\s+can|"
    r"how\s+do)\s+(?:we\s+|i\s+)?(?:also\s+|maybe\s+|just\s+)?"
    r"(?P<verb>[a-z-]+)\b",
    re.IGNORECASE,
)
SUPPOSED = re.compile(rf"^(?P<mark>\W*)(?=(?:we|maybe|perhaps|possibly)\b){_WE}(?P<verb>[a-z-]+)\b", re.IGNORECASE)


def as_a_change(sentence: str) -> str | None:
    """`sentence` as the change that it only speaks about, if it names one.

    >>> as_a_change("We should consider adding a limit to the pool.")
    'Add a limit to the pool.'
    >>> as_a_change("Should we drop the index?")
    'Drop the index'
    """
    found = OF_A_CHANGE.match(sentence) or ASKED.match(sentence) or SUPPOSED.match(sentence)
    verb = base_of(found["verb"].lower(), lexicon.CHANGE - lexicon.STUDY) if found else None
    if found is None or verb is None:
        return None
    rest = sentence[found.end() :].rstrip()
    return f"{found['mark']}{verb.capitalize()}{rest.rstrip('?').rstrip() if rest.endswith('?') else rest}"
