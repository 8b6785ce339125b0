"""An owner who is not one person: nobody, a bot, a mailing list, a team, a role, or several."""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeout_judgement.finding import Finding, Lint

LONGEST_NAME = 120
WHO = "Which person, by name, will do it?"

_TEAM = (
    r"teams?|squad|tribe|group|department|dept|crew|guild|chapter|committee|board|unit|division|organi[sz]ation|"
    r"company|vendor|"
    r"engineering|infrastructure|infra|platform|security|networking|operations|support|product|legal|marketing|"
    r"finance|management|leadership|"
    r"engineers|developers|admins|maintainers|owners|leads|managers|on-?calls?|sres?|ops|devops|dbas|netops|secops|"
    r"it|qa|noc|soc|helpdesk"
)
_ROLE = (
    r"(?:engineer|developer|manager|lead|leader|architect|administrator|admin|sysadmin|dba|director|officer|"
    r"head\s+of\s+\w+|vp|cto|ceo|cio|"
    r"ciso|coordinator|commander|owner|maintainer|analyst|specialist|technician|intern|contractor|responder|"
    r"reviewer|person|author)"
)
RULES = tuple(
    (code, re.compile(pattern, re.IGNORECASE), reason, ask)
    for code, pattern, reason, ask in (
        (
            "owner-is-placeholder",
            r"^\W*(?:tb[adc]|to\s+be\s+\w+|\?+|-+|n/?a|none|nobody|no\s+one|some(?:one|body)(?:\s+\w+)?|any(?:one|"
            r"body)|every(?:one|body)|all|us|we|"
            r"unassigned|unowned|unknown|open|pending|volunteers?(?:\s+\w+)?|whoever.*|not\s+(?:yet\s+)?\w+|xxx+|"
            r"owner|name|@)\W*$|^[\s?–—_-]+$",
            "That names nobody.",
            WHO,
        ),
        (
            "owner-is-bot",
            r"\[bot\]$|\bbot\W*$|^(?:noreply|no-reply)@|^dependabot|^renovate\W*$",
            "That is a bot, not a person.",
            WHO,
        ),
        (
            "owner-is-mailing-list",
            rf"^[\w.+-]*\b(?:all|list|info|help|alerts|dev|eng|{_TEAM})\b[\w.+-]*@[\w-]+\.",
            "That address looks like a mailing list, and nobody is known by it.",
            "Which person, by name, of those who read it will do it?",
        ),
        (
            "owner-is-several",
            r"^[^,;&/+]*\w[^,;&/+]*(?:,|;|/|&|\+|\band\b|\bor\b)\s*[^,;&/+\s][^@]*$|^@[\w-]+(?:\s*(?:,|;|/|&|\+|and|"
            r"or|\s)\s*@[\w-]+)+\s*$",
            "It names several owners; one person answers for it.",
            "Which one of them answers for it? The others can help.",
        ),
        (
            "owner-is-team",
            rf"^@?[\w.-]+/[\w.-]+$|(?:^|[\s@_-])(?:{_TEAM})\W*$|^#[\w-]+$|\b(?:team|squad)\b",
            "That is a team, not a person.",
            "Which person, by name, of that team will do it?",
        ),
        (
            "owner-is-role",
            rf"^\W*(?:(?:the|a|an|our)\s+)?(?:[\w-]+\s+){{0,3}}{_ROLE}(?:\s+(?:on|of|for|in)\s+.*)?\W*$",
            "That is a role: whoever holds it then has promised nothing.",
            "Who holds it, by name, and will do it?",
        ),
    )
)
# A name may end like a role; two words that both begin with a capital, without an article, are taken for a name.
_ORG_SLASH = re.compile(r"^@?[\w.-]+/[\w.-]+$")


def find(text: str) -> Iterator[Finding]:
    """What `text` is, if not one person's name. The first rule that applies."""
    if not text.strip():
        yield Finding("owner-missing", LINT.name, 0, len(text), text, "It has no owner.", "Who will do it?")
        return
    begin = text[:LONGEST_NAME]
    for code, pattern, reason, ask in RULES:
        if code == "owner-is-several" and _ORG_SLASH.match(text.strip()) and text.strip().startswith("@"):
            continue
        found = pattern.search(begin)
        if found:
            yield Finding(code, LINT.name, 0, len(text), text, reason, ask)
            return


LINT = Lint(
    "owner",
    ("owner-missing", *(code for code, *_ in RULES)),
    find,
    passing=("Kim Doe", "@kimd", "kim.doe@example.com", "Dr. Ana Pérez-Ruiz", "Opsahl", "Li Wei"),
    failing={
        "": "owner-missing",
        "TBD": "owner-is-placeholder",
        "someone": "owner-is-placeholder",
        "renovate[bot]": "owner-is-bot",
        "platform-team@example.com": "owner-is-mailing-list",
        "the payments team": "owner-is-team",
        "SRE": "owner-is-team",
        "@acme/storage": "owner-is-team",
        "#payments": "owner-is-team",
        "Engineering manager": "owner-is-role",
        "the on-call engineer": "owner-is-role",
        "Kim and Ana": "owner-is-several",
        "@kimd, @ana": "owner-is-several",
    },
)
