"""The way to a collector, over OTLP and HTTP, as the settings of OpenTelemetry name it; it takes the extra ``otel``."""

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from writer_jobs_mcp import __version__

logger = logging.getLogger(__name__)

_OURS = "writer-jobs-mcp"
# What these log may quote headers and addresses, and comes again with each batch; one line of ours is enough.
_TALKATIVE = ("opentelemetry", "urllib3", "requests")
_WHAT_TO_CHECK = (
    "Check OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP, usually on port 4318) and OTEL_EXPORTER_OTLP_HEADERS."
)


def provider() -> TracerProvider:
    """What makes spans and sends them in the background.

    Raises:
        Exception: A setting cannot be used; which, and how it is said, is for the packages of OpenTelemetry.
    """
    made = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(_OurSpans(_exporter())))
    return made


def refusal() -> str:
    """Why the collector does not take spans, and what to do; empty where it does. It is sent none."""
    try:
        provider().shutdown()
        result = _exporter().export([])
    except Exception as exc:  # as for provider()
        return f"A setting among OTEL_* cannot be used ({type(exc).__name__}). Correct it."
    return "" if result is SpanExportResult.SUCCESS else f"The collector does not accept spans. {_WHAT_TO_CHECK}"


def _exporter() -> SpanExporter:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return OTLPSpanExporter()


def _resource() -> Resource:
    resource = Resource.create({SERVICE_VERSION: __version__})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: _OURS}))
    return resource


class _OurSpans(SpanExporter):
    """Sends our own spans: others in this process, such as the SDK's, may tell the words of errors."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_failure_told = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        ours = [span for span in spans if span.instrumentation_scope and span.instrumentation_scope.name == _OURS]
        result = self._exporter.export(ours) if ours else SpanExportResult.SUCCESS
        if result is SpanExportResult.FAILURE and not self._is_failure_told:
            self._is_failure_told = True
            logger.warning(
                "Spans were lost: the collector does not accept them. %s This is logged once.", _WHAT_TO_CHECK
            )
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
