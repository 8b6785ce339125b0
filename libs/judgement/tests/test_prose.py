"""Which part of a document a sentence stands in."""

from __future__ import annotations

from closeout_judgement.prose import Part, sentences

DOCUMENT = """---
severity: 2
---
# Shop offline

Orders stopped. Nobody could pay.

## Root cause

The card gateway's
certificate expired.

## What we do next

- Renew it by machine. See [the ticket](https://tracker.example/certificate).

## Notes

10:04 The on-call restarts nginx.

```
disk full
```
"""


def parts() -> dict[str, Part]:
    return {" ".join(one.text.split()): one.part for one in sentences(DOCUMENT)}


def test_a_sentence_belongs_to_its_heading() -> None:
    assert parts()["The card gateway's certificate expired."] is Part.CAUSE


def test_what_stands_before_the_first_section_leads() -> None:
    assert parts()["Orders stopped."] is Part.LEAD


def test_the_first_heading_is_the_title() -> None:
    assert parts()["# Shop offline"] is Part.TITLE


def test_a_line_that_begins_with_a_clock_is_timeline() -> None:
    assert parts()["10:04 The on-call restarts nginx."] is Part.TIMELINE


def test_what_stands_in_code_is_told_apart() -> None:
    assert parts()["disk full"] is Part.CODE


def test_front_matter_and_addresses_are_not_read() -> None:
    text = " ".join(parts())

    assert "severity" not in text
    assert "tracker.example" not in text


def test_places_are_those_of_the_original() -> None:
    cause = next(one for one in sentences(DOCUMENT) if one.part is Part.CAUSE)

    assert DOCUMENT[cause.start : cause.end].strip() == "The card gateway's\ncertificate expired."


def test_a_title_said_again_in_the_first_heading_is_counted_once() -> None:
    assert [one.part for one in sentences("# Shop offline\n", "Shop offline")] == [Part.TITLE]


def test_a_label_in_bold_opens_a_part() -> None:
    found = sentences("# Shop\n\n- **Impact**:\n  - no orders\n\n- **Root cause**: a full disk\n")

    assert [one.part for one in found if "orders" in one.text] == [Part.IMPACT]
    assert [one.part for one in found if "disk" in one.text] == [Part.CAUSE]


def test_every_place_lies_in_the_text_whatever_the_text() -> None:
    for text in ("", "\n\n", "#", "```", "[x](", "**", "| a | b", "- \n-", "\u202eright to left", "# a\n# b\n## c"):
        for one in sentences(text):
            assert 0 <= one.start < one.end <= len(text)
