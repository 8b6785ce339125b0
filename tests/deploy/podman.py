"""podman, with a store of its own: builds the image by `make image`, and runs it as docker-compose.yml says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.chart import ROOT

BASE_ARCHIVE = ROOT / "build" / "image" / "base.tar"
BASE = "localhost/base:1"
IS_REQUIRED = os.environ.get("CLOSEOUT_TEST_REQUIRE_IMAGE") == "1"
RUNTIMES = ("runc", "crun")


def require_all() -> None:
    """Skip the test, or fail it in CI, where something is not there."""
    lacks = [
        *([] if shutil.which("podman") else ["podman (apt-get install podman runc)"]),
        *([] if any(map(shutil.which, RUNTIMES)) else ["a container runtime (apt-get install runc)"]),
        *([] if os.geteuid() == 0 else ["root"]),
        *([] if BASE_ARCHIVE.exists() else ["a base image (apt-get install mmdebstrap, make base-image)"]),
    ]
    if lacks and IS_REQUIRED:
        pytest.fail(f"the image is to be tested, and there is no {', no '.join(lacks)}")
    if lacks:
        pytest.skip(f"the image cannot be built or run: there is no {', no '.join(lacks)}")


class Podman:
    """Everything it makes is in `folder`, and gone with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._graph = folder / "graph"
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self._graph}"\nrunroot = "{folder / "run"}"\n'
        )
        (folder / "containers.conf").write_text(_containers_conf())
        self.environment = {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            # A build then needs no network of its own.
            "BUILDAH_ISOLATION": "chroot",
        }

    def __call__(self, *arguments: str | Path) -> str:
        """What it printed. Fails the test with its words."""
        return self.ended("podman", *arguments)

    def make(self, *arguments: str) -> str:
        """`make`, with this podman as the only engine."""
        return self.ended("make", "--no-print-directory", "-C", ROOT, "ENGINE=podman", *arguments)

    def ended(self, *command: str | Path) -> str:
        answer = self.tried(*command)
        assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr[-4000:]
        return answer.stdout.strip()

    def tried(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """A command that may fail, once it has ended."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def about(self, image: str) -> dict[str, Any]:
        """What the engine knows of an image."""
        (found,) = json.loads(self("image", "inspect", image))
        return dict(found)

    @contextmanager
    def files(self, image: str) -> Iterator[Path]:
        """The image's root folder, to look at."""
        try:
            yield Path(self("image", "mount", image))
        finally:
            self("image", "unmount", image)

    @contextmanager
    def running(self, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A container as our child: it gets our signals and answers with its exit code."""
        with self._log(name).open("wb") as log:
            process = subprocess.Popen(
                ["podman", "run", "--rm", "--name", name, *arguments], env=self.environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            self("rm", "--force", "--ignore", name)
            process.wait(timeout=60)

    def log_of(self, name: str) -> str:
        """What a container has printed."""
        return self._log(name).read_text(errors="replace")

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def end(self) -> None:
        """Leave nothing running, and nothing mounted over its store."""
        self("rm", "--all", "--force")
        subprocess.run(["umount", self._graph / "overlay"], capture_output=True, check=False)


def _containers_conf() -> str:
    runtime = next(name for name in RUNTIMES if shutil.which(name))
    # podman would raise the limits, which not every machine lets root do.
    return (
        '[containers]\nnetns = "host"\nlog_driver = "k8s-file"\n'
        'default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]\n'
        f'[engine]\nruntime = "{runtime}"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n'
    )


def as_written(service: Mapping[str, Any]) -> list[str]:
    """Options of `podman run` for what docker-compose.yml lets a service do. Where it is, the tests say."""
    assert set(service) <= READ | LEFT, f"this does not know {set(service) - READ - LEFT}"
    return [
        *(["--read-only", "--read-only-tmpfs=false"] if service["read_only"] else []),
        *_each("--tmpfs", service["tmpfs"]),
        *_each("--cap-drop", service["cap_drop"]),
        *_each("--security-opt", [one.replace(":true", "") for one in service["security_opt"]]),
        *("--memory", service["deploy"]["resources"]["limits"]["memory"].lower()),
    ]


READ = {"read_only", "tmpfs", "cap_drop", "security_opt", "deploy", "command", "healthcheck"}
# What says where it is, what it is told, when it starts: the tests have their own.
LEFT = {"image", "build", "restart", "env_file", "environment", "depends_on", "ports"}


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [part for value in values for part in (option, value)]
