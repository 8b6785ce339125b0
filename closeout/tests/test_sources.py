"""Where old postmortems are read from: archives, git, Confluence by export and by API, Opsgenie, our own export."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from closeout.audit.folder import NothingToReadError
from closeout.commands.import_ import Reading, Told
from closeout.sources.asking_pages import Pages
from closeout.sources.chosen import source_of
from closeout.sources.confluence import Confluence
from closeout.sources.confluence_xml import ENTITIES
from closeout.sources.files import Files
from closeout.sources.git import Git, is_git
from closeout.sources.opsgenie import Opsgenie
from closeout.sources.source import Batch, Source, SourceError
from closeout_judgement.documents.document import Document, Form
from closeout_sandbox.confluence.rest import Wiki

# Starlette's client would rather have another httpx.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BODY = """<h2>Incident summary</h2><p>The gateway was down.</p><h2>Timeline</h2><ul>
<li>03:14 UTC all payments fail</li></ul><h2>Action items</h2>
<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete</ac:task-status>
<ac:task-body>Alert before a certificate expires, OPS-12</ac:task-body></ac:task></ac:task-list>"""
TOKEN = SecretStr("sandbox-confluence-token")


def documents(source: Source, cursor: str | None = None, told: Told | None = None) -> list[Document]:
    reading = Reading(told or Told(), source.label, lambda _items: None)
    return [document for batch in source.batches(cursor) for document in reading.documents(batch)]


def wiki(count: int = 7, **more: object) -> Wiki:
    pages = [
        {"id": str(n), "title": f"Incident {n}: gateway down", "body": BODY, "created": "2025-03-04"}
        for n in range(1, count + 1)
    ]
    return Wiki("OPS", pages, longest=3, **more)  # type: ignore[arg-type]


def confluence(site: Wiki, url: str, user: str, waits: list[float] | None = None) -> Confluence:
    auth = (site.user, site.token) if user else None
    client = TestClient(site.app(), base_url="http://wiki.example")
    client.auth = auth
    if not user:
        client.headers["Authorization"] = f"Bearer {site.token}"
    return Confluence(url, "OPS", user, TOKEN, pages=Pages(client, "Confluence", (waits or []).append))


@pytest.mark.parametrize(
    ("url", "user"),
    [("http://wiki.example/wiki", "sandbox@example.com"), ("http://wiki.example", "")],
    ids=["cloud", "dc"],
)
def test_every_page_of_a_space_is_read_within_its_limits_and_a_broken_import_goes_on(url: str, user: str) -> None:
    site = wiki(too_many=2)
    waits: list[float] = []
    found = confluence(site, url, user, waits)
    first = list(islice(found.batches(None), 2))
    again = documents(confluence(site, url, user), first[-1].cursor)

    assert [len(batch.items) for batch in first] == [3, 3]
    assert [one.title for one in again] == ["Incident 7: gateway down"]
    whole = documents(confluence(site, url, user))
    assert len(whole) == 7
    one = whole[0]
    assert one.form is Form.CONFLUENCE
    assert one.date is not None
    assert one.date_from == "when the page was made"
    [item] = one.action_items
    assert (item.text, item.tickets, item.done) == ("Alert before a certificate expires, OPS-12", ("OPS-12",), False)


def test_what_confluence_refuses_is_one_line_without_the_token() -> None:
    site = wiki()
    site.token = "another"
    client = TestClient(site.app(), base_url="http://wiki.example", headers={"Authorization": "Bearer wrong"})
    source = Confluence("http://wiki.example", "OPS", "", TOKEN, pages=Pages(client, "Confluence"))

    with pytest.raises(SourceError, match=r"^Confluence: it does not accept the credential\.$"):
        list(source.batches(None))
    with pytest.raises(SourceError, match="CLOSEOUT_IMPORT_CONFLUENCE_TOKEN"):
        Confluence("http://wiki.example", "OPS", "", None)


def test_a_credential_in_confluences_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SourceError, match="CLOSEOUT_IMPORT_CONFLUENCE_TOKEN") as refused:
        Confluence("https://ada:s3cret@wiki.example", "OPS", "u", TOKEN)

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("answer", [[], ["x"], "x", 7, None])
def test_an_answer_of_another_shape_is_one_line(answer: object) -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer)))
    source = Confluence("http://wiki.example", "OPS", "", TOKEN, pages=Pages(client, "Confluence"))

    with pytest.raises(SourceError, match=r"^Confluence: its answer is no JSON object\. Is the address right\?$"):
        list(source.batches(None))


def test_a_credential_in_gits_address_is_in_no_name_that_is_kept() -> None:
    assert Git("https://ada:s3@cret@git.example/acme/reviews.git").label == "git:git.example/acme/reviews"


def test_a_next_page_that_is_not_encrypted_does_not_get_the_credential() -> None:
    class Downgrading(Pages):
        def __init__(self) -> None:
            pass

        def get(self, url: str, params: object = None) -> object:
            return {"results": [], "_links": {"next": "http://wiki.example/wiki/next"}}

    source = Confluence("https://wiki.example/wiki", "OPS", "u", TOKEN, pages=Downgrading())
    with pytest.raises(SourceError):
        list(source.batches("https://wiki.example/wiki/first"))


def test_a_next_page_at_another_address_does_not_get_the_credential() -> None:
    class Elsewhere(Pages):
        def __init__(self) -> None:
            pass

        def get(self, url: str, params: object = None) -> object:
            return {"results": [], "_links": {"next": "http://evil.example/wiki/next"}}

    source = Confluence("http://wiki.example/wiki", "OPS", "u", TOKEN, pages=Elsewhere())
    with pytest.raises(SourceError):
        list(source.batches("http://wiki.example/wiki/first"))


def test_a_space_exported_as_html_and_as_xml_is_read_without_unpacking(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "html.zip", "w") as archive:
        archive.writestr("OPS/index.html", "<html><body>Index</body></html>")
        archive.writestr(
            "OPS/Incident-1.html", f"<html><head><title>OPS : Gateway incident</title></head>{BODY}</html>"
        )
        archive.writestr("OPS/attachments/1/2.png", b"\x89PNG")
    cdata = f"<![CDATA[{BODY}]]>"
    xml = f"""<?xml version="1.0" encoding="UTF-8"?><hibernate-generic datetime="2026-01-01 00:00:00">
