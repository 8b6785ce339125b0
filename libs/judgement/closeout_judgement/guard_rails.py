"""What a message says of guard rails that were not there: by hand, in production, unasked, alone, from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Rail(StrEnum):
    """Which guard rail the words ask about."""

    BY_HAND = "by_hand"
    PRODUCTION = "production"
    NO_CONFIRMATION = "no_confirmation"
    ONE_PAIR_OF_EYES = "one_pair_of_eyes"
    OTHER_TEAM = "other_team"


@dataclass(frozen=True, slots=True)
class Sign:
    """The words that raise the question."""

    rail: Rail
    words: str


SIGNS: Mapping[Rail, re.Pattern[str]] = {
    Rail.BY_HAND: re.compile(
        r"""\b(?:by\s+hand | manual(?:ly)? | ran\s+(?:the|a|this|my|that)\s+(?:script|command|query|migration|job)
        | hand-?edited | ssh(?:ed)?\b | logged\s+(?:in|on)\s+(?:to|on)
        | (?:kubectl|psql|mysql|redis-cli|terraform|helm|aws|gcloud)\s+[a-z-]+
        | (?:delete|drop|truncate|update|alter)\s+(?:from|table|database|index)\b
        | rm\s+-[rf]+ | from\s+my\s+(?:laptop|shell|machine)
        | clicked\b | in\s+the\s+console)""",
        re.IGNORECASE | re.VERBOSE,
    ),
    Rail.PRODUCTION: re.compile(
        r"""\b(?:in|on|to|against|of|the|at)\s+(?:the\s+)?(?:live\s+|real\s+)?prod(?:uction)?\b
        | \bprod(?:uction)?[-_ ](?:db|database|cluster|account|env\w*|host|node|namespace|server|traffic|data)\b
        | \b(?:live|customer)\s+(?:database|data|traffic|system)\b""",
        re.IGNORECASE | re.VERBOSE,
    ),
    Rail.NO_CONFIRMATION: re.compile(
        r"""(?<![\w-])--(?:force|yes|no-?confirm|auto-?approve|assume-?yes|skip-?checks?)\b | \bforce[- ]push\w*
        | \b(?:no|without(?:\s+(?:a|any))?)\s+(?:confirmation|prompt|dry[- ]?run|warning|approval)
        | \b(?:did|does)(?:n['’]t|\s+not)\s+(?:ask|warn|prompt|confirm)
        | \bjust\s+(?:ran|went\s+(?:ahead|through))\b""",
        re.IGNORECASE | re.VERBOSE,
    ),
    Rail.ONE_PAIR_OF_EYES: re.compile(
        r"""\b(?:no|without(?:\s+(?:a|any))?|nobody|skipped(?:\s+the)?)\s+(?:code\s+)?
          (?:review(?:ed|er)?|second\s+(?:pair|look|person)|approv\w+)
        | \b(?:i|we)\s+(?:am|was|['’]m)\s+(?:alone|on\s+my\s+own|the\s+only\s+one)
        | \bself-?(?:merged|approved|reviewed)
        | \bmerged\s+(?:it\s+|my\s+own\s+|this\s+)?without""",
        re.IGNORECASE | re.VERBOSE,
    ),
    Rail.OTHER_TEAM: re.compile(
        r"""\b(?:not|isn['’]t|is\s+not)\s+(?:my|our)\s+(?:service|system|team|area|code)
        | \bnew\s+to\s+(?:this|the)\s+(?:service|system|team|rotation|on-?call)
        | \b(?:covering|standing\s+in|filling\s+in)\s+for\b
        | \b(?:never|haven['’]t|have\s+not)\s+(?:seen|touched|used|worked\s+(?:on|with))\s+(?:this|that|it)
        | \b(?:do|does)(?:n['’]t|\s+not)\s+know\s+(?:this|that|the)\s+(?:service|system|runbook|code\s*base)
        | \b(?:first|my\s+first)\s+(?:time|week|shift)\s+on[- ]call""",
        re.IGNORECASE | re.VERBOSE,
    ),
}


def signs_in(message: str) -> Iterator[Sign]:
    """Each guard rail that `message` speaks of, with the words."""
    for rail, words in SIGNS.items():
        match = words.search(message)
        if match:
            yield Sign(rail, " ".join(match[0].split()))
