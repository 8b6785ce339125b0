"""A quarter as a file: Markdown, slides, one HTML page with pictures, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from closeout_judgement.documents.escaping import escaped
from closeout_judgement.patterns.pages.html import html
from closeout_judgement.patterns.pages.markdown import markdown
from closeout_judgement.patterns.sentences import duration
from closeout_review.commands.meta_review_answer import reading_as_json
from closeout_review.commands.quarter_reading import Followed, Reading
from closeout_review.domain.meta_review import Proposal


@dataclass(frozen=True, slots=True)
class Form:
    """How a reading is written: the text, given the address of the pages; its media type; its file's ending."""

    write: Callable[[Reading, str], str]
    kind: str
    ending: str


def decided_lines(reading: Reading) -> Iterator[tuple[str, list[str]]]:
    """What people made of the quarter, in parts: earlier proposals first, then what stands, then what is proposed."""
    yield "What the last proposals came to", [_followed(one) for one in reading.followed]
    findings = reading.material.findings
    yield "Confirmed", [f"{one.content.title}: {one.content.sentence}" for one in findings if one.stands]
    dismissed = [one for one in findings if one.decided and not one.stands]
    yield "Dismissed", [f"{one.content.title}: {one.decided.reason}" for one in dismissed if one.decided]
    yield "Structural proposals", [_proposal(one) for one in reading.proposals]
    missing = len(reading.should_have_had_one)
    count = len(reading.without_review)
    without = f"{count} incident{'s have' if count != 1 else ' has'} no published review; {missing} should have one."
    yield "Without a review", [without] if reading.without_review else []


def _followed(one: Followed) -> str:
    counts = one.counts.sentence() if one.counts else "its pattern cannot be counted."
    return f"{one.proposal.quarter}: {one.proposal.idea.item.text} ({one.standing}). {counts}"


def _proposal(one: Proposal) -> str:
    idea = one.idea
    count = len(idea.prevents)
    because = f" ({one.reason})" if one.reason else ""
    return (
        f"{idea.item.text.rstrip('.')}. Would have prevented at most {count} incident{'s' * (count != 1)}, "
        f"{duration(idea.minutes)}. "
        f"Rough cost: {idea.cost.value} of one team. Proposed by {one.proposed_by or 'the reader'} to "
        f"{idea.proposed_to}; {one.decision or 'not decided'}{because}."
    )


def _markdown(reading: Reading, _url: str) -> str:
    """A part a slide, parted by rules: as it is read by pandoc, Marp and reveal.js."""
    parts = [markdown(reading.review)]
    for name, lines in decided_lines(reading):
        if lines:
            parts.append(f"## {name}\n\n" + "".join(f"- {escaped(line)}\n" for line in lines))
    return "\n---\n\n".join(parts)


def _html(reading: Reading, url: str) -> str:
    parts = "".join(
        f"<h2>{escape(name)}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
        for name, lines in decided_lines(reading)
        if lines
    )
    return html(reading.review, lambda incident: f"{url}/incidents/{incident}", parts)


def _json(reading: Reading, _url: str) -> str:
    return json.dumps(reading_as_json(reading), ensure_ascii=False, indent=2) + "\n"


FORMS: Mapping[str, Form] = {
    "markdown": Form(_markdown, "text/markdown", "md"),
    "html": Form(_html, "text/html", "html"),
    "json": Form(_json, "application/json", "json"),
}
