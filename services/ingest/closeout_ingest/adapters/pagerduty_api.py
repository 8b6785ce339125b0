"""PagerDuty's REST API, as far as ingest asks it: who somebody is, which incidents there are, what happened in one.

Contract: https://developer.pagerduty.com/api-reference
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, NeverSent, Outside, Unknown
from closeout_ingest.adapters.history import Budget, Listed, Page, Unlimited, as_far_as_listed, in_parts
from closeout_ingest.adapters.limits import put_off, unanswered
from closeout_ingest.adapters.pagerduty_history import LOG_ENTRIES, NOTES, ON_CALLS
from closeout_ingest.adapters.reading import dict_of, dicts_of, text_of, time_of
from closeout_schemas.cards import MARK
from closeout_schemas.directory import KnownParty, KnownService
from closeout_schemas.vocabulary import Vendor

# Used where a 429 names no time: PagerDuty documents no Retry-After, and counts by the minute.
RATE_LIMIT_SECONDS = 60.0
# Of 960 requests a minute and key: what others with the same key may still need.
RESERVE = 60
PAGE = 100
# offset + limit may not exceed 10,000: https://developer.pagerduty.com/docs/pagination
MOST_LISTED = 10_000
INCIDENTS = "incidents"
# What a key may not see is done without, but for these.
NO_INCIDENTS = (
    "PagerDuty shows no incidents to this key: CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN has to be one that may read them, "
    "and CLOSEOUT_INGEST_PAGERDUTY_API_URL its REST API"
)

Params = Mapping[str, str | int]


class PagerDuty:
    """The API with one key. `writes_as`: the e-mail address of the user in whose name notes are written."""

    vendor = Vendor.PAGERDUTY
    # A note is in the list as soon as it was taken.
    settles_after = 0.0

    def __init__(self, base_url: str, token: SecretStr, budget: Budget | None = None, writes_as: str = "") -> None:
        self._budget = budget or Unlimited()
        self._writes_as = writes_as
        self._api = Outside(
            base_url,
            user_agent="closeout",
            headers={
                "Authorization": f"Token token={token.get_secret_value()}",
                "Accept": "application/vnd.pagerduty+json;version=2",
            },
            secrets=[token],
        )

    async def person(self, user_id: str) -> KnownParty | None:
        """Name and e-mail of a user; None where PagerDuty knows no such user any more. Raises Retryable."""
        answer = await self._get(f"users/{user_id}")
        return None if answer is None else _known(user_id, answer)

    async def created(self, since: datetime, until: datetime) -> AsyncIterator[Listed]:
        """The incidents that were opened then, the oldest first. Raises Retryable, OverflowError above 10,000."""
        span = {"since": _time(since), "until": _time(until), "sort_by": "created_at:asc"}
        async for incident in self._listed(INCIDENTS, INCIDENTS, span):
            yield _listed(incident)

    async def unresolved(self) -> AsyncIterator[Listed]:
        """The incidents that are not over, however old: the latest 10,000 of each status. Raises Retryable."""
        for status in ("triggered", "acknowledged"):
            params: Params = {"statuses[]": status, "date_range": "all", "sort_by": "created_at:desc"}
            async for incident in as_far_as_listed(self._listed(INCIDENTS, INCIDENTS, params)):
                yield _listed(incident)

    async def one(self, vendor_id: str) -> Listed | None:
        """The incident as it is now; None where there is none any more. Raises Retryable."""
        answer = await self._get(f"incidents/{vendor_id}")
        return None if answer is None else _listed(_object(answer, "incident"))

    async def history(self, listed: Listed) -> AsyncIterator[Page]:
        """Everything that happened in an incident, page by page. Raises Retryable."""
        path = f"incidents/{listed.vendor_id}"
        offset, more = 0, True
        while more and offset < MOST_LISTED:
            params: Params = {"limit": PAGE, "offset": offset, "include[]": "channels"}
            answer = await self._get(f"{path}/log_entries", params)
            if answer is None:
                return
            page = _parsed(answer, LOG_ENTRIES)
            for number, entries in enumerate(in_parts(page[LOG_ENTRIES])):
                is_newest = offset == number == 0
                body = {"incident": listed.document, LOG_ENTRIES: entries, "is_newest": is_newest}
                yield Page(LOG_ENTRIES, json.dumps(body))
            offset, more = offset + PAGE, page.get("more") is True
        answer = await self._get(f"{path}/notes")
        for notes in in_parts(_parsed(answer, NOTES)[NOTES]) if answer is not None else ():
            yield Page(NOTES, json.dumps({"incident": listed.document, NOTES: notes}))
        on_calls = await self._on_calls(listed.document)
        if on_calls is not None:
            yield Page(ON_CALLS, json.dumps({"incident": listed.document, ON_CALLS: on_calls}))

    async def services(self, now: datetime) -> AsyncIterator[KnownService]:
        """Every service, with what it cannot work without, and who is called for it. Raises Retryable."""
        schedules = {
            str(policy["id"]): _schedules(policy)
            async for policy in self._listed("escalation_policies", "escalation_policies", {"include[]": "targets"})
        }
        async for service in self._listed("services", "services", {"include[]": "teams"}):
            related = await self._get(f"service_dependencies/technical_services/{service['id']}")
            policy = text_of(dict_of(service, "escalation_policy"), "id")
            yield _service(service, _parsed(related) if related is not None else {}, schedules.get(policy, ()), now)

    async def _on_calls(self, incident: Mapping[str, Any]) -> Any:
        """Who was on call for the incident's escalation policy when it was opened; None where that cannot be asked."""
        policy, opened_at = incident.get("escalation_policy"), time_of(incident.get("created_at"))
        if not isinstance(policy, dict) or not isinstance(policy.get("id"), str) or opened_at is None:
            return None
        until = _time(opened_at + timedelta(seconds=1))
        params: Params = {
            "escalation_policy_ids[]": policy["id"],
            "since": _time(opened_at),
            "until": until,
            "limit": PAGE,
        }
        answer = await self._get("oncalls", params)
        return None if answer is None else _parsed(answer, ON_CALLS)[ON_CALLS]

    async def say(self, vendor_id: str, text: str, _known_by: str, _begun_at: datetime | None, /) -> bool:
        """Write a note, unless a card is there: PagerDuty takes no key that would keep it from a second one.

        False where there is no such incident. Raises Retryable.
        """
        path = f"incidents/{vendor_id}/notes"
        notes = await self._get(path)
        if notes is None:
            return False
        if any(MARK in text_of(one, "content") for one in dicts_of(_parsed(notes, NOTES)[NOTES])):
            return True
        await self._budget.admit()
        body, headers = {"note": {"content": text}}, {"From": self._writes_as}
        try:
            answer = await self._api.call("POST", path, body=body, headers=headers)
        except (NeverSent, Unknown) as error:
            raise await unanswered(error, self._budget) from None
        if answer.status == 404:
            return False
        if answer.status not in (200, 201):
            wait = _wait(answer)
            if wait is not None:
                await self._budget.pause(wait, "PagerDuty's limit of requests")
            raise Retryable(
                f"PagerDuty answered {answer.status} to a note; CLOSEOUT_INGEST_PAGERDUTY_FROM is to be "
                "a user's e-mail address, and the key one that may write",
                after=wait,
            )
        return True

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    async def _listed(self, path: str, key: str, params: Params) -> AsyncIterator[Mapping[str, Any]]:
        offset, more = 0, True
        while more:
            if offset + PAGE > MOST_LISTED:
                raise OverflowError(f"more than {MOST_LISTED} {key}")
            answer = await self._get(path, {**params, "limit": PAGE, "offset": offset})
            if answer is None:
                if path == INCIDENTS:
                    raise Retryable(NO_INCIDENTS)
                return
            page = _parsed(answer, key)
            for one in page[key]:
                if isinstance(one, dict) and isinstance(one.get("id"), str):
                    yield one
            offset, more = offset + PAGE, page.get("more") is True

    async def _get(self, path: str, params: Params | None = None) -> Answer | None:
        """None for what is not there. Raises Retryable for everything else that is no use."""
        await self._budget.admit()
        try:
            answer = await self._api.call("GET", path, params=params)
        except (NeverSent, Unknown) as error:
            raise await unanswered(error, self._budget) from None
        # 403: a key that may not see this kind of thing. What it may see is worth having all the same.
        if answer.status in (403, 404):
            return None
        if answer.status != 200:
            why = f"PagerDuty answered {answer.status} to GET {path}"
            if answer.status == 401:
                why += ": renew CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN"
            wait = _wait(answer)
            if wait is not None:
                await self._budget.pause(wait, why)
            raise Retryable(why, after=wait)
        await self._heed(answer)
        return answer

    async def _heed(self, answer: Answer) -> None:
        remaining, reset = (answer.headers.get(f"ratelimit-{name}", "") for name in ("remaining", "reset"))
        if remaining.isdecimal() and reset.isdecimal() and float(remaining) < RESERVE:
            await self._budget.pause(float(reset), f"{remaining} requests are left until the count begins anew")


