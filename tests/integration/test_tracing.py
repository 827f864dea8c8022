"""The spans of the server, recorded in this process: names, attributes, nesting, and no sensitive text."""

import json
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

import anyio
import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from starlette.types import Receive, Scope, Send

from tests.conftest import config_for
from tests.fakes.unstable_list import UnstableListApi, newest_first
from tests.helpers.key import JOB, KEY, leaked_parts, send_response
from tests.helpers.mcp import call_tool, call_tool_error
from tests.helpers.otlp_collector import CLIENT, SERVER, Seen, spans_of, texts_of
from tests.helpers.triage import TRIAGE, server_for
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.sandbox import APPLICATIONS, CannedResponse, DroppedConnection, FaultScript
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.telemetry.http import path_template
from writer_jobs_mcp.tools import TOOLS

FIRST = APPLICATIONS[0]
JOBS = "GET /v1/applications/{application_id}/jobs"


class Memory(SpanExporter):
    """Keeps the spans of this package while ``kept`` is a list."""

    def __init__(self) -> None:
        self.kept: list[ReadableSpan] | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.kept is not None:
            scopes = ((span, span.instrumentation_scope) for span in spans)
            self.kept += [span for span, scope in scopes if scope and scope.name == "writer-jobs-mcp"]
        return SpanExportResult.SUCCESS

    @property
    def spans(self) -> list[Seen]:
        return list(spans_of(encode_spans(self.kept or [])))

    def only(self, name: str) -> Seen:
        (span,) = (span for span in self.spans if span.name == name)
        return span

    def under(self, parent: Seen) -> list[Seen]:
        return [span for span in self.spans if span.parent == parent.id and span.trace == parent.trace]


@pytest.fixture(scope="session")
def all_spans() -> Memory:
    memory = Memory()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    return memory


@pytest.fixture
def memory(all_spans: Memory) -> Generator[Memory]:
    all_spans.kept = []
    yield all_spans
    all_spans.kept = None


@asynccontextmanager
async def client_of(url: str, mode: str = "auto", **environ: str) -> AsyncGenerator[Client]:
    async with Client(build_server(config_for(url, **environ)), mode=mode) as client:
        yield client


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_call_and_its_request_make_spans_by_the_conventions(url: str, memory: Memory, mode: str) -> None:
    async with client_of(url, mode) as client:
        await call_tool(client, "list_application_jobs", {"application_id": FIRST.id})
    call = memory.only("tools/call list_application_jobs")
    (request,) = memory.under(call)
    number = call.attributes["jsonrpc.request.id"]
    assert (call.kind, call.failed, dict(call.attributes)) == (
        SERVER,
        False,
        {
            "mcp.method.name": "tools/call",
            "mcp.protocol.version": "2026-07-28" if mode == "auto" else "2025-11-25",
            "network.transport": "pipe",
            "jsonrpc.request.id": number,
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "list_application_jobs",
        },
    )
    assert (request.kind, request.failed, request.name, dict(request.attributes)) == (
        CLIENT,
        False,
        JOBS,
        {
            "http.request.method": "GET",
            "url.template": "/v1/applications/{application_id}/jobs",
            "server.address": "127.0.0.1",
            "server.port": int(url.rpartition(":")[2]),
            "http.response.status_code": 200,
        },
    )


async def test_each_attempt_is_a_span_under_the_one_call(url: str, faults: FaultScript, memory: Memory) -> None:
    faults.push(CannedResponse(503, headers={"retry-after": "0"}), times=1)
    faults.push(DroppedConnection(), times=1)
    async with client_of(url) as client:
        await call_tool(client, "list_applications", {})
    call = memory.only("tools/call list_applications")
    attempts = [dict(span.attributes) for span in memory.under(call)]
    names = ("http.response.status_code", "error.type", "http.request.resend_count")
    assert [tuple(each.get(name) for name in names) for each in attempts] == [
        (503, "503", None),
        (None, "RemoteProtocolError", 1),
        (200, None, 2),
    ]
    assert [span.failed for span in [*memory.under(call), call]] == [True, True, False, False]


async def test_each_page_of_a_triage_is_a_span_under_the_one_call(memory: Memory) -> None:
    api = UnstableListApi(newest_first(1_000))
    async with Client(server_for(api)) as client:
        await call_tool(client, TRIAGE, {"application_id": "a"})
    pages = memory.under(memory.only(f"tools/call {TRIAGE}"))
    assert {page.name for page in pages} == {JOBS, "GET /v1/applications/{application_id}"}
    assert len(pages) == api.request_count + api.filtered_request_count + 1
    assert api.request_count >= 10


async def test_spans_hold_only_the_type_of_an_error(url: str, memory: Memory) -> None:
    async with client_of(url) as client:
        assert "no-such-job" in await call_tool_error(client, "get_job_error", {"job_id": "no-such-job"})
        with pytest.raises(MCPError):
            await client.read_resource("writer://applications/a/jobs/no-such-job")
    call, reading = memory.only("tools/call get_job_error"), memory.only("resources/read")
    assert (call.failed, call.attributes["error.type"]) == (True, "tool_error")
    assert (reading.failed, reading.attributes["error.type"]) == (True, "-32602")
    for span in (call, reading):
        (request,) = memory.under(span)
        assert request.attributes["error.type"] == "404"


async def test_a_cancelled_call_ends_its_spans(memory: Memory) -> None:
    requested = anyio.Event()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        requested.set()
        await anyio.sleep_forever()

    server = build_server(config_for("http://localhost"), transport=asgi_transport(app))
    async with Client(server) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.call_tool, "list_applications")
        await requested.wait()
        tasks.cancel_scope.cancel()
    call = memory.only("tools/call list_applications")
    (request,) = memory.under(call)
    assert (call.attributes["error.type"], request.attributes["error.type"]) == ("cancelled", "cancelled")
    assert (call.failed, request.failed) == (False, False)


