"""In what Jira Cloud (v3) and Jira Data Center (v2) differ: texts, accounts, search, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from closeout_actions.adapters.jira import adf, wiki
from closeout_actions.adapters.letter import Block

Doc = Mapping[str, Any]


class Dialect(Protocol):
    """One of Jira's two ways to speak."""

    api: str  # the path of its REST API
    bulk: str | None  # where many issues are asked for at once

    def text(self, blocks: Sequence[Block]) -> Any:
        """A text as fields take it."""

    def words(self, text: Any) -> str:
        """What a text says, without its form."""

    def account(self, handle: str) -> dict[str, str]:
        """Somebody as fields take it, and as questions about somebody name them."""

    def handle(self, user: Doc) -> str:
        """What names an account. Raises KeyError."""

    def search(self, jql: str, fields: Sequence[str], position: Any) -> tuple[str, dict[str, Any]]:
        """The path and body of a search, from `position` on; None: from the first."""

    def following(self, page: Doc) -> Any:
        """Where the page after `page` begins; None where there is none."""


class Cloud:
    """Documents, account ids, and the search that answers page by page without a count."""

    api = "rest/api/3"
    bulk: str | None = "issue/bulkfetch"

    def text(self, blocks: Sequence[Block]) -> Any:
        """Atlassian Document Format."""
        return adf.document(blocks)

    def words(self, text: Any) -> str:
        """Of Atlassian Document Format."""
        return adf.words(text)

    def account(self, handle: str) -> dict[str, str]:
        """By account id."""
        return {"accountId": handle}

    def handle(self, user: Doc) -> str:
        """The account id."""
        return str(user["accountId"])

    def search(self, jql: str, fields: Sequence[str], position: Any) -> tuple[str, dict[str, Any]]:
        """The old /search was removed: https://developer.atlassian.com/changelog/#CHANGE-2046"""
        wanted = {"jql": jql, "fields": list(fields), "properties": [PROPERTY], "maxResults": 100}
        return "search/jql", wanted | ({"nextPageToken": position} if position else {})

    def following(self, page: Doc) -> Any:
        """The next page's token."""
        return None if page.get("isLast") else page.get("nextPageToken")


class DataCenter:
    """Wiki syntax, user names, and the search that counts."""

    api = "rest/api/2"
    bulk: str | None = None

    def text(self, blocks: Sequence[Block]) -> Any:
        """Wiki syntax."""
        return wiki.text(blocks)

    def words(self, text: Any) -> str:
        """Of wiki syntax, in which words are words but for the backslashes."""
        return wiki.words(str(text or ""))

    def account(self, handle: str) -> dict[str, str]:
        """By user name."""
        return {"name": handle}

    def handle(self, user: Doc) -> str:
        """The user name."""
        return str(user["name"])

    def search(self, jql: str, fields: Sequence[str], position: Any) -> tuple[str, dict[str, Any]]:
        """Pages by their first issue's number."""
        return "search", {"jql": jql, "fields": list(fields), "maxResults": 100, "startAt": position or 0}

    def following(self, page: Doc) -> Any:
        """After as many issues as were shown."""
        shown = int(page["startAt"]) + len(page["issues"])
        return shown if page["issues"] and shown < int(page["total"]) else None


PROPERTY = "closeout"  # the entity property of our issues
