"""Record each attempt at a request to Writer, with the names of OpenTelemetry's conventions for HTTP clients.

Whole URLs and headers are left out: an id is whatever a model passed, and a peer may send anything.
"""

import re
from contextlib import AbstractContextManager

import httpx
from opentelemetry.trace import SpanKind

from writer_jobs_mcp.telemetry.recording import Outcome, recorded_span

_APPLICATION = re.compile(r"(?<=/applications/)(?!jobs/)[^/]+")
_JOB = re.compile(r"(?<=/applications/jobs/)[^/]+")
_PORTS = {"http": 80, "https": 443}


def record_attempt(base_url: httpx.URL, method: str, path: str, number: int) -> AbstractContextManager[Outcome]:
    """Record the attempt that is made inside; it sets the status of the outcome.

    Args:
        base_url: The address of Writer.
        method: The method of the request.
        path: The path of the request, below ``base_url``.
        number: The number of the attempt at this request, from 1.
    """
    template = path_template(path)
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "url.template": template,
        "server.address": base_url.host,
        "server.port": base_url.port or _PORTS[base_url.scheme],
    }
    if number > 1:
        attributes["http.request.resend_count"] = number - 1
    label = f"{method} {path}, attempt {number}"
    return recorded_span(f"{method} {template}", SpanKind.CLIENT, attributes, label=label)


def path_template(path: str) -> str:
    """Return a path with placeholders for its ids."""
    return _JOB.sub("{job_id}", _APPLICATION.sub("{application_id}", path))