async def test_a_refused_connection_makes_a_span_with_the_error_type(unused_url: str, memory: Memory) -> None:
    async with client_of(unused_url, WRITER_JOBS_CALL_BUDGET="1") as client:
        await call_tool_error(client, "list_applications", {})
    requests = memory.under(memory.only("tools/call list_applications"))
    assert {span.attributes["error.type"] for span in requests} == {"ConnectError"}


async def test_unknown_names_are_not_recorded_in_spans(url: str, memory: Memory) -> None:
    async with client_of(url) as client:
        await client.call_tool("my key is wk-1", {})
        with pytest.raises(MCPError):
            await client.get_prompt("my key is wk-1")
    recorded = str(memory.spans)
    assert "my key" not in recorded
    assert {"tools/call", "prompts/get"} <= {span.name for span in memory.spans}


async def test_a_span_names_its_prompt(url: str, memory: Memory) -> None:
    async with client_of(url) as client:
        await client.get_prompt("explain_job_failure", {"job_id": "j"})
    span = memory.only("prompts/get explain_job_failure")
    assert (span.attributes["gen_ai.prompt.name"], span.failed) == ("explain_job_failure", False)


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("traceparent", "is_parent"), [(PARENT, True), ("00-nonsense", False), (7, False), (None, False)]
)
async def test_a_valid_traceparent_of_the_client_is_the_parent(
    url: str, memory: Memory, traceparent: object, is_parent: bool
) -> None:
    async with client_of(url) as client:
        await client.call_tool("list_applications", {}, meta={"traceparent": traceparent, "tracestate": "a=words"})
    call = memory.only("tools/call list_applications")
    assert (call.trace.hex() in PARENT and call.parent.hex() in PARENT and call.parent != b"") is is_parent
    assert "words" not in str(memory.kept)


async def test_no_trace_header_is_sent_to_writer(memory: Memory) -> None:
    received: list[set[str]] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        received.append({name.decode() for name, _ in scope["headers"]})
        await send_response(send, 200, b'{"data": []}')

    async with Client(build_server(config_for("http://localhost"), transport=asgi_transport(app))) as client:
        await client.call_tool("list_applications", {}, meta={"traceparent": PARENT, "baggage": "a=words"})
    assert memory.spans
    (names,) = received
    assert "authorization" in names
    assert names & {"traceparent", "tracestate", "baggage"} == set()


async def test_every_endpoint_has_a_path_template(url: str, memory: Memory) -> None:
    async with open_client(config_for(url)) as client:
        job = (await client.list_jobs(FIRST.alias, status="failed", limit=1)).jobs[0].id
        await client.list_applications()
        await client.get_application(FIRST.alias)
        await client.get_job(job)
        await client.retry_job(job)
    assert [span.name for span in memory.spans] == [
        JOBS,
        "GET /v1/applications",
        "GET /v1/applications/{application_id}",
        "GET /v1/applications/jobs/{job_id}",
        "POST /v1/applications/jobs/{job_id}/retry",
    ]


WORDS = "Zqx9 is the text of a job"
BODIES: list[dict[str, object]] = [
    {"result": [{**JOB, "status": "failed", "error": WORDS, "title": WORDS}], "totalCount": 1},
    {**JOB, "status": "failed", "error": f"{WORDS} {KEY}", "data": {"title": WORDS, "suggestion": WORDS}},
    {"data": [{"id": WORDS, "name": WORDS, "type": WORDS, "status": WORDS}], "last_id": WORDS, "has_more": True},
    {"tpe": WORDS, "errors": [{"description": f"{WORDS} {KEY}", "key": WORDS, "extras": {}}]},
    {WORDS: KEY},
]
ARGUMENTS = ("application_id", "job_id", "job_ids", "type", "since", WORDS)


@given(
    tool=st.sampled_from([*(offer.fn.__name__ for offer in TOOLS), WORDS]),
    arguments=st.dictionaries(st.sampled_from(ARGUMENTS), st.sampled_from([WORDS, KEY, "a", [WORDS], [KEY], ["a"], 7])),
    status=st.sampled_from([200, 200, 200, 204, 302, 400, 401, 403, 404, 429, 500, 503]),
    body=st.sampled_from(BODIES),
)
@settings_of(max_examples=60)
async def test_no_span_holds_the_key_or_the_text_of_a_job(
    all_spans: Memory, tool: str, arguments: dict[str, object], status: int, body: dict[str, object]
) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        # A wait that is too long to begin.
        headers = [(b"retry-after", b"60"), (b"x-words", WORDS.encode()), (b"location", WORDS.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    environ = {"WRITER_API_KEY": KEY, "WRITER_JOBS_CALL_BUDGET": "1", "WRITER_JOBS_ALLOW_RETRY": "true"}
    server = build_server(config_for("http://localhost", **environ), transport=asgi_transport(app))
    all_spans.kept = []
    async with Client(server) as client:
        await client.call_tool(tool, arguments, meta={"traceparent": PARENT, "tracestate": f"a={WORDS}", WORDS: KEY})
        with suppress(MCPError):
            await client.read_resource(f"writer://applications/{quote(WORDS)}/jobs/{KEY}")
    recorded = "\n".join(texts_of(encode_spans(all_spans.kept)))
    all_spans.kept = None
    assert "tools/call" in recorded
    assert "Zqx9" not in recorded
    assert leaked_parts(recorded) == []


def test_an_application_named_jobs_gets_a_placeholder() -> None:
    assert path_template("/v1/applications/jobs") == "/v1/applications/{application_id}"
