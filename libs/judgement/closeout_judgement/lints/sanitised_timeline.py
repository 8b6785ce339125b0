"""A narrative with no wrong turn in it, while the chat has several: what misled people is what the next ones need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from closeout_judgement.finding import Finding
from closeout_judgement.language.words import sentences_of

NAME, CODE = "sanitised_timeline", "language-sanitised-timeline"
# One slip is no story; two are.
ENOUGH = 2

# What people write while it happens, once they see that they were on the wrong way.
TURNS_BACK = re.compile(
    r"""\b(?:
      never\s?mind | nvm | scratch\s+that
      | ignore\s+(?:that|me|my\s+last) | false\s+alarm | my\s+(?:mistake|bad) | (?:i|we)\s+(?:was|were)\s+wrong
      | red\s+herring | dead\s+end
        | wrong\s+(?:\w+\s+){0,2}(?:host|cluster|graph|dashboard|region|pod|node|tab|window|one|track|tree|theory
          |service|env\w*)
      | (?:that|this|it)(?:['’]s|\s+is|\s+was|\s+wasn['’]t|\s+isn['’]t)?\s+(?:not\s+it|not\s+the\s+\w+|unrelated
        |not\s+related|normal\s+then)
      | (?:it|that|this)\s+(?:wasn['’]t|isn['’]t|was\s+not|is\s+not)\s+(?:the\s+|it|a\s+|related)
      | not\s+the\s+(?:cause|problem|issue|culprit|cache|database|db|network|deploy|release|dns)
      | (?:did|does|has)(?:n['’]t|\s+not)\s+(?:help|helped|work|worked|fix|fixed|change|changed|make\s+a\s+difference
        |do\s+anything|take\s+effect)
      | (?:no|without)\s+(?:effect|change|difference|improvement|luck) | nothing\s+changed
        | (?:still|again)\s+(?:failing|broken|down|red|happening|erroring|the\s+same)
      | made\s+it\s+worse | back\s+to\s+square\s+one | rul(?:ed|ing)\s+(?:\w+\s+)?out | turns\s+out
        | so\s+not\s+\w+ | can['’]t\s+be\s+the\s+\w+
      | undo(?:ing)?\s+(?:that|this) | reverting\s+(?:that|my) | hm+\s*,?\s*no
        | actually\s*,?\s+(?:no|it['’]?s|that['’]?s|the)
      | (?:i|we)\s+(?:thought|assumed)\b | misread | misled
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# How a narrative tells of one.
TELLS_OF_ONE = re.compile(
    r"""\b(?:
      (?:at\s+first|initially|first)\s*,?\s+(?:\w+\s+){0,4}(?:thought|suspected|assumed|believed|looked|tried|blamed
        |pointed|attributed|focus\w+)
      | (?:thought|suspected|assumed|believed)\s+(?:\w+\s+){0,8}(?:but|however|wrongly|incorrectly)
      | (?:wrong(?:ly)?|mistaken(?:ly)?|incorrect(?:ly)?)\s+(?:\w+\s+){0,2}(?:hypothes[ie]s|suspec\w+|assum\w+|theory
        |guess|track|lead|diagnos\w+|conclu\w+|host|cluster|attribut\w+)
      | red\s+herring | dead\s+end | rul(?:ed|ing)\s+(?:\w+\s+){0,3}out | turned\s+out
        | (?:did|does)(?:n['’]t|\s+not)\s+(?:help|work|fix|change|improve|resolve)
      | (?:no|without|little)\s+(?:effect|improvement|success) | in\s+vain | misled | misleading | distracted
        | (?:made|making)\s+(?:it|things|matters)\s+worse
      | un(?:related|successful(?:ly)?) | (?:was|were)\s+wrong | lost\s+\d+\s+minutes
        | (?:hypothes[ie]s|theory|suspicion)\s+(?:was|were|proved|turned)
      | before\s+(?:\w+\s+){0,3}(?:realis|realiz|discover|notic)\w+
    )""",
    re.IGNORECASE | re.VERBOSE,
)
ASK = "Which wrong turn cost most time, and what in the screens or words of that moment made it the likely one?"


def wrong_turns_in(said: Sequence[str]) -> list[int]:
    """Which of the chat's messages turn back from a wrong way."""
    return [place for place, message in enumerate(said) if TURNS_BACK.search(message)]


def find(narrative: str, said: Sequence[str]) -> Iterator[Finding]:
    """One finding on the first sentence of a narrative without a wrong turn, where `said`, the chat, has several."""
    turns = wrong_turns_in(said)
    if len(turns) < ENOUGH or not narrative.strip() or TELLS_OF_ONE.search(narrative):
        return
    start, end = next(sentences_of(narrative))
    reason = f"It tells of no wrong turn. The chat has {len(turns)}, for instance “{_short(said[turns[0]])}”."
    yield Finding(CODE, NAME, start, end, narrative[start:end], reason, ASK)


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 80 else line[:79] + "…"
