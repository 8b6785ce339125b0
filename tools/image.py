"""Builds the image with what is there of docker, podman and buildah, and lists what is in it.

python tools/image.py closeout:0.1.0 --version 0.1.0 [--base IMAGE] [--engine ENGINE] [--sbom FILE] [the engine's own]

Packages come from where this machine's pip gets them, by its own settings. They reach the build as secrets, so that no
address, password or certificate stays in the image. Needs git, and nothing but the standard library.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SYFT = ROOT / "build" / "syft" / "bin" / "syft"
ANSWERS: Mapping[str, Sequence[Sequence[str]]] = {
    # A build with secrets needs BuildKit, which comes as a plugin.
    "docker": (("docker", "info"), ("docker", "buildx", "version")),
    "podman": (("podman", "info"),),
    "buildah": (("buildah", "info"),),
}
# Of pip's settings those that say where packages come from; one that names a folder means nothing inside a build.
OF_AN_INDEX = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")


def engines() -> Iterator[str]:
    """Those that are installed and answer, the best known first."""
    for name, questions in ANSWERS.items():
        if shutil.which(name) and all(_quiet(question) == 0 for question in questions):
            yield name


def _quiet(command: Sequence[str]) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def pip_settings(listed: str) -> dict[str, str]:
    """What `pip config list` printed, by name: a variable goes over a file, a later file over an earlier one."""
    pairs = [line.partition("=")[::2] for line in listed.splitlines() if "=" in line]
    # `global.index-url`, `install.index-url`, `:env:.index-url`
    by_place = sorted(pairs, key=lambda pair: pair[0].startswith(":env:"))
    return {name.rpartition(".")[2]: str(ast.literal_eval(value)) for name, value in by_place}


def secrets(settings: Mapping[str, str], folder: Path) -> list[str]:
    """Options that hand pip's settings to the build. Writes files into `folder`."""
    lines = [f"{name} = {_indented(value)}" for name, value in settings.items() if name in OF_AN_INDEX]
    options: list[str] = []
    if authority := settings.get("cert"):
        lines.append("cert = /run/secrets/ca.pem")
        options += ["--secret", f"id=ca.pem,src={authority}"]
    if lines:
        (folder / "pip.conf").write_text("\n".join(["[global]", *lines, ""]))
        options += ["--secret", f"id=pip.conf,src={folder / 'pip.conf'}"]
    return options


def _indented(value: str) -> str:
    return "\n    ".join(value.split())


def command(engine: str, tag: str, epoch: str, options: Sequence[str]) -> list[str]:
    """What to run. `epoch`, in seconds, is the time of everything that the build makes."""
    match engine:
        case "docker":
            begin = ["docker", "buildx", "build", "--output", f"type=docker,name={tag},rewrite-timestamp=true"]
        case _:
            begin = [engine, "build", "--tag", tag, "--timestamp", epoch, "--layers=false"]
    return [*begin, "--build-arg", f"SOURCE_DATE_EPOCH={epoch}", *options, str(ROOT)]


def archived(engine: str, tag: str, file: Path) -> list[str]:
    """What to run to have the image in a file, in the format of `docker save`."""
    match engine:
        case "buildah":
            return ["buildah", "push", "--quiet", tag, f"docker-archive:{file}"]
        case "podman":
            return ["podman", "save", "--quiet", "--format", "docker-archive", "--output", str(file), tag]
        case _:
            return ["docker", "save", "--output", str(file), tag]


def list_content(engine: str, tag: str, version: str, sbom: Path, folder: Path) -> int:
    """Write the image's packages, the base's among them, as CycloneDX. Answers the exit code of what failed, or 0."""
    archive = folder / "image.tar"
    sbom.parent.mkdir(parents=True, exist_ok=True)
    source = [f"docker-archive:{archive}", "--source-name", "closeout", "--source-version", version]
    return _run(archived(engine, tag, archive)) or _run(
        [str(SYFT), "scan", *source, "--quiet", "--output", f"cyclonedx-json={sbom}"]
    )


def _run(command: Sequence[str]) -> int:
    # It would ask its maker for a newer one of itself.
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}).returncode


def said(*arguments: str) -> str:
    """What a program printed."""
    return subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


def main(arguments: Sequence[str]) -> int:
    """The command. Answers the engine's exit code."""
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument("tag")
    parser.add_argument("--version", required=True)
    parser.add_argument("--base", default="", help="what it is built on, with a digest to pin it")
    parser.add_argument("--engine", default="", choices=["", *ANSWERS])
    parser.add_argument("--sbom", type=Path, help="where to list what is in it")
    asked, for_the_engine = parser.parse_known_args(arguments)
    engine = asked.engine or next(engines(), "")
    if not engine:
        print(
            "No engine to build the image with: none of docker (with buildx), podman and buildah is installed and "
            "answers. Install one (Debian: apt-get install podman), or start Docker.",
            file=sys.stderr,
        )
        return 1
    pip = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True)
    revision = said("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    with tempfile.TemporaryDirectory() as folder:
        options = [
            *("--build-arg", f"VERSION={asked.version}"),
            *("--build-arg", f"REVISION={revision}"),
            *(("--build-arg", f"BASE_IMAGE={asked.base}") if asked.base else ()),
            *secrets(pip_settings(pip.stdout), Path(folder)),
            *for_the_engine,
        ]
        failed = _run(command(engine, asked.tag, said("git", "log", "-1", "--format=%ct"), options))
        if failed or not asked.sbom:
            return failed
        return list_content(engine, asked.tag, asked.version, asked.sbom, Path(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
