"""Two people write into one draft at once: each sees the other's changes, and nobody's words are lost."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands.postmortems import save
from closeout_review.commands.timelines import append
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Postmortems
from closeout_review.testing import Page

from .open_page import API, OURS, PAGE, Browser
from .waiting import until_it_waits

pytestmark = pytest.mark.integration


async def saved_draft(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(API)).json()["draft"]
    return found


@pytest.fixture
async def two(http: httpx.AsyncClient, drafted: None, now: datetime) -> tuple[Browser, Browser]:
    await http.put(
        f"{API}/draft", json=e.draft(now, e.item(now), e.item(now, text="Canary")), headers={"If-Match": "*"}
    )
    return await Browser(http).look(), await Browser(http).look()


async def test_what_two_save_comes_together(http: httpx.AsyncClient, two: tuple[Browser, Browser]) -> None:
    dana, sam = two
    assert (await dana.save(title="Theirs")).status_code == 303
    assert (await sam.save(**{sam.field("-owner"): "@samo", "aware_of-1": "Sam saw this"})).status_code == 303
    saved = await saved_draft(http)
    assert saved["title"] == "Theirs"
    assert saved["action_items"][0]["owner"] == "@samo"
    assert saved["aware_of"] == ["The retry library hides the first error", "Sam saw this"]


async def test_the_same_field_shows_both_words_until_somebody_chooses(
    http: httpx.AsyncClient, two: tuple[Browser, Browser]
) -> None:
    dana, sam = two
    await dana.save(title="Dana's title")
    await sam.save(title="Sam's title")
    assert (await saved_draft(http))["title"] == "Dana's title"
    await sam.look()
    assert "Two people wrote here at once" in sam.shown.text
    assert "Sam's title" in sam.shown.text
    [take] = [button for button in sam.shown.buttons if button.startswith("settle:title:") and button.endswith("other")]

    refused = await sam.save(do="publish")
    assert "two-versions" in refused.text
    assert (await sam.save(do=take)).status_code == 303
    assert (await saved_draft(http))["title"] == "Sam's title"
    await dana.look()
    assert "Two people" not in dana.shown.text


async def test_both_may_be_kept(http: httpx.AsyncClient, two: tuple[Browser, Browser]) -> None:
    dana, sam = two
    await dana.save(summary="Dana rolled it back.")
    await sam.save(summary="Sam saw the graph.")
    await sam.look()
    [both] = [button for button in sam.shown.buttons if button.startswith("settle:summary") and button.endswith("both")]
    await sam.save(do=both)
    assert (await saved_draft(http))["summary"] == "Dana rolled it back.\nSam saw the graph."


async def test_words_for_an_item_that_is_gone_are_not_gone(
    http: httpx.AsyncClient, two: tuple[Browser, Browser]
) -> None:
    dana, sam = two
    place = dana.field("-owner")
    await dana.save(**{place: "@alexr, @samo"})
    await sam.save(**{place: "@samo"})
    kept = await saved_draft(http)
    kept["action_items"] = kept["action_items"][1:]
    await http.put(f"{API}/draft", json=kept, headers={"If-Match": "*"})
    await sam.look()
    assert "not there any more" in sam.shown.text
    assert "@samo" in sam.shown.text


async def test_a_script_gets_the_form_alone_and_only_where_something_changed(
    http: httpx.AsyncClient, two: tuple[Browser, Browser]
) -> None:
    dana, sam = two
    answer = await sam.save(live=True, title="Sam's title")
    assert answer.text.lstrip().startswith("<form")
    assert Page(answer.text).ids[0] == "draft"
    seen = {"seen": dict(dana.shown.fields)["seen"]}
    changed = await http.get(f"{PAGE}/draft", params=seen)
    assert ("title", "Sam's title") in Page(changed.text).fields
    now = {"seen": dict(Page(changed.text).fields)["seen"]}
    assert (await http.get(f"{PAGE}/draft", params=now)).status_code == 204


async def test_what_was_saved_while_a_page_was_put_together_comes_to_it(
    http: httpx.AsyncClient, db: Database, two: tuple[Browser, Browser]
) -> None:
    async with db.transaction() as tx:
        # The page waits here, after it has read the draft.
        await tx.conn.execute("LOCK TABLE attachment")
        looking = asyncio.create_task(http.get(PAGE, headers=OURS))
        await until_it_waits(looking, tx.conn)
        (kept,) = await Postmortems(tx.conn).lock([e.POSTMORTEM])
        there = await Postmortems(tx.conn).draft(kept.id, kept.revision)
        assert there is not None
        await save(tx, kept, there.model_copy(update={"title": "Dana's title"}), "Dana")

    shown = (await looking).text
    later = await http.get(f"{PAGE}/draft", params={"seen": dict(Page(shown).fields)["seen"]})
    assert ("title", "Dana's title") in Page(later.text or shown).fields


async def test_what_was_said_while_a_draft_was_saved_comes_to_its_page(
    http: httpx.AsyncClient, db: Database, two: tuple[Browser, Browser]
) -> None:
    dana, _ = two
    async with db.transaction() as tx:
        # Its answer waits here, after it has read the timeline.
        await tx.conn.execute("LOCK TABLE attachment")
        saving = asyncio.create_task(dana.save(live=True, title="Dana's title"))
        await until_it_waits(saving, tx.conn)
        await append(Incidents(tx.conn), [(e.INCIDENT, e.entry("note", "It is the disk", 50))])

    seen = dict(Page((await saving).text).fields)["seen"]
    assert (await http.get(f"{PAGE}/draft", params={"seen": seen})).status_code == 200


async def test_while_one_types_on_their_own_earlier_words_are_no_second_version(
    http: httpx.AsyncClient, two: tuple[Browser, Browser]
) -> None:
    _, sam = two
    for typed in ("S", "Sa", "Sam"):
        answer = await sam.save(live=True, title=typed)
        sam.shown = Page(answer.text)
    assert "Somebody wrote here" not in sam.shown.text
    assert (await saved_draft(http))["title"] == "Sam"


async def test_who_saved_last_is_said(http: httpx.AsyncClient, two: tuple[Browser, Browser]) -> None:
    dana, _ = two
    await dana.save(title="Theirs")
    assert "by local operator, revision 2" in (await dana.look()).shown.text


async def test_what_is_typed_after_publication_is_given_back(
    http: httpx.AsyncClient, two: tuple[Browser, Browser], now: datetime
) -> None:
    dana, sam = two
    await http.put(f"{API}/draft", json=e.draft(now), headers={"If-Match": "*"})
    assert (await (await dana.look()).save(do="publish")).status_code == 303
    late = await sam.save(title="Too late")
    assert late.status_code == 409
    assert ("title", "Too late") in Page(late.text).fields
    live = await sam.save(live=True, title="Too late")
    assert live.headers["HX-Retarget"] == "#standing"
    assert "published meanwhile" in live.text


async def test_a_choice_is_made_over_rest_as_on_the_page(http: httpx.AsyncClient, two: tuple[Browser, Browser]) -> None:
    dana, sam = two
    await dana.save(title="Dana's title")
    await sam.save(title="Sam's title")
    (waiting,) = (await http.get(f"{API}/versions")).json()["versions"]
    assert (waiting["place"], waiting["words"]) == ("title", "Sam's title")
    chosen = {"place": "title", "writer": waiting["writer"], "keep": "other"}
    for status, keep in ((422, {"keep": "neither"}), (404, {"writer": "nobody"}), (200, {}), (404, {})):
        answer = await http.post(f"{API}/versions/settle", json=chosen | keep)
        assert answer.status_code == status, answer.text
    assert (await saved_draft(http))["title"] == "Sam's title"
    assert (await http.get(f"{API}/versions")).json() == {"versions": []}


@pytest.mark.parametrize(
    ("field", "words"), [("title", ("D" * 200, "S" * 200)), ("-control", ("canary", "feature_flag"))]
)
async def test_both_versions_that_do_not_fit_into_their_place_together_are_refused_over_rest(
    http: httpx.AsyncClient, two: tuple[Browser, Browser], field: str, words: tuple[str, str]
) -> None:
    dana, sam = two
    name = field if field == "title" else sam.field(field)
    await dana.save(**{name: words[0]})
    await sam.save(**{name: words[1]})
    before = (await http.get(f"{API}/versions")).json()
    (waiting,) = before["versions"]

    both = {"place": waiting["place"], "writer": waiting["writer"], "keep": "both"}
    answer = await http.post(f"{API}/versions/settle", json=both)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:closeout:problem:does-not-fit"), answer.text
    assert (await http.get(f"{API}/versions")).json() == before


async def test_every_rewrite_that_the_gate_offers_is_taken_over_by_one_request(
    http: httpx.AsyncClient, two: tuple[Browser, Browser]
) -> None:
    kept = await saved_draft(http)
    kept["action_items"][0]["owner"] = "Alex R"
    kept["summary"] = "The deploy was rolled back by Alex and it should have been tested."
    saved = await http.put(f"{API}/draft", json=kept, headers={"If-Match": "*"})
    assert saved.status_code == 200, saved.text
    before = (await http.get(f"{API}/gate")).json()
    offered = {f"{one['code']}:{one['where']}" for one in before["refusals"] if one["mend"]["value"] is not None}

    answer = await http.post(f"{API}/gate/mend", json={})

    assert answer.status_code == 200, answer.text
    assert offered <= set(answer.json()["mended"])
    left = {f"{one['code']}:{one['where']}" for one in answer.json()["gate"]["refusals"]}
    assert not (offered & left)
    assert answer.json()["gate"] == (await http.get(f"{API}/gate")).json()
