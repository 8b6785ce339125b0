"""The quarterly reading as one HTML page: no script, nothing to load, readable in one sitting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape

from closeout_judgement.patterns.candidate import Candidate
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.pages.style import CSS
from closeout_judgement.patterns.pages.told import (
    NO_QUESTION,
    QUESTIONS_ARE,
    SILENCE,
    called,
    compared,
    inside,
    marks,
    proposal_lines,
    runbook_told,
    strength,
    summary,
    untested,
)
from closeout_judgement.patterns.review import MetaReview
from closeout_judgement.patterns.sentences import duration, interval, number, sentence, spoken, title

# A page with more strips is no more read: those of the patterns come first, then the longest.
MOST_STRIPS = 100
MOST_NAMED = 60
WIDE = 320
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

Address = Callable[[str], str | None]  # where an incident's own page is


def html(review: MetaReview, address: Address = lambda _: None, decided: str = "") -> str:
    """The whole page. With `address`, each incident leads to its own page, where the verbatim entries are.

    `decided`: what people made of it, as HTML; it stands first.
    """
    heading = f"Meta-review {review.history.quarter}"
    body = "".join(
        [
            f"<header><h1>{heading}</h1><p class=faint>{escape(summary(review))}.</p></header>",
            decided,
            "<div class=sheet><section>",
            *_patterns(review),
            *_proposals(review),
            "</section><section>",
            *_strips(review, address),
            "</section></div>",
            *_questions(review),
            *_untested(review),
        ]
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{heading}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{CSS}</style></head>'
        f"<body>{body}</body></html>\n"
    )


def _patterns(review: MetaReview) -> Iterator[str]:
    yield "<h2>Patterns</h2>"
    if not review.patterns:
        yield f"<p>{SILENCE}</p>"
    shown = {one.id for one in _shown(review)}
    for count, finding in enumerate(review.patterns, 1):
        candidate = finding.candidate
        yield f'<article class=card id="pattern-{count}">'
        yield f"<h3><span class=badge>{count}</span> {escape(title(candidate))}</h3>"
        yield f"<p>{escape(sentence(finding))}</p>{_bars(candidate)}"
        yield f"<p class=faint>{escape(interval(candidate))}. {escape(compared(finding))} {escape(inside(finding))} "
        yield f"{strength(finding.tested)}.</p>{_links(candidate.hits, shown)}</article>"


def _bars(candidate: Candidate) -> str:
    """Observed above expected, with the exact interval as a line, on one scale of incidents."""
    low, high = candidate.interval
    scale = WIDE / max(high, candidate.observed, candidate.expected, 1)
    return (
        f'<svg viewBox="0 0 {WIDE + 90} 42" role="img" aria-label="{candidate.observed} observed, '
        f'{number(candidate.expected)} expected">'
        f'<rect class=observed x=0 y=4 width="{candidate.observed * scale:.1f}" height=12 rx=2 opacity=".85"/>'
        f'<line class=range x1="{low * scale:.1f}" x2="{high * scale:.1f}" y1=10 y2=10 />'
        f'<text x="{WIDE + 8}" y=14>{candidate.observed} observed</text>'
        f'<rect class=expected x=0 y=22 width="{max(1.0, candidate.expected * scale):.1f}" height=12 rx=2 />'
        f'<text x="{WIDE + 8}" y=32>{number(candidate.expected)} expected</text></svg>'
    )


def _links(hits: Sequence[Occurrence], shown: set[str]) -> str:
    names = [
        f'<a href="#incident-{escape(hit.id)}">{escape(called(hit))}</a>' if hit.id in shown else escape(called(hit))
        for hit in hits[:MOST_NAMED]
    ]
    more = f" and {len(hits) - MOST_NAMED} more" if len(hits) > MOST_NAMED else ""
    return f"<p class=ids>{', '.join(names)}{more}</p>"


def _proposals(review: MetaReview) -> Iterator[str]:
    yield "<h2>Proposals</h2>"
    if not review.proposals:
        yield "<p>None by itself: no test found a pattern to build on.</p>"
    for proposal in review.proposals:
        lines = _definitions(proposal_lines(proposal))
        yield f"<article class=card><h3>{escape(proposal.change)}</h3>{lines}</article>"


def _shown(review: MetaReview) -> list[Occurrence]:
    numbered = marks(review)
    first = sorted(review.history.now, key=lambda one: (one.id not in numbered, -one.minutes))[:MOST_STRIPS]
    return sorted(first, key=lambda one: (one.opened_at, one.id))


def _strips(review: MetaReview, address: Address) -> Iterator[str]:
    shown, every = _shown(review), len(review.history.now)
    yield "<h2>The quarter, incident by incident</h2>"
    if len(shown) < every:
        yield f"<p class=faint>{len(shown)} of {every}: those of the patterns, and the longest.</p>"
    if not shown:
        yield "<p>No incident.</p>"
        return
    months = MONTHS[3 * (review.history.quarter.number - 1) :][:3]
    yield f"<div class=months><span></span><span class=axis>{''.join(f'<b>{month}</b>' for month in months)}</span>"
    yield "<span></span></div><div class=strips>"
    numbered = marks(review)
    for one in shown:
        yield from _strip(review, one, numbered.get(one.id, []), address)
    yield "</div>"


def _strip(review: MetaReview, one: Occurrence, numbers: Sequence[int], address: Address) -> Iterator[str]:
    begin, end = (edge(review.history.zone) for edge in (review.history.quarter.begins, review.history.quarter.ends))
    whole = (end - begin).total_seconds()
    left = max(0.0, min(1.0, (one.opened_at - begin).total_seconds() / whole))
    width = min(1 - left, one.minutes * 60 / whole)
    badges = "".join(f'<a class=badge href="#pattern-{count}">{count}</a>' for count in numbers)
    yield f'<details id="incident-{escape(one.id)}"{" class=marked" if numbers else ""}><summary>'
    yield f"<span class=name>{escape(_name(one))}</span>"
    yield f'<span class=track><i style="left:{left:.2%};width:{width:.2%}"></i></span><span>{badges}</span></summary>'
    yield _definitions(_told(one))
    where = address(one.id)
    if where is not None:
        yield f'<p class=ids><a href="{escape(where)}">The verbatim entries</a></p>'
    yield "</details>"


def _name(one: Occurrence) -> str:
    pages = f" ×{len(one.records)}" if len(one.records) > 1 else ""
    return f"{called(one)} {one.records[0].service}{pages}"


def _told(one: Occurrence) -> Mapping[str, str]:
    first = one.records[0]
    opened = f"{one.opened_at:%a %d %B, %H:%M}" if first.has_hour else f"{one.opened_at:%a %d %B}"
    lines = {
        "Opened": opened + (f", resolved after {duration(one.minutes)}" if one.minutes else ""),
        "Pages": f"{len(one.records)}, counted as one" if len(one.records) > 1 else "",
        "Severity": first.severity or "",
        "Services": ", ".join(sorted(one.services)),
        "Team": first.service_team or "",
        "Dependencies": ", ".join(sorted(one.dependencies)),
        "Failure modes": ", ".join(map(spoken, sorted(one.failure_modes))),
        "On call": ", ".join(sorted({who.team for who in first.responders if who.on_call and who.team})),
        "Alert": ", ".join(sorted(one.alerts)),
        "Set off by": ", ".join(map(spoken, sorted(one.changes))),
        "Vendors": ", ".join(sorted(one.vendors)),
        "Runbook": runbook_told(one),
        "Earlier catch": ", ".join(map(spoken, sorted(one.controls))),
        "Promised": "; ".join(f"{item.text} ({item.state or 'state not known'})" for item in one.promises),
    }
    return {name: text for name, text in lines.items() if text}


def _definitions(lines: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines.items()) + "</dl>"


def _questions(review: MetaReview) -> Iterator[str]:
    yield f"<h2>Worth a question</h2><p class=faint>{QUESTIONS_ARE if review.questions else NO_QUESTION}</p><ul>"
    yield from (f"<li>{escape(sentence(one))}</li>" for one in review.questions)
    yield "</ul>"


def _untested(review: MetaReview) -> Iterator[str]:
    yield "<h2>Not tested</h2><ul class=faint>"
    yield from (f"<li>{escape(kinds)}: {escape(why.replace('`', ''))}</li>" for kinds, why in untested(review).items())
    yield "</ul>"
