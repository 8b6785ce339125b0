"""A ticket in GitHub's Markdown: title, body, and the mark by which it is found again."""

from __future__ import annotations

from closeout_actions.adapters.letter import letter, one_line
from closeout_actions.adapters.markdown import mark_of, rendered
from closeout_actions.domain.draft import Draft

# What GitHub's own 422 names: "title is too long (maximum is 256 characters)", "body … 65536".
LONGEST_TITLE = 256
CLOSING = (
    "Closing this issue as *completed* counts as shipped. Closing it as *not planned* or as a *duplicate* does not."
)


def title_of(draft: Draft) -> str:
    """The item's own words on one line."""
    return one_line(draft, LONGEST_TITLE)


def body_of(draft: Draft) -> str:
    """Why, the criterion, who and by when; what closing it means; the mark."""
    return f"{rendered(letter(draft, CLOSING))}\n\n{mark_of(draft.mark)}"