<object class="Space" package="x"><id name="id">1</id><property name="key"><![CDATA[OPS]]></property></object>
<object class="Page" package="x"><id name="id">10</id><property name="title"><![CDATA[Incident: gateway]]></property>
<property name="contentStatus">current</property><property name="creationDate">2025-03-04 10:00:00.0</property></object>
<object class="Page" package="x"><id name="id">9</id><property name="title"><![CDATA[Incident: old]]></property>
<property name="originalVersion" class="Page" package="x"><id name="id">10</id></property></object>
<object class="BodyContent" package="x"><id name="id">20</id><property name="body">{cdata}</property>
<property name="content" class="Page" package="x"><id name="id">10</id></property></object>
<object class="BodyContent" package="x"><id name="id">21</id><property name="body">{cdata}</property>
<property name="content" class="Page" package="x"><id name="id">9</id></property></object></hibernate-generic>"""
    with zipfile.ZipFile(tmp_path / "xml.zip", "w") as archive:
        archive.writestr(ENTITIES, xml)

    found = {one.name: one for one in documents(Files(tmp_path))}

    assert set(found) == {"html.zip/OPS/Incident-1.html", "xml.zip/OPS/10.html"}
    assert found["xml.zip/OPS/10.html"].title == "Incident: gateway"
    assert [len(one.action_items) for one in found.values()] == [1, 1]


def test_a_link_out_of_the_folder_is_left_out_and_told_so(tmp_path: Path) -> None:
    folder, text = tmp_path / "kept", "# Incident: gateway down\n\n2025-03-04\n\n## Action items\n\n- Add an alert\n"
    folder.mkdir()
    (tmp_path / "secret.md").write_text(text)
    with zipfile.ZipFile(tmp_path / "secret.zip", "w") as archive:
        archive.writestr("page.md", text)
    for name in ("secret.md", "secret.zip"):
        (folder / name).symlink_to(tmp_path / name)
    (folder / "real.md").write_text(text)
    (folder / "same.md").symlink_to("real.md")
    told = Told()

    assert [one.name for one in documents(Files(folder), told=told)] == ["real.md", "same.md"]
    reason = "It cannot be read: it is a link that leads out of the folder, or into one that is not read."
    assert [(one.name, one.reason) for one in told.left_out] == [("secret.md", reason), ("secret.zip", reason)]


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 broken", b"", b"<hibernate-generic><object class='Page'>"],
    ids=["broken", "empty", "no archive"],
)
def test_a_broken_archive_is_told_and_the_rest_goes_on(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    (tmp_path / "b.md").write_text("# Incident: gateway down\n\n2025-03-04\n\n## Action items\n\n- Add an alert\n")
    told = Told()

    assert [one.name for one in documents(Files(tmp_path), told=told)] == ["b.md"]
    assert [one.name for one in told.left_out] == ["a.zip"]


def test_entities_of_a_hostile_export_are_not_resolved(tmp_path: Path) -> None:
    bomb = f"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
<hibernate-generic><object class="Page"><id>1</id><property name="title">&f;</property></object>
<object class="BodyContent"><id>2</id><property name="body"><![CDATA[{BODY}]]></property>
<property name="content"><id>1</id></property></object></hibernate-generic>"""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(ENTITIES, bomb)
    (tmp_path / "a.zip").write_bytes(packed.getvalue())

    assert all("root:" not in one.title for one in documents(Files(tmp_path)))


