"""Record a span and its log line: how long the work took and how it ended.

Neither holds the text of an error, which may quote the key or a job.
"""

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import anyio
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, get_tracer

from writer_jobs_mcp import __version__

logger = logging.getLogger(__name__)

_tracer = get_tracer("writer-jobs-mcp", __version__)
_CANCELLED = "cancelled"


@dataclass(slots=True)
class Outcome:
    """How the work ended, as far as it is known."""

    status: int | None = None
    """The HTTP status of the response."""
    error: str = ""
    """The type of the error."""


def _type_name(exc: Exception) -> str:
    return type(exc).__name__


@contextmanager
def recorded_span(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, str | int],
    *,
    label: str = "",
    parent: Context | None = None,
    error_type: Callable[[Exception], str] = _type_name,
) -> Generator[Outcome]:
    """Make a span around the work inside, and log a line at DEBUG when it ends.

    Args:
        name: The name of the span.
        kind: The kind of the span.
        attributes: The attributes of the span.
        label: The name of the work in the log, if it is not that of the span.
        parent: The span of the caller, if it sent one.
        error_type: Returns the ``error.type`` of an exception.
    """
    outcome, started = Outcome(), time.perf_counter()
    with _tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield outcome
        except Exception as exc:
            outcome.error = error_type(exc)
            raise
        except anyio.get_cancelled_exc_class():
            outcome.error = _CANCELLED
            raise
        finally:
            _set_outcome(span, outcome)
            result = " ".join(filter(None, (str(outcome.status or ""), outcome.error))) or "ok"
            logger.debug("%s: %s after %.0f ms", label or name, result, (time.perf_counter() - started) * 1000)


def _set_outcome(span: Span, outcome: Outcome) -> None:
    error = outcome.error
    if error.removeprefix("-").isdigit():
        span.set_attribute("rpc.response.status_code", error)
    if outcome.status is not None:
        span.set_attribute("http.response.status_code", outcome.status)
        error = error or (str(outcome.status) if outcome.status >= HTTPStatus.BAD_REQUEST else "")
    if error:
        span.set_attribute("error.type", error)
        if error != _CANCELLED:  # no failure: the scan cancels pages that it turns out not to need
            span.set_status(StatusCode.ERROR)
