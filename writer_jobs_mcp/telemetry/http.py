"""One attempt at a request: how long it took and what came of it, told to the log and to OpenTelemetry.

Names and attributes of the span are OpenTelemetry's for an HTTP client. Whole URLs, headers and the words of errors are
left out: an id is whatever a model passed, and a peer may say anything.
"""

import logging
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import anyio
import httpx
from opentelemetry.trace import Span, SpanKind, StatusCode, get_tracer

from writer_jobs_mcp import __version__

logger = logging.getLogger(__name__)

_tracer = get_tracer("writer-jobs-mcp", __version__)

_APPLICATION = re.compile(r"(?<=/applications/)(?!jobs/)[^/]+")
_JOB = re.compile(r"(?<=/applications/jobs/)[^/]+")
_PORTS = {"http": 80, "https": 443}
_CANCELLED = "cancelled"


@dataclass(slots=True)
class Attempt:
    """What has come of an attempt so far."""

    status: int | None = None
    """Of the answer, as soon as its head is there."""


@contextmanager
def record_attempt(base_url: httpx.URL, method: str, path: str, number: int) -> Generator[Attempt]:
    """Tell of the one attempt that is made inside; where it ends in an error, the error's type alone.

    Args:
        base_url: Where Writer is.
        method: Of the request.
        path: Of the request, below ``base_url``.
        number: Which attempt at this request it is, from 1.
    """
    attempt, error, started = Attempt(), "", time.perf_counter()
    with _tracer.start_as_current_span(
        f"{method} {path_template(path)}",
        kind=SpanKind.CLIENT,
        attributes=_attributes(base_url, method, path, number),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield attempt
        except Exception as exc:
            error = type(exc).__name__
            raise
        except anyio.get_cancelled_exc_class():
            error = _CANCELLED
            raise
        finally:
            _set_result(span, attempt.status, error)
            what = " ".join(filter(None, (str(attempt.status or ""), error)))
            spent = (time.perf_counter() - started) * 1000
            logger.debug("%s %s, attempt %d: %s after %.0f ms", method, path, number, what, spent)


def _attributes(base_url: httpx.URL, method: str, path: str, number: int) -> dict[str, str | int]:
    again = {"http.request.resend_count": number - 1} if number > 1 else {}
    return {
        "http.request.method": method,
        "url.template": path_template(path),
        "server.address": base_url.host,
        "server.port": base_url.port or _PORTS[base_url.scheme],
        **again,
    }


def _set_result(span: Span, status: int | None, error: str) -> None:
    if status is not None:
        span.set_attribute("http.response.status_code", status)
        error = error or (str(status) if status >= HTTPStatus.BAD_REQUEST else "")
    if error:
        span.set_attribute("error.type", error)
        if error != _CANCELLED:  # a page that turns out not to be needed ends like that, and nothing is wrong with it
            span.set_status(StatusCode.ERROR)


def path_template(path: str) -> str:
    """A path with the names of the ids in their places."""
    return _JOB.sub("{job_id}", _APPLICATION.sub("{application_id}", path))
