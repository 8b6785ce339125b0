"""What a section is for, by its heading: the words of many house styles and templates."""

from __future__ import annotations

import re
from enum import StrEnum


class Role(StrEnum):
    """What stands in a section. `OTHER` ends a section that went before it."""

    ACTIONS = "actions"
    TIMELINE = "timeline"
    CAUSES = "causes"
    SUMMARY = "summary"
    OTHER = "other"


_ACTIONS = r"""
    action\s+(?:items?|points?|plan|steps?|register|list) | actions | action
  | follow[\s-]?ups?(?:\s+(?:actions?|items?|tasks?|work|tickets?|issues?))? | next\s+steps?
  | (?:future|further)\s+(?:actions?|steps|work|improvements?|measures?|prevention|plans?)
  | to[\s-]?do(?:s|\s+list)? | tasks
  | (?:corrective|preventi?ve|preventative|remedial|mitigating)\s+(?:(?:and|&|/)\s+\w+\s+)?(?:actions?|measures?|steps)
  | remediations?(?:\s+(?:items?|plan|actions?|steps))? | counter-?measures
  | (?:planned|proposed|suggested|process(?:/policy)?|technical|documentation|monitoring)
    \s+(?:improvements?|changes|fixes|work)
  | improvements? | (?:moving|going)\s+forwards?
  | (?:short|medium|mid|long)(?:er)?[\s-]*term
    (?:\s+(?:actions?|fix(?:es)?|solutions?|items?|plans?|improvements?|measures?))?
  | what\s+(?:are\s+we|we\s+are|we['’]re|will\s+we|we\s+will)\s+(?:doing|do|change|changing)\b.*
  | how\s+(?:do|will|can)\s+we\s+(?:prevent|avoid|stop)\b.* | (?:prevention|preventing)\b.*
  | how\s+to\s+(?:fix|prevent)(?:\s+it)? | jira\s+(?:tickets?|issues?) | (?:action|follow-?up|related)\s+tickets
  | ma(?:ß|ss)nahmen | n(?:ä|ae)chste\s+schritte | actions?\s+(?:correctives?|préventives?) | prochaines\s+étapes
  | acciones(?:\s+\w+)? | próximos\s+pasos | ações(?:\s+\w+)? | azioni(?:\s+\w+)? | acties | actiepunten | åtgärder
  | tiltak
"""
_TIMELINE = r"""
    (?:\w+\s+){0,2}time\s?line\b.* | chronology | (?:key|sequence\s+of|log\s+of)\s+events | events | incident\s+log
  | zeit(?:achse|verlauf|leiste) | ablauf | chronologie | cronolog[ií]a | linha\s+do\s+tempo | tijdlijn | tidslinje
"""
_CAUSES = r"""

  | (?:the\s+)?(?:root|underlying|proximate|direct|probable)\s+causes?
    (?:\s+(?:analysis|identification|and\s+\w+|of\s+the\s+\w+))?(?:\s*:.*)?
  | rca | causes? | contributing\s+(?:factors?|causes?)
  | why(?:\s+(?:did\s+)?(?:it|this|the\s+event)\s+happen(?:ed)?)? | (?:the\s+)?5\s+whys | (?:the\s+)?five\s+whys
  | trigger | fault | causas?(?:\s+ra[ií]z)? | (?:grund)?ursachen? | causes?\s+racines? | oorzaak | orsak | årsag
"""
_SUMMARY = r"""
    (?:(?:incident|issue|executive|event|postmortem|outage)\s+)?(?:summary|overview|synopsis|abstract|description)
  | what\s+happened | tl;?dr | zusammenfassung | résumé | resumen | resumo | riepilogo | samenvatting
  | sammanfattning | sammendrag
"""
_OTHER = r"""
    (?:customer\s+|user\s+|business\s+)?impacts? | (?:the\s+)?lessons?(?:\s+learn(?:ed|t))?
  | (?:what|things\s+that)\s+(?:went|worked|didn['’]t|could|we)\b.* | where\s+we\s+(?:got|were)\s+\w+ | detection
  | response | recovery | resolution(?:\s+and\s+recovery)? | resolved | mitigation | background | context
  | lead[\s-]?up | identified | supporting\s+(?:information|material|documents?) | references | links | appendix
  | attendees | participants | responders | stats | statistics | metrics | messaging | glossary | status
  | communications? | how['’]?d\s+we\s+do\?? | conclusion | severity | duration
  | time\s+to\s+(?:repair|resolve|detection|recovery) | backlog\s+check | recurrence | acknowledge?ments?
  | technical\s+(?:elements|details?)
"""
# "Actions taken" tells what was done during the incident: it promises nothing.
TAKEN = re.compile(
    r"\b(?:taken|performed|carried\s+out|during\s+the\s+(?:incident|outage)|already\s+(?:done|completed)|so\s+far)\b|\(completed\)",
    re.IGNORECASE,
)
_QUALIFIERS = r"""
    (?:(?:our|the|some|key|open|main|all|immediate|urgent|planned|recommended|proposed|possible|review|incident|post[\s-]?(?:incident|mortem)|agreed
     |follow[\s-]?up|completed|outstanding|remaining|new|other|additional|identified|required|short|long|medium|term|high|low|priority|improvement)[\s-]+)*
"""
_SUFFIX = r"(?:\s+(?:following|from|for|after|of|to|this|the|review|incident|postmortem|and|items|next)\b.*)?"


def _compiled(words: str, loose: bool = False) -> re.Pattern[str]:
    body = rf"(?:{_QUALIFIERS})(?:{words})(?:{_SUFFIX})" if loose else f"(?:{words})"
    return re.compile(body, re.IGNORECASE | re.VERBOSE)


ROLES = (
    (Role.TIMELINE, _compiled(_TIMELINE)),
    (Role.CAUSES, _compiled(_CAUSES)),
    (Role.SUMMARY, _compiled(_SUMMARY)),
    (Role.OTHER, _compiled(_OTHER)),
    (Role.ACTIONS, _compiled(_ACTIONS, loose=True)),
)
NUMBERING = re.compile(r"^(?:(?:section\s+)?[\dIVX]+(?:\.\d+)*[.):]\s+|[^\w\s(]+\s*)+")
BRACKETED = re.compile(r"\s*\([^)]*\)\s*$")
MOST_WORDS = 10


def role_of(heading: str) -> Role | None:
    """The role that a heading gives to what follows; None where it says nothing known.

    >>> role_of("3. Action items:"), role_of("Actions taken"), role_of("Checkout")
    (<Role.ACTIONS: 'actions'>, <Role.OTHER: 'other'>, None)
    """
    words = BRACKETED.sub("", NUMBERING.sub("", heading.strip())).strip(" :#*_.-–—?!").strip()
    if not words or len(words.split()) > MOST_WORDS:
        return None
    for role, pattern in ROLES:
        if pattern.fullmatch(words):
            return Role.OTHER if role is Role.ACTIONS and TAKEN.search(heading) else role
    return None
