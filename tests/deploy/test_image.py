"""The image, really built, twice, and really run: read-only, with no capability, on a PostgreSQL and a broker here.

What it is built on is Debian's Python, as the one in the Dockerfile comes from a registry that tests do not ask.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from packaging.utils import canonicalize_name

from closeout.commands.serve import ServiceName
from closeout.process import answers, free_port
from closeout_ingest.testing import proof
from closeout_schemas.vocabulary import Vendor
from conftest import Broker, DatabaseFrom
from tests.deploy.chart import ROOT
from tests.deploy.podman import BASE, BASE_ARCHIVE, Podman, as_written, require_all

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

FIRST, SECOND = "localhost/closeout:first", "localhost/closeout:second"
SBOM = ROOT / "build" / "image" / "test.cdx.json"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
# Of what Closeout adds to its base; docs/howto/production.md says so too.
MIB = 1024 * 1024
LARGEST = 220 * MIB
INSTALLS = {"pip", "pip3", "ensurepip", "uv", "uvx", "hatchling"}
COMPILES = {"gcc", "g++", "cc", "c++", "clang", "ld", "as", "make", "cargo", "go"}
SECRET = "the-image-s-own-secret"
SECONDS_TO_BE_READY = 300


@dataclass(frozen=True)
class Image:
    podman: Podman
    about: dict[str, Any]

    def python(self, program: str) -> Any:
        """What a program printed that the image's own Python ran, as a value."""
        return ast.literal_eval(
            self.podman("run", "--rm", *as_written(COMPOSE["ingest"]), "--entrypoint", "python", FIRST, "-c", program)
        )


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    require_all()
    folder = Path(tempfile.mkdtemp(prefix="closeout-test-"))
    engine = Podman(folder)
    engine("import", "--quiet", BASE_ARCHIVE, BASE)
    yield engine
    engine.end()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def image(podman: Podman) -> Image:
    podman.make("image", f"BASE_IMAGE={BASE}", f"IMAGE={FIRST}", f"SBOM={SBOM}")
    return Image(podman, podman.about(FIRST))


def from_git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def test_the_same_commit_gives_the_same_image(image: Image) -> None:
    image.podman.make("image", f"BASE_IMAGE={BASE}", f"IMAGE={SECOND}", "SBOM=")

    second = image.podman.about(SECOND)
    assert second["RootFS"]["Layers"] == image.about["RootFS"]["Layers"]
    assert second["Id"] == image.about["Id"]


def test_it_says_what_it_is_and_from_which_commit(image: Image) -> None:
    labels = image.about["Config"]["Labels"]

    assert labels["org.opencontainers.image.title"] == "Closeout"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.revision"].removesuffix("-dirty") == from_git("rev-parse", "HEAD")
    assert f'version = "{labels["org.opencontainers.image.version"]}"' in (ROOT / "pyproject.toml").read_text()


def test_it_runs_as_a_number_that_is_not_root(image: Image) -> None:
    user, _, group = image.about["Config"]["User"].partition(":")

    assert int(user) >= 10000
    assert int(group) >= 10000


def test_nothing_in_it_installs_or_compiles(image: Image) -> None:
    with image.podman.files(FIRST) as root:
        files = [Path(folder, name) for folder, _folders, names in os.walk(root) for name in names]
        programs = {file.name for file in files if os.access(file, os.X_OK)}
        wheels = [file for file in files if file.suffix == ".whl"]
    modules = image.python(
        f"from importlib.util import find_spec; print([one for one in {sorted(INSTALLS)} if find_spec(one)])"
    )

    assert "closeout" in programs
    assert programs & (INSTALLS | COMPILES) == set()
    assert modules == []
    assert wheels == []


def test_nothing_of_the_package_index_stays_in_it(image: Image) -> None:
    history = json.dumps(image.about["History"]) + json.dumps(image.about["Config"])
    with image.podman.files(FIRST) as root:
        left = [*root.glob("run/secrets/*"), *root.glob("etc/pip.conf"), *root.glob("opt/build")]

    assert left == []
    assert "PIP_" not in history


def test_it_is_as_small_as_we_say(image: Image, capsys: pytest.CaptureFixture[str]) -> None:
    base = image.podman.about(BASE)["Size"]
    added = image.about["Size"] - base
    with capsys.disabled():
        print(f"\nThe image: {added / MIB:.0f} MiB over a base of {base / MIB:.0f} MiB")

    assert 0 < added <= LARGEST
    assert f"{LARGEST // MIB} MiB" in (ROOT / "docs" / "howto" / "production.md").read_text()


def test_the_list_of_what_is_in_it_is_what_is_in_it(image: Image) -> None:
    listed = json.loads(SBOM.read_text())["components"]
    packages = {(one["name"], one["version"]) for one in listed if one.get("purl", "").startswith("pkg:pypi/")}
    installed = image.python(
        "import importlib.metadata as m; print([(d.metadata['Name'], d.version) for d in m.distributions()])"
    )

    assert packages == {(canonicalize_name(name), version) for name, version in installed}
    assert ("closeout", image.about["Config"]["Labels"]["org.opencontainers.image.version"]) in packages
    # The base's own are Debian's.
    assert any(one.get("purl", "").startswith("pkg:deb/debian/libc6") for one in listed)


def test_nothing_can_be_written_but_tmp_and_there_is_no_capability(image: Image) -> None:
    status = image.python("print(dict(l.rstrip().split(':\\t') for l in open('/proc/self/status')))")
    tried = image.python(
        "import os; print([place for place in ('/', '/opt/closeout', '/run', '/var/tmp', '/tmp') "
        "if os.access(place, os.W_OK)])"
    )

    assert status["Uid"] == "10001\t10001\t10001\t10001"
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert tried == ["/tmp"]


