"""Who saved which revision when, and what each changed."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_review import testing as e
from closeout_review.domain.draft import Draft
from closeout_review.domain.revisions import differences, places_of
from closeout_review.testing import Page

URL, PAGE = f"/api/v1/postmortems/{e.POSTMORTEM}", f"/postmortems/{e.POSTMORTEM}"
TEXTS = st.text(alphabet="ab \nc.", max_size=30)


@pytest.mark.integration
async def test_what_is_published_keeps_its_history_with_who_when_and_what(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    first = e.draft(now, e.item(now, id="one"), summary="Alex rolled the release back.")
    first["earlier_catches"][0]["id"] = "catch"
    for draft in (first, first | {"summary": "Alex rolled the release back at 02:40."}):
        saved = await http.put(f"{URL}/draft", json=draft, headers={"If-Match": "*"})
        assert saved.status_code == 200, saved.text
    assert (await http.post(f"{URL}/publish")).status_code == 200
    told = (await http.get(f"{URL}/revisions")).json()
    assert [(one["revision"], one["saved_by"]) for one in told["revisions"]] == [
        (2, "local operator"),
        (1, "local operator"),
    ]
    assert (told["published_revision"], told["published_by"]) == (2, "local operator")

    second = (await http.get(f"{URL}/revisions/2")).json()
    assert second["against"] == 1
    (changed,) = second["differences"]
    assert changed["place"] == "summary"
    assert "".join(part["text"] for part in changed["parts"] if part["kind"] == "in") == " at 02:40"
    whole = (await http.get(f"{URL}/revisions/2", params={"against": 0})).json()
    assert "action item 1, owner" in {one["place"] for one in whole["differences"]}
    assert (await http.get(f"{URL}/revisions/3")).json()["type"] == "urn:closeout:problem:no-such-revision"

    shown = Page((await http.get(f"{PAGE}/history")).text)
    assert {"ins", "ol"} <= set(shown.tags)
    assert "Revision 2 was published" in shown.text
    assert f"{PAGE}/history" in Page((await http.get(PAGE)).text).links
    assert (await http.get(f"{PAGE}/history?revision=99999999999&against=x")).status_code == 200


@given(before=TEXTS, after=TEXTS)
def test_a_difference_holds_both_texts_whole(before: str, after: str) -> None:
    old, new = Draft(summary=before), Draft(summary=after)
    found = {one.place: one.parts for one in differences(old, new)}
    assert ("summary" in found) == (old.summary != new.summary)
    for parts in found.values():
        assert "".join(text for kind, text in parts if kind != "in") == old.summary
        assert "".join(text for kind, text in parts if kind != "out") == new.summary


def test_an_item_that_changes_places_is_the_same_item() -> None:
    one, two = {"id": "a", "text": "First"}, {"id": "b", "text": "Second"}
    before, after = (Draft.model_validate({"action_items": items}) for items in ([one, two], [two, one]))
    assert differences(before, after) == []
    assert places_of(before)["action item a, text"] == "First"


def test_a_giant_paste_is_compared_line_by_line() -> None:
    text = "one two three four\n" * 900
    (found,) = differences(Draft(summary=text), Draft(summary=text + "more"))
    assert found.parts[-1][0] == "in"
