"""The REST APIs of Opsgenie and of its successor, as far as ingest asks them: which alerts there are, what happened.

Contracts: https://docs.opsgenie.com/docs/alert-api and
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/. They differ in envelope, paging and names.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, NeverSent, Outside, Unknown
from closeout_ingest.adapters.history import Budget, Listed, Page, Unlimited, as_far_as_listed, in_parts
from closeout_ingest.adapters.limits import put_off, unanswered
from closeout_ingest.adapters.opsgenie_history import ALERT, LOGS, NOTES, ON_CALLS
from closeout_ingest.adapters.opsgenie_incidents import INCIDENT, INCIDENT_ID, SERVICE_NAMES
from closeout_ingest.adapters.opsgenie_objects import instant
from closeout_ingest.adapters.reading import dict_of, dicts_of, text_of
from closeout_schemas.cards import MARK
from closeout_schemas.directory import KnownService
from closeout_schemas.vocabulary import Vendor

PAGE = 100
MOST_PAGES = 100
ALERTS = "alerts"
# A token bucket whose size is not told: X-RateLimit-Period-In-Sec is how long it takes to be refilled.
RATE_LIMIT_SECONDS = 60.0

Params = Mapping[str, str | int]
Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the two differ: paths, the name of a page's size, where its items and the next one's address are."""

    vendor: Vendor
    key_setting: str
    size: str
    items: str
    links: str
    in_data: bool
    page_params: Mapping[str, str]


OPSGENIE = Dialect(
    Vendor.OPSGENIE, "CLOSEOUT_INGEST_OPSGENIE_API_KEY", "limit", "data", "paging", True, {"order": "asc"}
)
JSM = Dialect(Vendor.JSM, "CLOSEOUT_INGEST_JSM_API_TOKEN", "size", "values", "links", False, {})


