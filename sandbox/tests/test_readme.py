"""What the README says can be typed works."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from closeout_sandbox import behaviour, control, faults, scenario
from closeout_sandbox.settings import SandboxSettings

from .conftest import Bench

README = (Path(__file__).parents[1] / "README.md").read_text()
COMMANDS = [one for one in re.findall(r"`(curl [^`]*)`", README) if "$SB" in one]


async def test_every_command_of_the_readme_works_in_its_order(bench: Bench) -> None:
    assert len(COMMANDS) > 20
    for command in COMMANDS:
        words = shlex.split(command.replace("/ID/", "/1/").replace("…", "http://closeout.test/github"))[1:]
        options = {words[at]: words.pop(at + 1) for at in reversed(range(len(words))) if words[at] in ("-X", "-d")}
        (url,) = [word for word in words if word.startswith("$SB")]
        method = options.get("-X", "POST" if "-d" in options else "GET")

        if '"slow"' in options.get("-d", ""):
            options["-d"] = options["-d"].replace("20", "0")
        answer = await bench.control.request(method, url.removeprefix("$SB"), content=options.get("-d", ""))

        assert answer.status_code < 300, (command, answer.text)


@pytest.mark.parametrize(
    "name",
    [
        *sorted(scenario.INCIDENT_DEEDS),
        *sorted(scenario.ISSUE_DEEDS),
        *sorted(get_args(faults.AnswerKind)),
        *sorted(get_args(faults.WebhookKind)),
    ],
)
def test_every_deed_and_every_fault_is_in_the_readme(name: str) -> None:
    assert f"`{name}" in README or f"/{name} " in README


def test_every_control_endpoint_is_in_the_readme() -> None:
    for method, path, _ in control.TABLE:
        start = re.sub(r"\{.*", "", path).rstrip("/") or "/"
        assert f"$SB{start}" in README, (method, path)


def test_every_setting_says_what_it_is_for() -> None:
    fields = {**SandboxSettings.model_fields, **behaviour.Behaviour.model_fields}

    assert [name for name, field in fields.items() if not field.description] == []
