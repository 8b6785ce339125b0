"""Webhooks a second at the door, with the whole system at work behind it, against a bare handler alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench import senders
from bench.load import LOOPBACK
from bench.rows import Row, latency, rate
from bench.running import Running, free_ports
from closeout_schemas.catalogue import SERVICES
from closeout_schemas.vocabulary import Vendor

CONNECTIONS = 64
TARGET = 0.7
# The other sources' schemes.
OTHERS_ROUNDS, OTHERS_SECONDS = 3, 1.5
COUNTED = ("closeout_events_consumed_total", "closeout_events_published_total")


def rows(system: Running, quick: bool) -> list[Row]:
    """`accept` and its p99, both at 64 connections, of each scheme. Rounds alternate, the medians are compared."""
    rounds, seconds = (3, 1.0) if quick else (5, 5.0)
    ours: list[dict[str, float]] = []
    bare: list[dict[str, float]] = []
    with bare_handler(system) as port:
        for n in range(rounds):
            with system.frozen():
                bare.append(load(port, seconds, first=n * 100_000))
            until_idle(system)
            ours.append(load(system.port("ingest"), seconds, first=n * 100_000))
            refused = ours[-1]["refused"]
            assert not refused, f"the door refused {refused:g} deliveries"
        others = [] if quick else [row for vendor in senders.SCHEMES for row in _of_source(system, port, vendor)]
    value, base = median(one["rate"] for one in ours), median(one["rate"] for one in bare)
    p99, base_p99 = median(one["p99_ms"] for one in ours), median(one["p99_ms"] for one in bare)
    return [rate("accept", value, base, TARGET), latency("accept_p99", p99, base_p99), *others]


def _of_source(system: Running, bare_port: int, vendor: Vendor) -> list[Row]:
    """`accept` and its p99 with another source's own proof."""
    ours, bare = [], []
    for n in range(OTHERS_ROUNDS):
        first = 10_000_000 + n * 10_000
        with system.frozen():
            bare.append(load(bare_port, OTHERS_SECONDS, first, vendor))
        until_idle(system)
        ours.append(load(system.port("ingest"), OTHERS_SECONDS, first, vendor))
        assert not ours[-1]["refused"] + bare[-1]["refused"], f"{vendor}: deliveries were refused"
    value, base = median(one["rate"] for one in ours), median(one["rate"] for one in bare)
    p99, base_p99 = median(one["p99_ms"] for one in ours), median(one["p99_ms"] for one in bare)
    return [rate(f"accept_{vendor}", value, base, TARGET), latency(f"accept_{vendor}_p99", p99, base_p99)]


def load(port: int, seconds: float, first: int, vendor: str = "") -> dict[str, float]:
    """What the load generator, a process of its own, has seen."""
    command = [sys.executable, "-m", "bench.load", LOOPBACK[0], str(port), "--connections", str(CONNECTIONS)]
    command += ["--seconds", str(seconds), "--first", str(first)]
    command += ["--vendor", vendor] if vendor else []
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: dict[str, float] = json.loads(said)
    return figures


@contextmanager
def bare_handler(system: Running) -> Iterator[int]:
    """The port on which `bench.bare` answers, on the same broker."""
    port = free_ports(1)
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port), system.bootstrap()])
    try:
        deadline = time.monotonic() + 20
        while not _answers(port):
            assert time.monotonic() < deadline, "the bare handler did not start"
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False
    return True


def until_idle(system: Running, seconds: float = 120) -> None:
    """Wait until what the door took is with the other services, so that it does not weigh on the next round."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while quiet < 3:
        assert time.monotonic() < deadline, "the services do not come to rest"
        before = _processed(system)
        time.sleep(0.3)
        quiet = quiet + 1 if _processed(system) == before else 0


def _processed(system: Running) -> float:
    """Records that the services have consumed and published."""
    total = 0.0
    for name in SERVICES:
        with urllib.request.urlopen(f"{system.url(name)}/metrics", timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(COUNTED):
                    total += float(line.rpartition(" ")[2])
    return total
