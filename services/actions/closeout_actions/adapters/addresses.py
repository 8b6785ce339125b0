"""Which ticket of which tracker a web address leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor

REPOSITORY = r"([\w.-]+/[\w.-]+)"


def ticket_at(url: str, settings: ActionsSettings) -> tuple[Vendor, str] | None:
    """The tracker and its own name of the ticket; None where the address is none of a tracker that is set up."""
    for vendor, site, path in _sites(settings):
        below = _below(url, site) if site else None
        if below is not None and (found := re.search(path, below)):
            return vendor, "#".join(found.groups())
    return None


def _sites(settings: ActionsSettings) -> Iterator[tuple[Vendor, str, str]]:
    """(tracker, where its pages are, how one of a ticket is called)."""
    yield Vendor.GITLAB, settings.gitlab_url, r"^/(.+?)/-/(?:issues|work_items)/(\d+)/?$"
    yield Vendor.GITEA, settings.gitea_url, rf"/{REPOSITORY}/issues/(\d+)/?$"
    yield Vendor.JIRA, settings.jira_site_url or settings.jira_url, r"/browse/([A-Z][A-Z0-9_]+-\d+)/?$"
    yield Vendor.LINEAR, "https://linear.app", r"^/[\w-]+/issue/([A-Z0-9]+-\d+)(?:/|$)"
    yield Vendor.GITHUB, _github_site(settings.github_api_url), rf"/{REPOSITORY}/issues/(\d+)/?$"


def _github_site(api_url: str) -> str:
    """Enterprise Server has its pages and its API on one host."""
    parts = urlsplit(api_url)
    return "https://github.com" if parts.netloc == "api.github.com" else f"{parts.scheme}://{parts.netloc}"


def _below(url: str, site: str) -> str | None:
    """The path of `url` on `site`, which may have one itself; None where it is another site's."""
    wanted, given = urlsplit(site), urlsplit(url)
    path = wanted.path.rstrip("/")
    same = (wanted.scheme, wanted.netloc) == (given.scheme, given.netloc)
    return given.path.removeprefix(path) if same and given.path.startswith(path + "/") else None
