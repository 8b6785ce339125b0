"""A draft's page in a browser, for tests: what it shows, what is typed over it, and which button is pressed."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx

from closeout_review import testing as e
from closeout_review.testing import Page

PAGE = f"/postmortems/{e.POSTMORTEM}"
API = f"/api/v1/postmortems/{e.POSTMORTEM}"
OURS = {"Origin": "http://closeout.test", "Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser:
    """A page in a browser, without its script: what it shows, and what is typed over it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.shown: Page

    async def look(self) -> Browser:
        self.shown = Page((await self.http.get(PAGE, headers=OURS)).text)
        return self

    async def save(self, do: str = "save", live: bool = False, **typed: str) -> httpx.Response:
        """Type, and press a button. `live`: as the script does it."""
        fields = [(name, typed.pop(name, value)) for name, value in self.shown.fields if name != "reason"]
        sent = [*fields, *typed.items(), ("do", do)]
        if live:
            sent.append(("was", urlencode(self.shown.fields)))
        headers = OURS | ({"HX-Request": "true"} if live else {})
        return await self.http.post(PAGE, content=urlencode(sent), headers={**headers, **FORM})

    def field(self, ending: str, nth: int = 0) -> str:
        return [name for name, _ in self.shown.fields if name.endswith(ending)][nth]
