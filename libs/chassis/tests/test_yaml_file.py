"""A YAML file of a person's: what it says, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, field_validator

from closeout_chassis.errors import SettingsError
from closeout_chassis.yaml_file import read_yaml


class Tool(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: int = 1


class Box(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tools: list[Tool] = []
    labels: dict[str, int] = {}


def written(folder: Path, text: str) -> Path:
    file = folder / "box.yaml"
    file.write_text(text)
    return file


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read_yaml(written(folder, text), Box)
    return [line.removeprefix(f"{folder}/") for line in refused.value.lines]


def test_a_good_file_is_its_model(tmp_path: Path) -> None:
    box = read_yaml(written(tmp_path, "tools:\n- name: saw\n  size: 3\n"), Box)

    assert box == Box(tools=[Tool(name="saw", size=3)])


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    assert read_yaml(written(tmp_path, "# nothing yet\n"), Box) == Box()


def test_every_mistake_has_its_line(tmp_path: Path) -> None:
    text = "tools:\n- name: saw\n  size: large\n- nmae: axe\nlabels:\n  red: much\n"

    found = mistakes(tmp_path, text)

    assert [line.partition(": ")[0] for line in found] == [
        "box.yaml:3:3",
        "box.yaml:4:3",
        "box.yaml:4:3",
        "box.yaml:6:3",
    ]
    assert "tools.0.size" in found[0]
    assert "tools.1.nmae" in found[2]


def test_a_key_that_is_there_twice_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "labels:\n  red: 1\n  red: 2\n") == [
        "box.yaml:3:3: red: is there twice; the first would be lost"
    ]


def test_what_is_no_yaml_says_where_it_stops(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, "tools:\n- name: [saw\n")

    assert line.startswith("box.yaml:3:1: no YAML: ")


@pytest.mark.parametrize("text", ["7", "[]", "a word"])
def test_another_form_than_a_mapping_is_one_line(tmp_path: Path, text: str) -> None:
    assert len(mistakes(tmp_path, text)) == 1


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml", Box)


def test_a_file_that_is_not_utf_8_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "box.yaml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match="not UTF-8"):
        read_yaml(file, Box)


def test_a_python_object_is_refused(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, "tools: !!python/object/apply:os.system ['true']\n")

    assert "no YAML" in line


def test_what_we_refuse_ourselves_is_said_in_our_words(tmp_path: Path) -> None:
    class Even(BaseModel):
        size: int

        @field_validator("size")
        @classmethod
        def _even(cls, size: int) -> int:
            raise ValueError(f"{size} is odd")

    with pytest.raises(SettingsError) as error:
        read_yaml(written(tmp_path, "size: 3\n"), Even)

    assert error.value.lines == (f"{tmp_path}/box.yaml:1:1: size: 3 is odd",)
