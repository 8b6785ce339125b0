"""References to tickets and pull requests in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Paths under which the trackers keep their issues, tickets and changes.
TRACKED = re.compile(
    r"/(?:issues?|pull|pulls|merge_requests|work_items|pull-requests|browse|boards|tickets?|stories|story|bugs?|tasks?|incidents|discussions)/"
    r"[\w-]*\d|/issue/[A-Z]+-\d|show_bug\.cgi\?id=\d|selectedIssue=|app\.asana\.com/|trello\.com/c/|/T\d{3,}\b|shortcut\.com/",
    re.IGNORECASE,
)
# ABC-123, but not the names of encodings, algorithms and advisories.
KEY = re.compile(
    r"(?<![\w/.-])(?!(?:UTF|SHA|ISO|RFC|AES|CVE|HTTP|TLS|SEV|UTC|GMT|IPV|MD|EC|US|EU|AP|COVID|PM|CP|SP|Q|W)-\d)[A-Z][A-Z0-9]{1,9}-\d{1,6}\b(?!-\d)"
)
NUMBER = re.compile(r"(?<![\w&/#])(?:[\w.-]{1,60}/[\w.-]{1,100})?[#!]\d{1,6}\b")


def tickets_in(text: str, links: Sequence[str] = ()) -> tuple[str, ...]:
    """Links to tickets first; then keys (OPS-12) and numbers (#34) that no link stands for.

    >>> tickets_in("Alert on queue age, OPS-12 (#34)", ["https://example.org/x/y/issues/34"])
    ('https://example.org/x/y/issues/34', 'OPS-12')
    """
    linked = [link for link in dict.fromkeys(links) if TRACKED.search(link) or KEY.fullmatch(link)]
    written = [*KEY.findall(text), *NUMBER.findall(text)]
    ends = {re.split(r"[/=]", link.split("#")[0].rstrip("/"))[-1].upper() for link in linked}
    return (*linked, *(one for one in dict.fromkeys(written) if re.split(r"[#!]", one)[-1].upper() not in ends))