def test_a_git_repository_is_read_by_its_address(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=Sam Sample", "-c", "user.email=sam@example.com")
        subprocess.run(["git", *who, *words], cwd=tmp_path / "repo", check=True, capture_output=True)

    (tmp_path / "repo/2025").mkdir(parents=True)
    (tmp_path / "repo/2025/gateway.md").write_text(
        "# Gateway incident\n\n2025-03-04\n\n## Action items\n\n- Add an alert\n"
    )
    (tmp_path / "repo/README.md").write_text("# What is here\n\nDocuments.\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "Write it down")):
        git(*words)
    where = f"file://{tmp_path}/repo"
    assert is_git(where)
    told = Told()
    source = source_of(where, "", ())

    [one] = documents(source, told=told)

    assert one.name.endswith("/repo/2025/gateway.md")
    assert one.name.startswith("git:")
    assert [left.name.rsplit("/", 1)[-1] for left in told.left_out] == ["README.md"]
    with pytest.raises(SourceError, match="cannot be cloned"):
        documents(source_of(f"file://{tmp_path}/nothing.git", "", ()))
    git("rm", "-rq", ".")
    (tmp_path / "repo/run.sh").touch()
    git("add", ".")
    git("commit", "-qm", "Only a program")
    with pytest.raises(NothingToReadError, match=f"^git:{tmp_path}/repo holds no Markdown".replace("git:/", "git:")):
        documents(source_of(where, "", ()))


ADF = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Action items"}]},
        {
            "type": "taskList",
            "content": [
                {"type": "taskItem", "attrs": {"state": state}, "content": [{"type": "text", "text": text}]}
                for state, text in (("DONE", "Renew the certificate"), ("TODO", "Alert before it expires"))
            ],
        },
    ],
}
ID = "4e4b3a71-1fa4-47fb-9b27-23dcbde566a5"


def opsgenie(given: Sequence[str], answers: dict[str, object]) -> Opsgenie:
    class Answers(Pages):
        def __init__(self) -> None:
            pass

        def get(self, url: str, params: object = None) -> object:
            if url.rsplit("/", 1)[1] not in answers:
                raise SourceError("Opsgenie: there is no such thing, or the credential may not see it.")
            return answers[url.rsplit("/", 1)[1]]

    return Opsgenie("https://api.example", given, SecretStr("key"), pages=Answers())


def test_opsgenies_postmortems_are_read_by_their_ids_with_their_tasks() -> None:
    data = {
        "postmortemId": ID,
        "title": "Gateway incident",
        "severity": "P2",
        "startTime": "2021-02-26T04:13:21.075Z",
        "content": ADF,
        "executiveSummary": {"type": "doc", "content": []},
        "affectedServices": [{"name": "gateway"}],
    }
    told = Told()
    missing = ID.replace("4", "5")
    source = opsgenie([f"https://acme.app.opsgenie.example/postmortem/{ID}/detail", missing], {ID: {"data": data}})

    [one] = documents(source, told=told)

    assert (one.title, str(one.date), one.services) == ("Gateway incident", "2021-02-26", ("gateway",))
    assert [(item.text, item.done) for item in one.action_items] == [
        ("Renew the certificate", True),
        ("Alert before it expires", False),
    ]
    assert [left.name for left in told.left_out] == [f"opsgenie:{missing}"]
    with pytest.raises(SourceError, match="lists no postmortems"):
        opsgenie(["everything"], {})


def test_our_own_export_comes_back_with_what_became_of_its_promises(tmp_path: Path) -> None:
    answer = {
        "incident_id": "1",
        "draft": {
            "title": "Gateway down",
            "summary": "The gateway was down.",
            "earlier_catches": [{"text": "An alert"}],
        },
        "facts": {"opened_at": "2026-03-04T03:14:00Z", "severity": "sev2", "services": ["gateway"]},
        "timeline": [{"entry": {"occurred_at": "2026-03-04T03:20:00Z", "text": "I think it is the cache"}}],
        "items": [
            {
                "item": {"text": "Alert on it", "owner": {"name": "Sam Sample"}, "target": {"due_on": "2026-04-01"}},
                "state": "completed",
                "ticket": {"key": "OPS-1", "url": "https://tracker.example/OPS-1"},
            }
        ],
    }
    (tmp_path / "one.json").write_text(json.dumps(answer))

    [one] = documents(Files(tmp_path))

    assert (one.form, one.title, str(one.date)) == (Form.CLOSEOUT, "Gateway down", "2026-03-04")
    [item] = one.action_items
    assert (item.owner, item.done, item.tickets) == ("Sam Sample", True, ("https://tracker.example/OPS-1",))
    assert len(one.timeline) == 1


def test_an_address_that_says_nothing_of_its_kind_is_asked_about() -> None:
    with pytest.raises(SourceError, match="--space KEY"):
        source_of("https://wiki.example/wiki", "", ())
    assert Batch(()).cursor is None
