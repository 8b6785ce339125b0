"""A Markdown postmortem: what is pointed out, where exactly, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_judgement.document_lints import Level, NotRead, Remark, remarks_on
from closeout_judgement.manuscript import passages_of

POSTMORTEM = """\
---
title: Checkout
---
# Checkout was slow

## Summary

We saw **errors** from 02:10. The [limit](https://example.com/limit) was
raised at 02:40.

> The flag was flipped.

```
The flag was flipped.
```

<!-- The flag was flipped. -->

## Timeline

- 02:10 The flag was flipped.

## Root cause

- human error

## Action items

- [ ] Consider adding a limit of 5 to the retries (owner: @kim, due 2026-W50)
- [x] Improve everything
- Alert on `queue_depth` over 1000 for 5 minutes, owner: Kim Doe, due: 2026-W50
"""

TABLE = """\
# Outage

## Follow-up

| Action | Owner | Due |
|---|---|---|
| Increase resilience | SRE team | soon |
| Remove the host `batch03` | Kim Doe | 2026-W50 |
"""


def told(text: str) -> list[Remark]:
    return remarks_on("it.md", text)


def test_each_finding_stands_where_its_words_stand() -> None:
    lines = POSTMORTEM.split("\n")
    found = [(remark.line, remark.column, remark.code) for remark in told(POSTMORTEM)]

    assert found == [
        (8, lines[7].index("was") + 1, "language-agentless"),
        (25, 3, "placeholder-cause"),
        (29, 7, "action-item-investigates"),
    ]
    assert [POSTMORTEM[remark.start : remark.end] for remark in told(POSTMORTEM)][1:] == [
        "human error",
        "Consider adding a limit of 5 to the retries",
    ]


def test_a_finding_over_two_lines_ends_on_the_second() -> None:
    [first, *_] = told(POSTMORTEM)

    assert (first.line, first.end_line, first.end_column) == (8, 9, len("raised") + 1)
    assert first.text == "was raised"


def test_quotations_code_comments_the_timeline_and_done_items_are_left_alone() -> None:
    assert "flipped" not in {word for remark in told(POSTMORTEM) for word in remark.text.split()}
    assert "Improve everything" not in {remark.text for remark in told(POSTMORTEM)}


def test_an_item_in_a_table_is_judged_cell_by_cell() -> None:
    found = {remark.code: (remark.line, remark.text, remark.level) for remark in told(TABLE)}

    assert found == {
        "action-item-vague": (7, "Increase resilience", Level.ERROR),
        "owner-is-team": (7, "SRE team", Level.ERROR),
        "target-fictitious": (7, "soon", Level.ERROR),
    }


def test_who_and_when_may_stand_in_the_ticket() -> None:
    with_ticket = "# A\n\n## Action items\n\n- Remove the old host (#17)\n"
    without = "# A\n\n## Action items\n\n- Remove the old host\n"

    assert {remark.level for remark in told(with_ticket)} == {Level.WARNING}
    assert {remark.level for remark in told(without)} == {Level.ERROR}
    assert {remark.code for remark in told(without)} == {"owner-missing", "target-missing"}


def test_a_day_is_a_warning_with_its_week() -> None:
    [remark] = told("# A\n\n## Next steps\n\n- Remove the old host, owner: Kim Doe, due: 2026-12-10\n")

    assert (remark.level, remark.better, remark.code) == (Level.WARNING, "2026-W50", "target-not-a-week")


def test_a_fourth_item_is_told_of_at_its_line() -> None:
    items = "".join(f"- Remove host {n}, owner: Kim Doe, due: 2026-W50\n" for n in range(5))
    [remark] = told(f"# A\n\n## Action items\n\n{items}")

    assert (remark.code, remark.line) == ("too-many-action-items", 8)


def test_what_the_rewrites_make_of_it_has_no_such_finding() -> None:
    text = POSTMORTEM
    for remark in reversed(told(text)):
        if remark.better is not None:
            text = text[: remark.start] + remark.better + text[remark.end :]

    assert "Add a limit of 5 to the retries (owner: @kim" in text
    assert "action-item-investigates" not in {remark.code for remark in told(text)}


def test_of_another_language_the_wording_is_not_judged() -> None:
    german = (
        "# Ausfall der Bezahlung\n\nDie Datenbank war nicht erreichbar, weil der Speicher voll war und niemand das "
        "gesehen hat. Wir haben den Speicher am nächsten Tag vergrößert und den Dienst danach wieder gestartet.\n\n"
        "## Maßnahmen\n\n- Die Überwachung verbessern\n"
    )
    codes = [remark.code for remark in told(german)]

    assert codes == ["language-not-english", "owner-missing", "target-missing"]


def test_windows_line_ends_and_wide_characters_do_not_move_columns() -> None:
    text = "# A\n\nÄÖ 🙂 The flag was flipped.\n"
    [remark] = told(text)

    assert (remark.line, remark.column) == (3, text.split("\n")[2].index("was") + 1)


def test_a_document_without_text_says_so() -> None:
    with pytest.raises(NotRead, match="no text"):
        told("<!-- -->")


@given(st.text(alphabet=st.sampled_from("#-*`>|[](){}\n \tab was pushed."), max_size=300))
def test_no_markup_breaks_it_and_every_place_is_in_the_document(text: str) -> None:
    for passage in passages_of(text):
        assert len(passage.text) <= len(text) - passage.start
    try:
        found = told(text)
    except NotRead:
        return
    for remark in found:
        assert 0 <= remark.start <= remark.end <= len(text)
        assert text.count("\n", 0, remark.start) + 1 == remark.line
