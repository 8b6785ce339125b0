"""`closeout audit`: what is counted, what is set aside, what is said of bad input."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "postmortems"


def run(*arguments: str | Path, code: int = 0) -> str:
    """What the command printed, on both channels; it must end with `code`."""
    ended = CliRunner().invoke(app_of(["audit"]), ["audit", *map(str, arguments)])
    assert ended.exit_code == code, ended.output
    return ended.output


def found(*arguments: str | Path) -> dict[str, Any]:
    """What the command says as JSON."""
    read: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return read


def test_what_is_neither_a_folder_nor_a_file_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert "pipe is neither a folder nor a file." in run(tmp_path / "pipe", code=2).replace("\n", " ")


def test_the_examples_are_counted_as_their_texts_say() -> None:
    report = found(EXAMPLES)

    assert report["documents"] == 9
    counted = report["action_items"]
    assert (counted["items"], counted["with_person"], counted["with_date"], counted["with_ticket"]) == (22, 6, 4, 8)
    assert [one["document"] for one in report["unusable"]] == ["2025-02-11-status-note.md"]
    assert [one["document"] for one in report["not_counted"]] == ["README.md"]


def test_in_a_narrow_terminal_what_goes_on_stands_below_what_it_belongs_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    told = run(EXAMPLES)

    for heading in ("Promised again", "Most worth reviving", "Documents no audience", "Not counted", "Not understood"):
        below = told.partition(f"\n{heading}")[2].partition("\n\n")[0].splitlines()[1:]
        assert below
        assert [line for line in below if not line.startswith("  ")] == []


def test_a_promise_that_comes_back_in_other_words_is_one_promise() -> None:
    texts = [[promise["text"] for promise in one["promises"]] for one in found(EXAMPLES)["recurring"]]

    assert [
        "Add an alert on the depth of the order queue above 5,000 for 10 minutes",
        "Alert when the order queue is deeper than 5,000 messages",
    ] in texts


def test_a_team_is_no_person_and_a_german_text_is_not_judged() -> None:
    items = {item["text"]: item for one in found(EXAMPLES)["each"] for item in one["action_items"]}

    assert not items["Issue the edge proxy's certificate with the renewal job"]["has_person"]
    assert items["Übung der Umschaltung einmal im Quartal"]["kind"] is None


@pytest.mark.parametrize("make", ["missing", "empty", "other formats", "not to be looked at"])
def test_nothing_to_read_is_one_clear_line_and_exit_code_2(tmp_path: Path, make: str) -> None:
    folder = tmp_path / "nowhere" if make == "missing" else tmp_path
    if make == "other formats":
        (folder / "incident.docx").write_bytes(b"PK")
    if make == "not to be looked at":
        folder /= "x" * 300

    told = run(folder, code=2)

    assert told.startswith("closeout: ")
    assert told.count("\n") == 1
    assert ".docx" in told or make != "other formats"


def test_copies_and_revisions_are_counted_once(tmp_path: Path) -> None:
    text = (EXAMPLES / "2024-06-03-order-queue-backlog.md").read_text()
    (tmp_path / "incident-draft.md").write_text(text)
    (tmp_path / "incident-final.md").write_text(text + "\nReviewed on 2024-06-20 by everybody who took part.\n")

    report = found(tmp_path)

    assert report["documents"] == 1
    assert report["copies"] == [{"document": "incident-draft.md", "of": "incident-final.md"}]
    assert report["action_items"]["items"] == 3


def test_other_documents_of_a_repository_are_set_aside_by_name(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# A service\n\n## TODO\n\n- Write more\n")
    (tmp_path / "node_modules" / "x").mkdir(parents=True)
    (tmp_path / "node_modules" / "x" / "incident.md").write_text("# Incident 2025-03-04\n")
    (tmp_path / "outage-2025-03-04.md").write_text("# Down\n\n## Action items\n\n- Alert on disk\n")

    report = found(tmp_path)

    assert [one["document"] for one in report["each"]] == ["outage-2025-03-04.md"]
    assert [one["document"] for one in report["not_counted"]] == ["README.md"]


BARE = "Queues of the mailer became corrupted and were unavailable. Mails failed until they were restored."
DATED = "On 2025-03-04 the mailer had an outage: its queues were unavailable, and mails failed for two hours."


@pytest.mark.parametrize(
    ("folder", "text", "counted"),
    [
        ("postmortems", BARE, 1),
        ("notes", BARE, 0),
        ("notes", DATED, 1),
        ("notes", "On 2025-03-04 we met. The kitchen gets a new table.", 0),
        ("postmortems", "Write one file for each, and link it here.", 0),
    ],
    ids=["its folder says so", "nothing says so", "it begins with what happened and when", "a note", "an introduction"],
)
def test_prose_without_headings_is_a_postmortem_where_it_begins_as_one(
    tmp_path: Path, folder: str, text: str, counted: int
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "a.md").write_text(f"# Mailer\n\n{text}\n")

    report = found(tmp_path / folder)

    assert report["documents"] == counted
    assert len(report["not_counted"]) == 1 - counted


def test_a_file_that_cannot_be_read_is_listed_and_the_others_are_counted(tmp_path: Path) -> None:
    (tmp_path / "incident-1.md").write_bytes(b"\x00\x01\x02" * 500)
    (tmp_path / "incident-2.md").write_text("# Outage 2025-03-04\n\n## Action items\n\n- Alert on disk\n")

    report = found(tmp_path)

    assert report["documents"] == 1
    assert [one["document"] for one in report["unreadable"]] == ["incident-1.md"]


def page_of(folder: Path, into: Path) -> str:
    """The page that the command writes."""
    run(folder, "--html", into)
    return into.read_text("utf-8")


def test_the_page_is_one_file_without_scripts_that_loads_nothing(tmp_path: Path) -> None:
    page = page_of(EXAMPLES, tmp_path / "audit.html")

    assert len(page.encode()) < 200_000
    for outside in ("<script", "<link", "<img", "@import", "url(", "<iframe", " src="):
        assert outside not in page
    assert "22 promises." in page
    assert f"{found(EXAMPLES)['action_items']['testable']} of 22" in page
    assert str(EXAMPLES) not in page, "a page that is passed on does not say where the folder lay"


def test_what_a_hostile_document_says_is_shown_and_does_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    link = '[fix](javascript:alert(1)) [t](https://t.example/issues/1?"onmouseover=alert(1))'
    title = "<script>alert(1)</script>Outage <img src=x onerror=alert(1)>"
    actions = f"## Actions\n\n- Alert on `<b>` {link}\n- a {{{{ 7*7 }}}}\n"
    (folder / "outage-2025-03-04.md").write_text(f"# {title}\n\n{actions}")
    (folder / "outage-2025-03-05.html").write_text(
        "<h1>Outage</h1><script>alert(2)</script><h2>Actions</h2>"
        "<ul><li>Do &lt;script&gt;alert(3)&lt;/script&gt;</li></ul>"
    )

    page = page_of(folder, tmp_path / "audit.html")

    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;alert(3)" in page
    assert "7*7" in page


def test_the_page_begins_with_what_it_found_and_leads_there(tmp_path: Path) -> None:
    page = page_of(EXAMPLES, tmp_path / "audit.html")
    report = found(EXAMPLES)

    lines = re.findall(r'<li><a href="#(\w+)"><b>([\d,]+)</b>', page)
    assert ("again", str(len(report["recurring"]))) in lines
    assert ("revive", str(len(report["most_worth_reviving"]))) in lines
    assert all(f'id="{section}"' in page for section, _ in lines)


def test_columns_of_time_have_every_item_in_the_colour_of_its_marks(tmp_path: Path) -> None:
    page = page_of(EXAMPLES, tmp_path / "audit.html")

    columns = re.search(r'<div class="columns".*?<div class="names', page, re.DOTALL)
    assert columns
    # Two of the 22 stand in a document without a day.
    assert sum(map(int, re.findall(r'class="d\d" style="flex:(\d+)"', columns[0]))) == 20


def test_a_page_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    told = run(EXAMPLES, "--html", tmp_path / "no" / "such" / "audit.html", code=2)

    assert "audit.html cannot be written" in told.splitlines()[-1]


def test_a_promise_marked_as_done_is_not_to_be_revived() -> None:
    revived = [one["text"] for one in found(EXAMPLES)["most_worth_reviving"]]

    assert "Replace the certificate" not in revived
    assert revived[0].startswith("Certificate expiry alert for every host"), "promised three times, after a SEV1"


def test_the_score_is_the_product_that_is_printed() -> None:
    by_text = {one["text"]: one for one in found(EXAMPLES)["most_worth_reviving"]}

    one = by_text["Issue the edge proxy's certificate with the renewal job"]

    assert (one["promised"], one["severity"], one["later"]) == (1, "sev1", ["2024-11-05-payments-certificate.md"])
    assert one["score"] == 1 * 2 * 4.0 * 1.0
    assert one["lacks"] == ["a person", "a date"]


POSTMORTEM = "# Outage\n\nDate: {day}\n\n## Summary\n\nIt was down.\n\n## Action items\n\n- Alert on the {of}\n"


def test_a_day_in_the_future_is_listed_and_stretches_no_picture(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(POSTMORTEM.format(day="2025-03-04", of="disk"))
    (tmp_path / "two.md").write_text(POSTMORTEM.format(day="2091-03-04", of="queue of the mailer, above 500"))

    report = found(tmp_path)

    assert (report["first_day"], report["last_day"]) == ("2025-03-04", "2025-03-04")
    [remark] = [it for one in report["each"] for it in one["not_understood"]]
    assert "2091-03-04" in remark["reason"]


def test_a_name_that_is_no_utf_8_is_written_out(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/incident-caf\xe9.md"
    Path(os.fsdecode(path)).write_text(POSTMORTEM.format(day="2025-03-04", of="disk"))

    page = page_of(tmp_path, tmp_path / "audit.html")

    assert "incident-caf\\xe9.md" in page
    report = found(tmp_path)
    assert [one["document"] for one in report["each"]] == ["incident-caf\\xe9.md"]
    assert report["not_counted"] == [{"document": "audit.html", "reason": "It is the page of an audit."}]


@pytest.mark.parametrize(
    "text",
    [
        "# Ausfall der Kasse\n\nDatum: 04.03.2025\n\n## Zusammenfassung\n\nDie Kasse war weg.\n",
        "# Panne du paiement\n\nDate : 4 mars 2025\n\n## Résumé\n\nLe paiement était indisponible.\n",
        "# 決済の障害\n\n日付: 2025年3月4日\n\n## 概要\n\n" + "証明書の期限切れによりサービスが停止しました。" * 4,
    ],
)
def test_a_postmortem_in_another_language_is_counted(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.md").write_text(text)

    report = found(tmp_path)

    assert report["documents"] == 1
    # Writing that parts no words is not too short.
    assert all("too short" not in " ".join(one["lacks"]) for one in report["unusable"] if "決済" in text)


def test_what_is_cut_off_says_so_and_nothing_moves_the_terminal(tmp_path: Path) -> None:
    long = "Alert on the queue of the mailer " + "and on its replica in the other region " * 5
    items = f"- {long}\n- \x1b[31mred\x1b[0m and \u202eturned round\n"
    (tmp_path / "outage.md").write_text(f"# Outage\n\nDate: 2025-03-04\n\nIt was down.\n\n## Action items\n\n{items}")

    told = run(tmp_path)

    assert "…" in told
    assert not {"\x1b", "\u202e"} & set(told)
    assert "unknown (" not in told


OWN_MODES = "modes:\n  high_water:\n    title: High water\n    strong: [spring tide]\n"


def test_a_teams_own_failure_modes_are_told_by_their_titles(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN_MODES)
    (tmp_path / "one.md").write_text(
        POSTMORTEM.format(day="2025-03-04", of="spring tide") + "\n## Cause\n\nA spring tide.\n"
    )

    told = [one["title"] for one in found(tmp_path, "--failure-modes", file)["failure_modes"]]

    assert told == ["High water"]
    assert "High water" not in [one["title"] for one in found(tmp_path)["failure_modes"]]


def test_a_mistake_in_that_file_is_one_line_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("modes: [")

    assert f"{file}: " in run(EXAMPLES, "--failure-modes", file, code=2)


def test_links_that_lead_nowhere_or_round_are_listed_and_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outage.md").write_text(POSTMORTEM.format(day="2025-03-04", of="disk"))
    (tmp_path / "gone.md").symlink_to("nowhere.md")
    (tmp_path / "round.md").symlink_to("round.md")
    (tmp_path / "above").symlink_to("..")
    (tmp_path / "long.md").symlink_to("x" * 300)
    os.mkfifo(tmp_path / "pipe.md")

    report = found(tmp_path)

    assert report["documents"] == 1
    assert {one["document"]: one["reason"] for one in report["unreadable"]} == {
        "gone.md": "It cannot be read: No such file or directory.",
        "long.md": "It cannot be read: File name too long.",
        "round.md": "It cannot be read: Too many levels of symbolic links.",
    }


def test_a_link_is_read_only_where_it_stays_in_the_folder(tmp_path: Path) -> None:
    folder, text = tmp_path / "kept", POSTMORTEM.format(day="2025-03-04", of="disk")
    (folder / ".git").mkdir(parents=True)
    for real in (tmp_path / "secret.md", folder / ".git/config.md", folder / "outage.txt"):
        real.write_text(text)
    (folder / "inside.md").symlink_to("outage.txt")
    (folder / "hidden.md").symlink_to(".git/config.md")
    (folder / "2024-01-01-outage.md").symlink_to(tmp_path / "secret.md")
    (folder / "beside.md").symlink_to("../kept-not/gone.md")
    (tmp_path / "linked").symlink_to("kept")

    report = found(tmp_path / "linked")

    assert len(report["copies"]) == 1, "inside.md is read, and is the same as outage.txt"
    reason = "It cannot be read: it is a link that leads out of the folder, or into one that is not read."
    assert {one["document"]: one["reason"] for one in report["unreadable"]} == dict.fromkeys(
        ("2024-01-01-outage.md", "beside.md", "hidden.md"), reason
    )


def test_a_service_in_brackets_is_printed_as_it_is_written(tmp_path: Path) -> None:
    text = POSTMORTEM.format(day="2025-03-04", of="disk")
    (tmp_path / "outage.md").write_text(text.replace("\n\n", "\n\n**Service:** a[db]c\n\n", 1))

    assert "a[db]c" in run(tmp_path).split()
