"""Logs for machines and for people."""

from __future__ import annotations

import json
import logging

from closeout_chassis.settings import TracingSettings
from closeout_chassis.telemetry import JsonLines, TextLines, current_traceparent, following, is_on, set_up_tracing

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "x"})
    vars(made).update(extra)
    return made


def test_a_line_is_one_json_object_with_what_was_given() -> None:
    line = json.loads(JsonLines("ingest").format(record("kept\nit", topic="t")))

    assert (line["service"], line["message"], line["topic"]) == ("ingest", "kept\nit", "t")


def test_a_line_carries_the_trace_that_it_belongs_to() -> None:
    with following(TRACE):
        line = json.loads(JsonLines("ingest").format(record("kept")))

    assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


def test_text_ends_the_line_with_what_was_given() -> None:
    assert TextLines("ingest").format(record("kept", topic="t")).endswith("INFO    ingest   kept  topic=t")


def test_text_from_outside_begins_no_line_of_its_own_and_steers_no_terminal() -> None:
    line = TextLines("ingest").format(record("it waits", because="no\n12:00:00 ERROR  all is lost\x1b[2J, Zoë\u2028"))

    assert line.endswith(r"because=no\n12:00:00 ERROR  all is lost\x1b[2J, Zoë\u2028")


def test_a_remote_trace_goes_on_without_any_exporter() -> None:
    with following(TRACE):
        assert current_traceparent() == TRACE
    assert current_traceparent() is None


def test_tracing_is_off_until_an_endpoint_is_given() -> None:
    set_up_tracing(TracingSettings(), "test")

    assert not is_on()
