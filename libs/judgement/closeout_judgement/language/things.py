"""Things that do what only people do: a deed that goes wrong, a review that misses, a bug that slips through."""

from __future__ import annotations

import re

from closeout_judgement.language import deeds
from closeout_judgement.language.verbs import is_gerund

WENT = re.compile(
    r"\b(?:(?:went|goes|go)\s+(?:wrong|awry|bad|badly|out|live|ahead|through|sideways|south|poorly|smoothly)|"
    r"(?:beg[ai]ns?|commence[sd]?|(?:took|takes)\s+place|(?:happened|occurred)(?!\s+every)|resumed|kicked\s+off|"
    r"rolled\s+(?:back|out))\b|(?:start(?:s|ed))\b(?!\s+\w+ing\b))",
    re.I,
)
ACCIDENT = re.compile(r"\b(?:accidental|inadvertent|unintentional|mistaken|erroneous)\s+(\w+)")
# Somebody made it, and it stands there as if it had made itself.
OVERSIGHT = re.compile(
    r"\b(?:due\s+to|because\s+of|(?:caused|introduced|triggered)\s+by|results?\s+of|resulted\s+from|"
    r"attributed\s+to|down\s+to|owing\s+to|cause\s+(?:was|is))"
    r"\s+\W?(?:an?\s+|the\s+|some\s+|simple\s+)*(?:\w+\s+)?"
    r"(?:oversights?|mistakes?|mix-?ups?|mis-?communications?|typos?|mis-?configurations?|mis-?understandings?|"
    r"mis-?calculations?|(?:human|user|operator|operational|procedural|clerical|manual|typing|copy-?paste)[\s-]errors?|"
    r"fat[\s-]finger(?:ing|s|ed)?|(?:incorrect|wrong|false|mistaken|bad)\s+assumptions?)\b",
    re.I,
)
SLIP = re.compile(
    r"\b(?:typos?|oversights?|mistakes?|slips?|mix-?ups?|mis-?communication|(?:human|user|operator|copy-?paste)[\s-]error|"
    r"fat[\s-]finger(?:ing)?)(?:\s+(?:in|on|of|with|during|when|while|at|between)\s+[^,.;]{3,60}?)?\s+(?:had\s+)?(?:caused|"
    r"led|took|resulted|meant|broke|brought|sent|prevented|made|went|triggered|introduced|disabled|deleted)\b",
    re.I,
)
# It was for people to see, to answer or to hold up.
_UN = (
    r"undetected|unnoticed|unseen|unreported|unanswered|unaddressed|unacknowledged|unactioned|unpatched|unmonitored|"
    r"untested|unreviewed|unchecked|unheeded|unread|unrecogni[sz]ed|undocumented|unassigned|untriaged|undiscovered|"
    r"unquestioned|unchallenged|unmaintained|unattended|un-?updated"
)
UNSEEN = re.compile(
    rf"\b(?:go|goes|going|gone|went|remain(?:s|ed|ing)?|stay(?:s|ed)?|sat|lay|slipped|passed|continued)\s+"
    rf"(?:\w+ly\s+)?(?:{_UN}|without\s+(?:being\s+)?(?:notice|review|detection))\b",
    re.I,
)
_LIVE = r"(?:production|prod|live|main|master|trunk|stable)"
SLIPPED = re.compile(
    r"\b(?:slipped|slips|fell|falls|got|gets|leaked|crept|snuck|sneaked)\s+(?:through|past|into?\s+"
    rf"(?:{_LIVE}|the\s+(?:release|build|code\w*|config\w*)))\b",
    re.I,
)
MADE_IT = re.compile(
    r"\b(?:made|makes|making|found|finds)\s+(?:it|its\s+way)\s+(?:\w+\s+)?(?:in)?to\s+(?:the\s+)?"
    rf"(?:{_LIVE}|release|customers|users)\b",
    re.I,
)
_NOT = r"(?:(?:did|does|do|had|has|have)(?:n['’]t|\s+not)|failed\s+to|fails\s+to|never|neglected\s+to)"
# A plan foresees nothing, and a review overlooks nothing: whoever made them did.
UNFORESEEN = re.compile(
    r"\b(?:changes?|plans?|planning|design|fix|patch|migration|upgrade|release|rollout|refactor(?:ing)?|estimates?|"
    r"calculations?|assessments?|proposal|procedure|process|runbook|playbook|schedule|analysis|implementation|"
    rf"preparations?)\s+(?:also\s+)?{_NOT}\s+(?:\w+ly\s+)?"
    r"(?:consider(?:ed)?|account(?:ed)?\s+for|anticipated?|fores(?:ee|aw|een)|envisaged?|expect(?:ed)?|factor(?:ed)?|"
    r"tak(?:e|en)\s+(?:\w+\s+){0,4}into|allow(?:ed)?\s+for)\b",
    re.I,
)
OVERLOOKED = re.compile(
    r"(?<!our\s)\b(?:reviews?|testing|qa|audits?|inspections?|"
    r"planning|triage|due\s+diligence|walk-?through|rehearsal)\s+"
    rf"(?:{_NOT}\s+(?:\w+ly\s+)?(?:catch|caught|detect|spot|notice|identify|reveal|expose|uncover|cover|include|"
    r"find|flag|surface|pick\s+(?:\w+\s+)?up|discover|show|highlight|exercise|simulate)\w*|missed|overlooked|ignored)\b",
    re.I,
)
# Only somebody who looks finds or concludes; “the investigation showed” is left alone, as is “our investigation”.
FOUND = re.compile(
    r"(?<!our\s)(?<!their\s)\b(?:investigations?|analysis|audit(?:\s+activity)?|review|inspection|troubleshooting|debugging|"
    r"triage|diagnosis|post-?mortem|research)\s+(?:\w+ly\s+)?"
    r"(?:discover(?:s|ed)|uncover(?:s|ed)|identif(?:ies|ied)|conclude[sd]|determine[sd]|decide[sd]|established|found)\b",
    re.I,
)
# With a word that each of their matches has: looking for plain words first takes a fifth of the time.
PATTERNS = (
    (("error", "sight", "typo", "mistake", "mix", "commun", "config", "stand", "calcul", "finger", "assum"), OVERSIGHT),
    (("error", "sight", "typo", "mistake", "slip", "mix", "commun", "finger"), SLIP),
    ((" un", "without"), UNSEEN),
    (("slip", "fell", "falls", "gets", "got", "leaked", "crept", "snuck", "sneaked"), SLIPPED),
    (("made i", "makes i", "making i", "found i", "finds i"), MADE_IT),
    (
        ("consider", "account", "anticip", "fores", "envisage", "expect", "factor", "take", "taking", "allow"),
        UNFORESEEN,
    ),
    (
        ("review", "testing", "qa", "audit", "inspection", "planning", "triage", "diligence", "walk", "rehears"),
        OVERLOOKED,
    ),
    (("discover", "uncover", "identif", "conclude", "determine", "decide", "establish", "found"), FOUND),
)