class AlertApi:
    """One of the two, with one credential."""

    # A note is taken first and written then; nobody says how long that takes.
    settles_after = 15.0

    def __init__(self, dialect: Dialect, base_url: str, authorization: SecretStr, budget: Budget | None = None) -> None:
        self._dialect = dialect
        self._budget = budget or Unlimited()
        # Incidents and services are of the first version still.
        self._v1 = base_url.rstrip("/").removesuffix("/v2") + "/v1"
        self._api = Outside(
            base_url,
            user_agent="closeout",
            headers={"Authorization": authorization.get_secret_value(), "Accept": "application/json"},
            secrets=[authorization, SecretStr(authorization.get_secret_value().partition(" ")[2])],
        )

    @property
    def vendor(self) -> Vendor:
        """Which of the two."""
        return self._dialect.vendor

    async def created(self, since: datetime, until: datetime) -> AsyncIterator[Listed]:
        """The alerts that were made then. Raises Retryable, OverflowError where they are too many."""
        span = f"createdAt >= {_milliseconds(since)} AND createdAt < {_milliseconds(until)}"
        async for alert in self._paged(ALERTS, {"query": span, "sort": "createdAt", "order": "asc"}):
            yield _listed(alert)
        async for incident in self._incidents(span):
            yield _listed(incident)

    async def unresolved(self) -> AsyncIterator[Listed]:
        """The alerts that are not closed, however old: the latest 10,000. Raises Retryable."""
        latest_first = {"query": "status: open", "sort": "createdAt", "order": "desc"}
        async for alert in as_far_as_listed(self._paged(ALERTS, latest_first)):
            yield _listed(alert)
        async for incident in as_far_as_listed(self._incidents("status: open")):
            yield _listed(incident)

    async def one(self, vendor_id: str) -> Listed | None:
        """The alert as it is now; None where there is none any more. Raises Retryable."""
        kind = self._incident_path if self._is_incident(vendor_id) else "alerts"
        answer = await self._get(f"{kind}/{vendor_id}")
        return None if answer is None else _listed(self._object(answer))

    async def services(self, now: datetime) -> AsyncIterator[KnownService]:
        """Opsgenie's services, whose they are and who is called; on what they depend its API does not tell.

        None of its successor: there services are Jira's. Raises Retryable.
        """
        if self._dialect is not OPSGENIE:
            return
        teams = {text_of(one, "id"): text_of(one, "name") async for one in self._all("teams")}
        called: dict[str, list[str]] = {}
        async for schedule in self._all("schedules"):
            owner = text_of(dict_of(schedule, "ownerTeam"), "id")
            called.setdefault(owner, []).append(text_of(schedule, "name"))
        async for service in self._paged(f"{self._v1}/services", {"order": "asc"}):
            if text_of(dict(service), "id"):
                team = text_of(dict(service), "teamId")
                yield _service(service, teams.get(team) or team, called.get(team, []), now)

    async def history(self, listed: Listed) -> AsyncIterator[Page]:
        """Everything that happened to an alert, page by page; of an incident itself. Raises Retryable."""
        if self._is_incident(listed.vendor_id):
            yield Page(
                INCIDENT, json.dumps({INCIDENT: listed.document, SERVICE_NAMES: await self._names(listed.document)})
            )
            return
        # A list is thinner than the alert itself: the successor leaves out who closed it.
        answer = await self._get(f"alerts/{listed.vendor_id}")
        if answer is None:
            return
        alert = dict(self._object(answer))
        yield Page(ALERT, json.dumps({ALERT: alert}))
        for kind in (LOGS, NOTES):
            every = self._paged(f"alerts/{listed.vendor_id}/{kind}", self._dialect.page_params)
            found = [one async for one in as_far_as_listed(every)]
            for part in in_parts(found):
                yield Page(kind, json.dumps({ALERT: alert, kind: part}))
        on_calls = await self._on_calls(alert)
        if on_calls:
            yield Page(ON_CALLS, json.dumps({ALERT: alert, ON_CALLS: on_calls}))

    async def say(self, vendor_id: str, text: str, _known_by: str, _begun_at: datetime | None, /) -> bool:
        """Write a note, unless a card is there. False where there is no such alert. Raises Retryable."""
        path = f"alerts/{vendor_id}/notes"
        if await self._get(path) is None:
            return False
        async for note in self._paged(path, self._dialect.page_params):
            if MARK in text_of(dict(note), "note"):
                return True
        await self._budget.admit()
        body = {"note": text} | ({"source": "Closeout"} if self._dialect is OPSGENIE else {})
        try:
            answer = await self._api.call("POST", path, body=body)
        except (NeverSent, Unknown) as error:
            raise await unanswered(error, self._budget) from None
        if answer.status == 404:
            return False
        if answer.status not in (200, 201, 202):
            wait = _wait(answer)
            name = self._dialect.vendor.value
            if wait is not None:
                await self._budget.pause(wait, f"{name}'s limit of requests")
            may = f": {self._dialect.key_setting} has to be one that may write" if answer.status in (401, 403) else ""
            raise Retryable(f"{name} answered {answer.status} to a note{may}", after=wait)
        return True

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    async def _on_calls(self, alert: Doc) -> list[Any]:
        """Who was on call by the schedules of the alert's teams when it was made."""
        teams = {text_of(one, "id") for one in dicts_of(alert.get("responders")) if one.get("type") == "team"}
        made = instant(alert.get("createdAt"))
        if not teams or made is None:
            return []
        found = []
        async for schedule in self._schedules():
            owner = text_of(dict_of(schedule, "ownerTeam"), "id") or text_of(schedule, "teamId")
            if owner not in teams:
                continue
            params: Params = {"flat": "true", "date": made.strftime("%Y-%m-%dT%H:%M:%SZ")}
            told = await self._get(f"schedules/{text_of(schedule, 'id')}/on-calls", params)
            if told is not None:
                found.append(_on_call(schedule, self._parsed(told)))
        return found

    async def _schedules(self) -> AsyncIterator[dict[str, Any]]:
        if self._dialect is OPSGENIE:
            async for one in self._all("schedules"):
                yield one
            return
        async for schedule in self._paged("schedules", {}):
            yield dict(schedule)

    @property
    def _incident_path(self) -> str:
        return f"{self._v1}/incidents"

    def _is_incident(self, vendor_id: str) -> bool:
        return self._dialect is OPSGENIE and INCIDENT_ID.fullmatch(vendor_id) is not None

    async def _incidents(self, query: str) -> AsyncIterator[Doc]:
        """None where the key may not see them: not every plan has incidents."""
        if self._dialect is OPSGENIE:
            params = {"query": query, "sort": "createdAt", "order": "asc"}
            async for incident in self._paged(f"{self._incident_path}/", params):
                yield incident

    async def _names(self, incident: Doc) -> dict[str, str]:
        """What the services are called that an incident names by their ids."""
        impacted = incident.get("impactedServices")
        ids = [text_of(dict(incident), "serviceId"), *(impacted if isinstance(impacted, list) else [])]
        found = {}
        for one in dict.fromkeys(one for one in ids if isinstance(one, str) and INCIDENT_ID.fullmatch(one)):
            answer = await self._get(f"{self._v1}/services/{one}")
            if answer is not None:
                found[one] = text_of(dict_of(self._parsed(answer), "data"), "name")
        return found

    async def _all(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """What Opsgenie lists in one piece."""
        answer = await self._get(path)
        for one in self._list_in(self._parsed(answer)) if answer is not None else ():
            yield one

    async def _paged(self, path: str, params: Params) -> AsyncIterator[Doc]:
        following: str | None = path
        asked: Params | None = {**params, self._dialect.size: PAGE}
        for _ in range(MOST_PAGES):
            answer = await self._get(following or path, asked)
            if answer is None:
                if path == ALERTS:
                    raise Retryable(self._no_alerts())
                return
            page = self._parsed(answer)
            for one in self._list_in(page):
                yield one
            following = _next(path, text_of(dict_of(page, self._dialect.links), "next"))
            asked = None
            if following is None:
                return
        raise OverflowError(f"more than {MOST_PAGES * PAGE} of {path}")

    async def _get(self, path: str, params: Params | None = None) -> Answer | None:
        """None for what is not there, or not to be seen. Raises Retryable for everything else that is no use."""
        await self._budget.admit()
        name = self._dialect.vendor.value
        try:
            answer = await self._api.call("GET", path, params=params)
        except (NeverSent, Unknown) as error:
            raise await unanswered(error, self._budget) from None
        if answer.status in (403, 404):
            return None
        if answer.status != 200:
            why = f"{name} answered {answer.status} to GET {path.partition('?')[0]}"
            if answer.status == 401:
                why += f": renew {self._dialect.key_setting}"
            wait = _wait(answer)
            if wait is not None:
                await self._budget.pause(wait, why)
            raise Retryable(why, after=wait)
        return answer

    def _no_alerts(self) -> str:
        # What a key may not see is done without, but for these.
        vendor, setting = self._dialect.vendor.value, self._dialect.key_setting
        may = f"{setting} has to be one that may read them, and CLOSEOUT_INGEST_{vendor.upper()}_API_URL its REST API"
        return f"{vendor} shows no alerts to this key: {may}"

    def _list_in(self, page: Doc) -> list[dict[str, Any]]:
        """What is no answer says not that there is nothing."""
        found = page.get(self._dialect.items)
        if not isinstance(found, list):
            raise Retryable(f"{self._dialect.vendor.value}'s answer is not in its form")
        return dicts_of(found)

    def _object(self, answer: Answer) -> Doc:
        found = self._parsed(answer)
        alert = dict_of(found, "data") if self._dialect.in_data else found
        if not text_of(dict(alert), "id"):
            raise Retryable(f"{self._dialect.vendor.value}'s answer is no alert")
        return alert

    def _parsed(self, answer: Answer) -> dict[str, Any]:
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Retryable(f"{self._dialect.vendor.value}'s answer is not in its form")
        return found


def genie_key(key: SecretStr) -> SecretStr:
    """What Opsgenie wants in `Authorization`."""
    return SecretStr(f"GenieKey {key.get_secret_value()}")


def basic(user: str, token: SecretStr) -> SecretStr:
    """What Atlassian wants in `Authorization` for an account's API token."""
    return SecretStr("Basic " + base64.b64encode(f"{user}:{token.get_secret_value()}".encode()).decode())


def _listed(alert: Doc) -> Listed:
    version = "/".join(str(alert.get(name)) for name in ("updatedAt", "status", "acknowledged"))
    made = instant(alert.get("createdAt"))
    return Listed(str(alert.get("id")), version, made.isoformat() if made else "", dict(alert))


def _on_call(schedule: dict[str, Any], told: Doc) -> dict[str, Any]:
    """The answer as Opsgenie gives it: its successor names neither the schedule nor the users alike."""
    if isinstance(told.get("data"), dict):
        return dict_of(told, "data")
    return {"_parent": {"name": text_of(schedule, "name")}, "onCallRecipients": told.get("onCallUsers")}


def _service(service: Doc, team: str, schedules: list[str], now: datetime) -> KnownService:
    own = dict(service)
    return KnownService(
        vendor=Vendor.OPSGENIE,
        vendor_id=text_of(own, "id"),
        name=text_of(own, "name") or text_of(own, "id"),
        url=text_of(dict_of(own, "links"), "web") or None,
        teams=(team,) if team else (),
        schedules=tuple(sorted(one for one in schedules if one)),
        described_at=now,
    )


def _next(path: str, link: str) -> str | None:
    """Where the next page is. The successor's link is relative, and only its query is to be relied on."""
    if not link:
        return None
    return link if "://" in link else f"{path}?{link.partition('?')[2]}"


def _wait(answer: Answer) -> float | None:
    after = put_off(answer)
    if after is not None or answer.status != 429:
        return after
    period = answer.headers.get("x-ratelimit-period-in-sec", "")
    return float(period) if period.isdecimal() else RATE_LIMIT_SECONDS


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
