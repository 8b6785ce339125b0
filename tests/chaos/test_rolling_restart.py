"""A release: each service gets a second replica, then the first is told to end, while webhooks arrive."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from closeout.embedded import Embedded
from closeout.settings import UpSettings
from closeout_schemas.catalogue import SERVICES
from tests.chaos.test_kill import send, system, until_complete, webhooks_of
from tests.system import ANSWER_SECONDS, WAIT_SECONDS, System, free_block

__all__ = ["system"]  # a fixture

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


@contextmanager
def second_replica(of: System, service: str) -> Iterator[str]:
    """Another process of this service on the same database and broker; its address. Ended by SIGTERM."""
    port = free_block(1)
    embedded = Embedded(UpSettings(data=of.folder, first_port=of.first_port), with_sandbox=True)
    own = {
        "CLOSEOUT_DATABASE_URL": embedded.running_database_url(),
        "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": embedded.running_bootstrap(),
        f"CLOSEOUT_{service.upper()}_PORT": str(port),
        "CLOSEOUT_REVIEW_SIGN_IN": "open",
    }
    log = of.folder / f"{service}-2.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "closeout", "serve", service]
        process = subprocess.Popen(command, env=embedded.environment() | own, stdout=output, stderr=output)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0, log.read_text()[-2000:]


async def until_ready(http: httpx.AsyncClient, url: str, seconds: float = WAIT_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while True:
            try:
                answer = await http.get(f"{url}/readyz", timeout=2)
                if answer.status_code == 200 and answer.json().get("consumer", True):
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)


async def release(of: System, http: httpx.AsyncClient) -> Counter[str]:
    """Every service in turn: the new one ready, the old one ended, and back as the next release's first."""
    ended: Counter[str] = Counter()
    for service in SERVICES:
        with second_replica(of, service) as url:
            await until_ready(http, url)
            pid = of.pid(service)
            assert pid is not None
            os.kill(pid, signal.SIGTERM)
            while of.pid(service) == pid:
                await asyncio.sleep(0.1)
            await until_ready(http, of.url[service])
            ended[service] += 1
    return ended


async def test_a_rolling_restart_under_load_loses_and_doubles_nothing(system: System) -> None:
    nights = {f"QCHAOS{n}": webhooks_of(n, random.Random(n)) for n in range(4)}
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
        ended, *_ = await asyncio.gather(
            release(system, http),
            *(send(system, http, said, random.Random(n)) for n, said in enumerate(nights.values())),
        )
        assert set(ended) == set(SERVICES)
        for vendor_id, said in nights.items():
            wanted = sorted(one["event"]["id"] for one in said)
            assert sorted(await until_complete(http, system, vendor_id, len(wanted))) == wanted, vendor_id