def _listed(incident: Mapping[str, Any]) -> Listed:
    # An account's older incidents may lack `updated_at`: then the last change of the status has to do.
    version = "/".join(str(incident.get(name)) for name in ("updated_at", "last_status_change_at", "status"))
    return Listed(str(incident["id"]), version, str(incident.get("created_at") or ""), dict(incident))


def _schedules(policy: Mapping[str, Any]) -> tuple[str, ...]:
    """The schedules by which a policy's people are found, in the order in which they are called."""
    rules = dicts_of(policy.get("escalation_rules"))
    targets = [target for rule in rules for target in dicts_of(rule.get("targets"))]
    named = (text_of(one, "summary") for one in targets if text_of(one, "type").startswith("schedule"))
    return tuple(dict.fromkeys(name for name in named if name))


def _service(
    service: Mapping[str, Any], related: Mapping[str, Any], schedules: tuple[str, ...], now: datetime
) -> KnownService:
    """`related`: https://developer.pagerduty.com/api-reference, Get technical service's immediate dependencies."""
    own = dict(service)
    pairs = dicts_of(related.get("relationships"))
    needed = [dict_of(pair, "supporting_service") for pair in pairs if _is(dict_of(pair, "dependent_service"), own)]
    return KnownService(
        vendor=Vendor.PAGERDUTY,
        vendor_id=str(own["id"]),
        name=text_of(own, "name") or text_of(own, "summary") or str(own["id"]),
        url=text_of(own, "html_url") or None,
        teams=tuple(sorted(filter(None, (text_of(one, "summary") for one in dicts_of(own.get("teams")))))),
        schedules=schedules,
        depends_on=tuple(sorted({text_of(one, "summary") or text_of(one, "id") for one in needed} - {""})),
        described_at=now,
    )