@dataclass(frozen=True)
class Containers:
    """The services of docker-compose.yml, each as it is written there, but with this database and this broker."""

    image: Image
    settings: dict[str, str]

    def options(self, service: str, **more: str) -> list[str]:
        told = {**self.settings, **more}
        return [*as_written(COMPOSE[service]), *(part for name in told for part in ("--env", f"{name}={told[name]}"))]

    def once(self, service: str, *arguments: str) -> str:
        return self.image.podman(
            "run", "--rm", *self.options(service), FIRST, *(arguments or COMPOSE[service]["command"])
        )

    @contextmanager
    def running(self, service: str) -> Iterator[Running]:
        """The service, once it is ready."""
        port, name = free_port(), f"closeout-{service}"
        options = self.options(service, **{f"CLOSEOUT_{service.upper()}_PORT": str(port)})
        with self.image.podman.running(name, *options, FIRST, *COMPOSE[service]["command"]) as process:
            running = Running(self.image.podman, service, port, name, process)
            running.wait_until_ready()
            yield running


@dataclass(frozen=True)
class Running:
    podman: Podman
    service: str
    port: int
    name: str
    process: subprocess.Popen[bytes]

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_BE_READY
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self.service} was never ready. Its log: {self.podman.log_of(self.name)}")
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_until_closed(self) -> None:
        """Until it takes nothing new."""
        deadline = time.monotonic() + SECONDS_TO_BE_READY
        while answers(self.port):
            assert time.monotonic() < deadline, f"{self.service} was told to end, and still takes connections"
            time.sleep(0.02)

    def check_health(self) -> None:
        """By the check in docker-compose.yml, at the port that it has here. Fails the test where a container is ill.

        That is where the check fails so many times in a row: a busy machine may let it wait once.
        """
        about = COMPOSE[self.service]["healthcheck"]
        _cmd, *check = about["test"]
        here = [part.replace(str(PORT[self.service]), str(self.port)) for part in check]
        assert here != check
        for left in reversed(range(about["retries"])):
            answer = self.podman.tried("podman", "exec", self.name, *here)
            if answer.returncode == 0:
                return
            assert left, answer.stderr[-4000:]
            time.sleep(1)

    def end(self) -> int:
        """Its exit code, once it was told to end."""
        self.process.terminate()
        return self.process.wait(timeout=60)


PORT = {"review": 7400, "ingest": 7401, "actions": 7402, "metrics": 7403}


@pytest.fixture
async def containers(image: Image, database_from: DatabaseFrom, broker: Broker) -> Containers:
    settings = {
        "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
        "CLOSEOUT_KAFKA_EMBEDDED": "true",
        # The embedded broker makes a member wait for half of it.
        "CLOSEOUT_KAFKA_SESSION_TIMEOUT_MS": "1000",
        "CLOSEOUT_INGEST_PAGERDUTY_SECRETS": SECRET,
        "CLOSEOUT_REVIEW_SIGN_IN": "link",
    }

    async def migrate(url: str) -> None:
        prepared = Containers(image, {**settings, "CLOSEOUT_DATABASE_URL": url})
        prepared.once("topics")
        prepared.once("migrate")

    url = await database_from("migrated-by-the-image", migrate)
    return Containers(image, {**settings, "CLOSEOUT_DATABASE_URL": url})


def test_what_it_does_by_itself_is_to_say_what_it_can(image: Image) -> None:
    told = image.podman("run", "--rm", *as_written(COMPOSE["ingest"]), FIRST)

    assert "Usage: closeout" in told
    assert all(f" {command} " in told for command in ("serve", "migrate", "topics"))


@pytest.mark.parametrize("service", list(ServiceName))
def test_each_service_becomes_ready_and_ends_when_it_is_told(service: ServiceName, containers: Containers) -> None:
    with containers.running(service) as running:
        running.check_health()

        assert running.end() == 0


def test_a_delivery_goes_in_at_its_door_and_comes_out_of_the_broker(containers: Containers) -> None:
    with containers.running("ingest") as ingest:
        told = containers.once("migrate", "ping", "--door", f"http://127.0.0.1:{ingest.port}", "--json")

    assert json.loads(told)["seconds"] > 0


def test_a_request_at_hand_is_answered_before_it_ends(containers: Containers) -> None:
    body = b'{"event": {"id": "1", "event_type": "pagey.ping", "resource_type": "pagey", "data": {"type": "ping"}}}'
    headers = {"Host": "closeout", "Content-Length": str(len(body)), "Expect": "100-continue"}
    proven = {**headers, **proof(Vendor.PAGERDUTY, body, SECRET)}
    lines = ["POST /webhooks/pagerduty HTTP/1.1", *(f"{name}: {value}" for name, value in proven.items()), "", ""]
    with (
        containers.running("ingest") as ingest,
        socket.create_connection(("127.0.0.1", ingest.port), timeout=30) as connection,
    ):
        connection.sendall("\r\n".join(lines).encode())
        # It has the request, and waits for its body.
        assert connection.recv(4096).startswith(b"HTTP/1.1 100")
        ingest.process.terminate()
        ingest.wait_until_closed()
        connection.sendall(body)

        assert connection.recv(4096).startswith(b"HTTP/1.1 202")
        assert ingest.process.wait(timeout=60) == 0
