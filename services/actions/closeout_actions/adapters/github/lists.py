"""GitHub's lists, which come in pages: https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from closeout_actions.adapters.client import Client, cut_off, list_of
from closeout_actions.adapters.github import answers
from closeout_chassis.http_out import Answer

PAGE = 100  # the most that GitHub gives
MOST_PAGES = 50


class Lists:
    """Reads them, with the client of the tracker. Raises Retryable, Rejected or Unauthorized."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def all(self, path: str, **params: str) -> list[Mapping[str, Any]]:
        """All of it."""
        return [one async for one in self.pages(path, {**params, "per_page": PAGE})]

    async def pages(self, path: str, params: Mapping[str, str | int]) -> AsyncIterator[Mapping[str, Any]]:
        """One after the other, page by page."""
        first = await self._client.read(path, params=params)
        if first.status != 200:
            raise answers.unreadable(first, path)
        async for one in self.following(first):
            yield one

    async def following(self, answer: Answer) -> AsyncIterator[Mapping[str, Any]]:
        """What is in an answer, and in the pages after it."""
        for _ in range(MOST_PAGES):
            for one in list_of(answer):
                yield one
            following = answer.link("next")
            if following is None:
                return
            answer = await self._client.read(following)
            if answer.status != 200:
                raise answers.retryable(answer)
        cut_off(answer, MOST_PAGES)
