"""`closeout topics`: the broker's topics, made and held to the catalogue; filled again from the outboxes."""

from __future__ import annotations

import asyncio
import json
import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from rich.console import Console
from rich.table import Table

from closeout.commands.up import Data
from closeout.reach import broker_of, opened
from closeout_chassis.errors import StartError
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topic_layout import Step, plan
from closeout_chassis.topics import connected_admin, raise_errors
from closeout_schemas.catalogue import SERVICES, TOPICS, Topic

OUTSTANDING = 3
KEPT_DAYS = 7
# As long as librdkafka waits for it: https://github.com/confluentinc/librdkafka/pull/2862
SHOWN_WITHIN_SECONDS = 30

app = typer.Typer(help="The broker's topics.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("plan")
def plan_(
    as_json: Json = False,
    commands: Annotated[bool, typer.Option("--commands", help="Print it as calls of Kafka's own tools.")] = False,
    data: Data = None,
) -> None:
    """Say what has to be done at the broker, and change nothing. Exit code 3 when something has."""
    kafka = broker_of(data)
    steps = asyncio.run(_plan(kafka, TOPICS))
    if commands:
        print("\n".join(as_command(step, kafka) for step in steps) or "# Nothing has to be done.")
    else:
        _tell(steps, as_json, "outstanding")
    if steps:
        raise typer.Exit(OUTSTANDING)


@app.command("apply")
def apply(as_json: Json = False, data: Data = None) -> None:
    """Make the topics that are missing, and mend those that differ. None is made smaller or deleted."""
    kafka = broker_of(data)
    steps = asyncio.run(carry_out(kafka, TOPICS))
    _tell(steps, as_json, "applied")


async def carry_out(kafka: KafkaSettings, topics: Sequence[Topic]) -> list[Step]:
    """Do what is outstanding for these topics, and return it once the broker shows it.

    A topic is never made smaller or deleted. Raises StartError with what the broker refused, or does not show in time.
    """
    steps = await _plan(kafka, topics)
    admin = await connected_admin(kafka)
    try:
        for step in steps:
            await _do(admin, step, kafka.replication_factor)
    finally:
        await admin.close()
    await _until_shown(kafka, topics)
    return steps


async def _plan(kafka: KafkaSettings, topics: Sequence[Topic]) -> list[Step]:
    # The embedded broker keeps no settings, and knows no request to change a topic that is there.
    steps = await plan(kafka, topics)
    return [step for step in steps if step.deed == "create"] if kafka.embedded else steps


async def _do(admin: AIOKafkaAdminClient, step: Step, replication_factor: int) -> None:
    match step.deed:
        case "create":
            new = NewTopic(step.topic, step.partitions, replication_factor, topic_configs=dict(step.settings or {}))
            raise_errors(await admin.create_topics([new]))
        case "add partitions":
            await admin.create_partitions({step.topic: NewPartitions(step.partitions)})
        case "configure":
            resource = ConfigResource(ConfigResourceType.TOPIC, step.topic, dict(step.settings or {}))
            _raise_refused(await admin.alter_configs([resource]), step.topic)


async def _until_shown(kafka: KafkaSettings, topics: Sequence[Topic]) -> None:
    """Apache Kafka answers once its controller has decided; a broker shows it when its metadata says so."""
    deadline = time.monotonic() + SHOWN_WITHIN_SECONDS
    while outstanding := await _plan(kafka, topics):
        if time.monotonic() >= deadline:
            names = ", ".join(dict.fromkeys(step.topic for step in outstanding))
            raise StartError(
                f"The broker took every change, and {SHOWN_WITHIN_SECONDS} s later does not show those of {names}. "
                "`closeout topics plan` says what it lacks; then apply again."
            )
        await asyncio.sleep(0.1)


def _raise_refused(answers: Sequence[Any], topic: str) -> None:
    for answer in answers:
        for code, message, *_ in answer.resources:
            if code:
                raise StartError(f"The broker will not configure the topic {topic}: {message or code}")


@app.command("refill")
def refill(
    topics: Annotated[list[str] | None, typer.Argument(help="Which topics.", show_default="all")] = None,
    days: Annotated[float, typer.Option(min=0, max=KEPT_DAYS, help="What was said in so many days.")] = KEPT_DAYS,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Have the services say again what they said, after a broker has lost it. Who has heard it drops it."""
    known = [topic.name for topic in TOPICS]
    unknown = sorted(set(topics or ()) - set(known))
    if unknown:
        raise typer.BadParameter(f"There is no topic {', '.join(unknown)}. Those there are: {', '.join(known)}.")
    since = datetime.now(UTC) - timedelta(days=days)
    counts = asyncio.run(_refill(data, topics or known, since))
    if as_json:
        print(json.dumps(counts))
        return
    console = Console(highlight=False)
    for service, count in counts.items():
        console.print(f"{service:<8} {count} records are said again")


async def _refill(data: Data, topics: Sequence[str], since: datetime) -> dict[str, int]:
    counts = {}
    for service in SERVICES:
        async with opened(data, service) as db, db.transaction() as tx:
            counts[service] = await tx.refill(topics, since)
    return counts


def as_command(step: Step, kafka: KafkaSettings) -> str:
    """The step as a call of the tools that come with Apache Kafka."""
    at = f"--bootstrap-server {kafka.bootstrap_servers}"
    settings = [f"{name}={value}" for name, value in (step.settings or {}).items()]
    match step.deed:
        case "create":
            made = f"--partitions {step.partitions} --replication-factor {kafka.replication_factor}"
            with_settings = " ".join(f"--config {shlex.quote(one)}" for one in settings)
            return f"kafka-topics.sh {at} --create --topic {step.topic} {made} {with_settings}"
        case "add partitions":
            return f"kafka-topics.sh {at} --alter --topic {step.topic} --partitions {step.partitions}"
        case "configure":
            said = shlex.quote(",".join(f"{one.replace(',', '],[')}" for one in settings))
            return f"kafka-configs.sh {at} --alter --entity-type topics --entity-name {step.topic} --add-config {said}"


def _tell(steps: Sequence[Step], as_json: bool, what: str) -> None:
    if as_json:
        print(json.dumps({what: [asdict(step) for step in steps]}))
        return
    console = Console(highlight=False)
    if not steps:
        console.print(f"All {len(TOPICS)} topics, and those of their dead letters, are as they have to be.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in (what, "topic", "what"):
        table.add_column(column, overflow="fold")
    for step in steps:
        table.add_row(step.deed, step.topic, step.about)
    console.print(table)
