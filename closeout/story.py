"""The story of the demo: one incident, all the way. Each step acts, then asks the services whether it came true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from closeout.asking import Asking, Json, NotObserved, Places
from closeout.story_draft import draft_with, good_items, promise, telling, vague_items
from closeout_metrics.domain import definitions, item_definitions


@dataclass(frozen=True)
class Step:
    """What was done and observed: a line, and below it whatever a person would like to see."""

    title: str
    link: str | None = None
    details: list[str] = field(default_factory=list)


Tell = Callable[[Step], None]


class Story:
    """Plays the story through the front doors. `tell` is called after each step that was seen to be true."""

    def __init__(self, places: Places, http: httpx.AsyncClient, tell: Tell) -> None:
        self.places = places
        self._http = http
        self._ask = Asking(places, http)
        self._tell = tell

    async def play(self) -> None:
        """Every step, in order. Raises NotObserved at the first that did not come true."""
        before = await self._ask.numbers()
        incident, seen_before = await self._page()
        postmortem = await self._draft(incident)
        await self._refused(postmortem)
        published = await self._publish(postmortem)
        tickets = await self._tickets(published, seen_before)
        await self._work(published, tickets)
        await self._succeeded(published)
        await self._counted(before)

    # --- a page, and what the pager says of the night -------------------------------------------------------------

    async def _page(self) -> tuple[Json, set[int]]:
        seen_before = {issue["number"] for issue in await self._ask.issues()}
        known = {one["incident"]["id"] for one in await self._ask.incidents()}
        start = self._last_night()
        playing = asyncio.create_task(
            self._ask.post(
                f"{self.places.sandbox}/_sandbox/night", {"start": start.isoformat(), "pause_seconds": 0.02}, 60
            )
        )
        new = await self._ask.until(
            "PagerDuty's page is an incident",
            lambda: self._ask.new_incidents(known),
            lambda found: any("Checkout" in one["incident"]["title"] for one in found),
        )
        incident = next(one["incident"] for one in new if "Checkout" in one["incident"]["title"])
        opened = incident["opened_at"]
        page = f"{self.places.review}/incidents/{incident['id']}"
        self._tell(Step(f"page received: “{incident['title']}” ({incident['severity']}, {opened})"))
        self._tell(Step("incident opened", page, [f"service {incident['service']['name']}, {incident['status']}"]))
        await playing
        return incident, seen_before

    def _last_night(self) -> datetime:
        """03:14 of the last night that is over."""
        now = datetime.now(UTC)
        night = now.replace(hour=3, minute=14, second=0, microsecond=0)
        return night if night + timedelta(hours=1, minutes=30) < now else night - timedelta(days=1)

    async def _draft(self, incident: Json) -> Json:
        url = f"{self.places.review}/api/v1/incidents/{incident['id']}"
        resolved = await self._ask.until(
            "the resolved incident has a draft",
            lambda: self._ask.get(url),
            lambda one: one["postmortem_id"] is not None,
        )
        url = f"{self.places.review}/api/v1/postmortems/{resolved['postmortem_id']}"
        postmortem: Json = await self._ask.get(url)
        said = await self._said_at_the_pager(incident)
        kept = [link["entry"]["text"] for link in postmortem["timeline"] if link["entry"]["kind"] == "note"]
        if sorted(kept) != sorted(said):
            raise NotObserved(f"the timeline keeps {len(kept)} notes; the pager has {len(said)}, or they differ")
        chain = await self._ask.get(f"{self._ask.of(postmortem)}/timeline/verify")
        if not chain["holds"]:
            raise NotObserved(f"the timeline's chain is broken: {chain['broken']}")
        wrong_guess = next((text for text in kept if "I think it might be" in text), kept[0])
        self._tell(
            Step(
                f"draft with its verbatim timeline: {len(postmortem['timeline'])} entries, each once, byte for byte",
                self._ask.page_of(postmortem),
                [f"kept as it was written: “{wrong_guess}”", f"hash chain over {chain['entries']} entries holds"],
            )
        )
        return postmortem

    async def _said_at_the_pager(self, incident: Json) -> list[str]:
        """The notes as PagerDuty's own API has them."""
        headers = {"Authorization": "Token token=sandbox-pagerduty-token"}
        url = f"{self.places.sandbox}/pagerduty/api/incidents/{incident['vendor_id']}/notes"
        answer = await self._http.get(url, headers=headers)
        answer.raise_for_status()
        return [note["content"] for note in answer.json()["notes"]]

    # --- the gate -------------------------------------------------------------------------------------------------

    async def _refused(self, postmortem: Json) -> None:
        items = vague_items(self.places.project)
        await self._save(postmortem, draft_with(postmortem, items))
        answer = await self._http.post(f"{self._ask.of(postmortem)}/publish")
        if answer.status_code != 422:
            raise NotObserved(f"the gate let a vague draft through: it answered {answer.status_code}")
        refusals = answer.json()["refusals"]
        wanted = {"a vague item": "action-item", "a team as owner": "owner", "a fourth item": "too-many"}
        for what, part in wanted.items():
            if not any(part in one["code"] for one in refusals):
                raise NotObserved(f"the gate did not refuse {what}; it said {[one['code'] for one in refusals]}")
        self._tell(
            Step(
                f"publication refused, with {len(refusals)} reasons",
                self._ask.page_of(postmortem),
                [f"{one['where']}: {one['reason']} → {one['mend']['text']}" for one in telling(refusals)],
            )
        )

    async def _publish(self, postmortem: Json) -> Json:
        people = await self._owners()
        draft = draft_with(postmortem, good_items(self.places.project, people))
        saved = await self._save(postmortem, draft)
        answer = await self._http.post(f"{self._ask.of(postmortem)}/publish")
        if answer.status_code != 200:
            left = [f"{one['where']}: {one['code']}: {one['reason']}" for one in answer.json().get("refusals", [])]
            raise NotObserved(f"the mended draft was refused ({answer.status_code}): {'; '.join(left) or answer.text}")
        published: Json = answer.json()
        self._tell(
            Step(
                "the same postmortem, mended and published",
                self._ask.page_of(saved),
                [promise(one["item"]) for one in published["items"]],
            )
        )
        return published

    async def _owners(self) -> list[str]:
        """Handles of people whom the tracker can assign, once the directory knows them and the project."""

        async def known() -> list[str]:
            directory = await self._ask.get(f"{self.places.review}/api/v1/directory")
            wanted = f"github:{self.places.project}"
            if not any(one["name"] == wanted for one in directory["projects"]):
                return []
            return sorted("@" + login for one in directory["people"] for login in one["handles"].get("github", []))

        people = await self._ask.until("the tracker's people and projects are known", known, bool)
        # An account of a machine is no owner; the gate would say so.
        return [login for login in people if "bot" not in login] or people

    async def _save(self, postmortem: Json, draft: Json) -> Json:
        current = await self._http.get(self._ask.of(postmortem))
        answer = await self._http.put(
            f"{self._ask.of(postmortem)}/draft", json=draft, headers={"If-Match": current.headers["ETag"]}
        )
        if answer.status_code != 200:
            raise NotObserved(f"the draft could not be saved: {answer.status_code} {answer.text[:300]}")
        saved: Json = answer.json()
        return saved

    # --- the tickets ----------------------------------------------------------------------------------------------

    async def _tickets(self, published: Json, seen_before: set[int]) -> list[Json]:
        linked = await self._ask.until(
            "each action item has its ticket",
            lambda: self._ask.get(self._ask.of(published)),
            lambda one: all(item["ticket"] and item["ticket"]["key"] for item in one["items"]),
        )
        issues = [issue for issue in await self._ask.issues() if issue["number"] not in seen_before]
        if len(issues) != len(linked["items"]):
            raise NotObserved(f"{len(issues)} tickets were made for {len(linked['items'])} action items")
        self._tell(
            Step(
                f"{len(issues)} tickets in the tracker, exactly {len(issues)}",
                issues[0]["html_url"].rpartition("/")[0],
                [
                    f"{item['ticket']['key']}  {item['item']['text']}  {item['ticket']['url']}"
                    for item in linked["items"]
                ],
            )
        )
        return issues

    async def _work(self, published: Json, issues: list[Json]) -> None:
        for issue in issues:
            url = f"{self.places.github_api}/repos/{self.places.project}/issues/{issue['number']}"
            body = {"state": "closed", "state_reason": "completed"}
            answer = await self._http.patch(url, json=body, headers=self._ask.github_headers)
            if answer.status_code != 200:
                raise NotObserved(f"the tracker refused to complete ticket {issue['number']}: {answer.text[:200]}")
        done = await self._ask.until(
            "each completed ticket is seen as shipped",
            lambda: self._ask.get(self._ask.of(published)),
            lambda one: all(item["state"] == "completed" for item in one["items"]),
        )
        self._tell(
            Step(
                "the tickets are worked on and completed there",
                None,
                [f"{item['ticket']['key']}  {item['state']}" for item in done["items"]],
            )
        )

    async def _succeeded(self, published: Json) -> None:
        done = await self._ask.until(
            "the postmortem succeeded",
            lambda: self._ask.get(self._ask.of(published)),
            lambda one: one["outcome"] == "succeeded",
        )
        self._tell(Step(f"postmortem {done['outcome']}: every promise shipped", self._ask.page_of(published)))

    # --- the numbers ----------------------------------------------------------------------------------------------

    async def _counted(self, before: dict[str, float]) -> None:
        wanted = {
            definitions.INCIDENTS: 2,
            item_definitions.ITEMS_COMMITTED: 3,
            item_definitions.ITEMS_SHIPPED: 3,
            f'{definitions.POSTMORTEMS}{{outcome="succeeded"}}': 1,
        }

        async def changed() -> dict[str, float]:
            after = await self._ask.numbers()
            return {name: after.get(name, 0) - before.get(name, 0) for name in wanted}

        changes = await self._ask.until("the numbers have changed accordingly", changed, lambda found: found == wanted)
        link = f"{self.places.metrics}/metrics"
        self._tell(Step("the numbers changed", link, [f"{name}  +{by:g}" for name, by in changes.items()]))
