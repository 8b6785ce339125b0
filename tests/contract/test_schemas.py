"""The contract between the services: what the files say, the models do, and what was promised stays readable."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ValidationError

from closeout_chassis.bus import Record
from closeout_chassis.consume import Consumer, Subscription
from closeout_chassis.telemetry import Metrics
from closeout_schemas.catalogue import TOPICS, Topic
from tools.compatibility import breaks
from tools.schemas import JSON_SCHEMAS, ROOT, event_classes, generated, json_schema, stale

EVENTS = event_classes()
each_event = pytest.mark.parametrize("kind", EVENTS)


def test_the_committed_files_are_what_the_models_say() -> None:
    differences = list(stale(ROOT))

    assert not differences, "\n".join([*differences, "Run `make schemas`, and commit what it writes."])


# Nothing that was published in a version is taken back in it.


def git(*arguments: str) -> str | None:
    """What git answers; None where it cannot."""
    executable = shutil.which("git")
    if executable is None or not (ROOT / ".git").exists():
        return None
    answer = subprocess.run([executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout if answer.returncode == 0 else None


def bases() -> dict[str, str]:
    """What the working tree is compared with, as far as this clone has it: name → commit."""
    asked: dict[str, Sequence[str]] = {
        "the last commit": ("rev-parse", "--verify", "HEAD"),
        "the commit before": ("rev-parse", "--verify", "HEAD^"),
        "the main branch": ("merge-base", "HEAD", "origin/main"),
        "the last release": ("rev-list", "-1", "--tags=v*"),
    }
    found = {name: (git(*arguments) or "").strip() for name, arguments in asked.items()}
    return {name: commit for name, commit in found.items() if commit}


def test_since_the_last_commit_and_release_there_are_only_optional_additions() -> None:
    if not bases():
        pytest.skip("there is no history to compare with: needs git, and a clone instead of an archive")
    broken = [line for name, commit in bases().items() for line in taken_back(name, commit)]

    assert not broken, "\n".join([*broken, "Make it an optional addition, or a new type …v2 beside this one."])


def taken_back(name: str, commit: str) -> Iterator[str]:
    """What the models break of the schemas that `commit` has."""
    listed = git("ls-tree", "--name-only", commit, f"{JSON_SCHEMAS}/") or ""
    for path in listed.split():
        kind = path.rpartition("/")[2].removesuffix(".json")
        if kind not in EVENTS:
            yield f"{kind}: the event is gone since {name}"
            continue
        old = json.loads(git("show", f"{commit}:{path}") or "{}")
        yield from (f"{kind}: {line}, since {name}" for line in breaks(old, json_schema(EVENTS[kind])))


CLOUDEVENT = {
    "specversion": "1.0",
    "id": "6f1c1f9e-6a0e-5d0b-9b7e-3c0a5a2f6d11",
    "source": "/closeout/review",
    "type": "closeout.ticket.created.v1",
    "time": "2026-11-03T03:14:00Z",
    "data": {},
}


# Every event survives its way through the broker.


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Any value that a field of the contracts may have."""
    if annotation is AwareDatetime:
        return st.datetimes(timezones=st.just(UTC))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return values(arguments[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*(st.none() if one is NoneType else values(one) for one in arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    if issubclass(annotation, BaseModel):
        return built(annotation)
    if annotation is str:
        # A surrogate alone has no place in UTF-8.
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    if annotation is int:
        return st.integers(-(2**53), 2**53)
    return st.from_type(annotation)


@cache
def built(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Any value of a model; fields with a default are sometimes left out."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        (required if field.is_required() else optional)[name] = values(field.annotation)
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: model(**fields))


def topic_of(kind: str) -> Topic:
    return next(topic for topic in TOPICS if EVENTS[kind] in topic.event_classes())


@cache
def committed(kind: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / JSON_SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@each_event
@settings(max_examples=15)
@given(data=st.data())
def test_an_event_comes_back_as_it_was_sent_and_fits_its_committed_schema(kind: str, data: st.DataObject) -> None:
    event = data.draw(built(EVENTS[kind]))
    sent = event.model_dump_json()

    received = topic_of(kind).adapter.validate_json(sent)

    assert (type(received), received) == (EVENTS[kind], event)
    committed(kind).validate(json.loads(sent))


@each_event
@settings(max_examples=5)
@given(data=st.data())
def test_fields_that_only_a_newer_writer_knows_are_ignored_at_every_depth(kind: str, data: st.DataObject) -> None:
    event = data.draw(built(EVENTS[kind]))
    newer = with_more(json.loads(event.model_dump_json()), EVENTS[kind])

    assert newer["fromthefuture"]
    assert topic_of(kind).adapter.validate_python(newer) == event
    committed(kind).validate(newer)


def with_more(value: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """`value`, a field more in each of its models."""
    more: dict[str, Any] = {**value, "fromthefuture": {"a": [1]}}
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            more[name] = with_more(value[name], inner)
    return more


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
async def test_a_type_that_only_a_newer_release_knows_is_skipped_and_counted(topic: Topic) -> None:
    heard: list[Any] = []

    async def on_events(events: Sequence[Any], _tx: Any) -> None:
        heard.extend(events)

    metrics = Metrics("test")
    # Without a database: a record that is skipped needs none, and a dead letter would.
    consumer = Consumer(None, [Subscription(topic, on_events)], "test", metrics)  # type: ignore[arg-type]
    newer = {**CLOUDEVENT, "type": "closeout.something.newer.v7", "subject": "s"}

    await consumer.on_records([Record(topic.name, 0, 0, "s", json.dumps(newer).encode(), None)])

    labels = {"topic": topic.name, "result": "unknown_type"}
    assert metrics.registry.get_sample_value("closeout_events_consumed_total", labels) == 1
    assert heard == []


# CloudEvents 1.0.2: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TEXT = ("id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time")


def problems_by_cloudevents(event: dict[str, Any]) -> list[str]:
    """What the specification would say against an event in the JSON format."""
    found = [f"{name} is required" for name in ("id", "source", "specversion", "type") if not event.get(name)]
    found += [f"{name} must be a non-empty text" for name in TEXT if name in event and not _is_text(event[name])]
    found += [
        f"{name} is no attribute name: lower-case letters and digits only"
        for name in event
        if name not in ("data", "data_base64") and not (name.isascii() and name.isalnum() and name == name.lower())
    ]
    if event.get("specversion") != "1.0":
        found.append("specversion must be 1.0")
    if not RFC_3339.fullmatch(str(event.get("time", "2026-11-03T03:14:00Z"))):
        found.append("time is no RFC 3339 timestamp")
    if re.search(r"[\s<>\"{}|\\^`]", str(event.get("source", ""))):
        found.append("source is no URI-reference: it has a character that RFC 3986 forbids")
    if "data" in event and "data_base64" in event:
        found.append("data and data_base64 exclude each other")
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


@each_event
def test_an_event_of_ours_is_a_cloudevent(kind: str) -> None:
    model = EVENTS[kind]
    payload = model.model_fields["data"].annotation
    assert payload is not None
    said = {
        "id": "6f1c1f9e-6a0e-5d0b-9b7e-3c0a5a2f6d11",
        "source": "/closeout/review",
        "subject": "s",
        "time": "2026-11-03T03:14:00Z",
        "data": payload.model_construct(),
    }
    text = model.model_construct(**said).model_dump_json(warnings=False)

    event = json.loads(text)
    assert problems_by_cloudevents(event) == []
    assert event["type"] == kind
    assert set(json_schema(model)["required"]) >= {"id", "source", "specversion", "type"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": ""}, "id is required"),
        ({"type": None}, "type is required"),
        ({"specversion": "0.3"}, "specversion must be 1.0"),
        ({"subject": 7}, "subject must be a non-empty text"),
        ({"trace_parent": "x"}, "trace_parent is no attribute name"),
        ({"time": "yesterday"}, "time is no RFC 3339"),
        ({"time": "2026-11-03T03:14:00"}, "time is no RFC 3339"),
        ({"source": "the review service"}, "source is no URI-reference"),
        ({"data_base64": ""}, "data and data_base64 exclude each other"),
    ],
)
def test_what_is_no_cloudevent_is_seen(change: dict[str, Any], problem: str) -> None:
    assert problems_by_cloudevents(CLOUDEVENT) == []

    assert [found for found in problems_by_cloudevents(CLOUDEVENT | change) if found.startswith(problem)]


@each_event
@pytest.mark.parametrize("attribute", ["id", "source", "type", "subject", "time", "data"])
def test_an_event_that_lacks_a_required_attribute_is_not_taken(kind: str, attribute: str) -> None:
    event = {"specversion": "1.0", "id": "not even an id", "type": kind}
    event.pop(attribute, None)

    with pytest.raises(ValidationError):
        topic_of(kind).adapter.validate_python(event)


def test_nothing_else_is_generated_into_the_folder_of_schemas() -> None:
    there = {path.relative_to(ROOT) for path in (ROOT / JSON_SCHEMAS).iterdir()}

    assert there == {path for path in generated() if path.parent == JSON_SCHEMAS}
