"""What the docs say is there, is there: links, commands with their options, variables, targets of make."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from closeout.cli import COMMANDS, app_of
from closeout.configuration import service_groups
from closeout.settings import ImportSettings, UpSettings
from closeout_chassis.settings import SHARED
from closeout_sandbox.settings import SandboxSettings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("services/*/README.md")]
    if "decisions" not in path.parts
)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
VARIABLE = re.compile(r"\bCLOSEOUT_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
# In a block of commands: from the name to a comment, a pipe or the end.
COMMAND = re.compile(r"(?:^|\s|--\s)(?:\.venv/bin/)?closeout ([a-z][a-z-]*(?=\s)[^#|&;`\n]*)")
# A name that stands for many.
FOR_MANY = re.compile(r"CLOSEOUT_(TEST|REVIEW|INGEST|ACTIONS|METRICS|KAFKA|UP|SANDBOX)$|CLOSEOUT_(VERSION|ENV_FILE)$")


def blocks(page: Path) -> Iterator[str]:
    """The fenced blocks of a page, continued lines joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    yield from re.findall(r"^```[a-z]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "howto").glob("*.md")), ids=lambda page: page.name)
def test_every_how_to_is_in_the_menu_of_the_site(page: Path) -> None:
    assert f"howto/{page.name}" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@cache
def command() -> Any:
    return typer.main.get_command(app_of(COMMANDS))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", ["values.yaml", "values.schema.json", "README.md"])
def test_every_page_that_the_chart_names_is_there(name: str) -> None:
    named = re.findall(r"\bdocs/[\w/-]+\.md\b", (ROOT / "deploy/helm/closeout" / name).read_text(encoding="utf-8"))

    assert named
    assert [page for page in named if not (ROOT / page).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_is_one_with_options_that_it_takes(page: Path) -> None:
    for block in blocks(page):
        for line in COMMAND.findall(block):
            words = shlex.split(line.replace("…", "x"), posix=True)
            here = command()
            while hasattr(here, "commands"):
                assert words, f"closeout {line}: which command of {here.name}?"
                name = words.pop(0)
                assert name in here.commands, f"closeout {line}: there is no command {name}"
                here = here.commands[name]
            known = {option for parameter in here.params for option in (*parameter.opts, *parameter.secondary_opts)}
            used = {word.partition("=")[0] for word in words if word.startswith("--") and len(word) > 2}
            assert used <= known | {"--help"}, f"closeout {line}: {used - known}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_variable_is_a_setting(page: Path) -> None:
    groups = (*SHARED, *service_groups(), UpSettings, ImportSettings)
    known = {f"{group.prefix()}{field}".upper() for group in groups for field in group.model_fields}
    known |= {f"CLOSEOUT_SANDBOX_{field}".upper() for field in SandboxSettings.model_fields}
    said = set(VARIABLE.findall(page.read_text(encoding="utf-8")))

    unknown = {name for name in said - known if not FOR_MANY.match(name) and not name.startswith("CLOSEOUT_TEST_")}
    # `CLOSEOUT_KAFKA_SSL_…` names a family.
    assert {name for name in unknown if not any(one.startswith(f"{name}_") for one in known)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_request_to_the_api_says_who_asks(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()

    assert [one for one in lines if "curl " in one and "/api/v1/" in one and "Authorization: Bearer" not in one] == []


def test_a_prometheus_of_ones_own_knows_the_services_by_the_jobs_of_the_compose_file() -> None:
    def ports(configuration: str) -> dict[str, set[str]]:
        return {
            one["job_name"]: {target.rpartition(":")[2] for told in one["static_configs"] for target in told["targets"]}
            for one in yaml.safe_load(configuration)["scrape_configs"]
        }

    (shown,) = [one for one in blocks(ROOT / "docs/howto/dashboards.md") if "scrape_configs" in one]
    assert ports(shown) == ports((ROOT / "deploy/docker/prometheus.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_of_make_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))

    assert said <= targets


def test_the_site_is_built_without_a_broken_link(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert built.returncode == 0, built.stdout + built.stderr
    assert (tmp_path / "site" / "howto" / "production.html").exists()
    # Nothing on a page is fetched from elsewhere.
    page = (tmp_path / "site" / "index.html").read_text()
    assert not re.findall(r'<(?:script|link)[^>]+(?:src|href)="https?://', page.replace('rel="canonical"', ""))
    shutil.rmtree(tmp_path / "site")
