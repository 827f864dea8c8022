"""Spans on their way to a real collector, from the server as clients run it; and what stands in their way."""

import logging
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
from writer_jobs_mcp import __version__
from writer_jobs_mcp.commands.self_server import self_server_parameters
from writer_jobs_mcp.sandbox import SANDBOX_KEY
from writer_jobs_mcp.telemetry.export import is_asked_for, obstacle
from writer_jobs_mcp.telemetry.otlp import provider, refusal

SECRET = "tok-91f2c8"
AS_LONG_AS_IT_TAKES = {"OTEL_BSP_EXPORT_TIMEOUT": "15000"}  # milliseconds; the machine may be busy


@pytest.fixture
def collector() -> Generator[Collector]:
    with collecting() as collector:
        yield collector


async def test_what_is_done_arrives_at_the_collector_by_the_end_of_input(collector: Collector) -> None:
    environ = {
        **environment_without_settings(),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        **AS_LONG_AS_IT_TAKES,
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{SECRET}",
    }
    parameters = StdioServerParameters(command=SERVER[0], args=[*SERVER[1:], "--sandbox"], env=environ)
    with anyio.fail_after(TIMEOUT):
        async with Client(stdio_client(parameters)) as client:
            applications = await call_tool(client, "list_applications", {})
            application = applications["applications"][0]["id"]
            await call_tool(client, "triage_application_jobs", {"application_id": application})
    spans = {span.name: span for span in collector.spans}
    call = spans["tools/call triage_application_jobs"]
    assert spans["GET /v1/applications/{application_id}/jobs"].parent == call.id
    (resource,) = collector.requests[0].resource_spans
    said = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    assert (said["service.name"], said["service.version"]) == ("writer-jobs-mcp", __version__)
    assert collector.headers[0]["authorization"] == f"Bearer {SECRET}"
    assert application not in collector.texts
    assert SANDBOX_KEY not in collector.texts


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to send to one process")
def test_spans_arrive_before_a_signal_ends_the_server(collector: Collector) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "team a", **AS_LONG_AS_IT_TAKES}
    with start_server("--sandbox", **environ) as server:
        initialize(server)
        server.send_signal(signal.SIGTERM)
        rest, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, rest, complaints) == (-signal.SIGTERM, "", "")
    assert [span.name for span in collector.spans] == ["initialize"]
    assert "team a" in collector.texts


def test_a_collector_that_never_answers_does_not_keep_the_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with start_server("--sandbox", OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_TIMEOUT="600") as server:
            initialize(server)
            rest, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, rest, complaints) == (0, "", "")


def test_settings_that_cannot_be_used_cost_a_line_of_the_log(collector: Collector) -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": SECRET,  # no header
        "OTEL_BSP_MAX_QUEUE_SIZE": "-1",
    }
    with start_server("--sandbox", "--log-level", "DEBUG", **environ) as server:
        initialize(server)
        rest, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, rest) == (0, "")
    assert complaints.count("No spans are exported: a setting among OTEL_* cannot be used (ValueError).") == 1
    assert SECRET not in complaints


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_PROPAGATORS": "b3"},
        {"OTEL_PYTHON_CONTEXT": "nobodys_context"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many"},
    ],
    ids=", ".join,
)
def test_settings_that_opentelemetry_cannot_be_imported_with_cost_no_more_than_spans(environ: dict[str, str]) -> None:
    with start_server("--sandbox", **environ) as server:
        initialize(server)
        rest, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, rest) == (0, "")
    is_asked = "OTEL_TRACES_EXPORTER" in environ
    assert complaints.count("A setting among OTEL_* cannot be used (ValueError). Correct it.") == is_asked
    assert "Traceback" not in complaints


def test_without_the_packages_the_server_says_which_it_takes(tmp_path: Path) -> None:
    without = "import sys\nsys.modules['opentelemetry.sdk'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(without, encoding="utf-8")
    environ = {"PYTHONPATH": str(tmp_path), "OTEL_TRACES_EXPORTER": "otlp"}
    with start_server("--sandbox", **environ) as server:
        initialize(server)
        rest, complaints = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, rest) == (0, "")
    (line,) = complaints.splitlines()
    assert "No spans are exported. Packages are missing. Install writer-jobs-mcp[otel]" in line


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({}, False),
        ({"OTEL_SERVICE_NAME": "a"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "True"}, False),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_spans_are_asked_for_by_opentelemetrys_own_settings(environ: dict[str, str], asked: bool) -> None:
    assert is_asked_for(environ) is asked


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (ENDPOINT, ""),
        ({"OTEL_TRACES_EXPORTER": "console,otlp"}, ""),
        ({"OTEL_TRACES_EXPORTER": "console"}, "Set it to otlp or none."),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "Set it to otlp or none."),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "must be http/protobuf."),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, ""),
    ],
)
def test_what_stands_in_the_way_is_said_with_its_mend(environ: dict[str, str], words: str) -> None:
    said = obstacle(environ)
    assert words in said
    assert bool(said) is bool(words)


@pytest.fixture
def asked_by_the_environment(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Collector:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    return collector


def test_only_our_own_spans_are_sent(asked_by_the_environment: Collector) -> None:
    made = provider()
    for scope in ("mcp-python-sdk", "writer-jobs-mcp"):
        made.get_tracer(scope).start_span(f"by {scope}").end()
    made.shutdown()
    assert [span.name for span in asked_by_the_environment.spans] == ["by writer-jobs-mcp"]


def test_a_collector_that_refuses_is_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with collecting(401) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"api-key={SECRET}")
        made = provider()
        for _ in range(3):
            made.get_tracer("writer-jobs-mcp").start_span("a").end()
            made.force_flush()
        made.shutdown()
        assert "OTEL_EXPORTER_OTLP_HEADERS" in refusal()
    assert len(collector.requests) == 4
    (line,) = caplog.messages
    assert line.startswith("Spans were lost: the collector does not accept them. Check OTEL_EXPORTER_OTLP_ENDPOINT")
    assert SECRET not in line


def test_a_collector_that_takes_spans_is_known_by_sending_none(asked_by_the_environment: Collector) -> None:
    assert refusal() == ""
    assert asked_by_the_environment.spans == []


def test_a_child_process_exports_nothing_and_is_not_given_the_headers() -> None:
    given = {"PATH": "/bin", "WRITER_BASE_URL": "http://localhost", "OTEL_EXPORTER_OTLP_HEADERS": SECRET, **ENDPOINT}
    assert self_server_parameters(given).env == {"PATH": "/bin", "WRITER_BASE_URL": "http://localhost"}
