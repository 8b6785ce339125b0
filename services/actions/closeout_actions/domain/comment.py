"""What an open ticket says when the incident that it was to prevent came back. The planning meeting reads it."""

from __future__ import annotations

from closeout_schemas.postmortems import Recurrence
from closeout_schemas.vocabulary import Severity


def comment(one: Recurrence) -> str:
    """Recurred on, how long, how many people, the how-manieth time, and where to read on."""
    minutes = max(0, round((one.resolved_at - one.opened_at).total_seconds() / 60))
    took = f"{minutes} minute{'' if minutes == 1 else 's'}"
    paged = f", {one.people_paged} {'person' if one.people_paged == 1 else 'people'} paged" if one.people_paged else ""
    severity = "" if one.severity is Severity.UNKNOWN else f" ({one.severity.value})"
    service = f" on {_line(one.service)}" if one.service else ""
    lines = [
        f"This recurred on {one.opened_at:%Y-%m-%d %H:%M} UTC while this ticket was open: {took}{paged}, "
        f"for the {ordinal(one.time)} time.",
        "",
        f"The incident: {_line(one.incident_title) or 'without a title'}{service}{severity}",
    ]
    if one.incident_url:
        lines.append(one.incident_url)
    if one.postmortem.url:
        lines += ["", "The review in which this was promised:", one.postmortem.url]
    return "\n".join(lines)


def ordinal(number: int) -> str:
    """2nd, 3rd, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _line(text: str) -> str:
    """On one line, and no markup of its own: somebody else's words must not begin a heading or name people."""
    words = " ".join(text.split())[:200]
    return words.replace("@", "@\u200b").replace("#", "#\u200b").replace("`", "'").replace("<", "‹").replace(">", "›")
