"""What law, security or an auditor demands: tickets that exist already, linked, shown apart, never counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeout_review.domain.draft import Draft, Mandated
from closeout_review.domain.refusal import DEMANDED, Refusal, question

WEB_ADDRESS = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?")


def mandated_refusals(draft: Draft) -> Iterator[Refusal]:
    """What is missing in each of the draft's mandated tickets."""
    for index, one in enumerate(draft.mandated):
        yield from refusals_of(one, f"mandated[{index}]")


def refusals_of(one: Mandated, where: str) -> Iterator[Refusal]:
    """What is missing: without it, anything could be called mandated, and three would not stay three."""
    told = one.title or one.url
    if one.demanded_by is None:
        ask = question("Is it law, security or an auditor that demands it? Else it is an action item like the others.")
        yield Refusal(
            "mandated-by-missing", DEMANDED, f"{where}.demanded_by", told, "It does not say who demands it.", ask
        )
    if not one.why:
        ask = question("Which law and paragraph, which security finding, which audit demands it?")
        yield Refusal("mandated-why-missing", DEMANDED, f"{where}.why", told, "It does not say what demands it.", ask)
    if not WEB_ADDRESS.fullmatch(one.url):
        reason = f"“{one.url}” is no web address." if one.url else "It names no ticket."
        ask = question("What is the address of the ticket that exists already?")
        yield Refusal("mandated-ticket-missing", DEMANDED, f"{where}.url", one.url, reason, ask)
