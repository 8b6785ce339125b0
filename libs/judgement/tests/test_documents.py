"""Reading old postmortems: many house styles in, the same document out; what is not understood is said."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from closeout_judgement.documents.dates import Order, dates_in, in_name, order_in
from closeout_judgement.documents.document import ActionItem, Document, Form, Unreadable
from closeout_judgement.documents.reading import read
from closeout_schemas.vocabulary import Severity

GOOGLE_SRE = b"""---
title: Shakespeare search is down
date: 2025-10-21
---
# Shakespeare search is down

## Summary
We released a new index without its configuration, and every query failed for an hour.

## Root Causes
Cascading failure through an exception on a missing field.

## Action Items
| Action Item | Type | Owner | Bug |
| --- | --- | --- | --- |
| Refuse a query above 2 s of work | prevent | robin | [n/a] |
| Play through cascading failure | mitigate | | [OPS-12](https://t.example/browse/OPS-12) |
| TBD | | | |

## Timeline
2025-10-21 (*all times UTC*)

* 14:51 News reports a new sonnet
* 14:54 **OUTAGE BEGINS** - every backend fails
"""


def one(data: bytes, name: str = "a.md") -> Document:
    """The only document in a file, which must be one."""
    (document,) = read(name, data)
    assert isinstance(document, Document), document
    return document


def item(markdown: str, heading: str = "Action items") -> ActionItem:
    (only,) = one(f"# Incident\n\n## {heading}\n\n{markdown}\n".encode()).action_items
    return only


def test_the_google_template_is_read_with_its_tables() -> None:
    document = one(GOOGLE_SRE)

    assert (document.title, document.date) == ("Shakespeare search is down", date(2025, 10, 21))
    assert [(it.text, it.owner, it.line) for it in document.action_items] == [
        ("Refuse a query above 2 s of work", "robin", 16),
        ("Play through cascading failure", "", 17),
    ]
    assert document.action_items[1].tickets == ("https://t.example/browse/OPS-12",)
    assert next(entry.text for entry in document.timeline) == "News reports a new sonnet"
    assert [cause.text for cause in document.causes] == ["Cascading failure through an exception on a missing field."]
    assert document.original == GOOGLE_SRE.decode()


def test_a_time_has_a_zone_only_where_the_document_names_one() -> None:
    named = one(b"# 2025-03-04 down\n\n## Timeline\n\n- 14:05 CET: down\n- 14:10 up\n").timeline

    assert named[0].at is not None
    assert named[0].at.astimezone(UTC) == datetime(2025, 3, 4, 13, 5, tzinfo=UTC)
    assert named[1].at is not None
    assert named[1].at.tzinfo is None


@pytest.mark.parametrize(
    "heading",
    [
        "Action Items", "3. Action items:", "Corrective and preventative measures", "Follow-ups", "Next steps", "TODO",
        "Review actions", "Actions following review", "What will we do to prevent this", "Short term",
        "Planned improvements", "Remediation items", "Ma\u00dfnahmen", "**Action items**",
    ],
)  # fmt: skip
def test_action_items_are_found_under_many_headings(heading: str) -> None:
    assert item("- Add an alert on queue age", heading).text == "Add an alert on queue age"


@pytest.mark.parametrize(
    "heading", ["Actions taken", "Immediate actions (completed)", "Impact", "Lessons learned", "Timeline of actions"]
)
def test_what_was_done_during_the_incident_is_no_promise(heading: str) -> None:
    assert one(f"# Incident\n\n## {heading}\n\n- Rolled back the release\n".encode()).action_items == ()


@pytest.mark.parametrize(
    ("written", "owner", "due"),
    [
        ("- Alert on age (owner: Robin Responder, due 2025-06-28)", "Robin Responder", date(2025, 6, 28)),
        ("- @robin: Alert on age by 28 June 2025", "@robin", date(2025, 6, 28)),
        ("- [ ] Alert on age. Owner: @robin", "@robin", None),
        ("- Alert on age (Robin Responder, Q2 2025)", "Robin Responder", date(2025, 6, 30)),
        ("- Alert on age\n  - Owner: Robin Responder\n  - Due: 2025-W26", "Robin Responder", date(2025, 6, 29)),
        ("- **Robin**: Alert on age", "", None),
        ("- Alert on age soon", "", None),
    ],
)
def test_owner_and_date_are_taken_where_they_are_marked_and_not_guessed(
    written: str, owner: str, due: date | None
) -> None:
    found = item(written)

    assert (found.owner, found.due_on) == (owner, due)


@pytest.mark.parametrize(
    ("written", "done"),
    [
        ("We added both addresses to the allow list", True),
        ("We've since rotated the key", True),
        ("We decided to add an alert on the queue", None),
        ("We should have added an alert on the queue", None),
    ],
)
def test_what_an_item_tells_as_having_been_done_is_done(written: str, done: bool | None) -> None:
    assert item(f"- {written}").done is done


def test_a_box_says_whether_it_is_done() -> None:
    document = one(
        b"# Outage\n\n## Actions\n\n- [x] Drain the node\n- [ ] Alert on disk\n- Delete the index (done)\n- Plain\n"
    )

    assert [it.done for it in document.action_items] == [True, False, True, None]


def test_a_group_of_items_is_no_item_and_details_stay_with_theirs() -> None:
    groups = b"- Monitoring:\n  - Alert on disk\n  - Alert on age\n- Raise the limit to 400 connections\n  - see #12\n"
    text = b"# Outage\n\n## Actions\n\n" + groups

    items = one(text).action_items

    assert [it.text for it in items] == ["Alert on disk", "Alert on age", "Raise the limit to 400 connections"]
    assert items[2].tickets == ("#12",)


def test_prose_where_action_items_should_be_is_listed_not_guessed() -> None:
    prose = (
        "We thought about many things for a long while. They were all interesting. None of them was decided upon. " * 4
    )
    document = one(f"# Outage of 2025-03-04\n\n## Action items\n\n{prose}\n".encode())

    assert document.action_items == ()
    assert [(it.line, it.what) for it in document.not_understood] == [(3, "section “Action items”, 1 paragraph")]


@pytest.mark.parametrize(
    "written",
    [
        "2025-03-14", "2025/03/14", "14 March 2025", "March 14th, 2025", "14-Mar-2025", "14.03.2025",
        "14/03/2025", "03/14/2025", "Fri, 14 Mar 2025", "14. März 2025", "14 de marzo de 2025",
        "2025年3月14日", "14/3/25", "14-Mar-25", "14 Mar 25", "Mar-14-25",
    ],
)  # fmt: skip
def test_dates_in_many_formats_are_the_same_day(written: str) -> None:
    assert [found.day for found in dates_in(f"on {written} at noon")] == [date(2025, 3, 14)]


def test_an_ambiguous_date_is_listed_unless_the_document_decides() -> None:
    open_, decided = (
        one(b"# Outage\n\nDate: 03/04/2025\n\nIt was down."),
        one(b"# Outage\n\nDate: 03/04/2025\n\nUp on 14/04/2025."),
    )

    assert open_.date is None
    assert ("date 03/04/2025", "It may be 2025-04-03 or 2025-03-04: nothing in the document decides.") in [
        (it.what, it.reason) for it in open_.not_understood
    ]
    assert decided.date == date(2025, 4, 3)
    assert order_in("01/02/2025, that is 2025-02-01") is Order.DAY_FIRST
    assert in_name("pm_20250304_queue.md") == date(2025, 3, 4)


@pytest.mark.parametrize("written", ["20250304", "1741082400", "1741082400000"])
def test_a_field_may_say_its_day_as_one_number(written: str) -> None:
    assert one(f"# Outage\n\nDate: {written}\n\nIt was down.".encode()).date == date(2025, 3, 4)


@pytest.mark.parametrize("written", ["sometime in spring", "2025-02-30"])
def test_a_day_that_is_not_recognised_is_listed_and_never_when_an_action_item_is_due(written: str) -> None:
    document = one(f"# Outage\n\nDate: {written}\n\n## Action items\n\n- Alert on it by 2025-05-01\n".encode())

    assert document.date is None
    assert [(it.line, it.what) for it in document.not_understood] == [(3, f"date {written}")]
    assert str(document.action_items[0].due_on) == "2025-05-01"


def test_what_is_ambiguous_is_listed_once() -> None:
    document = one(b"# Outage\n\nDate: 03/04/2025\n\nIt was down. Up on 2025-08-09.")

    assert document.date == date(2025, 8, 9)
    assert [it.what for it in document.not_understood] == ["date 03/04/2025"]


@pytest.mark.parametrize("declared", ["undefined", "idna", "unicode_escape"])
def test_an_encoding_that_no_page_can_have_is_not_believed(declared: str) -> None:
    page = f'<meta charset="{declared}"><title>Outage</title><p>2025-03-04 It was d\\ud800wn \xff'

    document = one(page.encode("latin-1"), "a.html")

    assert document.said.encode()
    assert any("It is not UTF-8." in it.reason for it in document.not_understood)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read_and_said(encoding: str) -> None:
    document = one("# Outage of the shop\n\nDate: 2025-03-04\n\nIt was down.".encode(encoding))

    assert document.title == "Outage of the shop"
    assert encoding in document.not_understood[0].reason


def test_another_language_is_named_and_read_by_its_structure() -> None:
    text = (
        "# Ausfall\n\nDatum: 14.05.2025\n\n## Ursache\n\nDie Umschaltung hat nicht geprüft, ob die Datenbank\n"
        "der zweiten Zone mit den Rechten für das Schreiben läuft.\n\n## Maßnahmen\n\n- Umschaltung prüft Rolle\n"
    )
    document = one(text.encode())

    assert document.language == "de"
    assert document.date == date(2025, 5, 14)
    assert [it.text for it in document.action_items] == ["Umschaltung prüft Rolle"]
    assert any("German" in it.reason for it in document.not_understood)


def test_encodings_line_ends_and_marks_do_not_change_what_is_read() -> None:
    text = "# Störung 2025-03-04\n\n## Actions\n\n- Grenze für Größe prüfen – schnell\n"
    for data in (
        text.encode("utf-8-sig"),
        text.replace("\n", "\r\n").encode(),
        text.encode("utf-16"),
        text.encode("cp1252"),
    ):
        document = one(data)
        assert [it.text for it in document.action_items] == ["Grenze für Größe prüfen – schnell"]
    assert any(it.what == "encoding" for it in document.not_understood)


def test_what_is_no_text_or_too_much_is_refused_in_one_line() -> None:
    refused = [
        read("a.md", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 50),
        read("b.md", b"   \n"),
        read("c.md", b"x " * 1_500_000),
        read("d.html", b"<p>" + b"x " * 1_500_000),
        read("e.txt", b"x\n" * 60_000),
        read("f.jsonl", b'{"text": 1}\nnot json\n'),
    ]

    for results in refused:
        for result in results:
            assert isinstance(result, Unreadable)
            assert "\n" not in result.reason
            assert result.reason.endswith((".", ")"))


def test_severity_and_services_come_from_lines_and_front_matter() -> None:
    document = one(b"# Outage\n\n**Severity:** SEV2\n**Services:** orders, mailer\n\nText.")

    assert (document.severity, document.services) == (Severity.SEV2, ("orders", "mailer"))


def test_front_matter_that_cannot_be_read_is_listed() -> None:
    bomb = b"---\na: &a [x, x]\nb: &b [*a, *a]\n---\n# Outage 2025-03-04\n\n## Actions\n\n- Alert\n"

    document = one(bomb)

    assert document.title == "Outage 2025-03-04"
    assert [it.what for it in document.not_understood] == ["front matter"]


def test_jsonl_is_one_document_a_line() -> None:
    front = {"id": "x", "title": "Disk full", "date": "2025-03-04", "services": ["orders"]}
    items = [{"text": "Raise limit", "owner": "@robin", "due": "2025-04-01"}]
    objects = [
        {**front, "text": "## Actions\n\n- Alert on disk"},
        {"text": "# Own items 2025-03-05", "action_items": items},
        {"no": "text"},
    ]
    lines = "\n".join(map(json.dumps, objects)).encode()

    first, second, third = read("all.jsonl", lines)

    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.name, first.form, first.title, first.services) == (
        "all.jsonl:1",
        Form.JSONL,
        "Disk full",
        ("orders",),
    )
    assert [it.text for it in first.action_items] == ["Alert on disk"]
    assert [(it.owner, it.due_on) for it in second.action_items] == [("@robin", date(2025, 4, 1))]
    assert isinstance(third, Unreadable)
