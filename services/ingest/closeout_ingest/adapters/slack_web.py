"""Calling Slack's Web API with one bot token: what its answers mean.

Contract: https://docs.slack.dev/apis/web-api/. A failure is an answer 200 with `"ok": false`; only limits are a 429.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr

from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, NeverSent, Outside, Unknown
from closeout_ingest.adapters.history import Budget, Unlimited
from closeout_ingest.adapters.limits import put_off, retry_after, unanswered
from closeout_ingest.adapters.reading import text_of

RATE_LIMIT_SECONDS = 60.0
# Somebody has to grant it first: asking again at once is of no use.
SCOPE_SECONDS = 60.0
LIMITS = frozenset({"ratelimited", "rate_limited"})
# What the token is to blame for.
BAD_TOKEN = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})

Doc = dict[str, Any]


class SlackWeb:
    """The API with one bot token. Slack limits each method by itself: `budget_of` one of them."""

    def __init__(
        self, base_url: str, token: SecretStr, budget_of: Callable[[str], Budget] = lambda _method: Unlimited()
    ) -> None:
        self._budget_of = budget_of
        self._api = Outside(
            base_url,
            user_agent="closeout",
            headers={"Authorization": f"Bearer {token.get_secret_value()}"},
            secrets=[token],
        )

    async def get(self, method: str, params: Mapping[str, str | int], gone: frozenset[str]) -> Doc | None:
        """None for what is not there, by the errors in `gone`. Raises Retryable for everything else that is no use."""
        return await self._call("GET", method, gone, params=params)

    async def post(self, method: str, body: Doc, gone: frozenset[str]) -> Doc | None:
        """The same, for what changes something."""
        return await self._call("POST", method, gone, body=body)

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    async def _call(self, verb: str, method: str, gone: frozenset[str], **given: Any) -> Doc | None:
        budget = self._budget_of(method)
        await budget.admit()
        try:
            answer = await self._api.call(verb, method, **given)
        except (NeverSent, Unknown) as error:
            raise await unanswered(error, budget) from None
        found = _parsed(answer)
        why = text_of(found, "error")
        wait = put_off(answer)
        if wait is None and (answer.status == 429 or why in LIMITS):
            wait = retry_after(answer) or RATE_LIMIT_SECONDS
        if wait is not None:
            await budget.pause(wait, f"Slack's limit of {method}")
            raise Retryable(f"Slack wants {method} left alone", after=wait)
        if answer.status != 200 or not found:
            raise Retryable(f"Slack answered {answer.status} to {method}, or not in its form")
        if found.get("ok") is True:
            return found
        if why in gone:
            return None
        if why == "missing_scope":
            raise Retryable(f"the Slack app lacks the scope for {method}: docs/howto/slack.md", after=SCOPE_SECONDS)
        mend = ": renew CLOSEOUT_INGEST_SLACK_API_TOKEN" if why in BAD_TOKEN else ""
        raise Retryable(f"Slack says {why or 'no'} to {method}{mend}")


def _parsed(answer: Answer) -> Doc:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
