"""How the topics of a broker that Closeout does not run differ from the catalogue, and what makes them alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from closeout_chassis.errors import StartError
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import connected_admin
from closeout_schemas.catalogue import Topic, dead_letter_settings

Deed = Literal["create", "add partitions", "configure"]
# https://kafka.apache.org/protocol#The_Messages_DescribeConfigs: set on this topic, not inherited.
SET_ON_THE_TOPIC = 1
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as it has to be."""

    name: str
    partitions: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. Without it Closeout may run where it `is_needed` no more than for speed."""

    topic: str
    deed: Deed
    about: str
    is_needed: bool
    partitions: int = 0
    settings: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class There:
    """A topic as the broker has it. `own`: what was set on it, and not inherited. None where we may not know."""

    partitions: int
    settings: Mapping[str, str] | None = None
    own: Mapping[str, str] | None = None


def wanted(topics: Sequence[Topic]) -> list[Wanted]:
    """These topics, and one for the dead letters of each group that hears them."""
    return [
        one
        for topic in topics
        for one in (
            Wanted(topic.name, topic.partitions, topic.settings()),
            *(Wanted(name, 1, dead_letter_settings()) for name in topic.dead_letter_names()),
        )
    ]


async def plan(kafka: KafkaSettings, topics: Sequence[Topic]) -> list[Step]:
    """What has to be done at the broker, in order. Empty where all is as it has to be. Raises StartError."""
    admin = await connected_admin(kafka)
    try:
        there = await _there(admin, [one.name for one in wanted(topics)])
    finally:
        await admin.close()
    return [step for one in wanted(topics) for step in _steps(one, there.get(one.name))]


async def refuse_wrong_layout(kafka: KafkaSettings, topics: Sequence[Topic]) -> None:
    """Raise StartError, with one line, where these topics are missing or would lose what Closeout puts into them."""
    needed = [step for step in await plan(kafka, topics) if step.is_needed]
    if needed:
        what = "; ".join(f"{step.topic}: {step.about}" for step in needed)
        raise StartError(f"The broker's topics are not as they have to be: {what}. Run `closeout topics apply`.")


def _steps(one: Wanted, there: There | None) -> Iterator[Step]:
    if there is None:
        about = f"missing; {one.partitions} partitions, {_in_words(one.settings)}"
        yield Step(one.name, "create", about, is_needed=True, partitions=one.partitions, settings=one.settings)
        return
    if there.partitions < one.partitions:
        about = f"{there.partitions} partitions, {one.partitions} wanted"
        yield Step(one.name, "add partitions", about, is_needed=False, partitions=one.partitions)
    if there.settings is None:
        return
    settings = there.settings
    wrong = {name: value for name, value in one.settings.items() if not _is_enough(name, settings, value)}
    if wrong:
        about = ", ".join(f"{name} is {settings.get(name)}, {value} wanted" for name, value in wrong.items())
        # The protocol's call sets all at once: what somebody else has set is said again.
        yield Step(one.name, "configure", about, is_needed=_loses(wrong), settings={**(there.own or {}), **wrong})


def _is_enough(name: str, there: Mapping[str, str], value: str) -> bool:
    if name == "cleanup.policy":
        return set(there.get(name, "delete").split(",")) == set(value.split(","))
    if name in ("retention.ms", "max.message.bytes"):
        has = int(there.get(name, "0"))
        return has == UNLIMITED or has >= int(value)
    return there.get(name) == value


def _loses(wrong: Mapping[str, str]) -> bool:
    # A shorter retention is made good from the outbox; what is too long, or is compacted away, is not.
    return bool({"cleanup.policy", "max.message.bytes"} & set(wrong))


def _in_words(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


async def _there(admin: Any, names: Sequence[str]) -> dict[str, There]:
    known = set(await admin.list_topics())
    found = [name for name in names if name in known]
    if not found:
        return {}
    counts = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(found)}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in found])
    there = {name: There(count) for name, count in counts.items()}
    for answer in answers:
        for code, _message, _kind, name, entries in answer.resources:
            if not code:  # a client that may only read and write is not told
                settings = {entry[0]: entry[1] for entry in entries}
                own = {entry[0]: entry[1] for entry in entries if entry[3] == SET_ON_THE_TOPIC}
                there[name] = There(counts[name], settings, own)
    return there