def _is(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.get("id") == other.get("id")


def _known(user_id: str, answer: Answer) -> KnownParty:
    user = dict(_object(answer, "user"))
    name, email = text_of(user, "name"), text_of(user, "email")
    if not name:
        raise Retryable("PagerDuty's answer for a user has no name")
    return KnownParty(vendor=Vendor.PAGERDUTY, vendor_id=user_id, name=name, email=email or None)


def _parsed(answer: Answer, listing: str = "") -> Mapping[str, Any]:
    """`listing`: what has to be a list in it. Raises Retryable: what is no answer says not that there is nothing."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or (listing and not isinstance(found.get(listing), list)):
        raise Retryable("PagerDuty's answer is not in its form")
    return found


def _object(answer: Answer, key: str) -> Mapping[str, Any]:
    found = _parsed(answer).get(key)
    if not isinstance(found, dict) or not text_of(found, "id"):
        raise Retryable(f"PagerDuty's answer has no {key}")
    return found


def _wait(answer: Answer) -> float | None:
    """Seconds until it may be asked again. `ratelimit-reset` is a span, not a time; a 429 may come without it."""
    after = put_off(answer)
    if after is not None or answer.status != 429:
        return after
    reset = answer.headers.get("ratelimit-reset", "")
    return float(reset) if reset.isdecimal() else RATE_LIMIT_SECONDS


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