Signs = tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]


def signs_in(text: str) -> Signs:
    """The patterns that can be found in the text at all, each with those of its words that stand there."""
    low = text.lower()
    present = ((tuple(word for word in words if word in low), pattern) for words, pattern in PATTERNS)
    return tuple((words, pattern) for words, pattern in present if words)


def thing_as_doer(sentence: str, signs: Signs) -> tuple[int, int] | None:
    """Where a thing does what somebody did, or left undone."""
    went = next((went for went in WENT.finditer(sentence) if _is_deed(sentence[: went.start()])), None)
    if went:
        return went.span()
    low = sentence.lower()
    accident = next((found for found in ACCIDENT.finditer(low) if _is_gerund_or_deed(found[1])), None)
    if accident:
        return accident.span()
    for words, pattern in signs:
        if any(word in low for word in words) and (found := pattern.search(sentence)):
            return found.span()
    return None


def _is_gerund_or_deed(word: str) -> bool:
    return is_gerund(word) or word in deeds.DEED_NOUNS


def _is_deed(before: str) -> bool:
    """Whether the subject is a deed: “the upgrade”, “the planned upgrade of the cluster”."""
    words = [word for word in re.findall(r"[a-z][\w-]*", before[-200:].lower()) if not word.endswith("ly")][-5:]
    head = words[: words.index("of")] if "of" in words else words
    return bool(head) and deeds.is_deed_noun(head[-1])
