"""Opsgenie's postmortems, one request each: its API lists none, so that their ids are given.

https://docs.opsgenie.com/docs/postmortem-api
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import httpx
from pydantic import SecretStr

from closeout.sources.asking_pages import Pages
from closeout.sources.source import Batch, Item, SourceError

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
TIMEOUT_SECONDS = 60.0


class Opsgenie:
    """The postmortems whose ids, or addresses in Opsgenie, are given. `cursor`: how many of them are through."""

    def __init__(self, url: str, given: Sequence[str], key: SecretStr | None, *, pages: Pages | None = None) -> None:
        if key is None:
            raise SourceError("Opsgenie asks for an API key that may read: set CLOSEOUT_IMPORT_OPSGENIE_API_KEY.")
        self._ids = list(dict.fromkeys(found.lower() for one in given for found in ID.findall(one)))
        if not self._ids:
            raise SourceError(
                "Opsgenie's API lists no postmortems: give their ids or addresses with --postmortem, once each or as "
                "a file with one a line."
            )
        self._base = url.rstrip("/")
        self.label = "opsgenie"
        self.total: int | None = len(self._ids)
        self.unread: tuple[str, ...] = ()
        headers = {"Authorization": f"GenieKey {key.get_secret_value()}"}
        self._pages = pages or Pages(httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS), "Opsgenie")

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """One at a time. What cannot be read is told, and the rest goes on."""
        for place in range(int(cursor or 0), len(self._ids)):
            one = self._ids[place]
            try:
                answer = self._pages.get(f"{self._base}/v2/postmortem/{one}")
                item = Item(f"opsgenie:{one}.json", json.dumps(answer).encode())
            except SourceError as error:
                if "run it again" in str(error):
                    raise
                item = Item(f"opsgenie:{one}", b"", broken=str(error))
            yield Batch((item,), str(place + 1) if place + 1 < len(self._ids) else None)
