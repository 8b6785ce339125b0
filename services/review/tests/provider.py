"""A real OpenID Connect provider, run as a process, and a browser that signs in at it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / "build/oidc/node_modules/oidc-provider/lib/index.js"
SCRIPT = ROOT / "tests/oidc/provider.mjs"
HERE = "http://closeout.test"


def run_provider() -> Iterator[str]:
    """Its issuer, while it runs. Skips where the machine lacks it."""
    node = shutil.which("node")
    if node is None or not LIBRARY.exists():
        pytest.skip("no OpenID provider here: `make oidc` fetches one (needs Node.js 20 or newer, and npm)")
    command = [node, str(SCRIPT), str(LIBRARY), f"{HERE}/sign-in/callback"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer, "the provider did not start"
        yield issuer
    finally:
        process.terminate()
        process.wait(60)


async def sign_in_there(address: str, name: str) -> str:
    """What a person does at the provider: sign in, agree. Returns where they are sent back to."""
    async with httpx.AsyncClient(timeout=60) as browser:
        answer = await browser.get(address)
        for _ in range(10):
            if answer.is_redirect:
                to = urljoin(str(answer.url), answer.headers["location"])
                if to.startswith(HERE):
                    return to
                answer = await browser.get(to)
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert form, answer.text
            assert prompt, answer.text
            fields = {"prompt": prompt[1]} | ({"login": name, "password": "x"} if prompt[1] == "login" else {})
            answer = await browser.post(urljoin(str(answer.url), form[1]), data=fields)
    raise AssertionError("the provider asked for more than a sign-in and a consent")
