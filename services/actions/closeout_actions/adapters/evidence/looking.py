"""Looking whether a criterion is true: read only, within seconds, at hosts that an administrator named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from closeout_chassis.http_out import Answer, NeverSent, Outside, Unknown

LONGEST_EXPRESSION_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen. `passes` is None where nothing could be; `says` then says why."""

    passes: bool | None
    says: str


# What reading an answer of another shape ends in.
ODD = (AttributeError, TypeError, LookupError)
NOT_IN_ITS_FORM = Seen(None, "Prometheus's answer is not in its form.")


class Prometheus:
    """Its query API, and its list of rules: https://prometheus.io/docs/prometheus/latest/querying/api"""

    def __init__(self, url: str, token: SecretStr | None, *, timeout: float) -> None:
        self._outside = _outside(url, token, timeout)

    async def close(self) -> None:
        """Give the connections back."""
        await self._outside.close()

    async def expression(self, expr: str) -> Seen:
        """Whether it has a result now: a series, or a number that is not 0."""
        params: dict[str, str | int] = {"query": expr, "timeout": f"{LONGEST_EXPRESSION_SECONDS}s", "limit": 1}
        found = await _asked(self._outside, "api/v1/query", params)
        if isinstance(found, Seen):
            return found
        try:
            return _result_in(found)
        except ODD:
            return NOT_IN_ITS_FORM

    async def alerting_rule(self, name: str) -> Seen:
        """Whether there is one of that name that evaluates."""
        found = await _asked(self._outside, "api/v1/rules", {"type": "alert"})
        if isinstance(found, Seen):
            return found
        try:
            return _rule_in(found, name)
        except ODD:
            return NOT_IN_ITS_FORM


class Flags:
    """An OpenFeature provider by its remote protocol: https://openfeature.dev/docs/reference/other-technologies/ofrep"""

    def __init__(self, url: str, token: SecretStr | None, *, timeout: float) -> None:
        self._outside = _outside(url, token, timeout)

    async def close(self) -> None:
        """Give the connections back."""
        await self._outside.close()

    async def is_known(self, key: str) -> Seen:
        """Whether the provider knows the flag, whatever it says of it."""
        try:
            # Evaluating a flag is a question that is asked by POST; it changes nothing.
            path = f"ofrep/v1/evaluate/flags/{quote(key, safe='')}"
            answer = await self._outside.call("POST", path, body={"context": {"targetingKey": "closeout"}})
        except (NeverSent, Unknown) as error:
            return Seen(None, f"The flags could not be asked for: {error}")
        code = _object(answer).get("errorCode")
        if answer.status == 200 or code in ("TARGETING_KEY_MISSING", "INVALID_CONTEXT"):
            return Seen(True, "The flag is known.")
        if answer.status == 404:
            return Seen(False, "The provider knows no such flag.")
        return Seen(None, f"The provider answered {answer.status}.")


class Pages:
    """HTTP answers of hosts that are on the list. Redirects are answers; nothing of a body is kept or shown."""

    def __init__(self, hosts: Sequence[str], *, timeout: float) -> None:
        self._hosts = {host.casefold() for host in hosts}
        self._timeout = timeout

    async def answers(self, what: str) -> Seen:
        """`https://checkout.acme.example/healthz 204`: whether it is answered so; without a number, 200."""
        address, _, wanted = what.partition(" ")
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return Seen(None, "That is no address.")
        host = f"{url.host}:{url.port}" if url.port else url.host
        if url.scheme not in ("http", "https") or host.casefold() not in self._hosts or url.userinfo:
            return Seen(None, f"{host or address} is not on the list CLOSEOUT_ACTIONS_CHECK_HOSTS.")
        status = int(wanted) if wanted.strip().isdecimal() else 200
        outside = _outside(str(url.copy_with(path="/", query=None)), None, self._timeout)
        try:
            answer = await outside.call("GET", str(url))
        except (NeverSent, Unknown) as error:
            return Seen(False, f"There was no answer: {error}")
        finally:
            await outside.close()
        return Seen(answer.status == status, f"It was answered {answer.status}.")


def _outside(url: str, token: SecretStr | None, timeout: float) -> Outside:
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    secrets = [token] if token else []
    return Outside(url, user_agent="closeout-actions", headers=headers, secrets=secrets, timeout=timeout)


async def _asked(outside: Outside, path: str, params: Mapping[str, str | int]) -> Mapping[str, Any] | Seen:
    """What Prometheus answers; what was seen where it does not."""
    try:
        answer = await outside.call("GET", path, params=params)
    except (NeverSent, Unknown) as error:
        return Seen(None, f"Prometheus could not be asked: {error}")
    found = _object(answer)
    if answer.status in (400, 422):
        return Seen(False, f"Prometheus does not take the expression: {str(found.get('error'))[:200]}")
    if answer.status != 200 or found.get("status") != "success":
        return Seen(None, f"Prometheus answered {answer.status}.")
    return found


def _result_in(found: Mapping[str, Any]) -> Seen:
    data = found.get("data") or {}
    if data.get("resultType") == "scalar":
        value = str(data["result"][1])
        return Seen(value not in ("0", "NaN"), f"It came to {value}.")
    count = len(data.get("result") or ())
    return Seen(count > 0, "It has a result." if count else "It has no result.")


def _rule_in(found: Mapping[str, Any], name: str) -> Seen:
    groups = (found.get("data") or {}).get("groups") or ()
    rules = [rule for group in groups for rule in group.get("rules") or () if rule.get("name") == name]
    if not rules:
        return Seen(False, f"Prometheus has no alerting rule {name}.")
    broken = [str(rule.get("lastError")) for rule in rules if rule.get("health") == "err"]
    if broken:
        return Seen(False, f"The rule is there, and does not evaluate: {broken[0][:200]}")
    return Seen(True, f"The rule is there: {rules[0].get('health', 'unknown')}, {rules[0].get('state', 'inactive')}.")


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}
