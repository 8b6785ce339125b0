"""A postmortem as Markdown: words stay words, and `closeout import` reads what was written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx
import pytest
from markdown_it import MarkdownIt

from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_review import testing as e
from closeout_schemas.vocabulary import TicketState

from .test_printing import API, PAGE

pytestmark = pytest.mark.integration
Hear = Callable[..., Awaitable[None]]
TITLE = "# Checkout | answered <b>502</b> for *an_hour* &lt; [x](javascript:alert(1)) in C:\\shop"
ITEM = "- Add an alert on <checkout> `p99` latency above #500 ms over 5_minutes"
SUMMARY = "Alex *rolled* it back.\n---\n# Action items\n- Nothing\n<!-- from here on\n```\nkubectl"
SERVICE = e.Service(vendor_id="PSVC", name="check*out*_<a>")
SAID = "Next steps: none\n# Action items\n- [ ] Sleep"
HOSTILE = "<details><img src=x onerror=alert(1)>[go](javascript:alert(1))\n![seen](https://x.example/p.png) in `/tmp`"


async def exported(http: httpx.AsyncClient) -> tuple[str, Document]:
    text = (await http.get(f"{PAGE}/export/markdown")).text
    (found,) = read("export.md", text.encode())
    assert isinstance(found, Document)
    return text, found


async def told(http: httpx.AsyncClient, hear: Hear, now: datetime) -> None:
    """An incident with words in it that Markdown takes for marks, and a draft of it."""
    of = {"service": SERVICE}
    await hear(*e.everybody(now), e.opened(**of), e.noted(SAID, 4, **of), e.noted("Back", 9, 3, **of), e.resolved(**of))
    nothing = {"earlier_catches": [], "nothing_would_have_caught_it": "It was new\n## Timeline"}
    draft = e.draft(now, e.item(now, text=ITEM), title=TITLE, summary=SUMMARY, aware_of=["---"], **nothing)
    saved = await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})
    assert saved.status_code == 200, saved.text


async def test_what_people_wrote_changes_nothing_around_it(http: httpx.AsyncClient, hear: Hear, now: datetime) -> None:
    await told(http, hear, now)

    text, found = await exported(http)

    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert [line.partition(" ")[0] for line in headings] == ["#", *["##"] * (len(headings) - 1)]
    assert headings[1:] == [
        *("## Summary", "## What would have caught this earlier", "## Action items"),
        *("## Things to remain aware of", "## Timeline"),
    ]
    assert "Alex *rolled* it back." in text
    assert (found.title, found.services) == (TITLE, ("check*out*_<a>",))
    assert found.summary == "Alex rolled it back. --- # Action items Nothing <!-- from here on"
    assert [one.text for one in found.timeline] == [
        *("automation · opened", "Alex Responder · note Next steps: none # Action items - [ ] Sleep"),
        *("Alex Responder · note Back", "Alex Responder · resolved"),
    ]
    assert [(one.text, one.owner, one.done) for one in found.action_items] == [(ITEM, "@alexr", None)]
    (whole,) = read("export.json", (await http.get(f"{API}/export/json")).content)
    assert isinstance(whole, Document)
    assert (whole.title, whole.services, whole.summary) == (found.title, found.services, found.summary)
    assert [one.text for one in whole.timeline] == ["Next steps: none # Action items - [ ] Sleep", "Back"]


async def test_what_was_said_and_answered_is_words_when_it_is_rendered(
    http: httpx.AsyncClient, hear: Hear, now: datetime
) -> None:
    await hear(*e.everybody(now), e.opened(), e.noted(HOSTILE, 4), e.resolved())
    draft = e.draft(now, answers={"night": HOSTILE})
    assert (await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})).status_code == 200

    text, found = await exported(http)

    tokens = MarkdownIt("commonmark").parse(text)
    children = {child.type for token in tokens for child in token.children or ()}
    assert not {"html_block", "html_inline", "image"} & ({token.type for token in tokens} | children)
    links = [child.attrs["href"] for token in tokens for child in token.children or () if child.type == "link_open"]
    assert all(str(link).startswith("https://") for link in links)
    shown = ["".join(child.content or "\n" for child in token.children or ()) for token in tokens if token.children]
    assert shown.count(HOSTILE) == 2
    assert f"Alex Responder · note {HOSTILE}".replace("\n", " ") in [one.text for one in found.timeline]


async def test_a_promise_is_read_back_with_owner_day_ticket_and_whether_it_is_done(
    http: httpx.AsyncClient, hear: Hear, now: datetime, drafted: None
) -> None:
    items = [e.item(now, text=text) for text in ("Add an alert on the p99 of checkout", "Add a canary to each deploy")]
    await http.put(f"{API}/draft", json=e.draft(now, *items), headers={"If-Match": "*"})
    done = await http.post(f"{API}/publish")
    assert done.status_code == 200, done.text
    promised = [one["item"] for one in done.json()["items"]]
    await hear(e.ticket(promised[0]["id"], TicketState.COMPLETED, 1, closed_at=now + timedelta(days=1)))

    _, found = await exported(http)

    first, second = found.action_items
    assert [first.text, second.text] == [one["text"] for one in promised]
    assert [first.owner, second.owner] == [one["owner"]["name"] for one in promised]
    assert [str(first.due_on), str(second.due_on)] == [one["target"]["due_on"] for one in promised]
    assert (first.tickets, first.done) == (("https://github.com/acme/payments/issues/12",), True)
    assert (second.tickets, second.done) == ((), False)
