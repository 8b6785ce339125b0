"""Comments on Jira's issues: what others wrote, and what we write, each once; and what the issues link."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from closeout_actions.adapters.client import Client, list_of, object_of
from closeout_actions.adapters.jira.dialect import Dialect
from closeout_actions.adapters.jira.reading import moment
from closeout_actions.adapters.letter import plain
from closeout_actions.domain.seen import Place
from closeout_chassis.errors import Retryable
from closeout_schemas.tickets import Comment

PAGE = 100
MOST_PAGES = 5  # the latest 500: of note are the latest few
# The last line of ours.
OURS = re.compile(r"(?:^|\n)closeout [0-9a-f-]{36}\s*$")

Doc = Mapping[str, Any]


class Comments:
    """Reads and writes them, with the client of the tracker. `site`: where people open issues."""

    def __init__(self, client: Client, dialect: Dialect, site: str) -> None:
        self._client = client
        self._dialect = dialect
        self._site = site

    async def of(self, place: Place) -> list[Comment]:
        """What others wrote. Raises Retryable, Rejected or Unauthorized."""
        told = [(one, self._dialect.words(one.get("body"))) async for one in self._latest(place, MOST_PAGES)]
        return [self._comment(one, text, place) for one, text in told if OURS.search(text) is None]

    async def links(self, place: Place) -> list[str]:
        """The addresses that the issue links. Raises as `of` does."""
        answer = await self._client.read(f"{self._dialect.api}/issue/{quote(place.remote_id, safe='')}/remotelink")
        if answer.status != 200:
            raise self._client.unreadable(answer, place.key)
        return [str((one.get("object") or {}).get("url") or "") for one in list_of(answer)]

    async def say(self, place: Place, text: str, mark: str) -> None:
        """Write one, unless it is among the latest: its last line says that it was written."""
        async for one in self._latest(place, 1):
            # In a document the mark stands as it is; in wiki text there is a backslash before each hyphen.
            if mark in json.dumps(one.get("body")).replace("\\", ""):
                return
        body = {"body": self._dialect.text([*plain(text), *plain(f"closeout {mark}")])}
        said = await self._client.write("POST", self._path(place), body)
        if said.status != 201:
            raise self._client.refused(said, place.key)

    async def _latest(self, place: Place, pages: int) -> AsyncIterator[Doc]:
        for page in range(pages):
            params: dict[str, str | int] = {"maxResults": PAGE, "orderBy": "-created", "startAt": page * PAGE}
            answer = await self._client.read(self._path(place), params=params)
            if answer.status != 200:
                raise self._client.unreadable(answer, place.key)
            found = object_of(answer)
            for one in found.get("comments") or ():
                yield one
            if (page + 1) * PAGE >= int(found.get("total") or 0):
                return

    def _path(self, place: Place) -> str:
        return f"{self._dialect.api}/issue/{quote(place.remote_id, safe='')}/comment"

    def _comment(self, found: Doc, text: str, place: Place) -> Comment:
        author = found.get("author") or {}
        try:
            return Comment(
                id=str(found["id"]),
                by=self._dialect.handle(author) if author else "somebody",
                name=author.get("displayName"),
                at=moment(found["created"]),
                text=text,
                url=f"{self._site}/browse/{place.key}?focusedCommentId={found['id']}",
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Retryable(f"no comment as Jira documents it: {type(error).__name__} {error}") from None
