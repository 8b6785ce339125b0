"""What Prometheus and the demo read, through the service's own door."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from closeout_chassis.settings import DatabaseSettings
from closeout_metrics import testing as e
from closeout_metrics.api.exposition import ProductNumbers
from closeout_metrics.app import build
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.definition import Definition
from closeout_metrics.domain.definitions import AGE, ALL
from closeout_metrics.settings import MetricsSettings
from closeout_metrics.testing import BERLIN, Clock, Hear
from closeout_schemas.vocabulary import Outcome, TicketState

# promtool's own list: https://github.com/prometheus/client_golang/blob/main/prometheus/testutil/promlint/validations/
NOT_BASE_UNITS = {"minutes", "hours", "days", "weeks", "milliseconds", "ms", "percent", "kb", "mb"}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """Each sample of an exposition, by its name and labels."""
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.fixture
async def http(database_url: str, hear: Hear) -> AsyncIterator[httpx.AsyncClient]:
    """The service's door over a database in which one incident was played through. No broker: none is asked."""
    await hear(e.incident(), e.drafted(), e.published(items=3), e.committed(1), e.committed(2), e.committed(3))
    await hear(e.ticket(TicketState.COMPLETED, 2, 1), e.ticket(TicketState.WONT_DO, 2, 2))
    await hear(e.drafted("other"), e.published("other"), e.concluded(Outcome.FAILED, "other"))
    settings = MetricsSettings(database=DatabaseSettings(url=SecretStr(database_url)), port=0)
    service = build(settings)
    await service._db.open()
    transport = httpx.ASGITransport(service._app)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics.test") as client:
        yield client
    await service._db.close()


@pytest.mark.integration
async def test_the_exposition_tells_of_the_product_and_of_the_service(http: httpx.AsyncClient) -> None:
    text = (await http.get("/metrics")).text

    told = samples(text)
    assert told["closeout_build_info", (("service", "metrics"),)] == 1
    assert (
        told["closeout_incidents_total", (("service", "checkout"), ("severity", "sev1"), ("source", "pagerduty"))] == 1
    )
    assert told["closeout_postmortems", (("outcome", "failed"),)] == 1
    assert told["closeout_action_items_committed_total", ()] == 3
    assert told["closeout_action_items_shipped_total", ()] == 1
    assert told["closeout_action_items_dropped_total", (("reason", "wont_do"),)] == 1
    assert told["closeout_action_items_open", ()] == 2
    assert told["closeout_action_item_closure_ratio", ()] == pytest.approx(1 / 3)
    assert told["closeout_action_item_time_to_close_seconds_sum", ()] == 2 * 86400
    assert told["closeout_action_item_time_to_close_seconds_bucket", (("le", "+Inf"),)] == 1
    assert 0 <= told[AGE.name, ()] < 60


@pytest.mark.integration
async def test_the_json_says_the_same_as_the_exposition(http: httpx.AsyncClient) -> None:
    told = samples((await http.get("/metrics")).text)
    json = (await http.get("/api/v1/numbers")).json()

    items = json["action_items"]
    assert items["committed"] == told["closeout_action_items_committed_total", ()]
    assert items["open"] == told["closeout_action_items_open", ()]
    assert items["closure_ratio"] == told["closeout_action_item_closure_ratio", ()]
    assert items["dropped"]["wont_do"] == told["closeout_action_items_dropped_total", (("reason", "wont_do"),)]
    assert items["time_to_close"]["sum_seconds"] == told["closeout_action_item_time_to_close_seconds_sum", ()]
    assert json["postmortems"]["failed"] == told["closeout_postmortems", (("outcome", "failed"),)]
    assert json["incidents"]["total"] == 1
    for row in items["by_standing"]:
        count = row.pop("count")
        assert told["closeout_action_items", tuple(sorted(row.items()))] == count


@pytest.mark.integration
async def test_promtool_finds_nothing_to_complain_about(http: httpx.AsyncClient) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: install the Debian package `prometheus`")
    text = (await http.get("/metrics")).content

    process = await asyncio.create_subprocess_exec(
        promtool, "check", "metrics", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, complaints = await process.communicate(text)

    assert (process.returncode, complaints.decode()) == (0, "")


@pytest.mark.integration
async def test_while_the_database_is_away_the_last_good_numbers_are_shown_with_their_age(
    hear: Hear, reading: Reading, clock: Clock
) -> None:
    registry = CollectorRegistry()
    registry.register(ProductNumbers(reading))
    assert [*registry.collect()] == []  # nothing was read yet, and nothing is invented
    await hear(e.incident())
    await reading.refresh()
    whole = {family.name for family in registry.collect()}

    await reading._db.close()
    clock.now = e.days(2)
    await reading.refresh()

    assert {family.name for family in registry.collect()} == whole
    assert registry.get_sample_value("closeout_incidents_this_quarter", {
        "service": "checkout", "severity": "sev1", "source": "pagerduty",
    }) == 1  # fmt: skip
    assert registry.get_sample_value(AGE.name) == 86400


async def test_without_a_database_and_without_numbers_the_json_says_so() -> None:
    service = build(
        MetricsSettings(database=DatabaseSettings(url=SecretStr("postgresql://u@127.0.0.1:1/none")), port=0)
    )
    transport = httpx.ASGITransport(service._app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics.test") as client:
        answer = await client.get("/api/v1/numbers")
        wall = await client.get("/wall")
        health = await client.get("/metrics")

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:closeout:problem:no-numbers-yet")
    assert (wall.status_code, wall.headers["Refresh"]) == (503, "5"), "a screen in a corridor asks again by itself"
    assert answer.headers["Retry-After"] == "5"
    assert health.status_code == 200
    assert "closeout_build_info" in health.text
    assert "closeout_incidents" not in health.text


def test_a_name_that_the_chassis_has_already_is_refused_at_start(clock: Clock) -> None:
    registry = CollectorRegistry()
    Counter("closeout_action_items_shipped", "Somebody else's.", registry=registry)

    with pytest.raises(ValueError, match="closeout_action_items_shipped"):
        registry.register(ProductNumbers(Reading(None, BERLIN)))  # type: ignore[arg-type]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_name_follows_the_conventions_of_prometheus(one: Definition) -> None:
    name, kind, text = one.name, one.kind, one.help
    words = name.split("_")
    assert words[0] == "closeout"
    assert (words[-1] == "total") == (kind == "counter")
    assert not NOT_BASE_UNITS & set(words)
    assert not {"gauge", "counter", "histogram", "bucket", "sum", "count"} & set(words)
    assert text.endswith(".")


@pytest.mark.integration
async def test_a_scraper_that_asks_for_openmetrics_gets_it(http: httpx.AsyncClient) -> None:
    accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    answer = await http.get("/metrics", headers={"Accept": accept})

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in openmetrics_families(answer.text)}
    assert families["closeout_action_items_shipped"].type == "counter"
    assert families["closeout_action_items_shipped"].samples[0].value == 1
