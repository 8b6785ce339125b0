"""The generator: says what is stale, writes it, and writes nothing twice."""

from __future__ import annotations

from pathlib import Path

from tools import schemas


def test_an_empty_folder_is_filled_and_then_has_nothing_stale(tmp_path: Path) -> None:
    written = schemas.write(tmp_path)

    assert set(written) == set(schemas.generated())
    assert list(schemas.stale(tmp_path)) == []
    assert schemas.write(tmp_path) == []


def test_a_changed_file_is_shown_as_a_difference(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    path = tmp_path / schemas.JSON_SCHEMAS / "closeout.ticket.created.v1.json"
    path.write_text(path.read_text().replace('"revision"', '"version"'))

    (difference,) = schemas.stale(tmp_path)

    assert '-        "version": {' in difference
    assert '+        "revision": {' in difference


def test_a_schema_of_no_event_is_stale_and_is_removed(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    left_over = tmp_path / schemas.JSON_SCHEMAS / "closeout.ticket.forgotten.v1.json"
    left_over.write_text("{}")
    assert [line for line in schemas.stale(tmp_path) if "no event has this type" in line]

    schemas.write(tmp_path)

    assert not left_over.exists()


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = schemas.asyncapi()
    files = schemas.generated()

    for channel in document["channels"].values():
        for message in channel["messages"].values():
            assert message["$ref"].rpartition("/")[2] in document["components"]["messages"]
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]
    for message in document["components"]["messages"].values():
        assert Path(message["payload"]["schema"]["$ref"].removeprefix("../../")) in files


def test_yaml_nests_by_indentation_and_quotes_what_could_be_misread() -> None:
    text = "\n".join(schemas.yaml({"a": {"b.c": "no", "d": [1, "x: y"]}, "e": True}))

    assert text == 'a:\n  "b.c": "no"\n  d: [1, "x: y"]\ne: true'
