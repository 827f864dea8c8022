"""A collector of spans, where OpenTelemetry's exporters look for one: OTLP over HTTP, on loopback."""

import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SERVER, CLIENT = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT


@dataclass(frozen=True, slots=True)
class Seen:
    """A span as it has arrived."""

    name: str
    kind: int
    attributes: Mapping[str, str | int]
    failed: bool
    trace: bytes
    id: bytes
    parent: bytes


@dataclass
class Collector:
    """What has arrived."""

    requests: list[ExportTraceServiceRequest] = field(default_factory=list[ExportTraceServiceRequest])
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    url: str = ""

    @property
    def spans(self) -> list[Seen]:
        return [span for request in self.requests for span in spans_of(request)]

    @property
    def texts(self) -> str:
        return "\n".join(text for request in self.requests for text in texts_of(request))


@contextmanager
def collecting(status: int = 200) -> Generator[Collector]:
    """Run a collector that responds with this status."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.requests.append(ExportTraceServiceRequest.FromString(body))
            collector.headers.append(dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base has it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Seen]:
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Seen(
                    span.name,
                    span.kind,
                    attribute_values(span.attributes),
                    span.status.code == Status.STATUS_CODE_ERROR,
                    span.trace_id,
                    span.span_id,
                    span.parent_span_id,
                )


def attribute_values(attributes: Any) -> dict[str, str | int]:
    pairs: list[KeyValue] = list(attributes)
    return {
        pair.key: pair.value.string_value if pair.value.HasField("string_value") else pair.value.int_value
        for pair in pairs
    }


def texts_of(message: Message) -> Iterator[str]:
    """Yield every string in a message, at any depth; ids are random bytes."""
    for _, value in message.ListFields():
        for each in [value] if isinstance(value, str | Message) else value if is_many(value) else []:
            if isinstance(each, str):
                yield each
            elif isinstance(each, Message):
                yield from texts_of(each)


def is_many(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, bytes)
