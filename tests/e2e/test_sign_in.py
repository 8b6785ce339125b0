"""The embedded default: a one-time link opens it, tokens are for programs, and the log says who did what."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import httpx
import pytest

from tests.system import ANSWER_SECONDS, PARTS, System, closeout

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_the_printed_link_opens_it_once_and_another_is_made_by_the_command(data_folder: Path) -> None:
    system = System(data_folder, sign_in="link")
    system.start()
    try:
        review, here = system.url["review"], ("--data", str(data_folder))
        assert httpx.get(f"{review}/api/v1/incidents", timeout=ANSWER_SECONDS).status_code == 401
        printed = re.search(r"http://\S+/sign-in/link/\S+", (data_folder / "up.log").read_text())
        made = closeout("link", *here).stdout.strip()
        assert printed
        for link in (printed[0], made):
            with httpx.Client(follow_redirects=True, timeout=ANSWER_SECONDS) as browser:
                assert browser.get(link).status_code == 200
                assert browser.get(f"{review}/api/v1/me").json()["name"] == "local operator"
            assert httpx.get(link, timeout=ANSWER_SECONDS).status_code == 401

        token = closeout("token", "create", "a script", "--scope", "read", *here).stdout.strip()
        bearer = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_SECONDS)
        assert bearer.get(f"{review}/api/v1/me").json()["scopes"] == ["read"]
        (listed,) = json.loads(closeout("token", "list", "--json", *here).stdout)
        closeout("token", "revoke", listed["id"], *here)
        assert bearer.get(f"{review}/api/v1/me").status_code == 401

        deeds = [json.loads(line) for line in closeout("log", "--json", *here).stdout.splitlines()]
        assert [(one["deed"], one["signed_in_by"]) for one in reversed(deeds)][-5:] == [
            ("made a one-time link", "command line"),
            ("signed in", "one-time link"),
            ("signed in", "one-time link"),
            ("made a token", "command line"),
            ("revoked a token", "command line"),
        ]
        assert not reached_from_elsewhere(system.first_port)
    finally:
        assert system.stop() == 0


def reached_from_elsewhere(first_port: int) -> list[int]:
    """The ports of the system that another address of this machine than loopback answers on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return []
        address = probe.getsockname()[0]
    if address.startswith("127."):
        return []
    answering = []
    for port in range(first_port, first_port + len(PARTS)):
        with socket.socket() as caller:
            caller.settimeout(2)
            if caller.connect_ex((address, port)) == 0:
                answering.append(port)
    return answering
