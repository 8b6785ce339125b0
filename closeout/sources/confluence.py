"""A Confluence space by its REST API: Cloud's version 2, and Data Center's.

https://developer.atlassian.com/cloud/confluence/rest/v2/ and
https://developer.atlassian.com/server/confluence/pagination-in-the-rest-api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import SecretStr

from closeout.sources.asking_pages import Pages
from closeout.sources.source import Batch, Item, SourceError

# Cloud gives 250 at the most; with their bodies fewer are quicker, and a breach loses less.
LIMIT = 50
TIMEOUT_SECONDS = 60.0


class Confluence:
    """The current pages of one space. `cursor` is the address of the next page of results."""

    def __init__(self, url: str, space: str, user: str, token: SecretStr | None, *, pages: Pages | None = None) -> None:
        if token is None:
            raise SourceError(
                "Confluence asks for a credential: set CLOSEOUT_IMPORT_CONFLUENCE_TOKEN, and on Cloud "
                "CLOSEOUT_IMPORT_CONFLUENCE_USER to the e-mail address that it belongs to."
            )
        if urlsplit(url).username is not None:
            # The address names what is imported: it would stand on pages and in the database.
            raise SourceError(
                "The address holds a credential: take it out, and set CLOSEOUT_IMPORT_CONFLUENCE_USER and "
                "CLOSEOUT_IMPORT_CONFLUENCE_TOKEN."
            )
        self._base = url.rstrip("/")
        self._space = space
        self._is_cloud = urlsplit(self._base).path.rstrip("/").endswith("/wiki")
        self.label = f"confluence:{urlsplit(self._base).netloc}/{space}"
        self.total: int | None = None
        self.unread: tuple[str, ...] = ()
        auth = httpx.BasicAuth(user, token.get_secret_value()) if user else None
        headers = {} if user else {"Authorization": f"Bearer {token.get_secret_value()}"}
        client = httpx.Client(auth=auth, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._pages = pages or Pages(client, f"Confluence at {urlsplit(self._base).netloc}")

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """Page by page of the API."""
        following: str | None = cursor or self._first()
        seen: set[str] = set()
        while following and following not in seen:
            # A next link that leads back would be followed for ever.
            seen.add(following)
            answer = self._pages.get(following)
            following = self._next(answer)
            yield Batch(tuple(self._item(one) for one in answer.get("results") or ()), following)

    def _first(self) -> str:
        if not self._is_cloud:
            query = f"spaceKey={self._space}&type=page&status=current&expand=body.storage,history&limit={LIMIT}&start=0"
            return f"{self._base}/rest/api/content?{query}"
        spaces = self._pages.get(f"{self._base}/api/v2/spaces", {"keys": self._space}).get("results") or ()
        if not spaces:
            raise SourceError(f"Confluence has no space “{self._space}” that this credential may see.")
        return f"{self._base}/api/v2/spaces/{spaces[0]['id']}/pages?body-format=storage&status=current&limit={LIMIT}"

    def _next(self, answer: Mapping[str, Any]) -> str | None:
        following = (answer.get("_links") or {}).get("next")
        if not isinstance(following, str) or not following:
            return None
        # Cloud's begins at the host, with /wiki; Data Center's behind the context path.
        target = urljoin(self._base, following) if self._is_cloud else f"{self._base}{following}"
        if urlsplit(target)[:2] != urlsplit(self._base)[:2]:
            raise SourceError("Confluence's next page is at another address: it is not asked with this credential.")
        return target

    def _item(self, page: Mapping[str, Any]) -> Item:
        body = (((page.get("body") or {}).get("storage") or {}).get("value")) or ""
        created = page.get("createdAt") or (page.get("history") or {}).get("createdDate") or ""
        front = {"title": str(page.get("title") or ""), "created": str(created)[:10]}
        return Item(f"{self.label}/{page.get('id')}.html", str(body).encode(), front)
