"""What is needed of somebody else's broker: on Apache Kafka only, since the embedded broker's topics are ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.admin import NewTopic

from closeout.commands.topics import carry_out
from closeout_chassis.errors import StartError
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topic_layout import plan, refuse_wrong_layout, wanted
from closeout_chassis.topics import connected_admin, list_topics
from closeout_schemas.catalogue import DIRECTORY, INCIDENTS, TOPICS, Topic
from tests.topics import until_gone, until_shown

pytestmark = pytest.mark.kafka


@pytest.fixture
def kafka(_kafka: Any) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=_kafka.bootstrap, start_timeout_seconds=10)


@pytest.fixture
async def emptied(kafka: KafkaSettings) -> None:
    """The broker without the catalogue's topics, which another test may have made."""
    admin = await connected_admin(kafka)
    there = set(await admin.list_topics())
    ours = [one.name for one in wanted(TOPICS) if one.name in there]
    if ours:
        await admin.delete_topics(ours)
        await until_gone(kafka, ours)
    await admin.close()


@pytest.fixture
def own_topics(request: pytest.FixtureRequest) -> list[Topic]:
    """Two topics as the catalogue has them, under names of this test's own."""
    name = request.node.name.partition("[")[0]
    return [replace(topic, name=f"{topic.name}.{name}") for topic in (INCIDENTS, DIRECTORY)]


async def make(kafka: KafkaSettings, name: str, partitions: int = 6, **settings: str) -> None:
    admin = await connected_admin(kafka)
    await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
    await admin.close()
    await until_shown(kafka, {name: partitions})


async def test_applied_once_there_is_nothing_left_to_do(kafka: KafkaSettings, own_topics: list[Topic]) -> None:
    steps = await carry_out(kafka, own_topics)

    assert {step.deed for step in steps} == {"create"}
    assert len(steps) == len(wanted(own_topics))
    assert await plan(kafka, own_topics) == []
    await refuse_wrong_layout(kafka, own_topics)


async def test_a_missing_topic_is_refused_at_the_start_and_says_what_to_run(
    kafka: KafkaSettings, own_topics: list[Topic]
) -> None:
    with pytest.raises(StartError, match=r"missing.*closeout topics apply") as refused:
        await refuse_wrong_layout(kafka, own_topics)

    assert "\n" not in str(refused.value)


async def test_a_topic_that_would_lose_events_is_refused_and_mended(
    kafka: KafkaSettings, own_topics: list[Topic]
) -> None:
    incidents, directory = own_topics
    await make(kafka, incidents.name, 2, **{"cleanup.policy": "compact", "segment.ms": "3600000"})
    await carry_out(kafka, [directory])

    with pytest.raises(StartError, match=r"cleanup.policy is compact, delete wanted.*max.message.bytes"):
        await refuse_wrong_layout(kafka, [incidents])
    steps = await carry_out(kafka, [directory, incidents])

    assert {step.deed for step in steps if step.topic == incidents.name} == {"add partitions", "configure"}
    configured = next(step for step in steps if step.deed == "configure")
    assert configured.settings is not None
    assert configured.settings["segment.ms"] == "3600000"
    assert await plan(kafka, own_topics) == []


async def test_more_than_is_wanted_is_left_as_it_is(kafka: KafkaSettings, own_topics: list[Topic]) -> None:
    incidents = own_topics[0]
    await make(kafka, incidents.name, 12, **{"retention.ms": "-1", "max.message.bytes": "20000000"})

    steps = await plan(kafka, [incidents])

    assert [step.topic for step in steps if step.topic == incidents.name] == []


async def test_the_commands_plan_apply_and_find_nothing_left(kafka: KafkaSettings, emptied: None) -> None:
    planned = closeout(kafka, "plan", "--commands")
    applied = closeout(kafka, "apply", "--json")
    again = closeout(kafka, "plan", "--json")

    assert planned.returncode == 3
    assert f"--create --topic {INCIDENTS.name} --partitions 6" in planned.stdout
    assert applied.returncode == 0, applied.stderr
    assert {step["topic"] for step in json.loads(applied.stdout)["applied"]} == {one.name for one in wanted(TOPICS)}
    assert again.returncode == 0
    assert json.loads(again.stdout) == {"outstanding": []}
    assert {topic.name for topic in TOPICS} <= set(await list_topics(kafka))


def closeout(kafka: KafkaSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "closeout", "topics", *arguments],
        env={**os.environ, "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers},
        capture_output=True,
        text=True,
        timeout=60,
    )
