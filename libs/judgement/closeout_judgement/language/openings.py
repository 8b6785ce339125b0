"""How an action item opens: marks, tickets, reasons, occasions, whoever is to act. The promise follows."""

from __future__ import annotations

import re

from closeout_judgement.language.words import word_set

# What stands before the promise itself: marks, tickets, priorities, words of whoever keeps the list.
BEFORE = re.compile(
    r"""
    (?: \[[\w/.-]{0,16}\](?!\()\W+(?=[A-Za-z]) | [^\w\[]+ | \[ | \#\d+\W*
      | (?:high|medium|low|p[0-4]|prio(?:rity)?\s*\d|must|todo|to-do|ai|action(?:\s+item)?s?|task|done|tbd
        |wip)\b(?=\W*[A-Z:\[(-])[:\W]*
      | (?:a\s+)?(?:ticket|issue|card|story|pr)s?\s+(?:was\s+|has\s+been\s+)?(?:raised|created|opened|filed
        |logged)\s+(?:to|for|on)\s+
      | (?:the\s+)?team\s+(?:has\s+)?(?:discussed|talked)\s+(?:about\s+)?
      | leads?\s+to\s+ | (?:therefore|also|then|first(?:ly)?|finally|lastly|additionally|instead(?!\s+of)|next
        |furthermore|moreover|likewise|similarly|accordingly|consequently|hence|thus|eventually|secondly|thirdly
        |secondarily|and|so|already)\W+
      | (?:second|third|last|further|finally)\s*,\s+
      | in\s+the\s+(?:short|long|medium|near)(?:er)?[\s-]+(?:term|future)\W+ | (?:short|long|medium)[\s-]+term\W+
      | (?:going|moving)\s+forward\W+ | (?:in|as\s+a)\s+(?:addition|result|parallel|consequence|follow-?up)\s*,\s+
      | review\s+actions?\W+ | as\s+part\s+of\s+[\w\s]{3,40},\s+
    )+
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "We should", "Ops needs to", "let's": whoever is to act. The promise follows.
ACTOR = re.compile(
    r"""
    (?:(?:the\s+)?(?:we|i|they|you|everyone|everybody|(?:[\w-]+\s+){0,3}(?:team|teams|engineers?|admins?|developers?
      |on-?call|sre|ops)))
      (?:['’](?:ll|ve|re|d|m)|\s+(?:also\s+)?(?:should|will|must|shall|can|could|would\s+like\s+to
        |(?:may|might|should|could)\s+(?:also\s+)?want\s+to|need(?:s)?\s+to
        |want(?:s)?\s+to|have\s+to|
        has\s+to|ought\s+to|are|is|have|has|plan(?:s)?\s+to|intend(?:s)?\s+to|had\s+better|am|might))
      (?:\s+(?:also|now|already|currently|still|all|both|just|actively|immediately|further|soon|shortly|then|therefore
        |going\s+to|(?:plann|look|hop|aim|intend|start|beginn|continu)ing\s+to|working\s+(?:on|to(?:wards?)?)
        |in\s+the\s+(?:process|middle|course)\s+of|begun|started|(?:committed|resolved|decided|agreed)\s+to
        |be\s+able\s+to|been|to|be(?=\s+\w+ing)))*\s+
    | (?:our|the|one|a)\s+(?:[\w-]+\s+)?(?:aim|goal|intention|objective|plan|hope|step)\s+(?:is|will\s+be)\s+to\s+
    | (?:efforts?|work)\s+(?:is|are|has|have)\s+(?:already\s+)?(?:under\s?way|ongoing|begun|started|in\s+progress)
      \s+(?:to(?:wards?)?|on)\s+
    | (?:we|i)\s+(?=(?:take|continue|commit|strive|work)\s)
    | (?:we|i)\s+(?:(?:also|already|now|then|since|immediately)\s+)?(?=(?!need)[a-z]+ed\s)
    | let['’]?s\s+ | please\s+ | (?:need|needs|have|want|plan|planning|aim)\s+to\s+ | must\s+ | should\s+
    | to\s+(?=[a-z])
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Why, or when, before who is to act: “To avoid this in the future, we have …”, “Over the next weeks, the team is …”.
LEAD = re.compile(
    r"""
    (?:(?:in\s+order\s+)?to|so\s+as\s+to|because|since|as|while|whilst|although|though|given|due|following|after|before
      |prior|when|once|if|until|over|during|within|in|for|with|without|based|from|at|by|on|beyond|besides|apart|aside
      |despite|until|unless|instead|rather|thanks|alongside|together|similarly|where)\b
    (?:[^.;:?!]{2,200}?,|\s+the\s+(?:next|coming|following)(?:\s+\w+){1,3}?
      |(?<=since|after)(?:\s+[\w-]+){1,4}?|(?<=following)(?:\s+[\w-]+){1,4}?)\s+
    (?=(?:we|i|they|let['’]?s|please)\b|(?:the|our)\s+(?:[\w-]+\s+){0,3}(?:team|teams|engineers|developers)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# “There are two areas that we are …”, “One thing we want to …”.
PRESENTED = re.compile(
    r"(?:there\s+(?:is|are)|(?:the\s+)?(?:one|another|first|second|third|next|last|other|main|key|some|two|"
    r"three|several))\b"
    r"[^.;:,?!]{1,60}?\s(?=(?:we|i)(?:['’]|\s))",
    re.IGNORECASE,
)
# What people do whenever it comes up again: “When deploying, …”, “If you need …, …”, “Before a migration, …”.
OCCASION = re.compile(
    r"(?:when(?:ever)?|if|while|during|before|prior\s+to|after|every\s+time)\s+"
    r"(?:(?:you|we|people|anyone|somebody|someone)\b[^.;:?!]{2,120}?|(?:[a-z]+ing\b[^.;:?!,]{0,60}?)|"
    r"(?:(?:an?|any|each|every)\s+)?[\w-]+),\s+(?=[a-z])",
    re.IGNORECASE,
)
HEADING = re.compile(r"[^:.?!]{3,60}:\s+(?=\S+\s+\S+)")
# “Daniel to look into …”, “Ops will review …”. A thing is for something, too (“Tool to analyse …”): it is no name.
NAMED = re.compile(r"(?:[A-Z][\w.’'-]*(?:\s*(?:,|/|&|\+|\band\b)\s*|\s+)){1,3}(?:to|will)\s+(?=[a-z])")
NAMES_A_THING = re.compile(
    r"(?:\w*(?:ity|ion|ment|ness|ing|ance|ence|ure|ism|sis|ty)|tools?|scripts?|alerts?|options?|ways?|plans?|"
    r"jobs?|bots?|"
    r"tests?|checks?|checklists?|quer(?:y|ies)|process|proposals?|projects?|time|steps?|work|efforts?|tasks?|next|"
    r"need|needs|want|have|has|dashboards?|reports?|runbooks?|pages?|docs?|logs?|metrics?|features?|commands?|how|what|"
    r"where|when|which|framework|system|service|workflow|pipeline|template|rfc|spike|[A-Z]*s)$",
    re.IGNORECASE,
)
# In a question without its mark the verb stands before who or what it is about.
INVERTED = word_set("we i you they it he she there the a an this that these those our your their any")
QUOTED = re.compile(r"\S\s+(?:\"[^\"]*\"|“[^”]*”|\([^()]*\))")
