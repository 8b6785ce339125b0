"""What a message marks that was written while it happened: a wrong guess, confusion, a decision, a turning point.

Each mark says by which words or by which later message it was found: it is a suggestion, and people decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from closeout_judgement.language.words import word_set
from closeout_judgement.lints.sanitised_timeline import TURNS_BACK
from closeout_judgement.phrases import words_of


class Moment(StrEnum):
    """What a message marks. Of two that fit the one further up is meant."""

    WRONG_HYPOTHESIS = "wrong_hypothesis"
    CONFUSION = "confusion"
    TURNING_POINT = "turning_point"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Marked:
    """The message at `place` marks `moment`. `because_of`: the place of the message that shows it, where one does."""

    place: int
    moment: Moment
    reason: str
    because_of: int | None = None


MOST = 8
# So many messages later nobody answers a guess any more.
ANSWERED_WITHIN = 30

GUESSES = re.compile(
    r"""\b(?:
      i\s+(?:think|guess|suspect|assume|bet|believe|reckon) | my\s+(?:guess|bet|theory|suspicion|money)
      | (?:might|could|may|must|should)\s+(?:well\s+)?be | maybe | perhaps | probably | presumably | possibly
      | (?:looks?|smells?|feels?|sounds?)\s+like | seems?\s+(?:like|to\s+be)
      | i(?:['’]m|\s+am|\s+was)\s+(?:pretty\s+)?sure
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
DENIES = re.compile(r"^\W*(?:no|nope|nah)\b", re.IGNORECASE)
CONFUSED = re.compile(
    r"""\b(?:
      which\s+(?:\w+\s+){1,3}(?:is|are|do|does|should)\b[^.!]*\? | what\s+(?:is|['’]s)\s+(?:going\s+on|happening)
      | what\s+am\s+i\s+(?:looking|seeing)
      | (?:i['’]?m|i\s+am|am\s+i|are\s+we)\s+(?:on|in|looking\s+at)\s+the\s+(?:right|wrong)
      | confus(?:ed|ing|ion) | (?:do|does)(?:n['’]t|\s+not)\s+(?:understand|get\s+it|make\s+sense|add\s+up|match)
      | makes?\s+no\s+sense | no\s+(?:idea|clue) | (?:not|un)\s*sure\s+(?:which|what|why|whether|where|how|if)
      | (?:two|both|different|conflicting)\s+(?:\w+\s+)?(?:dashboards?|graphs?|runbooks?|numbers) | contradict\w*
      | where\s+(?:is|are|do|can|did)\b[^.!]*\? | why\s+(?:is|are|does|do|did|would)\b[^.!]*\? | wait,?\s+what
    )""",
    re.IGNORECASE | re.VERBOSE,
)
DEEDS = (
    r"roll(?:ed|ing)?\s*back|rolled|restart|reboot|revert|fail(?:ed|ing)?\s*over|scal|disabl|enabl|drain|throttl|block|"
    r"redeploy|deploy|switch|turn|kill|stopp|stop|delet|bump|rais|lower|increas|promot|evict|purg|flush|cordon|"
    r"isolat|shed|pin|patch|bypass|rotat|cancel|paus|shut|mov|remov|add|clear|rerun|re-?run|stopping"
)
DECIDES = re.compile(
    rf"""(?:
      \b(?:decid(?:ed|ing)\s+(?:to|that|against)|the\s+decision|we\s+agreed|agreed\s+to)\b
      | \b(?:let['’]?s|i['’]ll|we['’]ll|i\s+will|we\s+will|(?:i['’]m|we['’]re|i\s+am|we\s+are)\s+going\s+to|going\s+to|
        about\s+to)\s+(?:now\s+|just\s+|try\s+)?(?:{DEEDS})\w*
      | (?:^|[.!?;]\s+|,\s+)(?:\b(?:i|we|have|just|now|ok|okay|so|then)\b[\s,]+){{0,3}}
        (?:{DEEDS})(?:ed|ing|led|ling|ping|ped)?
        \b(?!\s+(?:is|was|are|were|has|had|out|of\s+the)\b)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Words of a deed that was only asked for or thought of.
ONLY_ASKED = re.compile(r"\bshould\s+(?:we|i)\b|\bcan\s+(?:you|we|somebody)\b|\blet\s+me\b|\?\s*$", re.IGNORECASE)
FOUND = re.compile(
    r"""\b(?:
      found\s+(?:it|the\s+(?:cause|problem|culprit|reason|bug|issue))
      | that['’]?s\s+it\b | that\s+was\s+it | there\s+it\s+is
      | (?:cause|culprit|problem|reason|issue)\s+(?:is|was)\s+(?:the|that|a|an)\b | turns\s+out | it\s+was\s+the\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
RECOVERS = re.compile(
    r"""\b(?:
      recover(?:ed|ing|s)\b | back\s+to\s+normal | back\s+(?:up|online) | all\s+(?:green|good|clear) | is\s+healthy
      | (?:errors?|latency|p\d\d|rate|requests?|queue|backlog|5xx|5\d\d|load|lag|cpu|memory)\s+(?:\w+\s+){0,4}
        (?:drop(?:ped|ping|s)|fall(?:en|ing|s)|going\s+down|down\s+to|at\s+\d+|clear(?:ed|ing)|drain(?:ed|ing))
      | no\s+(?:\w+\s+){0,2}(?:has|have)\s+failed\s+(?:for|since) | no\s+(?:more|new)\s+(?:errors?|failures?|alerts?)
      | (?:that|this|it)\s+(?:worked|fixed\s+it|helped)\b | (?:works|working)\s+again
      | (?:issue|problem)\s+(?:is\s+)?(?:fixed|gone)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
DULL = word_set(
    "this that with from have been were will would could should might maybe probably there their them then than what "
    "when where which while just like look looks check think seems still again about after before some only also"
)


def moments_in(said: Sequence[str]) -> list[Marked]:
    """What the messages mark, in their order; one mark a message at the most."""
    found: dict[int, Marked] = {}
    for kind in (_wrong_hypotheses, _confusions, _turning_points, _decisions):
        for marked in kind(said):
            found.setdefault(marked.place, marked)
    # What misled and what turned it is worth more than one more deed.
    kept = sorted(found.values(), key=lambda one: (one.moment is Moment.DECISION, one.place))[:MOST]
    return sorted(kept, key=lambda one: one.place)


def _wrong_hypotheses(said: Sequence[str]) -> Iterator[Marked]:
    for place, guess in enumerate(said):
        if GUESSES.search(guess) and not _turns_back(guess):
            answer = next(_answers(place, said), None)
            if answer is not None:
                reason = f"A guess that was taken back later: “{_short(said[answer])}”"
                yield Marked(place, Moment.WRONG_HYPOTHESIS, reason, answer)


def _answers(place: int, said: Sequence[str]) -> Iterator[int]:
    """The later messages that turn back and speak of the same thing, or come at once."""
    about = _content(said[place])
    for later in range(place + 1, min(place + 1 + ANSWERED_WITHIN, len(said))):
        if _turns_back(said[later]) and (later == place + 1 or about & _content(said[later])):
            yield later


def _turns_back(message: str) -> bool:
    return bool(TURNS_BACK.search(message) or DENIES.search(message))


def _content(message: str) -> set[str]:
    return {word for word in words_of(message) if len(word) > 3 and word not in DULL}


def _confusions(said: Sequence[str]) -> Iterator[Marked]:
    for place, message in enumerate(said):
        match = CONFUSED.search(message)
        if match:
            yield Marked(place, Moment.CONFUSION, f"It says so: “{_short(match[0])}”")


def _turning_points(said: Sequence[str]) -> Iterator[Marked]:
    """Where somebody says that the cause is found, or what was written last before the deed that helped."""
    for place, message in enumerate(said):
        match = FOUND.search(message)
        if match and not GUESSES.search(message):
            yield Marked(place, Moment.TURNING_POINT, f"It names what was found: “{_short(_from(message, match))}”")
    deed, better = _what_helped(said)
    if deed is None or better is None:
        return
    before = next((place for place in reversed(range(deed)) if not _is_marked_otherwise(said[place])), None)
    if before is not None:
        reason = f"Written last before “{_short(said[deed])}”, after which it got better: “{_short(said[better])}”"
        yield Marked(before, Moment.TURNING_POINT, reason, deed)


def _what_helped(said: Sequence[str]) -> tuple[int | None, int | None]:
    """The last deed before somebody says that it is over, and who says so."""
    better = next((place for place in reversed(range(len(said))) if RECOVERS.search(said[place])), None)
    return next((place for place in reversed(range(better or 0)) if _decides(said[place])), None), better


def _is_marked_otherwise(message: str) -> bool:
    return bool(_decides(message) or CONFUSED.search(message) or _turns_back(message))


def _decides(message: str) -> re.Match[str] | None:
    return None if ONLY_ASKED.search(message) else DECIDES.search(message)


def _decisions(said: Sequence[str]) -> Iterator[Marked]:
    for place, message in enumerate(said):
        match = _decides(message)
        if match:
            yield Marked(place, Moment.DECISION, f"It says what is done: “{_short(match[0].strip(' .,;!?'))}”")


def _from(message: str, match: re.Match[str]) -> str:
    """The words from where it begins to the end of their sentence."""
    return re.split(r"[.!?](?:\s|$)|\n", message[match.start() :], maxsplit=1)[0]


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 100 else line[:99] + "…"
