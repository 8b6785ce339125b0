"""An OTLP receiver on loopback: takes spans by HTTP, as a collector does, and keeps them."""

from __future__ import annotations

import gzip
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """What somebody did: `service` names who."""

    service: str
    name: str
    id: str
    parent: str
    trace: str


class OtlpReceiver:
    """`url` is where spans go."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        spans = self.spans

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                spans.extend(_read(ExportTraceServiceRequest.FromString(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()

    def trace_with(self, *wanted: tuple[str, str], seconds: float = 60) -> list[Span]:
        """The spans of the one trace that has each of these (service, beginning of the name). Fails after a while."""
        deadline = time.monotonic() + seconds
        while True:
            by_trace = defaultdict(list)
            for span in list(self.spans):
                by_trace[span.trace].append(span)
            for found in by_trace.values():
                if all(any(one.service == who and one.name.startswith(what) for one in found) for who, what in wanted):
                    return found
            best = max(by_trace.values(), key=len, default=[])
            assert time.monotonic() < deadline, (
                f"no trace has {wanted}; the longest: {[(s.service, s.name) for s in best]}"
            )
            time.sleep(0.3)

    def trace(self, which: str) -> list[Span]:
        """The spans of this trace that came until now."""
        return [span for span in list(self.spans) if span.trace == which]


def _read(request: ExportTraceServiceRequest) -> list[Span]:
    found = []
    for resource in request.resource_spans:
        names = {one.key: one.value.string_value for one in resource.resource.attributes}
        service = names["service.name"].removeprefix("closeout-")
        for scope in resource.scope_spans:
            found += [
                Span(service, one.name, one.span_id.hex(), one.parent_span_id.hex(), one.trace_id.hex())
                for one in scope.spans
            ]
    return found
