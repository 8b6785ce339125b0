"""The files that a page loads: vendored as their packages have them, served for ever by their version."""

from __future__ import annotations

import hashlib
import re

import httpx
import pytest

from closeout_review.web.static import BODIES, FOLDER, VERSIONS, address

ROW = re.compile(r"^\| `([^`]+)` \| .* \| ([0-9a-f]{64}) \|$", re.MULTILINE)


def test_what_is_vendored_is_what_its_table_says() -> None:
    told = dict(ROW.findall((FOLDER / "VENDORED.md").read_text()))
    there = {
        f"vendored/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (FOLDER / "vendored").iterdir()
        if path.suffix != ".LICENSE"
    }
    assert there == told


def test_each_vendored_file_has_its_licence_beside_it() -> None:
    table = (FOLDER / "VENDORED.md").read_text()
    licences = {path.name for path in (FOLDER / "vendored").glob("*.LICENSE")}
    assert licences == set(re.findall(r"vendored/(\w+\.LICENSE)", table))


@pytest.mark.integration
async def test_a_file_is_kept_for_ever_under_the_address_of_its_bytes(http: httpx.AsyncClient) -> None:
    for name in BODIES:
        answer = await http.get(address(name))
        assert hashlib.sha256(answer.content).hexdigest().startswith(VERSIONS[name])
        assert "immutable" in answer.headers["cache-control"]
    assert (await http.get("/static/style.css")).headers["cache-control"] == "no-cache"
    assert (await http.get("/static/VENDORED.md")).status_code == 404
