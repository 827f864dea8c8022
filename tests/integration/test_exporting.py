"""Spans from a server under ``opentelemetry-instrument`` to a real collector, until the process ends."""

import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.helpers.mcp import call_tool
from tests.helpers.otlp_collector import Collector, collecting
from tests.helpers.stdio_server import SERVER, TIMEOUT, environment_without_settings, initialize, start_server
from writer_jobs_mcp.commands.self_server import self_server_parameters
from writer_jobs_mcp.sandbox import SANDBOX_KEY

SECRET = "tok-91f2c8"
INSTRUMENTED = [str(Path(sys.executable).parent / "opentelemetry-instrument"), *SERVER]
SPANS_ONLY = {  # as docs/observability.md sets them
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
}
LONG_FLUSH = {"OTEL_BSP_EXPORT_TIMEOUT": "15000"}  # milliseconds; the machine may be busy

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="opentelemetry-instrument replaces its process by exec")


@pytest.fixture
def collector() -> Generator[Collector]:
    with collecting() as collector:
        yield collector


def settings(url: str, **others: str) -> dict[str, str]:
    return {**SPANS_ONLY, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_SERVICE_NAME": "team a", **others}


async def test_every_span_reaches_the_collector_when_the_client_closes_stdin(collector: Collector) -> None:
    header = {"OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{SECRET}"}
    environ = {**environment_without_settings(), **settings(collector.url, **LONG_FLUSH, **header)}
    parameters = StdioServerParameters(command=INSTRUMENTED[0], args=[*INSTRUMENTED[1:], "--sandbox"], env=environ)
    with anyio.fail_after(TIMEOUT):
        async with Client(stdio_client(parameters)) as client:
            applications = await call_tool(client, "list_applications", {})
            application = applications["applications"][0]["id"]
            await call_tool(client, "triage_application_jobs", {"application_id": application})
    spans = {span.name: span for span in collector.spans}
    call = spans["tools/call triage_application_jobs"]
    assert spans["GET /v1/applications/{application_id}/jobs"].parent == call.id
    assert "team a" in collector.texts
    assert collector.headers[0]["authorization"] == f"Bearer {SECRET}"
    assert application not in collector.texts
    assert SANDBOX_KEY not in collector.texts


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_spans_reach_the_collector_before_a_signal_ends_the_server(
    collector: Collector, number: signal.Signals
) -> None:
    with start_server("--sandbox", command=INSTRUMENTED, **settings(collector.url, **LONG_FLUSH)) as server:
        initialize(server)
        server.send_signal(number)
        stdout, stderr = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, stdout, stderr) == (-number, "", "")
    assert [span.name for span in collector.spans] == ["initialize"]


def test_a_collector_that_never_answers_does_not_delay_the_end_of_the_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = settings(f"http://127.0.0.1:{silent.getsockname()[1]}", OTEL_EXPORTER_OTLP_TIMEOUT="600")
        with start_server("--sandbox", command=INSTRUMENTED, **environ) as server:
            initialize(server)
            stdout, stderr = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, stdout, stderr) == (0, "", "")


def test_a_collector_that_rejects_spans_costs_spans_only() -> None:
    with collecting(401) as collector:
        environ = settings(collector.url, OTEL_EXPORTER_OTLP_HEADERS=f"api-key={SECRET}", **LONG_FLUSH)
        with start_server("--sandbox", command=INSTRUMENTED, **environ) as server:
            initialize(server)
            stdout, stderr = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, stdout) == (0, "")
    assert collector.spans != []
    assert SECRET not in stderr


@pytest.mark.parametrize(
    "environ",
    [{"OTEL_PROPAGATORS": "b3"}, {"OTEL_PYTHON_CONTEXT": "unknown"}, {"OTEL_TRACES_EXPORTER": "otlp"}],
    ids=str,
)
def test_without_the_wrapper_no_setting_exports_spans_or_stops_the_server(
    collector: Collector, environ: dict[str, str]
) -> None:
    with start_server("--sandbox", **settings(collector.url, **environ)) as server:
        initialize(server)
        stdout, stderr = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, stdout, stderr) == (0, "", "")
    assert collector.spans == []


def test_a_child_process_exports_nothing_and_is_not_given_the_headers() -> None:
    given = {"PATH": "/bin", "WRITER_BASE_URL": "http://localhost", "OTEL_EXPORTER_OTLP_HEADERS": SECRET}
    assert self_server_parameters(given).env == {"PATH": "/bin", "WRITER_BASE_URL": "http://localhost"}
