"""What GitHub asks of every request, and the limits it keeps."""

import time

import pytest

from .conftest import ISSUES, Bench


async def test_a_request_without_a_user_agent_is_forbidden(bench: Bench) -> None:
    answer = await bench.github.get(ISSUES, headers={"User-Agent": ""})

    assert answer.status_code == 403
    assert "User-Agent" in answer.text


@pytest.mark.parametrize(
    ("authorization", "message"),
    [("", "Requires authentication"), ("Bearer wrong", "Bad credentials"), ("Basic x", "Bad credentials")],
)
async def test_nobody_gets_in_without_the_token(bench: Bench, authorization: str, message: str) -> None:
    answer = await bench.github.get(ISSUES, headers={"Authorization": authorization})

    assert (answer.status_code, answer.json()["message"]) == (401, message)


async def test_any_accept_header_is_tolerated(bench: Bench) -> None:
    assert (await bench.github.get(ISSUES, headers={"Accept": "text/plain"})).status_code == 200


async def test_every_answer_says_how_many_requests_are_left(bench: Bench) -> None:
    first, second = await bench.github.get(ISSUES), await bench.github.get(f"{ISSUES}/99")

    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-resource"]) == ("5000", "core")
    assert int(first.headers["x-ratelimit-remaining"]) - int(second.headers["x-ratelimit-remaining"]) == 1
    assert time.time() < int(first.headers["x-ratelimit-reset"]) <= time.time() + 3601
    assert first.headers["x-github-request-id"] != second.headers["x-github-request-id"]
    overview = (await bench.github.get("/rate_limit")).json()
    assert overview["rate"]["used"] == 2
    assert overview["resources"]["search"]["limit"] == 30


async def test_an_unchanged_answer_costs_nothing_when_asked_for_by_its_tag(bench: Bench) -> None:
    await bench.issue()
    first = await bench.github.get(f"{ISSUES}/1")
    same = await bench.github.get(f"{ISSUES}/1", headers={"If-None-Match": first.headers["etag"]})
    await bench.github.patch(f"{ISSUES}/1", json={"title": "other"})
    changed = await bench.github.get(f"{ISSUES}/1", headers={"If-None-Match": first.headers["etag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]
    assert changed.status_code == 200


async def test_beyond_the_hourly_limit_everything_is_refused_until_the_reset(bench: Bench) -> None:
    await bench.behave(github_hourly_limit=2)

    answers = [await bench.github.get(ISSUES) for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 403]
    assert answers[2].headers["x-ratelimit-remaining"] == "0"
    assert "rate limit exceeded" in answers[2].json()["message"]
    assert (await bench.github.get("/rate_limit")).status_code == 200


async def test_searches_have_a_limit_of_their_own(bench: Bench) -> None:
    await bench.behave(github_search_per_minute=1)

    answers = [await bench.github.get("/search/issues", params={"q": "x"}) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 403]
    assert answers[0].headers["x-ratelimit-resource"] == "search"
    assert (await bench.github.get(ISSUES)).status_code == 200


async def test_creating_too_much_in_a_minute_hits_the_secondary_limit(bench: Bench) -> None:
    await bench.behave(github_content_per_minute=1)
    await bench.issue()

    answer = await bench.github.post(ISSUES, json={"title": "one too many"})

    assert (answer.status_code, answer.headers["retry-after"]) == (403, "60")
    assert "secondary rate limit" in answer.json()["message"]
    assert len((await bench.github.get(ISSUES)).json()) == 1


async def test_an_unknown_path_is_not_found_in_githubs_words(bench: Bench) -> None:
    answer = await bench.github.get("/repos/acme/payments/nothing")

    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")
